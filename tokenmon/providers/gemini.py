"""Gemini's generateContent, streamGenerateContent (SSE or one JSON array) and embeddings.

`promptTokenCount` includes cached content and excludes tool-use prompts; `candidatesTokenCount` excludes thoughts;
both of the excluded are billed. Every chunk of a stream repeats the whole usage, so the last one counts.
Source: https://ai.google.dev/api/generate-content#UsageMetadata
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from tokenmon.core.text import clean
from tokenmon.core.usage import StatedUsage, TokenUsage
from tokenmon.providers.counts import by_modality, count, first_count, members_of, pairs_of
from tokenmon.providers.json_body import decode
from tokenmon.providers.reading import AnswerFacts, Statement

TIER_HEADER = b"x-gemini-service-tier"


class _Answer(msgspec.Struct):
    usageMetadata: Any = None  # noqa: N815 - Google's spelling
    modelVersion: Any = None  # noqa: N815
    responseId: Any = None  # noqa: N815
    error: Any = None


_decoder = msgspec.json.Decoder(_Answer)
_list_decoder = msgspec.json.Decoder(list[_Answer])


def gemini_usage(usage: Mapping[str, Any]) -> TokenUsage | None:
    """The usage that a `usageMetadata` object states."""
    prompt = count(usage.get("promptTokenCount"))
    candidates = first_count(usage, "candidatesTokenCount", "responseTokenCount")
    thoughts = count(usage.get("thoughtsTokenCount")) or 0
    if prompt is None and candidates is None and not thoughts:
        return None
    tool_use = count(usage.get("toolUsePromptTokenCount")) or 0
    into = by_modality(usage.get("promptTokensDetails") or usage.get("promptTokenDetails"))
    out = by_modality(usage.get("candidatesTokensDetails") or usage.get("responseTokensDetails"))
    units: dict[str, int | None] = {"input_tool_tokens": tool_use}
    if into:
        units["input_image_tokens"], units["input_video_tokens"] = into.get("IMAGE"), into.get("VIDEO")
    if out:
        units["output_image_tokens"], units["output_video_tokens"] = out.get("IMAGE"), out.get("VIDEO")
    if "cacheTokensDetails" in usage:
        cached = by_modality(usage["cacheTokensDetails"])
        units["cache_audio_read_tokens"] = cached.get("AUDIO")
        units["cache_image_read_tokens"] = cached.get("IMAGE")
        units["cache_video_read_tokens"] = cached.get("VIDEO")
    return TokenUsage(
        input_tokens=(prompt or 0) + tool_use,
        output_tokens=(candidates or 0) + thoughts,
        cache_read_input_tokens=count(usage.get("cachedContentTokenCount")) or 0,
        reasoning_output_tokens=thoughts,
        audio_input_tokens=into.get("AUDIO", 0),
        audio_output_tokens=out.get("AUDIO", 0),
        units=pairs_of(units),
    )


def _embedded_usage(usage: Mapping[str, Any]) -> TokenUsage | None:
    """What embeddings that state a total alone have read."""
    total = count(usage.get("totalTokenCount"))
    return None if total is None else TokenUsage(total, 0)


def google_error(error: object) -> str | None:
    """The name of an error, where one is stated."""
    return None if error is None else clean(members_of(error).get("status")) or "error"


def header_tier(facts: AnswerFacts) -> str | None:
    """The service tier that a response's headers name."""
    for name, value in facts.headers:
        if name == TIER_HEADER:
            return clean(value.decode("latin-1").lower())
    return None


class GeminiReading:
    """Reads one answer; see `reading.Reading`."""

    markers = (b'"usageMetadata"', b'"error"')
    idle_marker = b'"usageMetadata":null'

    def __init__(self, facts: AnswerFacts) -> None:
        self._said = Statement(facts.cost_rule)
        self._said.tier = header_tier(facts)
        self._last: bytes | None = None
        self._events = 0

    @property
    def wants_all(self) -> bool:
        return self._said.response_id is None and self._events < 2

    def document(self, data: bytes) -> bool:
        is_stream = data[:1] == b"["
        try:
            answers = decode(_list_decoder, data) if is_stream else [decode(_decoder, data)]
        except (msgspec.MsgspecError, ValueError, RecursionError):
            return False
        for answer in answers:
            self._take(answer, is_stream=is_stream)
        return True

    def event(self, data: bytes) -> None:
        self._events += 1
        if self._events == 1 or self._said.response_id is None or b'"error"' in data:
            self._read_last()
            self._decode(data)
        elif b'"promptTokenCount"' in data or b'"candidatesTokenCount"' in data:
            # Only the last counts are wanted, and which ones are last shows at the end.
            self._last = data

    def salvage(self, usage: Mapping[str, object]) -> None:
        said = self._said
        said.usage = gemini_usage(usage) or said.usage or _embedded_usage(usage)
        tier = clean(usage.get("serviceTier"))
        said.tier = tier.lower() if tier else said.tier

    def end(self) -> None:
        self._said.end()

    def stated(self) -> StatedUsage:
        self._read_last()
        return self._said.stated()

    def _read_last(self) -> None:
        if self._last is not None:
            data, self._last = self._last, None
            self._decode(data)

    def _decode(self, data: bytes) -> None:
        try:
            self._take(decode(_decoder, data), is_stream=True)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            return

    def _take(self, answer: _Answer, *, is_stream: bool) -> None:
        self._said.name(answer.responseId, answer.modelVersion)
        if isinstance(answer.usageMetadata, dict):
            self.salvage(answer.usageMetadata)
        if answer.error is not None:
            self._said.error = google_error(answer.error)
            self._said.is_broken = is_stream
