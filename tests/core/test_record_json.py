"""Records as JSON: what is written can be read again, and what cannot be read is named."""

import json
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.core.sample import NOON, call
from tokenmon.core.period import Period
from tokenmon.core.query import Group, Totals
from tokenmon.core.record import UsageRecord, identified_id
from tokenmon.core.record_json import (
    RECORD_KEYS,
    group_json,
    period_json,
    record_from_json,
    record_json,
    time_text,
    totals_json,
)
from tokenmon.core.usage import TokenUsage
from tokenmon.errors import ConfigError

NOW = NOON + timedelta(hours=1)
FULL = call(
    conversation_id="s",
    project="search",
    client_key="ci",
    stream=True,
    error_type="cut off",
    usage=TokenUsage(900, 80, 70, 60, 50, 40, 30, 20, units=(("web_searches", 2),)),
    usage_source="partial",
    time_to_first_chunk_ms=12,
    service_tier="flex",
    processing="batch",
    server_address="api.example.com",
    billing="subscription",
    tags=(("team", "search"),),
)
LEAST: dict[str, Any] = {
    "platform": "work", "provider_name": "openai", "request_model": "gpt-4o", "input_tokens": 10, "output_tokens": 5,
}  # fmt: skip


def test_a_record_has_every_key_in_order_and_unknown_is_null() -> None:
    shown = record_json(call(usage=None, usage_source="none", cost=None, cost_source="unpriced", latency_ms=None))

    assert tuple(shown) == RECORD_KEYS
    assert json.loads(json.dumps(shown)) == {
        "id": "01a20846fe00b9886a46df8ff6a40eb3",
        "occurred_at": "2026-11-23T12:00:00.000Z",
        "platform": "openai-work",
        "provider_name": "openai",
        "operation_name": "chat",
        "request_model": "gpt-4o",
        "response_model": "gpt-4o-2024-08-06",
        "response_id": "chatcmpl-1",
        "source": "proxy",
        "stream": False,
        "status": 200,
        "cost_source": "unpriced",
        "usage_source": "none",
        "billing": "metered",
        "tags": {},
        "machine": None,
        "units": {},
        "parts": [],
    } | dict.fromkeys(
        (
            "conversation_id", "project", "client_key", "error_type", "input_tokens", "output_tokens",
            "cache_read_input_tokens", "cache_creation_input_tokens", "cache_creation_1h_input_tokens",
            "reasoning_output_tokens", "audio_input_tokens", "audio_output_tokens", "cost_usd", "latency_ms",
            "time_to_first_chunk_ms", "service_tier", "processing", "server_address",
        )
    )  # fmt: skip


@pytest.mark.parametrize(
    "record",
    [FULL, call(), call(usage=None, usage_source="none"), call(usage=TokenUsage(0, 0))],
    ids=["full", "plain", "no usage", "no tokens"],
)
def test_what_is_shown_can_be_reported_again(record: UsageRecord) -> None:
    shown = json.loads(json.dumps(record_json(record)))

    # What tokenmon found as the cost, it finds again.
    assert record_from_json(shown, now=NOW) == (replace(record, cost=None, cost_source="unpriced"), None)


def test_a_cost_that_the_provider_stated_stays_stated() -> None:
    shown = record_json(call(cost=Decimal("0.000000001"), cost_source="provider"))

    assert shown["cost_usd"] == "0.000000001"
    assert record_from_json(shown, now=NOW)[1] == Decimal("0.000000001")


def test_the_least_report_is_filled_in() -> None:
    record, stated = record_from_json(LEAST, now=NOW)

    assert stated is None
    assert record == UsageRecord(
        id=record.id,
        occurred_at=NOW,
        platform="work",
        provider_name="openai",
        operation_name="chat",
        source="report",
        request_model="gpt-4o",
        usage=TokenUsage(10, 5),
        usage_source="reported",
    )


@pytest.mark.parametrize("response_id", ["chatcmpl-abcdefghijkl", "chatcmpl-7", "r0"])
def test_reports_without_identity_are_two_calls_and_with_one_they_are_one(response_id: str) -> None:
    nameless = {record_from_json(LEAST, now=NOW)[0].id for _ in range(2)}
    named = {record_from_json({**LEAST, "response_id": response_id}, now=NOW)[0].id for _ in range(2)}

    assert len(nameless) == 2
    assert named == {identified_id(NOW, "openai", response_id)}


def test_an_id_alone_tells_the_time() -> None:
    record, _ = record_from_json({**LEAST, "id": call().id.hex()}, now=NOW)

    assert (record.id, record.occurred_at) == (call().id, NOON)


def test_embeddings_need_no_output() -> None:
    report = {**LEAST, "operation_name": "embeddings", "output_tokens": None}

    assert record_from_json(report, now=NOW)[0].usage == TokenUsage(10, 0)


def test_cached_parts_of_others_are_taken_as_stated() -> None:
    report = {**LEAST, "source": "import:x", "cache_read_input_tokens": 99}

    assert record_from_json(report, now=NOW)[0].usage == TokenUsage(10, 5, cache_read_input_tokens=99)


