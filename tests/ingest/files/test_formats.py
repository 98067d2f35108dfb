"""Each format of calls: what its rows are, checked by hand, wherever its columns stand."""

import csv
import io
import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from tests.ingest.files.reading import calls_of, records_of
from tokenmon.core.record import identified_id
from tokenmon.core.usage import TokenUsage
from tokenmon.errors import ConfigError
from tokenmon.ingest.files.formats import format_name

GENERATION = "gen-1764000000-AbCdEfGhIjKlMnOp"
OPENROUTER: dict[str, Any] = {
    "generation_id": GENERATION, "created_at": "2026-11-24 10:00:00.250", "cost_total": "0.00123",
    "cost_web_search": "", "cost_cache": "-0.0002", "cost_file_processing": "", "byok_usage_inference": "0",
    "tokens_prompt": "1000", "tokens_completion": "200", "tokens_reasoning": "50", "tokens_cached": "400",
    "model_permaslug": "openai/gpt-5.4", "provider_name": "OpenAI", "variant": "standard", "cancelled": "false",
    "streamed": "true", "user": "", "generation_time_ms": "1500", "time_to_first_token_ms": "300",
    "app_name": "Zoë's app", "api_key_name": "ci",
}  # fmt: skip
LITELLM: dict[str, Any] = {
    "request_id": "chatcmpl-9f8e7d6c5b4a39281706", "call_type": "acompletion", "api_key": "88dc28", "spend": 0.0125,
    "total_tokens": 1300, "prompt_tokens": 1100, "completion_tokens": 200, "startTime": "2026-11-24T10:00:00.000Z",
    "endTime": "2026-11-24T10:00:02.500Z", "completionStartTime": "2026-11-24T10:00:00.750Z",
    "model": "anthropic/claude-sonnet-4-6", "model_group": "sonnet", "custom_llm_provider": "anthropic",
    "metadata": {"usage_object": {"cache_read_input_tokens": 600, "cache_creation_input_tokens": 100}},
    "cache_hit": "False", "user": "zoe", "team_id": "search", "session_id": "s-1", "status": "success",
}  # fmt: skip
LANGFUSE: dict[str, Any] = {
    "id": "obs-1", "traceId": "trace-1", "type": "GENERATION", "name": "answer", "model": "claude-sonnet-4-6",
    "startTime": "2026-11-24T10:00:00.000Z", "endTime": "2026-11-24T10:00:01.000Z",
    "completionStartTime": "2026-11-24T10:00:00.400Z", "level": "DEFAULT",
    "usageDetails": {"input": 100, "cache_read_input_tokens": 600, "output": 50, "total": 750},
    "costDetails": {"total": 0.004},
}  # fmt: skip
HELICONE: dict[str, Any] = {
    "response_id": "resp-1", "response_created_at": "2026-11-24T10:00:02Z", "response_status": 200,
    "request_id": "req-1", "request_created_at": "2026-11-24T10:00:00Z", "request_user_id": "zoe",
    "request_model": "gpt-4o", "response_model": "gpt-4o-2024-08-06", "provider": "OPENAI", "delay_ms": 1234,
    "time_to_first_token": 200, "prompt_tokens": 100, "completion_tokens": 50, "total_tokens": 450,
    "prompt_cache_read_tokens": 300, "request_properties": {"Helicone-Session-Id": "s-2", "team": "search"},
    "costUSD": 0.002,
}  # fmt: skip


def as_csv(*rows: dict[str, Any]) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]), lineterminator="\r\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({name: json.dumps(one) if isinstance(one, dict) else one for name, one in row.items()})
    return out.getvalue()


def as_lines(*rows: dict[str, Any]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def test_a_row_of_openrouter_is_the_call_that_the_proxy_sees() -> None:
    (found,) = calls_of(as_csv(OPENROUTER))
    record = found.record

    assert record.id == identified_id(record.occurred_at, "openrouter", GENERATION)
    assert record.occurred_at == datetime(2026, 11, 24, 10, 0, 0, 250_000, UTC)
    assert (record.platform, record.provider_name, record.source) == ("openrouter", "openrouter", "import:openrouter")
    assert (record.model, record.response_id, record.usage_source) == ("openai/gpt-5.4", GENERATION, "provider")
    assert record.usage == TokenUsage(1000, 200, 400, reasoning_output_tokens=50)
    assert (record.stream, record.latency_ms, record.time_to_first_chunk_ms) == (True, 1500, 300)
    assert record.tags == (("app", "Zoë's app"), ("key", "ci"), ("served_by", "OpenAI"))
    assert (found.stated, found.reckoned) == (Decimal("0.00123"), None)


@pytest.mark.parametrize(
    ("changes", "cost"),
    [
        ({"byok_usage_inference": "0.02", "cost_total": "0.001"}, "0.02"),
        ({"cost_total": "0"}, "0"),
        ({"cost_total": ""}, None),
    ],
)
def test_openrouters_cost_is_what_the_call_was_charged(changes: dict[str, str], cost: str | None) -> None:
    (found,) = calls_of(as_csv({**OPENROUTER, **changes}))

    assert found.stated == (None if cost is None else Decimal(cost))


def test_columns_are_found_by_name_and_may_be_missing() -> None:
    needed = ("tokens_completion", "model_permaslug", "created_at", "generation_id", "tokens_prompt")

    (record,) = records_of(as_csv({name: OPENROUTER[name] for name in needed}))

    assert record.usage == TokenUsage(1000, 200)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"tokens_prompt": "many"}, "tokens_prompt: 'many' is not a number"),
        ({"tokens_prompt": "-5"}, "tokens_prompt: '-5' is not a whole number from 0"),
        ({"tokens_prompt": "1.5"}, "tokens_prompt: '1.5' is not a whole number from 0"),
        ({"tokens_prompt": ""}, "tokens_prompt: it is empty"),
        ({"tokens_prompt": "9" * 30}, "input_tokens: '999"),
        ({"created_at": "yesterday"}, "created_at: 'yesterday' is not a time"),
        ({"created_at": "1970-01-01"}, "occurred_at: '1970"),
        ({"created_at": "2030-01-01"}, "occurred_at: '2030"),
        ({"streamed": "maybe"}, "streamed: 'maybe' is not true or false"),
        ({"generation_id": ""}, "generation_id: it is empty"),
    ],
)
def test_a_bad_cell_is_named(changes: dict[str, str], words: str) -> None:
    (problem,) = calls_of(as_csv({**OPENROUTER, **changes}))

    assert str(problem).startswith(words)


