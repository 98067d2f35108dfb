"""Amazon Bedrock's Converse: one object, or binary frames of which `metadata` states the usage.

`inputTokens` excludes cache reads and writes, so they are added; the `...TokenCount` twins repeat the same numbers.
Source: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_TokenUsage.html
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from tokenmon.core.text import clean
from tokenmon.core.usage import StatedUsage, TokenUsage
from tokenmon.providers.counts import count, first_count, members_of, pairs_of
from tokenmon.providers.json_body import decode
from tokenmon.providers.reading import AnswerFacts, Statement


class _Answer(msgspec.Struct):
    usage: Any = None
    serviceTier: Any = None  # noqa: N815 - Amazon's spelling


_decoder = msgspec.json.Decoder(_Answer)


def converse_usage(usage: Mapping[str, Any]) -> TokenUsage | None:
    """The usage that an object states."""
    uncached, output = count(usage.get("inputTokens")), count(usage.get("outputTokens"))
    if uncached is None and output is None:
        return None
    read = first_count(usage, "cacheReadInputTokens", "cacheReadInputTokenCount") or 0
    written = first_count(usage, "cacheWriteInputTokens", "cacheWriteInputTokenCount") or 0
    details = usage.get("cacheDetails")
    by_age = [members_of(one) for one in details] if isinstance(details, list) else []
    tools = members_of(usage.get("serverToolUsage"))
    return TokenUsage(
        input_tokens=(uncached or 0) + read + written,
        output_tokens=output or 0,
        cache_read_input_tokens=read,
        cache_creation_input_tokens=written,
        cache_creation_1h_input_tokens=sum(
            count(one.get("inputTokens")) or 0 for one in by_age if one.get("ttl") == "1h"
        ),
        units=pairs_of({"web_searches": first_count(tools, "webSearchRequests")}),
    )


class ConverseReading:
    """Reads one answer; see `reading.FrameReading`."""

    markers = (b'"usage"',)
    idle_marker = b""
    wants_all = True

    def __init__(self, facts: AnswerFacts) -> None:
        self._said = Statement(facts.cost_rule)

    def document(self, data: bytes) -> bool:
        try:
            answer = decode(_decoder, data)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            return False
        tier = answer.serviceTier
        self._said.tier = clean(members_of(tier).get("type") or tier) or self._said.tier
        if isinstance(answer.usage, dict):
            self.salvage(answer.usage)
        return True

    def event(self, data: bytes) -> None:
        self.document(data)

    def frame(self, kind: str, name: str, payload: bytes) -> None:
        if kind != "event":
            self._said.error = clean(name) or "error"
            self._said.is_broken = True
        elif name == "metadata":
            self.document(payload)
            # It comes last, after `messageStop`.
            self._said.is_complete = True

    def salvage(self, usage: Mapping[str, object]) -> None:
        self._said.usage = converse_usage(usage) or self._said.usage

    def end(self) -> None:
        self._said.end()

    def stated(self) -> StatedUsage:
        return self._said.stated()
