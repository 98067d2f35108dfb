"""Costs that are known from outside: the priced cases beside the checkout, to the nano-dollar."""

import json
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tokenmon.core.money import NANO
from tokenmon.core.pricing import cost_of
from tokenmon.core.usage import TokenUsage
from tokenmon.providers.catalogue import Catalogue, load_catalogue

CASES = Path(__file__).parents[3] / "shared" / "prices.jsonl"


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load_catalogue()


def priced_cases() -> list[dict[str, Any]]:
    if not CASES.exists():
        pytest.skip(f"the priced cases are not there: {CASES}")
    with CASES.open(encoding="utf-8") as lines:
        return [json.loads(line, parse_float=Decimal) for line in lines]


def usage_of(counts: dict[str, int]) -> TokenUsage:
    written = counts.get("cache_write", counts.get("cache_write_5m", 0) + counts.get("cache_write_1h", 0))
    images = counts.get("output_image")
    return TokenUsage(
        counts["input"],
        counts["output"],
        cache_read_input_tokens=counts.get("cache_read", 0),
        cache_creation_input_tokens=written,
        cache_creation_1h_input_tokens=counts.get("cache_write_1h", 0),
        reasoning_output_tokens=counts.get("reasoning", 0),
        audio_input_tokens=counts.get("input_audio", 0),
        audio_output_tokens=counts.get("output_audio", 0),
        units=() if images is None else (("output_image_tokens", images),),
    )


def test_every_case_costs_what_it_should(catalogue: Catalogue) -> None:
    cases = priced_cases()

    found: dict[str, Decimal | None] = {}
    for case in cases:
        rates = catalogue.rates(
            provider_name=case["provider"],
            model=case["model"],
            at=datetime.fromisoformat(case["at"]),
            **case["context"],
        )
        found[case["id"]] = None if rates is None else cost_of(usage_of(case["usage"]), rates)

    assert len(cases) == 175
    assert found == {case["id"]: Decimal(case["truth_usd"]).quantize(NANO) for case in cases}
