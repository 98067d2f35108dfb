"""OpenAI's Responses API: one object, or a stream whose terminal event carries it.

`response.completed`, `response.incomplete` and `response.failed` all end a stream and all state usage.
Source: https://platform.openai.com/docs/api-reference/responses-streaming
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from tokenmon.core.text import clean
from tokenmon.core.usage import StatedUsage, TokenUsage
from tokenmon.providers.openai_chat import openai_error
from tokenmon.providers.openai_usage import openai_usage

TERMINAL = frozenset({"response.completed", "response.incomplete", "response.failed"})


class _Response(msgspec.Struct):
    id: Any = None
    model: Any = None
    usage: Any = None
    service_tier: Any = None
    error: Any = None
    status: Any = None


class _Event(msgspec.Struct):
    type: Any = None
    response: Any = None
    code: Any = None
    error: Any = None


class _EventWithResponse(msgspec.Struct):
    response: _Response


_response_decoder = msgspec.json.Decoder(_Response)
_event_decoder = msgspec.json.Decoder(_Event)
_inner_decoder = msgspec.json.Decoder(_EventWithResponse)


class ResponsesReading:
    """Reads one answer; see `parser.Reading`."""

    markers = (b'"usage"', b'"response.completed"', b'"response.incomplete"', b'"response.failed"', b'"error"')
    idle_marker = b'"usage":null'

    def __init__(self) -> None:
        self._usage: TokenUsage | None = None
        self._id: str | None = None
        self._model: str | None = None
        self._tier: str | None = None
        self._error: str | None = None
        self._is_complete = False
        self._events = 0

    @property
    def wants_all(self) -> bool:
        return self._id is None and self._events < 4

    def document(self, data: bytes) -> None:
        try:
            self._take(_response_decoder.decode(data))
        except (msgspec.MsgspecError, ValueError, RecursionError):
            return

    def event(self, data: bytes) -> None:
        self._events += 1
        try:
            event = _event_decoder.decode(data)
            if isinstance(event.response, dict):
                self._take(_inner_decoder.decode(data).response)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            return
        if event.type == "error":
            self._error = clean(event.code) or openai_error(event.error) or "error"
        elif event.type in TERMINAL:
            self._is_complete = True

    def salvage(self, usage: Mapping[str, object]) -> None:
        self._usage = openai_usage(usage) or self._usage

    def end(self) -> None:
        self._is_complete = True

    def stated(self) -> StatedUsage:
        return StatedUsage(
            usage=self._usage,
            response_model=self._model,
            response_id=self._id,
            service_tier=self._tier,
            error_type=self._error,
            is_complete=self._is_complete,
        )

    def _take(self, response: _Response) -> None:
        self._id = clean(response.id) or self._id
        self._model = clean(response.model) or self._model
        self._tier = clean(response.service_tier) or self._tier
        self._error = openai_error(response.error) or self._error
        if isinstance(response.usage, dict):
            self._usage = openai_usage(response.usage) or self._usage
