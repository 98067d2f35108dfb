"""Each API's documented shape becomes sums with tokenmon's meanings, page by page; anything else is an error."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from tests.ingest.pull.conftest import Scene
from tokenmon.core.provider_sum import ProviderSum
from tokenmon.errors import TokenmonError

D = Decimal
FIRST, SECOND = datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 2, tzinfo=UTC)
THIRD, FOURTH = datetime(2026, 11, 3, tzinfo=UTC), datetime(2026, 11, 4, tzinfo=UTC)

COMPLETION = {
    "object": "organization.usage.completions.result", "input_tokens": 1000, "output_tokens": 200,
    "input_cached_tokens": 400, "input_uncached_tokens": 550, "input_cache_write_tokens": 50, "input_audio_tokens": 7,
    "output_audio_tokens": 3, "num_model_requests": 5, "project_id": "proj_1", "user_id": None, "api_key_id": "key_1",
    "model": "gpt-5-2025-08-07", "batch": False, "service_tier": "default",
}  # fmt: skip
MESSAGES = {
    "uncached_input_tokens": 1500, "cache_creation": {"ephemeral_1h_input_tokens": 1000,
    "ephemeral_5m_input_tokens": 500}, "cache_read_input_tokens": 200, "output_tokens": 500,
    "server_tool_use": {"web_search_requests": 10}, "api_key_id": "apikey_1", "workspace_id": "wrkspc_1",
    "model": "claude-opus-4-5-20251101", "service_tier": "standard", "context_window": "0-200k",
}  # fmt: skip
ACTIVITY = {
    "date": "2026-11-02", "model": "openai/gpt-5", "model_permaslug": "openai/gpt-5-2025-08-07", "endpoint_id": "e-1",
    "provider_name": "OpenAI", "usage": 0.015, "byok_usage_inference": 0.012, "requests": 5, "prompt_tokens": 50,
    "completion_tokens": 125, "reasoning_tokens": 25,
}  # fmt: skip


def test_openai_usage_and_costs(scene: Scene) -> None:
    cost = {
        "object": "organization.costs.result", "amount": {"value": 0.06, "currency": "usd"}, "project_id": "proj_1",
        "line_item": "gpt-5-2025-08-07, input", "quantity": 1000, "quantity_unit": "1k tokens",
    }  # fmt: skip
    batch = {**COMPLETION, "batch": True, "num_model_requests": 1}
    images = {"images": 2, "num_model_requests": 2, "size": "1024x1024", "source": "image.generation", "model": "dall"}
    scene.fake.lines = {
        "completions": {"2026-11-01": [COMPLETION, batch], "2026-11-03": [COMPLETION]},
        "images": {"2026-11-02": [images]},
        "costs": {"2026-11-01": [cost, {"amount": {"value": "-1.5", "currency": "usd"}, "line_item": None}]},
    }

    scene.pull("openai", 1, 3)

    common: dict[str, Any] = {
        "model": "gpt-5-2025-08-07", "project": "proj_1", "api_key": "key_1", "service_tier": "default",
        "input_tokens": 1000, "output_tokens": 200, "cache_read_input_tokens": 400, "cache_creation_input_tokens": 50,
        "audio_input_tokens": 7, "audio_output_tokens": 3,
    }  # fmt: skip
    key = ("work", "openai", "completions")
    assert {*scene.sums()} == {
        ProviderSum(*key, FIRST, SECOND, **common, requests=5),
        ProviderSum(*key, FIRST, SECOND, **common, requests=1, processing="batch"),
        ProviderSum(*key, THIRD, FOURTH, **common, requests=5),
        ProviderSum(
            "work", "openai", "images", SECOND, THIRD, model="dall", detail="image.generation 1024x1024", requests=2,
            quantity=D(2), unit="images",
        ),
        ProviderSum(
            "work", "openai", "costs", FIRST, SECOND, model="gpt-5-2025-08-07", line_item="gpt-5-2025-08-07, input",
            project="proj_1", cost=D("0.06"), quantity=D(1000), unit="1k tokens",
        ),
        ProviderSum("work", "openai", "costs", FIRST, SECOND, cost=D("-1.5")),
    }  # fmt: skip
    pages = [query.get("page") for path, query in scene.fake.asked if path == "/v1/organization/usage/completions"]
    assert pages == [None, ["page_2"]]
    assert scene.fake.asked[0][1]["group_by[]"] == ["project_id", "api_key_id", "model", "batch", "service_tier"]


def test_anthropic_usage_and_cost_in_cents(scene: Scene) -> None:
    cost = {
        "amount": "123.78912", "currency": "USD", "description": "Claude Opus 4.5 Usage - Input Tokens",
        "workspace_id": "wrkspc_1", "model": "claude-opus-4-5-20251101", "token_type": "uncached_input_tokens",
        "cost_type": "tokens", "service_tier": "standard", "context_window": "0-200k",
    }  # fmt: skip
    batch = {**MESSAGES, "service_tier": "batch", "server_tool_use": None}
    scene.fake.lines = {
        "messages": {"2026-11-01": [MESSAGES], "2026-11-03": [batch]},
        "cost_report": {"2026-11-01": [cost], "2026-11-02": [{"amount": "5", "currency": "EUR"}]},
    }

    scene.pull("anthropic", 1, 3)

    common: dict[str, Any] = {
        "model": "claude-opus-4-5-20251101", "project": "wrkspc_1", "api_key": "apikey_1", "detail": "0-200k",
        "input_tokens": 3200, "output_tokens": 500, "cache_read_input_tokens": 200,
        "cache_creation_input_tokens": 1500, "cache_creation_1h_input_tokens": 1000,
    }  # fmt: skip
    key = ("work", "anthropic", "messages")
    assert {*scene.sums()} == {
        ProviderSum(*key, FIRST, SECOND, **common, service_tier="standard", quantity=D(10), unit="web_searches"),
        ProviderSum(*key, THIRD, FOURTH, **common, processing="batch"),
        ProviderSum(
            "work", "anthropic", "cost_report", FIRST, SECOND, model="claude-opus-4-5-20251101",
            line_item="Claude Opus 4.5 Usage - Input Tokens", project="wrkspc_1", service_tier="standard",
            detail="uncached_input_tokens", cost=D("1.237891200"),
        ),
        ProviderSum("work", "anthropic", "cost_report", SECOND, THIRD, quantity=D("0.05"), unit="eur"),
    }  # fmt: skip


def test_openrouter_activity_day_by_day(scene: Scene) -> None:
    other = {**ACTIVITY, "endpoint_id": "e-2", "usage": 1, "byok_usage_inference": 0}
    scene.fake.lines = {"activity": {"2026-11-02": [ACTIVITY, other]}}

    scene.pull("openrouter", 1, 3)

    assert [query["date"] for _, query in scene.fake.asked] == [["2026-11-01"], ["2026-11-02"], ["2026-11-03"]]
    common: dict[str, Any] = {
        "model": "openai/gpt-5", "line_item": "openai/gpt-5-2025-08-07", "detail": "OpenAI", "requests": 5,
        "input_tokens": 50, "output_tokens": 125, "reasoning_output_tokens": 25,
    }  # fmt: skip
    key = ("work", "openrouter", "activity")
    assert {*scene.sums()} == {
        ProviderSum(*key, SECOND, THIRD, **common, cost=D("0.015"), quantity=D("0.012"), unit="byok_usd"),
        ProviderSum(*key, SECOND, THIRD, **common, cost=D(1)),
    }


def test_lines_that_differ_in_nothing_kept_are_added_up(scene: Scene) -> None:
    scene.fake.lines = {"activity": {"2026-11-02": [ACTIVITY, {**ACTIVITY, "endpoint_id": "e-2"}]}}

    scene.pull("openrouter", 2, 2)

    (found,) = scene.sums()
    assert (found.requests, found.output_tokens, found.cost) == (10, 250, D("0.03"))


WRONG: dict[str, dict[str, Any]] = {
    "a text": {"requests": "five"},
    "negative": {"requests": -1},
    "a fraction of a token": {"prompt_tokens": 1.5},
    "beyond 64 bits": {"prompt_tokens": 10**19},
    "a truth": {"prompt_tokens": True},
    "a list": {"completion_tokens": [1]},
    "no cost": {"usage": None},
    "an absurd cost": {"usage": 1e12},
    "a cost in words": {"usage": "much"},
    "not a number": {"usage": "NaN"},
    "endless digits": {"usage": "0." + "1" * 100},
    "a model that is no text": {"model": 5},
    "another day": {"date": "2026-11-03"},
    "no day": {"date": None},
    "no date": {"date": "soon"},
    "no midnight": {"date": "2026-11-02T01:00:00Z"},
    "a day beyond all calendars": {"date": 10**18},
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_what_is_not_as_documented_is_told_and_not_stored(scene: Scene, wrong: dict[str, Any]) -> None:
    scene.fake.lines = {"activity": {"2026-11-02": [ACTIVITY, {**ACTIVITY, **wrong}]}}

    with pytest.raises(TokenmonError, match=r"the report activity of OpenRouter cannot be read: ") as caught:
        scene.pull("openrouter", 2, 2)

    assert "data[1]" in caught.value.message
    assert scene.sums() == []


def test_a_sum_beyond_64_bits_is_told(scene: Scene) -> None:
    scene.fake.lines = {"activity": {"2026-11-02": [{**ACTIVITY, "requests": 2**62}] * 3}}

    with pytest.raises(TokenmonError, match="cannot be read: requests must be a whole number"):
        scene.pull("openrouter", 2, 2)


BODIES = {
    "not JSON": b"<html>",
    "a constant": b'{"data": [], "x": NaN}',
    "a list": b"[]",
    "no data": b"{}",
    "data of numbers": b'{"data": [1]}',
    "deep": b"[" * 100_000,
    "a number of many digits": b'{"data": [' + b"1" * 5000 + b"]}",
    "an endless fraction": b'{"data": [0.' + b"1" * 5000 + b"]}",
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_a_body_that_is_no_report_is_told(scene: Scene, body: bytes) -> None:
    scene.fake.raw = body

    with pytest.raises(TokenmonError, match="cannot be read"):
        scene.pull("openrouter", 2, 2)


def test_pages_that_go_in_a_circle_end(scene: Scene) -> None:
    scene.fake.raw = json.dumps({"data": [], "has_more": True, "next_page": "page_2"}).encode()

    with pytest.raises(TokenmonError, match="never ends"):
        scene.pull("anthropic", 1, 3)

    assert len(scene.fake.asked) == 2


@pytest.mark.parametrize("more", [{"has_more": "yes"}, {"has_more": True}, {"has_more": True, "next_page": 3}])
def test_a_cursor_that_is_none_is_told(scene: Scene, more: dict[str, Any]) -> None:
    scene.fake.raw = json.dumps({"data": [], **more}).encode()

    with pytest.raises(TokenmonError, match="cannot be read"):
        scene.pull("anthropic", 1, 3)
