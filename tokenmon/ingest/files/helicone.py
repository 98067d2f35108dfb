"""Helicone's requests, as its export tool (CSV, JSON, JSON lines) and its API write them: one row a call."""

from collections.abc import Mapping
from typing import Any

from tokenmon.ingest.files.call import FileCall
from tokenmon.ingest.files.cells import (
    cell,
    cost_cell,
    count_cell,
    moment_cell,
    needed,
    number_cell,
    object_cell,
    text_cell,
)
from tokenmon.ingest.files.input_total import whole_input
from tokenmon.ingest.files.provider_names import provider_named, provider_of_model

NAME = "helicone"
TITLE = "Helicone requests"
COLUMNS = frozenset({"response_id", "request_created_at", "prompt_tokens", "completion_tokens"})
MAX_TAGS = 8


def call_of(cells: Mapping[str, Any]) -> FileCall | None:
    """The call of a row; None for an answer from Helicone's own cache, which no provider was asked for."""
    if str(cell(cells, "cache_enabled")).lower() == "true" and cell(cells, "cache_reference_id") not in (
        None,
        "00000000-0000-0000-0000-000000000000",
    ):
        return None
    model = text_cell(cells, "response_model", "model", "request_model", "model_override")
    properties = object_cell(cells, "request_properties")
    status = count_cell(cells, "response_status")
    latency = number_cell(cells, "delay_ms", "latency")
    first = number_cell(cells, "time_to_first_token")
    content = {
        "occurred_at": needed(moment_cell(cells, "request_created_at", "response_created_at"), "request_created_at"),
        "provider_name": provider_named(text_cell(cells, "provider")) or provider_of_model(model),
        "request_model": text_cell(cells, "request_model", "model_override") or needed(model, "model"),
        "response_model": model,
        "conversation_id": text_cell(properties, "Helicone-Session-Id"),
        **_counts(cells),
        # Helicone writes codes of its own below 100 for calls that it broke off.
        "status": status if status is not None and 100 <= status <= 599 else None,
        "error_type": f"http_{status}" if status is not None and not 200 <= status <= 399 else None,
        "latency_ms": None if latency is None or latency < 0 else round(latency),
        "time_to_first_chunk_ms": None if first is None or first < 0 else round(first),
        "tags": _tags(cells, properties) or None,
    }
    request = text_cell(cells, "response_id", "request_id")
    return FileCall(content, (NAME, needed(request, "response_id")), cost=cost_cell(cells, "costUSD", "cost") or None)


def _counts(cells: Mapping[str, Any]) -> dict[str, Any]:
    base, output = count_cell(cells, "prompt_tokens"), count_cell(cells, "completion_tokens")
    if base is None and output is None:
        return {"usage_source": "none"}
    read = count_cell(cells, "prompt_cache_read_tokens") or 0
    written = count_cell(cells, "prompt_cache_write_tokens") or 0
    total = count_cell(cells, "total_tokens")
    return {
        "input_tokens": whole_input(base or 0, read + written, output or 0, total),
        "output_tokens": output or 0,
        "cache_read_input_tokens": read,
        "cache_creation_input_tokens": written,
        "reasoning_output_tokens": count_cell(cells, "reasoning_tokens"),
    }


def _tags(cells: Mapping[str, Any], properties: Mapping[str, Any]) -> dict[str, str]:
    tags = {"user": user} if (user := text_cell(cells, "request_user_id")) else {}
    own = sorted(name for name in properties if not name.lower().startswith("helicone"))
    return {**tags, **{name: one for name in own[:MAX_TAGS] if (one := text_cell(properties, name))}}
