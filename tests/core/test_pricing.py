"""Prices: each token once, at its most specific rate; what has no rate is unpriced, never free."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.core.sample import call
from tokenmon.core.price_rule import PriceOverride, override_rates
from tokenmon.core.pricing import Rate, Rates, cost_items, cost_of, price_record
from tokenmon.core.record import UsageRecord
from tokenmon.core.usage import TokenUsage

D = Decimal
READ = Rate("cache_read_tokens", D("0.5"))
WRITE = Rate("cache_write_tokens", D("6"))
INPUT = Rate("input_tokens", D(5), within=("cache_read_tokens", "cache_write_tokens"))
OUTPUT = Rate("output_tokens", D(25))
RATES = Rates((READ, WRITE, INPUT, OUTPUT), "catalogue")

PRICED = {
    "plain": (TokenUsage(1_000_000, 0), "5"),
    "output": (TokenUsage(0, 1_000_000), "25"),
    "one token": (TokenUsage(1, 0), "0.000005"),
    "reasoning is part of the output": (TokenUsage(0, 1_000_000, reasoning_output_tokens=999_999), "25"),
    "a cache read is cheaper": (TokenUsage(1_000_000, 0, cache_read_input_tokens=400_000), "3.2"),
    "a cache write is dearer": (TokenUsage(1_000_000, 0, cache_creation_input_tokens=500_000), "5.5"),
    "all from the cache": (TokenUsage(1_000_000, 0, cache_read_input_tokens=1_000_000), "0.5"),
    "a cached part larger than the input": (TokenUsage(10, 0, cache_read_input_tokens=1_000_000), "0.5"),
    "nothing": (TokenUsage(0, 0), "0"),
    "less charged than read": (
        TokenUsage(
            2_000_000, 900_000, 800_000, units=(("billed_input_tokens", 1_000_000), ("billed_output_tokens", 40_000))
        ),
        "6",
    ),
    "nothing charged": (TokenUsage(1441, 6, units=(("billed_input_tokens", 0), ("billed_output_tokens", 0))), "0"),
    "all of the output charged, none of the input": (TokenUsage(9, 9, units=(("billed_output_tokens", 4),)), "0.0001"),
}


@pytest.mark.parametrize(("usage", "cost"), PRICED.values(), ids=PRICED)
def test_each_token_is_priced_once_at_its_own_rate(usage: TokenUsage, cost: str) -> None:
    assert cost_of(usage, RATES) == D(cost)


@pytest.mark.parametrize("usage", [usage for usage, _ in PRICED.values()], ids=PRICED)
def test_the_items_of_a_cost_add_up_to_it(usage: TokenUsage) -> None:
    items = cost_items(usage, RATES)

    assert sum((one.amount for one in items), D(0)) == cost_of(usage, RATES)
    assert all(one.count for one in items)


def test_an_item_above_a_threshold_tells_which() -> None:
    tiers = ((200_000, D(2)), (1_000_000, D(3)))

    (item,) = cost_items(TokenUsage(200_001, 0), Rates((Rate("input_tokens", D(1), tiers=tiers),), "catalogue"))

    assert (item.price, item.above, item.count) == (D(2), 200_000, 200_001)


@given(
    st.builds(
        TokenUsage, *[st.integers(0, 10**7)] * 2,
        cache_read_input_tokens=st.integers(0, 10**7), cache_creation_input_tokens=st.integers(0, 10**7),
        cache_creation_1h_input_tokens=st.integers(0, 10**7),
        units=st.sampled_from([(), (("web_searches", 3),), (("billed_input_tokens", 7),)]),
    )
)  # fmt: skip
def test_items_add_up_whatever_is_counted(usage: TokenUsage) -> None:
    hour = Rate("cache_write_1h_tokens", D(10))
    writes = Rate("cache_write_tokens", D("6.25"), within=("cache_write_1h_tokens",))
    whole = replace(INPUT, within=("cache_read_tokens", "cache_write_tokens", "cache_write_1h_tokens"))
    searches = Rate("web_searches", D(10), per=1000)
    rates = Rates((READ, hour, writes, replace(whole, tiers=((200_000, D(9)),)), OUTPUT, searches), "catalogue")

    total = sum((one.amount for one in cost_items(usage, rates)), D(0))

    assert total.quantize(D("0.000000001")) == cost_of(usage, rates)


def test_a_cost_is_rounded_once_at_the_end() -> None:
    rates = Rates((Rate("input_tokens", D("0.0004")), Rate("output_tokens", D("0.0004"))), "catalogue")

    # Each part alone would be rounded to 0.
    assert cost_of(TokenUsage(1, 1), rates) == D("0.000000001")


def test_cache_writes_for_an_hour_have_their_own_rate() -> None:
    hour = Rate("cache_write_1h_tokens", D(10))
    five_minutes = Rate("cache_write_tokens", D("6.25"), within=("cache_write_1h_tokens",))
    whole = replace(INPUT, within=("cache_write_1h_tokens", "cache_write_tokens"))
    usage = TokenUsage(1_000_000, 0, cache_creation_input_tokens=600_000, cache_creation_1h_input_tokens=200_000)

    assert cost_of(usage, Rates((hour, five_minutes, whole), "catalogue")) == D("2") + D("2.5") + D("2")


@pytest.mark.parametrize(
    ("tokens", "per_million"), [(199_999, 1), (200_000, 1), (200_001, 2), (1_000_000, 2), (1_000_001, 3)]
)
def test_above_a_threshold_the_whole_call_has_the_tiers_price(tokens: int, per_million: int) -> None:
    tiers = ((200_000, D(2)), (1_000_000, D(3)))
    rates = Rates((Rate("input_tokens", D(1), tiers=tiers),), "catalogue")

    assert cost_of(TokenUsage(tokens, 0), rates) == D(tokens) * per_million / 1_000_000


def test_the_tier_of_the_output_is_decided_by_the_input() -> None:
    rates = Rates((Rate("input_tokens", D(0)), Rate("output_tokens", D(1), tiers=((100, D(9)),))), "catalogue")

    assert cost_of(TokenUsage(100, 1_000_000), rates) == 1
    assert cost_of(TokenUsage(101, 1_000_000), rates) == 9


def test_tokens_without_a_rate_make_the_call_unpriced() -> None:
    only_input = Rates((READ, WRITE, INPUT), "catalogue")

    assert cost_of(TokenUsage(10, 1), only_input) is None
    assert cost_of(TokenUsage(10, 0), only_input) is not None


def test_what_else_is_billed_is_priced_by_its_own_unit() -> None:
    rates = Rates((READ, WRITE, INPUT, Rate("web_searches", D(10), per=1000)), "catalogue")

    assert cost_of(TokenUsage(0, 0, units=(("web_searches", 3),)), rates) == D("0.03")


def test_a_model_priced_by_the_second_charges_no_tokens() -> None:
    rates = Rates((Rate("input_audio_seconds", D("0.006"), per=60),), "catalogue")

    assert cost_of(TokenUsage(100, 50, units=(("audio_seconds", 120),)), rates) == D("0.012")


SEARCH = Rate("web_searches", D(10), per=1000)
SECOND = Rate("input_audio_seconds", D("0.006"), per=60)
WITHOUT_A_RATE = {
    "searches beside tokens": (RATES, TokenUsage(10, 10, units=(("web_searches", 1),)), False),
    "searches with a rate": (
        Rates((INPUT, OUTPUT, SEARCH), "catalogue"), TokenUsage(0, 0, units=(("web_searches", 1),)), True,
    ),
    "rerankings alone": (RATES, TokenUsage(0, 0, units=(("rerank_searches", 1),)), False),
    "seconds alone": (RATES, TokenUsage(0, 0, units=(("audio_seconds", 9),)), False),
    "seconds that are in the tokens": (RATES, TokenUsage(10, 0, units=(("audio_seconds", 9),)), True),
    "seconds under a wider name": (
        Rates((SECOND,), "catalogue"), TokenUsage(0, 0, units=(("audio_seconds", 9),)), True,
    ),
    "characters that are in the tokens": (RATES, TokenUsage(10, 0, units=(("input_characters", 44),)), True),
    "what is no charge of its own": (RATES, TokenUsage(10, 0, units=(("web_fetches", 2),)), True),
    "searches in the price of a request": (
        Rates((INPUT, OUTPUT, Rate("requests", D(12), per=1000)), "catalogue"),
        TokenUsage(10, 0, units=(("web_searches", 7),)), True,
    ),
    "searches of a free model": (
        Rates((Rate("input_tokens", D(0)), Rate("output_tokens", D(0))), "free"),
        TokenUsage(10, 0, units=(("web_searches", 7),)), True,
    ),
    "searches at own prices": (
        Rates((INPUT, OUTPUT), "override"), TokenUsage(10, 0, units=(("web_searches", 7),)), True,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", WITHOUT_A_RATE)
def test_what_is_charged_by_itself_and_has_no_rate_makes_the_call_unpriced(name: str) -> None:
    rates, usage, is_priced = WITHOUT_A_RATE[name]

    assert (cost_of(usage, rates) is not None) is is_priced


parts = st.integers(0, 10**7)
stated = st.integers(0, 10**12)


@settings(max_examples=200, deadline=None, derandomize=True, database=None)
@given(uncached=parts, read=parts, write=parts, output=parts, price=st.decimals(0, 1000, places=6))
def test_where_all_prices_are_equal_every_token_counts_once(
    uncached: int, read: int, write: int, output: int, price: Decimal
) -> None:
    rates = override_rates(PriceOverride(price, price, price, price), RATES)
    assert rates is not None
    usage = TokenUsage(uncached + read + write, output, cache_read_input_tokens=read, cache_creation_input_tokens=write)

    assert cost_of(usage, rates) == (price * usage.total_tokens / 1_000_000).quantize(D("1e-9"))


@settings(max_examples=200, deadline=None, derandomize=True, database=None)
@given(usage=st.builds(TokenUsage, stated, stated, stated, stated, stated, stated))
def test_a_cost_is_never_negative_whatever_is_stated(usage: TokenUsage) -> None:
    cost = cost_of(usage, RATES)

    assert cost is not None
    assert cost >= 0


MIXED = TokenUsage(1_000_000, 1_000_000, cache_read_input_tokens=400_000, cache_creation_input_tokens=100_000)
OVERRIDES = {
    "all prices": (PriceOverride(D(1), D(2), D("0.1"), D(3)), "0.5", "0.04", "0.3", "2"),
    "an input price is the price of all input": (PriceOverride(input_price=D(1)), "0.5", "0.4", "0.1", "25"),
    "an output price leaves the input": (PriceOverride(output_price=D(2)), "2.5", "0.2", "0.6", "2"),
    "a cache price alone": (PriceOverride(cache_read_price=D(1)), "2.5", "0.4", "0.6", "25"),
    "a free part": (PriceOverride(cache_write_price=D(0)), "2.5", "0.2", "0", "25"),
}


@pytest.mark.parametrize(("override", "uncached", "read", "write", "output"), OVERRIDES.values(), ids=OVERRIDES)
def test_own_prices_replace_what_they_name(
    override: PriceOverride, uncached: str, read: str, write: str, output: str
) -> None:
    rates = override_rates(override, RATES)

    assert rates is not None
    assert rates.source == "override"
    assert cost_of(MIXED, rates) == D(uncached) + D(read) + D(write) + D(output)


def test_own_prices_need_no_catalogue() -> None:
    rates = override_rates(PriceOverride(input_price=D(1), output_price=D(2)), None)

    assert rates is not None
    assert cost_of(MIXED, rates) == 3


def test_an_own_price_of_one_side_leaves_the_other_unpriced_without_a_catalogue() -> None:
    rates = override_rates(PriceOverride(input_price=D(1)), None)

    assert rates is not None
    assert cost_of(MIXED, rates) is None


def test_no_own_prices_are_no_rates() -> None:
    assert override_rates(PriceOverride(), RATES) is None


@pytest.mark.parametrize("price", [D(-1), D("NaN"), D("Infinity")])
def test_a_price_is_a_number_from_0(price: Decimal) -> None:
    with pytest.raises(ValueError, match="a price is a number from 0"):
        PriceOverride(output_price=price)


UNPRICED = call(usage=TokenUsage(1_000_000, 0), cost=None, cost_source="unpriced")
FREE = Rates((Rate("input_tokens", D(0)), Rate("output_tokens", D(0))), "override")


def test_what_the_provider_states_comes_first() -> None:
    priced = price_record(UNPRICED, stated_cost=D("0.12345678949"), rates=RATES)

    assert (priced.cost, priced.cost_source) == (D("0.123456789"), "provider")


def test_a_stated_cost_of_nothing_is_a_cost() -> None:
    priced = price_record(UNPRICED, stated_cost=D(0), rates=RATES)

    assert (priced.cost, priced.cost_source) == (D(0), "provider")


def test_rates_price_a_record_and_are_named() -> None:
    priced = price_record(UNPRICED, stated_cost=None, rates=RATES)

    assert (priced.cost, priced.cost_source) == (D(5), "catalogue")


def test_a_free_model_costs_0_and_says_so() -> None:
    priced = price_record(UNPRICED, stated_cost=None, rates=FREE)

    assert (priced.cost, priced.cost_source) == (D(0), "free")


@pytest.mark.parametrize(
    ("record", "rates"),
    [(UNPRICED, None), (call(usage=None, usage_source="none"), RATES), (call(), None)],
    ids=["no rates", "no usage", "a cost that nobody knows any more"],
)
def test_what_cannot_be_priced_is_unpriced(record: UsageRecord, rates: Rates | None) -> None:
    priced = price_record(record, stated_cost=None, rates=rates)

    assert (priced.cost, priced.cost_source) == (None, "unpriced")
