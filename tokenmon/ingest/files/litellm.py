"""LiteLLM's spend logs (`GET /spend/logs`, or the table LiteLLM_SpendLogs): one row a call.

Its `spend` is what LiteLLM reckons by its own price list, not what a provider charged.
"""

from collections.abc import Mapping
from typing import Any

from tokenmon.ingest.files.call import FileCall
from tokenmon.ingest.files.cells import cell, cost_cell, count_cell, moment_cell, needed, object_cell, text_cell
from tokenmon.ingest.files.input_total import whole_input
from tokenmon.ingest.files.provider_names import provider_named, provider_of_model, without_provider

NAME = "litellm"
TITLE = "LiteLLM spend logs"
COLUMNS = frozenset({"request_id", "call_type", "spend", "prompt_tokens", "completion_tokens", "startTime"})
OPERATIONS = {"embedding": "embeddings", "text_completion": "text_completion", "image_generation": "image_generation"}
TAGS = {"user": "user", "team": "team_id", "end_user": "end_user", "organization": "organization_id"}


def call_of(cells: Mapping[str, Any]) -> FileCall | None:
    """The call of a row; None for an answer from LiteLLM's own cache, which no provider was asked for."""
    if str(cell(cells, "cache_hit")).lower() == "true":
        return None
    model = text_cell(cells, "model") or text_cell(cells, "model_group")
    provider = provider_named(text_cell(cells, "custom_llm_provider")) or provider_of_model(model)
    started = needed(moment_cell(cells, "startTime"), "startTime")
    first = moment_cell(cells, "completionStartTime")
    ended = moment_cell(cells, "endTime")
    usage = object_cell(object_cell(cells, "metadata"), "usage_object")
    content = {
        "occurred_at": started,
        "provider_name": provider,
        "operation_name": _operation(text_cell(cells, "call_type")),
        "response_id": needed(text_cell(cells, "request_id"), "request_id"),
        "conversation_id": text_cell(cells, "session_id"),
        "request_model": text_cell(cells, "model_group") or without_provider(model, provider),
        "response_model": needed(without_provider(model, provider), "model"),
        **_counts(cells, usage),
        "latency_ms": _milliseconds(started, ended),
        # Without a stream LiteLLM repeats the end here.
        "time_to_first_chunk_ms": _milliseconds(started, first) if first != ended else None,
        "error_type": "failure" if text_cell(cells, "status") == "failure" else None,
        "tags": {name: one for name, column in TAGS.items() if (one := text_cell(cells, column))} or None,
    }
    return FileCall(content, cost=cost_cell(cells, "spend") or None)


def _counts(cells: Mapping[str, Any], usage: Mapping[str, Any]) -> dict[str, int | None]:
    output = needed(count_cell(cells, "completion_tokens"), "completion_tokens")
    read = count_cell(usage, "cache_read_input_tokens", "prompt_tokens_details.cached_tokens") or 0
    written = count_cell(usage, "cache_creation_input_tokens", "prompt_tokens_details.cache_creation_tokens") or 0
    base = needed(count_cell(cells, "prompt_tokens"), "prompt_tokens")
    return {
        "input_tokens": whole_input(base, read + written, output, count_cell(cells, "total_tokens")),
        "output_tokens": output,
        "cache_read_input_tokens": read,
        "cache_creation_input_tokens": written,
        "reasoning_output_tokens": count_cell(usage, "completion_tokens_details.reasoning_tokens"),
    }


def _operation(call_type: str | None) -> str:
    word = (call_type or "").removeprefix("a")
    return OPERATIONS.get(word, "chat" if "completion" in word or not word else call_type or "chat")


def _milliseconds(start: Any, end: Any) -> int | None:
    return None if end is None or end < start else round((end - start).total_seconds() * 1000)
