"""OpenAI's Responses API: one object, or a stream whose terminal event carries it.

`response.completed`, `response.incomplete` and `response.failed` all end a stream and all state usage.
Source: https://platform.openai.com/docs/api-reference/responses-streaming
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import msgspec

from tokenmon.core.text import clean
from tokenmon.core.usage import StatedUsage
from tokenmon.providers.counts import first_count, members_of, pairs_of
from tokenmon.providers.json_body import decode
from tokenmon.providers.openai_chat import openai_error
from tokenmon.providers.openai_usage import openai_usage
from tokenmon.providers.reading import AnswerFacts, Statement

TERMINAL = frozenset({"response.completed", "response.incomplete", "response.failed"})


class _Response(msgspec.Struct):
    id: Any = None
    model: Any = None
    usage: Any = None
    tool_usage: Any = None
    service_tier: Any = None
    error: Any = None


class _Event(msgspec.Struct):
    type: Any = None
    response: msgspec.Raw = msgspec.Raw()
    code: Any = None
    error: Any = None


_response_decoder = msgspec.json.Decoder(_Response)
_event_decoder = msgspec.json.Decoder(_Event)


class ResponsesReading:
    """Reads one answer; see `reading.Reading`."""

    markers = (b'"usage"', b'"response.completed"', b'"response.incomplete"', b'"response.failed"', b'"error"')
    idle_marker = b'"usage":null'

    def __init__(self, facts: AnswerFacts) -> None:
        self._said = Statement(facts.cost_rule)
        self._events = 0

    @property
    def wants_all(self) -> bool:
        return self._said.response_id is None and self._events < 4

    def document(self, data: bytes) -> bool:
        try:
            self._take(decode(_response_decoder, data))
        except (msgspec.MsgspecError, ValueError, RecursionError):
            return False
        return True

    def event(self, data: bytes) -> None:
        self._events += 1
        try:
            event = decode(_event_decoder, data)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            return
        response = bytes(event.response)
        if response[:1] == b"{":
            self.document(response)
        if event.type == "error":
            self._said.error = clean(event.code) or openai_error(event.error) or "error"
            self._said.is_broken = True
        elif event.type in TERMINAL:
            self._said.is_complete = True

    def salvage(self, usage: Mapping[str, object]) -> None:
        self._said.usage = openai_usage(usage) or self._said.usage
        self._said.price(usage)

    def end(self) -> None:
        self._said.end()

    def stated(self) -> StatedUsage:
        return self._said.stated()

    def _take(self, response: _Response) -> None:
        said = self._said
        said.name(response.id, response.model)
        said.tier = clean(response.service_tier) or said.tier
        said.error = openai_error(response.error) or said.error
        if isinstance(response.usage, dict):
            self.salvage(response.usage)
            searches = first_count(members_of(members_of(response.tool_usage).get("web_search")), "num_requests")
            if searches and said.usage is not None:
                said.usage = replace(said.usage, units=pairs_of({**dict(said.usage.units), "web_searches": searches}))
