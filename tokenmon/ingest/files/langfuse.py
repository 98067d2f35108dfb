"""Langfuse's observations, of its API, its own export or blob storage: each generation is a call.

Other observations (spans, events) hold no usage of their own and are passed over.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from tokenmon.ingest.files.call import FileCall
from tokenmon.ingest.files.cells import (
    cost_cell,
    count_cell,
    moment_cell,
    needed,
    number_cell,
    object_cell,
    text_cell,
)
from tokenmon.ingest.files.provider_names import provider_of_model

NAME = "langfuse"
TITLE = "Langfuse observations"
COLUMNS = frozenset({"id", "type"})
# One of these is there besides: the API and the export write the first, blob storage the second.
MARKS = frozenset({"traceId", "trace_id"})
CALLS = frozenset({"GENERATION", "EMBEDDING"})
READ = ("cache_read_input_tokens", "input_cached_tokens", "input_cache_read", "cache_read", "input_cached")
WRITTEN = ("cache_creation_input_tokens", "input_cache_creation", "input_cache_write", "cache_creation")
REASONING = ("output_reasoning_tokens", "output_reasoning", "reasoning_tokens", "reasoning")


def recognises(columns: frozenset[str]) -> bool:
    """Whether a file with these columns is one of these."""
    return columns >= COLUMNS and not columns.isdisjoint(MARKS)


def call_of(cells: Mapping[str, Any]) -> FileCall | None:
    """The call of a row; None for an observation that is no call of a model."""
    kind = (text_cell(cells, "type") or "").upper()
    if kind not in CALLS:
        return None
    model = text_cell(cells, "model", "providedModelName", "provided_model_name", "internalModel")
    started = needed(moment_cell(cells, "startTime", "start_time"), "startTime")
    ended = moment_cell(cells, "endTime", "end_time")
    first = moment_cell(cells, "completionStartTime", "completion_start_time")
    content = {
        "occurred_at": started,
        "provider_name": provider_of_model(without_router(model)),
        "operation_name": "embeddings" if kind == "EMBEDDING" else "chat",
        "request_model": needed(model, "model"),
        "conversation_id": text_cell(cells, "sessionId", "session_id", "traceId", "trace_id"),
        **_counts(cells),
        "latency_ms": None if ended is None else max(0, round((ended - started).total_seconds() * 1000)),
        "time_to_first_chunk_ms": None if first is None else max(0, round((first - started).total_seconds() * 1000)),
        "error_type": "error" if text_cell(cells, "level") == "ERROR" else None,
    }
    identity = (NAME, needed(text_cell(cells, "id"), "id"))
    return FileCall(content, identity, cost=_cost(cells))


def without_router(model: str | None) -> str | None:
    """A model without the maker's name before a slash."""
    return model.rpartition("/")[2] if model else None


def _counts(cells: Mapping[str, Any]) -> dict[str, Any]:
    details = object_cell(cells, "usageDetails", "usage_details")
    if not details:
        details = {**object_cell(cells, "usage"), **_flat(cells)}
    base, output = count_cell(details, "input"), count_cell(details, "output")
    if base is None and output is None and not any(count_cell(details, one) for one in READ):
        # A generation whose usage nobody told.
        return {"usage_source": "none"}
    read, written = count_cell(details, *READ) or 0, count_cell(details, *WRITTEN) or 0
    reasoning = count_cell(details, *REASONING) or 0
    total = count_cell(details, "total")
    # Langfuse's kinds of usage exclude each other; an own integration may still send the whole. Its total tells.
    parts = read + written + reasoning
    is_whole = bool(parts) and total == (base or 0) + (output or 0)
    return {
        "input_tokens": (base or 0) + (0 if is_whole else read + written),
        "output_tokens": (output or 0) + (0 if is_whole else reasoning),
        "cache_read_input_tokens": read,
        "cache_creation_input_tokens": written,
        "reasoning_output_tokens": reasoning,
    }


def _flat(cells: Mapping[str, Any]) -> dict[str, Any]:
    names = {
        "input": ("inputUsage", "promptTokens", "input_usage"),
        "output": ("outputUsage", "completionTokens", "output_usage"),
        "total": ("totalUsage", "totalTokens", "total_usage"),
    }
    found = {name: number_cell(cells, *columns) for name, columns in names.items()}
    return {name: value for name, value in found.items() if value is not None}


def _cost(cells: Mapping[str, Any]) -> Decimal | None:
    details = object_cell(cells, "costDetails", "cost_details")
    return cost_cell(details, "total") or cost_cell(cells, "calculatedTotalCost", "totalCost", "total_cost") or None
