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
from tokenmon.providers.counts import count, first_count, members_of


class _Answer(msgspec.Struct):
    usageMetadata: Any = None  # noqa: N815 - Google's spelling
    modelVersion: Any = None  # noqa: N815
    responseId: Any = None  # noqa: N815
    error: Any = None


_decoder = msgspec.json.Decoder(_Answer)
_list_decoder = msgspec.json.Decoder(list[_Answer])


def _of_modality(details: object, modality: str) -> int:
    if not isinstance(details, list):
        return 0
    members = [members_of(one) for one in details]
    return sum(count(one.get("tokenCount")) or 0 for one in members if one.get("modality") == modality)


def gemini_usage(usage: Mapping[str, Any]) -> TokenUsage | None:
    """The usage that a `usageMetadata` object states."""
    prompt = count(usage.get("promptTokenCount"))
    candidates = first_count(usage, "candidatesTokenCount", "responseTokenCount")
    thoughts = count(usage.get("thoughtsTokenCount")) or 0
    if prompt is None and candidates is None and not thoughts:
        return None
    prompt_details = usage.get("promptTokensDetails") or usage.get("promptTokenDetails")
    output_details = usage.get("candidatesTokensDetails") or usage.get("responseTokensDetails")
    units = {
        "input_image_tokens": _of_modality(prompt_details, "IMAGE"),
        "input_video_tokens": _of_modality(prompt_details, "VIDEO"),
        "output_image_tokens": _of_modality(output_details, "IMAGE"),
    }
    return TokenUsage(
        input_tokens=(prompt or 0) + (count(usage.get("toolUsePromptTokenCount")) or 0),
        output_tokens=(candidates or 0) + thoughts,
        cache_read_input_tokens=count(usage.get("cachedContentTokenCount")) or 0,
        reasoning_output_tokens=thoughts,
        audio_input_tokens=_of_modality(prompt_details, "AUDIO"),
        audio_output_tokens=_of_modality(output_details, "AUDIO"),
        units=tuple(sorted((name, number) for name, number in units.items() if number)),
    )


class GeminiReading:
    """Reads one answer; see `parser.Reading`."""

    markers = (b'"usageMetadata"', b'"error"')
    idle_marker = b'"usageMetadata":null'

    def __init__(self) -> None:
        self._usage: TokenUsage | None = None
        self._id: str | None = None
        self._model: str | None = None
        self._tier: str | None = None
        self._error: str | None = None
        self._is_complete = False
        self._last: bytes | None = None
        self._events = 0

    @property
    def wants_all(self) -> bool:
        return self._id is None and self._events < 2

    def document(self, data: bytes) -> None:
        try:
            answers = _list_decoder.decode(data) if data[:1] == b"[" else [_decoder.decode(data)]
        except (msgspec.MsgspecError, ValueError, RecursionError):
            return
        for answer in answers:
            self._take(answer)

    def event(self, data: bytes) -> None:
        self._events += 1
        if self._events > 1 and b'"error"' not in data:
            # Only the last chunk's usage is wanted, and which one is last shows at the end.
            self._last = data
        else:
            self._decode(data)

    def salvage(self, usage: Mapping[str, object]) -> None:
        self._usage = gemini_usage(usage) or self._usage

    def end(self) -> None:
        self._is_complete = True

    def stated(self) -> StatedUsage:
        if self._last is not None:
            data, self._last = self._last, None
            self._decode(data)
        return StatedUsage(
            usage=self._usage,
            response_model=self._model,
            response_id=self._id,
            service_tier=self._tier,
            error_type=self._error,
            is_complete=self._is_complete,
        )

    def _decode(self, data: bytes) -> None:
        try:
            self._take(_decoder.decode(data))
        except (msgspec.MsgspecError, ValueError, RecursionError):
            return

    def _take(self, answer: _Answer) -> None:
        self._id = clean(answer.responseId) or self._id
        self._model = clean(answer.modelVersion) or self._model
        if isinstance(answer.usageMetadata, dict):
            self._usage = gemini_usage(answer.usageMetadata) or self._usage
            tier = clean(answer.usageMetadata.get("serviceTier"))
            self._tier = tier.lower() if tier else self._tier
        if answer.error is not None:
            self._error = clean(members_of(answer.error).get("status")) or "error"