WRONG: dict[str, tuple[Any, ...]] = {
    "id": ("xyz", 7, "0" * 32, "01A20846FE00B9886A46DF8FF6A40EB3"),
    "occurred_at": ("yesterday", "2026-11-23T12:00:00", 5, "1999-01-01T00:00:00Z", "2026-12-01T00:00:00Z", "9" * 50),
    "platform": (None, "", 7, "a b", "-x", "a" * 200),
    "provider_name": (None, "", 7, []),
    "operation_name": (7, True),
    "request_model": (7, ["gpt"], None),
    "response_model": ({},),
    "response_id": (12,),
    "conversation_id": (3.5,),
    "project": (False,),
    "client_key": (1,),
    "source": (1,),
    "stream": ("yes", 1),
    "status": (-1, 1000, "200", True, 200.0),
    "error_type": (500,),
    "input_tokens": (-1, 1.5, "10", True, None, 10**12 + 1),
    "output_tokens": (-1, [], None, 2**63 - 1),
    "cache_read_input_tokens": (11, -1),
    "cache_creation_input_tokens": (11, "1"),
    "cache_creation_1h_input_tokens": (1,),
    "reasoning_output_tokens": (6,),
    "audio_input_tokens": (-1, 11),
    "audio_output_tokens": ("x", 6),
    "cost_usd": (0.1, "abc", "-1", "NaN", "Infinity", True, "1000000.01", "1e999999", [], "1" * 60),
    "cost_source": ("guessed", 1),
    "usage_source": ("guessed", ["none"]),
    "latency_ms": (-1, 1.5, 2**40),
    "time_to_first_chunk_ms": (-1,),
    "service_tier": (1,),
    "processing": (1,),
    "server_address": (1,),
    "billing": ("free", 0),
    "tags": ("a=b", {"a": 1}, {str(number): "x" for number in range(17)}, []),
    "parts": ({}, [7], "x"),
    "machine": (7,),
    "units": (
        5,
        {"web_searches": -1},
        {"web_searches": "3"},
        {"web_searches": 2**62},
        {str(number): 1 for number in range(33)},
    ),
    "colour": ("blue",),
}


@pytest.mark.parametrize(
    ("key", "value"),
    [(key, value) for key, values in WRONG.items() for value in values],
    ids=lambda one: repr(one)[:24],
)
def test_what_is_wrong_is_named_by_its_key(key: str, value: Any) -> None:
    with pytest.raises(ConfigError) as caught:
        record_from_json({**LEAST, key: value}, now=NOW)

    assert caught.value.message.startswith(f"{key}: ")
    assert caught.value.hint
    assert len(caught.value.message) < 200


def test_every_key_of_a_record_has_a_wrong_value_above() -> None:
    assert WRONG.keys() - {"colour"} == set(RECORD_KEYS)


def test_cache_reads_and_writes_together_are_part_of_the_input() -> None:
    whole = {**LEAST, "cache_read_input_tokens": 6, "cache_creation_input_tokens": 4}

    assert record_from_json(whole, now=NOW)[0].usage == TokenUsage(10, 5, 6, 4)
    with pytest.raises(ConfigError, match="cache_read_input_tokens and cache_creation_input_tokens: 11 is more than"):
        record_from_json({**whole, "cache_creation_input_tokens": 5}, now=NOW)


def test_a_slip_of_a_key_is_answered_with_the_nearest() -> None:
    with pytest.raises(ConfigError) as caught:
        record_from_json({**LEAST, "inputtokens": 5}, now=NOW)

    assert caught.value.hint == "did you mean input_tokens?"


def test_an_id_of_another_time_is_refused() -> None:
    with pytest.raises(ConfigError, match="id: it belongs to another time"):
        record_from_json({**LEAST, "id": call().id.hex(), "occurred_at": "2026-11-23T12:00:01Z"}, now=NOW)


def test_texts_lose_what_could_steer_a_terminal() -> None:
    record, _ = record_from_json({**LEAST, "project": "a\x1b[31mb\u202e", "tags": {"k\x00": "v\n"}}, now=NOW)

    assert (record.project, record.tags) == ("a[31mb", (("k", "v"),))


def test_sums_hold_decimal_texts_and_averages() -> None:
    totals = Totals(requests=3, cost=Decimal("0.100"), latency_ms=100, latency_requests=3)

    shown = totals_json(totals)

    assert (shown["requests"], shown["cost_usd"], shown["average_latency_ms"]) == (3, "0.1", 33)
    assert shown["average_time_to_first_chunk_ms"] is None
    assert group_json(Group((("model", None),), totals)) == {"key": {"model": None}, **shown}


def test_periods_and_times_are_utc_with_z() -> None:
    assert period_json(Period(NOON, None, "Asia/Kolkata")) == {
        "start": "2026-11-23T12:00:00Z",
        "end": None,
        "timezone": "Asia/Kolkata",
    }
    assert time_text(NOON + timedelta(microseconds=1500)) == "2026-11-23T12:00:00.001Z"
