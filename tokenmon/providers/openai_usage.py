"""OpenAI's `usage` object, as OpenAI, Azure and those who copied it send it, in tokenmon's vocabulary.

Sources: OpenAI's API reference for chat, responses, embeddings, images and transcriptions; PROVIDERS section 2.2 for
where the copies differ. `input` and `prompt` names both occur, and detail objects in four spellings.
"""

import math
from collections.abc import Mapping
from typing import Any

from tokenmon.core.usage import MAX_PLAUSIBLE, TokenUsage
from tokenmon.providers.counts import count, first_count, members_of, pairs_of

INPUT_DETAILS = ("prompt_tokens_details", "input_tokens_details", "input_token_details", "prompt_token_details")
OUTPUT_DETAILS = ("completion_tokens_details", "output_tokens_details", "output_token_details")
# What few state, by the unit that it is billed in: pictures in pixels (Voyage), citations and searches (Perplexity).
RARE_UNITS = {
    "image_pixels": "input_pixels", "citation_tokens": "output_citation_tokens", "search_units": "rerank_searches",
    "num_search_queries": "web_searches",
}  # fmt: skip
# OpenRouter runs searches of its own.
RARE_MEMBERS = frozenset({*RARE_UNITS, "server_tool_use_details", "server_tool_use"})
CACHED = ("cached_tokens", "prompt_cache_hit_tokens", "num_cached_tokens")


# What OpenAI's own chat answers hold and nothing else: no rule for any copy applies to such an object.
PLAIN = {"prompt_tokens", "completion_tokens", "total_tokens", "prompt_tokens_details", "completion_tokens_details"}
PLAIN_INPUT = {"cached_tokens", "audio_tokens"}
PLAIN_OUTPUT = {"reasoning_tokens", "audio_tokens", "accepted_prediction_tokens", "rejected_prediction_tokens"}


def openai_usage(usage: Mapping[str, Any]) -> TokenUsage | None:
    """The usage that an object states, or None when it states nothing that is billed."""
    return _plain_usage(usage) or _any_usage(usage)


def _plain_usage(usage: Mapping[str, Any]) -> TokenUsage | None:
    """The usage of most calls, in a third of the time; None for any object that may need a rule."""
    into, out = usage.get("prompt_tokens_details"), usage.get("completion_tokens_details")
    if not (
        into.__class__ is dict
        and out.__class__ is dict
        and usage.keys() == PLAIN
        and into.keys() == PLAIN_INPUT
        and out.keys() == PLAIN_OUTPUT
    ):
        return None
    counts = (
        usage["prompt_tokens"], usage["completion_tokens"], into["cached_tokens"], 0, 0, out["reasoning_tokens"],
        into["audio_tokens"], out["audio_tokens"],
    )  # fmt: skip
    for one in counts:
        if one.__class__ is not int or not 0 <= one <= MAX_PLAUSIBLE:
            return None
    return TokenUsage(*counts) if usage["total_tokens"] == counts[0] + counts[1] else None


def _any_usage(usage: Mapping[str, Any]) -> TokenUsage | None:
    total = count(usage.get("total_tokens"))
    input_tokens = first_count(usage, "prompt_tokens", "input_tokens")
    output_tokens = first_count(usage, "completion_tokens", "output_tokens")
    if input_tokens is None and output_tokens is None and total is None:
        return _without_tokens(usage)
    if input_tokens is None:
        # Voyage states a total alone, and all of it is input.
        input_tokens = max(0, (total or 0) - (output_tokens or 0))
    output_tokens = output_tokens or 0
    into = _details(usage, INPUT_DETAILS)
    out = _details(usage, OUTPUT_DETAILS)
    audio_input = count(into.get("audio_tokens")) or 0
    reasoning = count(out.get("reasoning_tokens"))
    if reasoning is None:
        # Perplexity states it beside the details that it does not have.
        reasoning = count(usage.get("reasoning_tokens")) or 0
    if total is not None and total > input_tokens + output_tokens:
        missing = total - input_tokens - output_tokens
        if (missing == audio_input and missing != reasoning) or ("connector_tokens" in usage and not reasoning):
            # Mistral counts audio beside the prompt, and what its connectors found.
            input_tokens += missing
        else:
            # xAI counts reasoning beside the completion; Gemini's compatible endpoint states it in the total alone.
            output_tokens += missing
            reasoning = reasoning or missing
    cached = first_count(into, *CACHED)
    if cached is None:
        cached = first_count(usage, *CACHED) or 0
    return TokenUsage(
        input_tokens=input_tokens,
        output_tokens=output_tokens,
        cache_read_input_tokens=cached,
        cache_creation_input_tokens=count(into.get("cache_write_tokens")) or 0,
        reasoning_output_tokens=reasoning,
        audio_input_tokens=audio_input,
        audio_output_tokens=count(out.get("audio_tokens")) or 0,
        units=_units(usage, into, out),
    )


def _without_tokens(usage: Mapping[str, Any]) -> TokenUsage | None:
    """What is billed by something else: transcriptions by the second begun, rerankings by the search, OCR by page."""
    seconds = usage.get("seconds")
    units = {
        "rerank_searches": count(usage.get("search_units")),
        "input_document_pages": count(usage.get("pages_processed")),
    }
    if isinstance(seconds, int | float) and 0 < seconds < MAX_PLAUSIBLE:
        units["audio_seconds"] = math.ceil(seconds)
    pairs = pairs_of(units)
    return TokenUsage(input_tokens=0, output_tokens=0, units=pairs) if pairs else None


def _details(usage: Mapping[str, Any], names: tuple[str, ...]) -> Mapping[str, Any]:
    for name in names:
        found = usage.get(name)
        if isinstance(found, dict):
            return found
    return members_of(None)


def _units(usage: Mapping[str, Any], into: Mapping[str, Any], out: Mapping[str, Any]) -> tuple[tuple[str, int], ...]:
    units: dict[str, int | None] = {}
    if into:
        units["input_image_tokens"] = count(into.get("image_tokens"))
        units["input_video_tokens"] = count(into.get("video_tokens"))
        cached = into.get("cached_tokens_details")
        if isinstance(cached, dict):
            units["cache_audio_read_tokens"] = count(cached.get("audio_tokens"))
            units["cache_image_read_tokens"] = count(cached.get("image_tokens"))
    if out:
        units["output_image_tokens"] = count(out.get("image_tokens"))
    for member in RARE_MEMBERS & usage.keys():
        if member in RARE_UNITS:
            units[RARE_UNITS[member]] = count(usage[member])
        else:
            searches = count(members_of(usage[member]).get("web_search_requests"))
            units["web_searches"] = searches or units.get("web_searches")
    return pairs_of(units) if units else ()
