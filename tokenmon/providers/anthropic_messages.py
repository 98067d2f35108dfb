"""Anthropic's Messages API: one message, or a stream of `message_start`, deltas and `message_stop`.

`input_tokens` excludes cache reads and writes, so they are added. A `message_delta` is cumulative and replaces what
`message_start` said, member by member where it is not null (with server tools the input grows on the way).
Source: https://docs.anthropic.com/en/api/messages-streaming
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from tokenmon.core.text import clean
from tokenmon.core.usage import StatedUsage, TokenUsage
from tokenmon.providers.counts import count, first_count, members_of, pairs_of
from tokenmon.providers.json_body import decode
from tokenmon.providers.reading import AnswerFacts, Statement

# More passes than any call makes; a longer list is damage.
MAX_PARTS = 64


class _Answer(msgspec.Struct):
    type: Any = None
    id: Any = None
    model: Any = None
    usage: Any = None
    error: Any = None
    message: Any = None


_decoder = msgspec.json.Decoder(_Answer)


def anthropic_usage(usage: Mapping[str, Any]) -> TokenUsage | None:
    """The usage that an object (or the members of several, merged) states, with the passes billed on top."""
    uncached = count(usage.get("input_tokens"))
    output = count(usage.get("output_tokens"))
    read = count(usage.get("cache_read_input_tokens"))
    if uncached is None and output is None and read is None:
        return None
    by_age = members_of(usage.get("cache_creation"))
    long_lived = count(by_age.get("ephemeral_1h_input_tokens")) or 0
    # The split may be stated beside no sum or a smaller one, and be older than a sum that grew since.
    written = max(
        count(usage.get("cache_creation_input_tokens")) or 0,
        long_lived + (count(by_age.get("ephemeral_5m_input_tokens")) or 0),
    )
    return TokenUsage(
        input_tokens=(uncached or 0) + (read or 0) + written,
        output_tokens=output or 0,
        cache_read_input_tokens=read or 0,
        cache_creation_input_tokens=written,
        cache_creation_1h_input_tokens=long_lived,
        reasoning_output_tokens=first_count(members_of(usage.get("output_tokens_details")), "thinking_tokens") or 0,
        units=_units(members_of(usage["server_tool_use"])) if "server_tool_use" in usage else (),
        parts=_parts(usage["iterations"]) if "iterations" in usage else (),
    )


def _units(tools: Mapping[str, Any]) -> tuple[tuple[str, int], ...]:
    searches, fetches = count(tools.get("web_search_requests")), count(tools.get("web_fetch_requests"))
    return pairs_of({"web_searches": searches, "web_fetches": fetches}) if searches or fetches else ()


def _parts(iterations: object) -> tuple[tuple[str | None, TokenUsage], ...]:
    """The passes that the top-level counts leave out: those count `message` passes alone.

    A compaction's model is the call's own, an adviser is another model.
    """
    parts: list[tuple[str | None, TokenUsage]] = []
    for one in iterations[:MAX_PARTS] if isinstance(iterations, list) else ():
        members = members_of(one)
        if members.get("type") not in (None, "message"):
            usage = anthropic_usage({name: value for name, value in members.items() if name != "iterations"})
            if usage is not None:
                parts.append((clean(members.get("model")), usage))
    return tuple(parts)


def _tier(usage: Mapping[str, Any]) -> str | None:
    """The tier that a call is charged by: fast mode has prices of its own, and a batch is never fast."""
    tier = clean(usage.get("service_tier"))
    return "fast" if usage.get("speed") == "fast" and tier != "batch" else tier


class MessagesReading:
    """Reads one answer; see `reading.Reading`."""

    markers = (b'"usage"', b'"message_start"', b'"message_stop"', b'"error"')
    idle_marker = b'"usage":null'
    wants_all = False

    def __init__(self, facts: AnswerFacts) -> None:
        self._said = Statement(facts.cost_rule)
        self._merged: dict[str, Any] = {}
        # A stream that began: its start states one token of output, and only a delta what it came to.
        self._awaits_delta = False

    def document(self, data: bytes) -> bool:
        answer = self._decode(data)
        if answer is None:
            return False
        self._take(answer.id, answer.model, answer.usage)
        if answer.error is not None:
            self._fail(answer.error)
        return True

    def event(self, data: bytes) -> None:
        answer = self._decode(data)
        if answer is None:
            return
        match answer.type:
            case "message_start":
                message = members_of(answer.message)
                self._take(message.get("id"), message.get("model"), message.get("usage"))
                self._awaits_delta = True
            case "message_delta":
                self._awaits_delta = self._awaits_delta and not isinstance(answer.usage, dict)
                self._take(None, None, answer.usage)
            case "message_stop":
                self._said.is_complete = True
            case "error":
                self._fail(answer.error)
                self._said.is_broken = True

    def salvage(self, usage: Mapping[str, object]) -> None:
        self._take(None, None, usage)

    def end(self) -> None:
        self._said.is_broken = self._said.is_broken or self._awaits_delta
        self._said.end()

    def stated(self) -> StatedUsage:
        self._said.usage = anthropic_usage(self._merged)
        self._said.tier = _tier(self._merged)
        return self._said.stated()

    @staticmethod
    def _decode(data: bytes) -> _Answer | None:
        try:
            return decode(_decoder, data)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            return None

    def _take(self, response_id: object, model: object, usage: object) -> None:
        self._said.name(response_id, model)
        if isinstance(usage, dict):
            for name, value in usage.items():
                if value is not None:
                    self._merged[name] = value
            self._said.price(usage)

    def _fail(self, error: object) -> None:
        self._said.error = clean(members_of(error).get("type")) or "error"
