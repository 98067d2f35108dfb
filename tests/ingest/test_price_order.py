"""The order of truth: the provider's statement, own prices from the special to the general, the catalogue."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from tests.core.sample import NOON, call
from tests.providers.price_lists import as_bytes, providers
from tokenmon.core.platform import Platform
from tokenmon.core.price_rule import PriceOverride, PriceRule
from tokenmon.core.record import UsageRecord
from tokenmon.core.usage import TokenUsage
from tokenmon.ingest.pricing import OwnPrices, Pricer
from tokenmon.providers.catalogue import Catalogue
from tokenmon.providers.price_list import read_price_list

D = Decimal
MILLION = TokenUsage(1_000_000, 0)


@pytest.fixture
def pricer(catalogue: Catalogue) -> Callable[..., Pricer]:
    def make(*rules: PriceRule, platforms: tuple[Platform, ...] = ()) -> Pricer:
        own = OwnPrices({one.name: one for one in platforms}, rules)
        return Pricer(lambda: catalogue, lambda: own)

    return make


def rule(model: str, price: str, platform: str = "*", starts_on: date | None = None) -> PriceRule:
    return PriceRule(model, PriceOverride(D(price), D(price)), NOON, platform, starts_on)


def platform(name: str = "work", *, prices: PriceOverride = PriceOverride(), provider: str = "openai") -> Platform:  # noqa: B008
    return Platform("id", name, provider, NOON, prices=prices, base_url="https://api.deepseek.com/v1")


def unpriced(**changes: Any) -> UsageRecord:
    return call(**{"platform": "work", "usage": MILLION, "cost": None, "cost_source": "unpriced", **changes})


WORK = platform(prices=PriceOverride(D(2), D(2)))
ORDER = {
    "the catalogue": ((), (), "2.5", "catalogue"),
    "a general rule": ((rule("gpt-*", "1"),), (), "1", "override"),
    "the platform's prices": ((rule("gpt-*", "1"),), (WORK,), "2", "override"),
    "a rule of the platform": ((rule("gpt-*", "1"), rule("gpt-*", "3", "work")), (WORK,), "3", "override"),
    "a rule of another platform": ((rule("gpt-*", "3", "home"),), (), "2.5", "catalogue"),
    "a rule of another model": ((rule("claude-*", "3"),), (), "2.5", "catalogue"),
    "a rule for what was asked": ((rule("gpt-4o", "4"),), (), "4", "override"),
    "a rule of later": ((rule("gpt-*", "3", starts_on=date(2026, 11, 24)),), (), "2.5", "catalogue"),
    "a rule of today": ((rule("gpt-*", "3", starts_on=date(2026, 11, 23)),), (), "3", "override"),
    "a price of nothing, where searches still cost": ((rule("gpt-*", "0"),), (), "0", "override"),
}


@pytest.mark.parametrize("name", ORDER)
def test_the_most_special_price_counts(pricer: Callable[..., Pricer], name: str) -> None:
    rules, platforms, cost, source = ORDER[name]

    priced = pricer(*rules, platforms=platforms).price(unpriced())

    assert (priced.cost, priced.cost_source) == (D(cost), source)


def test_a_stated_cost_comes_first(pricer: Callable[..., Pricer]) -> None:
    priced = pricer(rule("*", "1")).price(unpriced(), D("0.5"))

    assert (priced.cost, priced.cost_source) == (D("0.5"), "provider")


def test_a_local_model_is_free_unless_the_user_says_otherwise(pricer: Callable[..., Pricer]) -> None:
    local = unpriced(provider_name="ollama", request_model="llama3.2", response_model="llama3.2")

    free, own = pricer().price(local), pricer(rule("llama*", "0.1")).price(local)

    assert (free.cost, free.cost_source) == (D(0), "free")
    assert (own.cost, own.cost_source) == (D("0.1"), "override")


def test_the_model_that_answered_is_billed_and_the_one_asked_for_is_the_second_try(
    pricer: Callable[..., Pricer],
) -> None:
    routed = pricer().price(unpriced(request_model="gpt-5", response_model="gpt-4o-mini"))
    deployed = pricer().price(unpriced(request_model="gpt-5", response_model="my-deployment"))

    assert (routed.cost, deployed.cost) == (D("0.15"), D("1.25"))


SONNET = "anthropic.claude-sonnet-4-5-20250929-v1:0"
PROFILES = {
    "a global profile": (f"global.{SONNET}", SONNET, "3"),
    "a regional profile": (f"us.{SONNET}", SONNET, "3.3"),
    "a global profile by its resource name": (
        f"arn:aws:bedrock:us-east-1:123456789012:inference-profile/global.{SONNET}", "claude-sonnet-4-5-20250929", "3"
    ),
    "a profile of the user's own": (
        "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abcdef", f"global.{SONNET}", "3"
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", PROFILES)
def test_bedrock_charges_the_profile_that_was_asked_for(pricer: Callable[..., Pricer], name: str) -> None:
    asked, answered, cost = PROFILES[name]

    priced = pricer().price(unpriced(provider_name="bedrock", request_model=asked, response_model=answered))

    assert priced.cost == D(cost)


def test_what_was_free_for_want_of_a_rate_is_unpriced_later(pricer: Callable[..., Pricer]) -> None:
    seconds = TokenUsage(0, 0, units=(("audio_seconds", 9),))
    listed, gone = (
        unpriced(response_model=model, request_model=model, usage=seconds, cost=D(0), cost_source="catalogue")
        for model in ("gpt-5", "no-longer-listed")
    )

    assert pricer().reprice(listed).cost_source == "unpriced"
    assert pricer().reprice(gone) == gone


@pytest.mark.parametrize("price", ["1e12", "1e14"])
def test_a_cost_that_nobody_would_believe_is_not_known_later_either(pricer: Callable[..., Pricer], price: str) -> None:
    priced = pricer(rule("*", price)).reprice(unpriced(cost=D(1), cost_source="override"))

    assert (priced.cost, priced.cost_source) == (None, "unpriced")


def test_changed_prices_count_after_a_refresh(catalogue: Catalogue) -> None:
    own = OwnPrices({})
    pricer = Pricer(lambda: catalogue, lambda: own)
    before = pricer.price(unpriced()).cost

    own = OwnPrices({}, (rule("*", "1"),))
    pricer.refresh()

    assert (before, pricer.price(unpriced()).cost) == (D("2.5"), D(1))


def test_the_rates_of_a_day_are_found_once(pricer: Callable[..., Pricer]) -> None:
    one = pricer()

    first, second = one.rates(unpriced()), one.rates(unpriced())

    assert first is second


def test_hours_count_where_they_change_the_price(pricer: Callable[..., Pricer]) -> None:
    one = pricer(platforms=(platform(provider="openai-compatible"),))
    hours = (datetime(2026, 11, 23, hour, tzinfo=UTC) for hour in (2, 12, 3))

    costs = [
        one.price(
            call(
                at=at,
                platform="work",
                provider_name="openai-compatible",
                request_model="deepseek-v4-flash",
                response_model="deepseek-v4-flash",
                usage=MILLION,
            )
        ).cost
        for at in hours
    ]

    assert costs == [D("0.3"), D("0.15"), D("0.3")]


# What Anthropic stated of one call: the top-level counts, and an adviser's pass on top of them.
ADVISED = TokenUsage(2482, 166, parts=(("claude-fable-5", TokenUsage(2564, 99)),))
COMPACTED = TokenUsage(181, 8, parts=((None, TokenUsage(55_196, 83, cache_read_input_tokens=55_096)),))


def claude(model: str, usage: TokenUsage) -> UsageRecord:
    return unpriced(provider_name="anthropic", request_model=model, response_model=model, usage=usage)


def test_a_part_is_priced_with_its_own_model(pricer: Callable[..., Pricer]) -> None:
    priced = pricer().price(claude("claude-sonnet-5", ADVISED))

    own = (2482 * D(2) + 166 * D(10)) / 1_000_000
    adviser = (2564 * D(10) + 99 * D(50)) / 1_000_000
    assert (priced.cost, priced.cost_source) == (own + adviser, "catalogue")
    assert priced.usage == ADVISED


def test_a_part_without_a_model_is_priced_with_the_records(pricer: Callable[..., Pricer]) -> None:
    priced = pricer().price(claude("claude-sonnet-4-6", COMPACTED))

    assert priced.cost == (281 * D(3) + 91 * D(15) + 55_096 * D("0.3")) / 1_000_000


def test_a_part_of_an_unknown_model_leaves_the_call_unpriced(pricer: Callable[..., Pricer]) -> None:
    usage = replace(ADVISED, parts=(("claude-bogus-9", TokenUsage(1, 1)),))

    priced = pricer().price(claude("claude-sonnet-5", usage))

    assert (priced.cost, priced.cost_source) == (None, "unpriced")


def test_a_rule_for_a_parts_model_counts_for_the_part(pricer: Callable[..., Pricer]) -> None:
    priced = pricer(rule("claude-fable-*", "0")).price(claude("claude-sonnet-5", ADVISED))

    assert priced.cost == (2482 * D(2) + 166 * D(10)) / 1_000_000


REPRICED = {
    "what the provider stated": ("provider", "0.42", "provider", "0.42"),
    "the catalogue's that it lists no more": ("catalogue", "0.42", "catalogue", "0.42"),
    "an own price that is gone": ("override", "0.42", "unpriced", None),
}


@pytest.mark.parametrize("name", REPRICED)
def test_repricing_a_model_that_nobody_knows(pricer: Callable[..., Pricer], name: str) -> None:
    source, cost, new_source, new_cost = REPRICED[name]
    old = unpriced(request_model="gpt-99", response_model="gpt-99", cost=D(cost), cost_source=source)

    new = pricer().reprice(old)

    assert (new.cost_source, new.cost) == (new_source, None if new_cost is None else D(new_cost))


def test_an_updated_price_list_counts_after_a_refresh(catalogue: Catalogue) -> None:
    newer = Catalogue(read_price_list(as_bytes(providers(gpt_4o_input=7))).snapshot)
    lists, own = [catalogue], OwnPrices()
    pricer = Pricer(lambda: lists[-1], lambda: own)
    before = pricer.price(unpriced(response_model="gpt-4o")).cost

    # `price update` raises the settings version, so what the user says is read anew.
    lists.append(newer)
    own = OwnPrices()
    pricer.refresh()

    assert (before, pricer.price(unpriced(response_model="gpt-4o")).cost) == (D("2.5"), D(7))
