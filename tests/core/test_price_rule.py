"""Own prices: the most exact rule holds, from its day on, whatever the order in which rules were made."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from tokenmon.core.price_rule import PriceOverride, PriceRule, override_rates, strongest_rule
from tokenmon.core.price_words import middle_rates, parse_start, suspicious_prices
from tokenmon.core.pricing import Rate, Rates, cost_of
from tokenmon.core.usage import TokenUsage
from tokenmon.errors import ConfigError

D = Decimal
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
DAY = NOON.date()


def rule(model: str, platform: str = "*", starts_on: str | None = None) -> PriceRule:
    start = None if starts_on is None else date.fromisoformat(starts_on)
    return PriceRule(model, PriceOverride(input_price=D(1)), NOON, platform, start)


MATCHES = {
    "its name": (rule("gpt-5"), True),
    "its name in capitals": (rule("GPT-5"), True),
    "a glob": (rule("gpt-*"), True),
    "what was asked for": (rule("my-deployment"), True),
    "another model": (rule("gpt-5-mini"), False),
    "its platform": (rule("*", "work"), True),
    "a glob of platforms": (rule("*", "w*"), True),
    "another platform": (rule("*", "home"), False),
    "the first day": (rule("*", starts_on="2026-11-23"), True),
    "the day before the first": (rule("*", starts_on="2026-11-24"), False),
}


@pytest.mark.parametrize(("given", "holds"), MATCHES.values(), ids=MATCHES)
def test_a_rule_holds_for_its_models_platforms_and_days(given: PriceRule, holds: bool) -> None:
    found = strongest_rule([given], platform="work", models=("gpt-5", "my-deployment"), day=DAY)

    assert (found is given) is holds


ORDERS = {
    "a name before a glob": (rule("gpt-5"), rule("gpt-5*")),
    "a longer glob before a shorter": (rule("gpt-5*"), rule("gpt*")),
    "a platform's before another's glob": (rule("gpt*", "work"), rule("gpt*", "w*")),
    "a later one before an earlier": (rule("gpt-5", starts_on="2026-11-01"), rule("gpt-5", starts_on="2026-10-01")),
    "a dated one before one of always": (rule("gpt-5", starts_on="2026-11-01"), rule("gpt-5")),
}


@pytest.mark.parametrize(("strong", "weak"), ORDERS.values(), ids=ORDERS)
def test_the_most_exact_rule_holds_in_whatever_order(strong: PriceRule, weak: PriceRule) -> None:
    for rules in ([strong, weak], [weak, strong]):
        assert strongest_rule(rules, platform="work", models=("gpt-5",), day=DAY) is strong


WRITES = TokenUsage(1_000_000, 0, cache_creation_input_tokens=1_000_000, cache_creation_1h_input_tokens=400_000)


@pytest.mark.parametrize(
    ("override", "cost"),
    [
        (PriceOverride(input_price=D(1)), "1"),
        (PriceOverride(input_price=D(1), cache_write_price=D(2)), "2"),
        (PriceOverride(input_price=D(1), cache_write_1h_price=D(4)), "2.2"),
        (PriceOverride(input_price=D(1), cache_write_price=D(2), cache_write_1h_price=D(4)), "2.8"),
        (PriceOverride(cache_write_price=D(2)), "2"),
        (PriceOverride(cache_write_1h_price=D(4)), "5.2"),
    ],
)
def test_writes_for_an_hour_are_part_of_all_cache_writes(override: PriceOverride, cost: str) -> None:
    hour = Rate("cache_write_1h_tokens", D(10))
    write = Rate("cache_write_tokens", D(6), within=("cache_write_1h_tokens",))
    whole = Rate("input_tokens", D(5), within=("cache_write_1h_tokens", "cache_write_tokens"))
    rates = override_rates(override, Rates((hour, write, whole, Rate("output_tokens", D(25))), "catalogue"))

    assert rates is not None
    assert cost_of(WRITES, rates) == D(cost)


LISTED = Rates((Rate("input_tokens", D("2.5")), Rate("output_tokens", D(10))), "catalogue")


@pytest.mark.parametrize(
    ("prices", "slips"),
    [
        (PriceOverride(D("2.5"), D(10)), 0),
        (PriceOverride(input_price=D("1.25")), 0),
        (PriceOverride(input_price=D(0)), 0),
        (PriceOverride(input_price=D("0.0025")), 1),
        (PriceOverride(D(2500), D("10000")), 2),
        (PriceOverride(cache_read_price=D(900)), 0),
    ],
)
def test_a_slip_of_unit_is_seen(prices: PriceOverride, slips: int) -> None:
    assert len(suspicious_prices(prices, LISTED)) == slips


def test_a_price_that_no_model_has_is_seen_without_a_catalogue() -> None:
    assert suspicious_prices(PriceOverride(input_price=D("1000.01"))) == [
        "input_price is 1000.01 US dollars per million tokens, more than any model costs: is --per right?"
    ]


def test_a_price_below_what_models_cost_is_seen_without_a_catalogue() -> None:
    assert suspicious_prices(PriceOverride(D("0.00125"), D("0.005"), D(0))) == [
        "input_price is 0.00125 US dollars per million tokens, less than any model costs: is it meant per 1K?"
    ]


def test_prices_of_several_models_are_compared_with_those_in_the_middle() -> None:
    cheap, dear = (Rates((Rate("input_tokens", D(price)),), "catalogue") for price in ("0.05", "30"))

    middle = middle_rates([dear, LISTED, cheap])

    assert {rate.unit: rate.price for rate in middle.rates} == {"input_tokens": D("2.5"), "output_tokens": D(10)}


def test_a_day_is_read_or_refused() -> None:
    assert parse_start("2026-11-01") == date(2026, 11, 1)
    assert parse_start(None) is None
    with pytest.raises(ConfigError, match="'soon' is not a day"):
        parse_start("soon")


def test_rules_are_values() -> None:
    assert replace(rule("a"), model="b") == rule("b")
