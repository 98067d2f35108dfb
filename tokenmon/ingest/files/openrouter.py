"""OpenRouter's activity CSV: one row a call, with what OpenRouter charged.

The generation id is the response id that the proxy sees, so a call that both saw counts once.
"""

from collections.abc import Mapping
from typing import Any

from tokenmon.ingest.files.call import FileCall
from tokenmon.ingest.files.cells import cost_cell, count_cell, flag_cell, moment_cell, needed, text_cell

NAME = "openrouter"
TITLE = "OpenRouter activity CSV"
COLUMNS = frozenset({"generation_id", "created_at", "tokens_prompt", "tokens_completion", "model_permaslug"})
PROVIDER = "openrouter"
TAGS = {"app": "app_name", "key": "api_key_name", "user": "user", "served_by": "provider_name"}


def call_of(cells: Mapping[str, Any]) -> FileCall:
    """The call of a row."""
    generation = needed(text_cell(cells, "generation_id"), "generation_id")
    model = needed(text_cell(cells, "model_permaslug"), "model_permaslug")
    if text_cell(cells, "variant") == "free" and not model.endswith(":free"):
        model += ":free"
    tags = {name: value for name, column in TAGS.items() if (value := text_cell(cells, column)) is not None}
    content = {
        "occurred_at": needed(moment_cell(cells, "created_at"), "created_at"),
        "provider_name": PROVIDER,
        "response_id": generation,
        "request_model": model,
        "response_model": model,
        "input_tokens": needed(count_cell(cells, "tokens_prompt"), "tokens_prompt"),
        "output_tokens": needed(count_cell(cells, "tokens_completion"), "tokens_completion"),
        "cache_read_input_tokens": count_cell(cells, "tokens_cached"),
        "reasoning_output_tokens": count_cell(cells, "tokens_reasoning"),
        "stream": flag_cell(cells, "streamed"),
        "error_type": "cancelled" if flag_cell(cells, "cancelled") else None,
        "latency_ms": count_cell(cells, "generation_time_ms"),
        "time_to_first_chunk_ms": count_cell(cells, "time_to_first_token_ms"),
        "usage_source": "provider",
        "tags": tags or None,
    }
    # With a key of one's own at the provider, what that provider charges; the total is then OpenRouter's fee alone.
    own = cost_cell(cells, "byok_usage_inference")
    cost = own if own else cost_cell(cells, "cost_total")
    return FileCall(content, cost=cost, is_providers=cost is not None)
