"""The cost of a usage by a set of rates: exact decimals, each token priced once, at its most specific rate.

Pure: where rates come from (the catalogue, a user's own prices) is decided elsewhere, once per model and day.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import ROUND_HALF_EVEN, Context, Decimal

from tokenmon.core.money import NANO
from tokenmon.core.platform import PriceOverride
from tokenmon.core.record import CostSource, UsageRecord
from tokenmon.core.usage import TokenUsage

PER_MILLION = 1_000_000
# Far beyond what any cost needs, so that only the last step rounds.
EXACT = Context(prec=60, rounding=ROUND_HALF_EVEN)
# Counts of the usage itself; other units (searches, seconds, images) are found in `units` by their name.
TOKEN_KEYS = frozenset({
    "input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens", "cache_write_5m_tokens",
    "cache_write_1h_tokens", "input_audio_tokens", "output_audio_tokens", "output_reasoning_tokens",
})  # fmt: skip
# A unit that is stated under a wider name where a price has a narrower one.
WIDER_NAMES = {"input_audio_seconds": "audio_seconds"}


@dataclass(frozen=True, slots=True)
class Rate:
    """The price in US dollars of `per` units named `unit`.

    `within` names the priced units that this one contains (input tokens contain cache reads): they are taken out of
    its count first. `tiers` are (start, price), ascending: above `start` input tokens the whole call has that price.
    """

    unit: str
    price: Decimal
    per: int = PER_MILLION
    tiers: tuple[tuple[int, Decimal], ...] = ()
    within: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rates:
    """All rates of one model at one time, the most specific units first; `origin` tells where they come from."""

    rates: tuple[Rate, ...]
    source: CostSource
    origin: str
    _steps: tuple[tuple[str, Decimal, tuple[tuple[int, Decimal], ...], tuple[str, ...]], ...] = field(
        init=False, repr=False, compare=False
    )
    _prices_input: bool = field(init=False, repr=False, compare=False)
    _prices_output: bool = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        steps = tuple(
            (
                rate.unit,
                EXACT.divide(rate.price, rate.per),
                tuple((start, EXACT.divide(price, rate.per)) for start, price in reversed(rate.tiers)),
                rate.within,
            )
            for rate in self.rates
        )
        units = {rate.unit for rate in self.rates}
        # A model priced by the call, second or page may state tokens that cost nothing by themselves.
        is_by_other_units = bool(units) and not any(unit.endswith("_tokens") for unit in units)
        object.__setattr__(self, "_steps", steps)
        object.__setattr__(self, "_prices_input", is_by_other_units or "input_tokens" in units)
        object.__setattr__(self, "_prices_output", is_by_other_units or "output_tokens" in units)

    @property
    def is_free(self) -> bool:
        """Whether nothing costs anything."""
        return all(rate.price == 0 and all(price == 0 for _, price in rate.tiers) for rate in self.rates)


def counts_of(usage: TokenUsage) -> dict[str, int]:
    """A usage by the names of priced units."""
    one_hour = usage.cache_creation_1h_input_tokens
    counts = {
        "input_tokens": usage.input_tokens,
        "output_tokens": usage.output_tokens,
        "cache_read_tokens": usage.cache_read_input_tokens,
        "cache_write_tokens": usage.cache_creation_input_tokens,
        "cache_write_5m_tokens": max(0, usage.cache_creation_input_tokens - one_hour),
        "cache_write_1h_tokens": one_hour,
        "input_audio_tokens": usage.audio_input_tokens,
        "output_audio_tokens": usage.audio_output_tokens,
        "output_reasoning_tokens": usage.reasoning_output_tokens,
        "requests": 1,
    }
    if usage.units:
        counts.update(usage.units)
    return counts


def cost_of(usage: TokenUsage, rates: Rates) -> Decimal | None:
    """The cost in US dollars, rounded once to the nano-dollar; None when a part of the usage has no rate.

    A part that is stated larger than what contains it (seen at two providers) leaves 0 for the rest, never less.
    """
    if (usage.input_tokens and not rates._prices_input) or (usage.output_tokens and not rates._prices_output):
        return None
    counts = counts_of(usage)
    threshold = usage.input_tokens
    left: dict[str, int] = {}
    total = Decimal(0)
    for unit, price, tiers, within in rates._steps:
        count = counts.get(unit)
        if count is None:
            count = counts.get(WIDER_NAMES.get(unit, ""), 0)
        for name in within:
            count -= left[name]
        if count <= 0:
            left[unit] = 0
            continue
        left[unit] = count
        for start, tier_price in tiers:
            if threshold > start:
                price = tier_price
                break
        total = EXACT.add(total, EXACT.multiply(price, Decimal(count)))
    return total.quantize(NANO, ROUND_HALF_EVEN, EXACT)


INPUT_UNITS = ("cache_read_tokens", "cache_write_tokens", "input_tokens")


def override_rates(override: PriceOverride, catalogue: Rates | None) -> Rates | None:
    """The rates that a user's own prices make; None when there are none.

    An input price replaces every input rate of the catalogue (caches without a price of their own then cost as input),
    an output price every output rate. What is not named stays as the catalogue has it.
    """
    if override.is_empty:
        return None
    kept: dict[str, Rate] = {}
    for rate in () if catalogue is None else catalogue.rates:
        is_output = rate.unit.startswith("output_")
        is_token = rate.unit.endswith("_tokens")
        if is_token and is_output and override.output_price is not None:
            continue
        if is_token and not is_output and override.input_price is not None:
            continue
        if "cache_read" in rate.unit and override.cache_read_price is not None:
            continue
        if "cache_write" in rate.unit and override.cache_write_price is not None:
            continue
        kept[rate.unit] = rate
    own = {
        "cache_read_tokens": override.cache_read_price,
        "cache_write_tokens": override.cache_write_price,
        "input_tokens": override.input_price,
        "output_tokens": override.output_price,
    }
    kept.update({unit: Rate(unit, price) for unit, price in own.items() if price is not None})
    return Rates(_nested(kept), "override", "your own prices of this platform")


def _nested(rates: Mapping[str, Rate]) -> tuple[Rate, ...]:
    """Rates in order, the containers last, each knowing what it contains."""
    parts = [rate for unit, rate in rates.items() if unit not in ("input_tokens", "output_tokens")]
    parts = [replace(rate, within=tuple(name for name in rate.within if name in rates)) for rate in parts]
    inputs = tuple(r.unit for r in parts if r.unit.endswith("_tokens") and not r.unit.startswith("output_"))
    outputs = tuple(r.unit for r in parts if r.unit.endswith("_tokens") and r.unit.startswith("output_"))
    whole = [
        replace(rates[unit], within=within)
        for unit, within in (("input_tokens", inputs), ("output_tokens", outputs))
        if unit in rates
    ]
    return (*parts, *whole)


def price_record(record: UsageRecord, *, stated_cost: Decimal | None, rates: Rates | None) -> UsageRecord:
    """The record with its cost: what the provider stated, else by the rates, else unpriced."""
    if stated_cost is not None:
        return replace(record, cost=stated_cost.quantize(NANO, ROUND_HALF_EVEN, EXACT), cost_source="provider")
    cost = None if record.usage is None or rates is None else cost_of(record.usage, rates)
    if cost is None or rates is None:
        return record if record.cost is None else replace(record, cost=None, cost_source="unpriced")
    return replace(record, cost=cost, cost_source="free" if rates.is_free else rates.source)
