"""The order of truth for a cost: the provider's statement, the platform's own prices, the catalogue, else unknown."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.core.sample import NOON, call
from tokenmon.core.platform import Platform, PriceOverride
from tokenmon.core.record import CostSource, UsageRecord
from tokenmon.core.usage import TokenUsage
from tokenmon.ingest.pricing import Pricer
from tokenmon.providers.catalogue import Catalogue

D = Decimal
# 2.5 and 10 dollars per million tokens; 1.25 for what came from the cache.
MODEL = "gpt-4o-2024-08-06"
UNKNOWN = "nobody-knows-1"
USAGE = TokenUsage(1000, 200, cache_read_input_tokens=400)
OWN = PriceOverride(input_price=D(4), output_price=D(20), cache_read_price=D(1))


def unpriced(**changes: Any) -> UsageRecord:
    given: dict[str, Any] = {"usage": USAGE, "response_model": MODEL, "cost": None, "cost_source": "unpriced"}
    return call(**{**given, **changes})


def platform(prices: PriceOverride = OWN, *, name: str = "openai-work", **changes: Any) -> Platform:
    return Platform(id=name, name=name, provider_name="openai", created_at=NOON, prices=prices, **changes)


def pricer(catalogue: Catalogue, *platforms: Platform) -> Pricer:
    by_name = {one.name: one for one in platforms}
    return Pricer(lambda: catalogue, lambda: by_name)


Case = tuple[UsageRecord, Decimal | None, tuple[Platform, ...], Decimal | None, CostSource]
CASES: dict[str, Case] = {
    "the catalogue": (unpriced(), None, (), D("0.004"), "catalogue"),
    "own prices before the catalogue": (unpriced(), None, (platform(),), D("0.0068"), "override"),
    "what the provider states before all": (unpriced(), D("0.123"), (platform(),), D("0.123"), "provider"),
    "a stated cost of nothing": (unpriced(), D(0), (platform(),), D(0), "provider"),
    "a stated cost is rounded to the nano-dollar": (unpriced(), D("0.0000000015"), (), D("0.000000002"), "provider"),
    "prices of another platform": (unpriced(), None, (platform(name="other"),), D("0.004"), "catalogue"),
    "one own price": (unpriced(), None, (platform(PriceOverride(output_price=D(0))),), D("0.002"), "override"),
    "free by own prices": (
        unpriced(request_model=UNKNOWN, response_model=UNKNOWN),
        None,
        (platform(PriceOverride(input_price=D(0), output_price=D(0))),),
        D(0),
        "free",
    ),
    "an unknown model": (unpriced(request_model=UNKNOWN, response_model=UNKNOWN), None, (), None, "unpriced"),
    "an unknown model with own prices": (
        unpriced(request_model=UNKNOWN, response_model=UNKNOWN), None, (platform(),), D("0.0068"), "override",
    ),
    "an unknown model with half a price": (
        unpriced(request_model=UNKNOWN, response_model=UNKNOWN),
        None,
        (platform(PriceOverride(input_price=D(4))),),
        None,
        "unpriced",
    ),
    "no model": (unpriced(request_model=None, response_model=None), None, (), None, "unpriced"),
    "an alias answered by a known model": (unpriced(request_model=UNKNOWN), None, (), D("0.004"), "catalogue"),
    "a known model answered by an unknown name": (
        unpriced(request_model=MODEL, response_model=UNKNOWN), None, (), D("0.004"), "catalogue",
    ),
    "no usage": (unpriced(usage=None, usage_source="none"), None, (platform(),), None, "unpriced"),
    "no usage and a stated cost": (unpriced(usage=None, usage_source="none"), D("0.5"), (), D("0.5"), "provider"),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_a_cost_comes_from_the_highest_that_knows_it(catalogue: Catalogue, name: str) -> None:
    record, stated, platforms, cost, source = CASES[name]

    priced = pricer(catalogue, *platforms).price(record, stated)

    assert priced == replace(record, cost=cost, cost_source=source)


def test_an_unknown_server_prices_nothing_by_the_name_of_a_model(catalogue: Catalogue) -> None:
    local = replace(platform(PriceOverride()), provider_name="openai-compatible", base_url="http://127.0.0.1:11434/v1")
    record = unpriced(provider_name="openai-compatible")

    assert pricer(catalogue, local).price(record) == record


def test_the_catalogue_is_loaded_with_the_first_call_that_needs_it(catalogue: Catalogue) -> None:
    loads: list[None] = []

    def load() -> Catalogue:
        loads.append(None)
        return catalogue

    pricing = Pricer(load, dict)
    pricing.price(unpriced(), D(1))
    pricing.price(unpriced(usage=None, usage_source="none"))
    before = len(loads)
    pricing.price(unpriced())
    pricing.price(unpriced())

    assert (before, len(loads)) == (0, 1)


def test_changed_prices_count_once_the_platforms_were_read_again(catalogue: Catalogue) -> None:
    platforms: dict[str, Mapping[str, Platform]] = {"now": {}}
    pricing = Pricer(lambda: catalogue, lambda: platforms["now"])
    costs = [pricing.price(unpriced()).cost]
    for prices in (OWN, replace(OWN, output_price=D(0)), PriceOverride()):
        platforms["now"] = {"openai-work": platform(prices)}
        costs.append(pricing.price(unpriced()).cost)
        pricing.refresh()
        costs.append(pricing.price(unpriced()).cost)

    assert costs == [D(cost) for cost in ("0.004", "0.004", "0.0068", "0.0068", "0.0028", "0.0028", "0.004")]


def test_a_call_is_priced_as_of_its_own_time_whenever_it_is_priced(catalogue: Catalogue) -> None:
    # The same name, before and after its price was cut.
    days = [NOON.replace(year=2024, month=month, day=1) for month in (6, 12)]
    pricing = pricer(catalogue)
    costs = [pricing.price(unpriced(at=day, response_model="gpt-4o")).cost for day in days]

    again = [pricing.price(unpriced(at=day + timedelta(hours=1), response_model="gpt-4o")).cost for day in days]

    assert None not in costs
    assert again == costs


def test_repricing_follows_the_prices_and_keeps_what_the_provider_stated(catalogue: Catalogue) -> None:
    before, after = pricer(catalogue, platform()), pricer(catalogue)
    found, stated = before.price(unpriced()), before.price(unpriced(), D("0.123"))

    assert after.reprice(found) == replace(found, cost=D("0.004"), cost_source="catalogue")
    assert after.reprice(stated) == stated


@pytest.mark.parametrize("name", CASES)
def test_repricing_at_the_same_prices_changes_nothing(catalogue: Catalogue, name: str) -> None:
    record, stated, platforms, _, _ = CASES[name]
    pricing = pricer(catalogue, *platforms)
    priced = pricing.price(record, stated)

    assert pricing.reprice(priced) == priced


def test_a_cost_that_nobody_knows_any_more_becomes_unknown(catalogue: Catalogue) -> None:
    record = unpriced(request_model=UNKNOWN, response_model=UNKNOWN)
    priced = pricer(catalogue, platform()).price(record)

    assert pricer(catalogue).reprice(priced) == record