def test_a_row_of_litellm() -> None:
    (found,) = calls_of(as_lines(LITELLM))
    record = found.record

    assert record.id == identified_id(record.occurred_at, "anthropic", LITELLM["request_id"])
    assert (record.provider_name, record.model, record.request_model) == ("anthropic", "claude-sonnet-4-6", "sonnet")
    assert record.usage == TokenUsage(1100, 200, 600, 100)
    assert (record.latency_ms, record.time_to_first_chunk_ms, record.conversation_id) == (2500, 750, "s-1")
    assert record.tags == (("team", "search"), ("user", "zoe"))
    assert (found.stated, found.reckoned) == (None, Decimal("0.0125"))


def test_litellm_in_csv_and_a_page_of_its_api_say_the_same() -> None:
    assert records_of(as_csv(LITELLM)) == records_of(as_lines(LITELLM)) == records_of(json.dumps([LITELLM]))


def test_an_answer_from_a_gateways_own_cache_is_no_call() -> None:
    assert calls_of(as_lines({**LITELLM, "cache_hit": "True"})) == [None]


def test_cached_tokens_beside_the_input_are_added_where_the_total_says_so() -> None:
    beside = {**LITELLM, "prompt_tokens": 400, "total_tokens": 1300}

    assert records_of(as_lines(beside))[0].usage == TokenUsage(1100, 200, 600, 100)


def test_a_generation_of_langfuse() -> None:
    (found,) = calls_of(as_lines(LANGFUSE))
    record = found.record

    assert record.id == identified_id(record.occurred_at, "langfuse", "obs-1")
    assert (record.provider_name, record.model, record.conversation_id) == (
        "anthropic", "claude-sonnet-4-6", "trace-1",
    )  # fmt: skip
    assert record.usage == TokenUsage(700, 50, 600)
    assert (record.latency_ms, record.time_to_first_chunk_ms) == (1000, 400)
    assert (found.stated, found.reckoned) == (None, Decimal("0.004"))


def test_langfuses_other_names_and_its_csv_say_the_same() -> None:
    stored = {
        "id": "obs-1", "trace_id": "trace-1", "type": "GENERATION", "start_time": "2026-11-24 10:00:00.000000",
        "end_time": "2026-11-24 10:00:01.000000", "provided_model_name": "claude-sonnet-4-6",
        "usage_details": json.dumps(LANGFUSE["usageDetails"]), "total_cost": "0.004",
    }  # fmt: skip

    (record,), (other,) = records_of(as_csv(stored)), records_of(as_csv(LANGFUSE))

    assert (record.id, record.usage, record.model) == (other.id, other.usage, other.model)


def test_langfuses_older_usage_and_what_is_no_generation() -> None:
    older = {**LANGFUSE, "usageDetails": {}, "usage": {"input": 10, "output": 5, "total": 15, "unit": "TOKENS"}}
    unknown = {**LANGFUSE, "usageDetails": {}}

    found = calls_of(as_lines(older, {**LANGFUSE, "type": "SPAN"}, unknown))

    assert [one and one.record.usage for one in found] == [TokenUsage(10, 5), None, None]
    assert found[1] is None
    assert found[2].record.usage_source == "none"


def test_a_request_of_helicone() -> None:
    (found,) = calls_of(as_lines(HELICONE))
    record = found.record

    assert record.id == identified_id(record.occurred_at, "helicone", "resp-1")
    assert (record.provider_name, record.request_model, record.response_model) == (
        "openai", "gpt-4o", "gpt-4o-2024-08-06",
    )  # fmt: skip
    assert record.usage == TokenUsage(400, 50, 300)
    assert (record.status, record.latency_ms, record.conversation_id) == (200, 1234, "s-2")
    assert record.tags == (("team", "search"), ("user", "zoe"))
    assert found.reckoned == Decimal("0.002")


def test_helicones_csv_has_fewer_columns() -> None:
    columns = (
        "response_id", "response_created_at", "response_status", "request_created_at", "request_body",
        "request_properties", "request_user_id", "model", "prompt_tokens", "completion_tokens", "latency", "cost",
    )  # fmt: skip
    row = {name: HELICONE.get(name, "") for name in columns} | {"model": "gpt-4o", "response_status": 500}

    (record,) = records_of(as_csv(row))

    assert (record.provider_name, record.error_type) == ("openai", "http_500")
    assert record.usage == TokenUsage(100, 50)


def test_an_unknown_table_is_refused_with_its_columns() -> None:
    with pytest.raises(ConfigError, match="not known by its columns: a, b") as caught:
        format_name(("a", "b"), "x.csv")

    assert caught.value.hint is not None
    assert "--map" in caught.value.hint
