"""Gemini's Interactions API: one object, or a stream whose events carry it.

Thoughts and tool-use prompts are counted beside output and input, as in generateContent; cached tokens are within the
input. A background interaction states its usage once it is done, and repeats it whenever it is fetched.
Source: https://ai.google.dev/api/interactions-api
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from tokenmon.core.text import clean
from tokenmon.core.usage import StatedUsage, TokenUsage
from tokenmon.providers.counts import by_modality, count, pairs_of
from tokenmon.providers.gemini import google_error, header_tier
from tokenmon.providers.json_body import decode
from tokenmon.providers.reading import AnswerFacts, Statement


class _Interaction(msgspec.Struct):
    id: Any = None
    model: Any = None
    usage: Any = None
    service_tier: Any = None
    error: Any = None


class _Event(msgspec.Struct):
    interaction: msgspec.Raw = msgspec.Raw()
    event_type: Any = None
    error: Any = None


_decoder = msgspec.json.Decoder(_Interaction)
_event_decoder = msgspec.json.Decoder(_Event)
TERMINAL = frozenset({"interaction.completed", "interaction.complete", "interaction.failed", "interaction.cancelled"})


def interaction_usage(usage: Mapping[str, Any]) -> TokenUsage | None:
    """The usage that an interaction states."""
    into, out = count(usage.get("total_input_tokens")), count(usage.get("total_output_tokens"))
    if into is None and out is None:
        return None
    thoughts = count(usage.get("total_thought_tokens")) or 0
    tool_use = count(usage.get("total_tool_use_tokens")) or 0
    into_by = by_modality(usage.get("input_tokens_by_modality"), member="tokens")
    out_by = by_modality(usage.get("output_tokens_by_modality"), member="tokens")
    return TokenUsage(
        input_tokens=(into or 0) + tool_use,
        output_tokens=(out or 0) + thoughts,
        cache_read_input_tokens=count(usage.get("total_cached_tokens")) or 0,
        reasoning_output_tokens=thoughts,
        audio_input_tokens=into_by.get("AUDIO", 0),
        audio_output_tokens=out_by.get("AUDIO", 0),
        units=pairs_of(
            {
                "input_image_tokens": into_by.get("IMAGE"),
                "input_video_tokens": into_by.get("VIDEO"),
                "input_tool_tokens": tool_use,
                "output_image_tokens": out_by.get("IMAGE"),
            }
        ),
    )


class InteractionReading:
    """Reads one answer; see `reading.Reading`."""

    markers = (b'"usage"', b'"interaction"', b'"error"')
    idle_marker = b'"usage":null'
    wants_all = False

    def __init__(self, facts: AnswerFacts) -> None:
        self._said = Statement(facts.cost_rule)
        self._said.tier = header_tier(facts)

    def document(self, data: bytes) -> bool:
        try:
            found = decode(_decoder, data)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            return False
        said = self._said
        said.name(found.id, found.model)
        said.tier = clean(found.service_tier) or said.tier
        said.error = google_error(found.error) or said.error
        if isinstance(found.usage, dict):
            self.salvage(found.usage)
        return True

    def event(self, data: bytes) -> None:
        try:
            event = decode(_event_decoder, data)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            return
        interaction = bytes(event.interaction)
        if interaction[:1] == b"{":
            self.document(interaction)
        if event.error is not None:
            self._said.error = google_error(event.error)
            self._said.is_broken = True
        if event.event_type in TERMINAL:
            self._said.is_complete = True

    def salvage(self, usage: Mapping[str, object]) -> None:
        self._said.usage = interaction_usage(usage) or self._said.usage

    def end(self) -> None:
        self._said.end()

    def stated(self) -> StatedUsage:
        return self._said.stated()
