"""The cost of a usage by a set of rates: exact, each token priced once, at its most specific rate.

Pure: where rates come from (the catalogue, a user's own prices) is decided elsewhere, once per model and day. Prices
become whole numbers of a common fraction of a nano-dollar when rates are made, so that a cost is a few integer
products, rounded once.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction
from math import lcm
from operator import attrgetter

from tokenmon.core.money import NANO, NANOS_PER_USD, from_nanousd
from tokenmon.core.record import CostSource, UsageRecord
from tokenmon.core.usage import TokenUsage

PER_MILLION = 1_000_000
# Far beyond what any cost needs, so that only the last step rounds.
EXACT = Context(prec=60, rounding=ROUND_HALF_EVEN)
# Counts that every usage has, by the names of priced units, in the order in which `_counts` gives them.
COUNTED = (
    "input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens", "cache_write_1h_tokens",
    "output_reasoning_tokens", "input_audio_tokens", "output_audio_tokens",
)  # fmt: skip
_counts: Callable[[TokenUsage], tuple[int, ...]] = attrgetter(
    "input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens",
    "cache_creation_1h_input_tokens", "reasoning_output_tokens", "audio_input_tokens", "audio_output_tokens",
)  # fmt: skip
WRITE, WRITE_1H = COUNTED.index("cache_write_tokens"), COUNTED.index("cache_write_1h_tokens")
POSITIONS = {unit: position for position, unit in enumerate((*COUNTED, "cache_write_5m_tokens"))}
# A unit that is stated under a wider name where a price has a narrower one.
WIDER_NAMES = {"input_audio_seconds": "audio_seconds"}
# What is charged beside tokens, and what is charged in their place: without a rate of its own it is no gift.
BESIDE_TOKENS = frozenset({
    "web_searches", "rerank_searches", "storage_searches", "classifications", "input_pixels", "input_document_pages",
    "input_annotated_document_pages",
})  # fmt: skip
IN_PLACE_OF_TOKENS = frozenset({
    "audio_seconds", "input_audio_seconds", "output_audio_seconds", "output_video_seconds", "input_characters",
})  # fmt: skip
# Cohere reads a hidden preamble with every call and does not charge it.
BILLED_INPUT, BILLED_OUTPUT = "billed_input_tokens", "billed_output_tokens"
# What a usage counts without saying so.
IMPLIED = {"requests": 1}

# A rate ready to be multiplied: unit, its place in `_counts`, price and tiers (highest first) in whole parts of a
# nano-dollar, and the places of the steps that it contains.
Step = tuple[str, int | None, int, tuple[tuple[int, int], ...], tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class Rate:
    """The price in US dollars of `per` units named `unit`.

    `within` names the priced units that this one contains (input tokens contain cache reads): they are taken out of
    its count first. `tiers` are (start, price), ascending: above `start` input tokens the whole call has that price.
    `origin` tells in words where the price comes from, `since` the day from which it holds, where that is known.
    """

    unit: str
    price: Decimal
    per: int = PER_MILLION
    tiers: tuple[tuple[int, Decimal], ...] = ()
    within: tuple[str, ...] = ()
    origin: str = ""
    since: date | None = None


@dataclass(frozen=True, slots=True)
class Rates:
    """All rates of one model at one time, the most specific units first."""

    rates: tuple[Rate, ...]
    source: CostSource
    _scale: int = field(init=False, repr=False, compare=False)
    _steps: tuple[Step, ...] = field(init=False, repr=False, compare=False)
    _short_steps: tuple[Step, ...] = field(init=False, repr=False, compare=False)
    _prices_input: bool = field(init=False, repr=False, compare=False)
    _prices_output: bool = field(init=False, repr=False, compare=False)
    _is_free: bool = field(init=False, repr=False, compare=False)
    # The units that have a rate; None where the rates are the price of whatever a call counts.
    _units: frozenset[str] | None = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        units = {rate.unit for rate in self.rates}
        exact = {rate.unit: [_nanousd(price, rate.per) for price in _prices(rate)] for rate in self.rates}
        scale = lcm(*(price.denominator for prices in exact.values() for price in prices))
        # Most calls state tokens alone: what is priced by other units is then left out.
        counted = [rate for rate in self.rates if rate.unit in POSITIONS or rate.unit in IMPLIED]
        # A model priced by the call, second or page may state tokens that cost nothing by themselves.
        is_by_other_units = bool(units) and not any(unit.endswith("_tokens") for unit in units)
        object.__setattr__(self, "_scale", scale)
        object.__setattr__(self, "_steps", _steps_of(self.rates, exact, scale))
        object.__setattr__(self, "_short_steps", _steps_of(counted, exact, scale))
        object.__setattr__(self, "_prices_input", is_by_other_units or "input_tokens" in units)
        object.__setattr__(self, "_prices_output", is_by_other_units or "output_tokens" in units)
        is_free = all(price == 0 for prices in exact.values() for price in prices)
        object.__setattr__(self, "_is_free", is_free)
        # Who names own prices says what a call costs, and has no word for its searches.
        covers_all = is_free or self.source == "override" or not IMPLIED.keys().isdisjoint(units)
        priced = units | {WIDER_NAMES[unit] for unit in units & WIDER_NAMES.keys()}
        object.__setattr__(self, "_units", None if covers_all else frozenset(priced))

    @property
    def is_free(self) -> bool:
        """Whether nothing costs anything."""
        return self._is_free


def _prices(rate: Rate) -> list[Decimal]:
    return [rate.price, *(price for _, price in rate.tiers)]


def _nanousd(price: Decimal, per: int) -> Fraction:
    return Fraction(price) * NANOS_PER_USD / per


def _steps_of(rates: Sequence[Rate], exact: Mapping[str, Sequence[Fraction]], scale: int) -> tuple[Step, ...]:
    """Rates ready to be multiplied; `exact` holds their prices in nano-dollars a unit."""
    units = [rate.unit for rate in rates]
    steps: list[Step] = []
    for rate in rates:
        base, *above = [int(price * scale) for price in exact[rate.unit]]
        tiers = tuple(zip((start for start, _ in rate.tiers), above, strict=True))
        within = tuple(units.index(name) for name in rate.within if name in units)
        steps.append((rate.unit, POSITIONS.get(rate.unit), base, tiers[::-1], within))
    return tuple(steps)


def _billed(units: tuple[tuple[str, int], ...]) -> tuple[int, ...] | None:
    """The counts that are charged, where a provider says that they are others than what was read and written."""
    others = dict(units)
    if BILLED_INPUT not in others and BILLED_OUTPUT not in others:
        return None
    return others.get(BILLED_INPUT, 0), others.get(BILLED_OUTPUT, 0), *([0] * (len(COUNTED) - 2))


def _has_unpriced_units(usage: TokenUsage, priced: frozenset[str]) -> bool:
    for unit, number in usage.units:
        is_charged = unit in BESIDE_TOKENS or (unit in IN_PLACE_OF_TOKENS and not usage.total_tokens)
        if is_charged and number and unit not in priced:
            return True
    return False


def cost_of(usage: TokenUsage, rates: Rates) -> Decimal | None:
    """The cost in US dollars, rounded once to the nano-dollar; None when a part of the usage has no rate.

    A part that is stated larger than what contains it (seen at two providers) leaves 0 for the rest, never less.
    What `usage.parts` says of other models is not in it: `price_record` prices that.
    """
    counts = _counts(usage)
    if usage.units:
        if rates._units is not None and _has_unpriced_units(usage, rates._units):
            return None
        counts = _billed(usage.units) or counts
    threshold = counts[0]
    if (threshold and not rates._prices_input) or (counts[1] and not rates._prices_output):
        return None
    counts = (*counts, max(0, counts[WRITE] - counts[WRITE_1H]))
    steps, others = rates._short_steps, IMPLIED
    if usage.units:
        steps, others = rates._steps, {**IMPLIED, **dict(usage.units)}
    left: list[int] = []
    total = 0
    for unit, position, price, tiers, within in steps:
        count = counts[position] if position is not None else others.get(unit, -1)
        if count < 0:
            count = others.get(WIDER_NAMES.get(unit, ""), 0)
        for part in within:
            count -= left[part]
        if count <= 0:
            left.append(0)
            continue
        left.append(count)
        for start, tier_price in tiers:
            if threshold > start:
                price = tier_price
                break
        total += price * count
    nanousd, rest = divmod(total, rates._scale)
    # Half to even, as everywhere.
    if rest and (2 * rest > rates._scale or (2 * rest == rates._scale and nanousd % 2)):
        nanousd += 1
    return from_nanousd(nanousd)


@dataclass(frozen=True, slots=True)
class CostItem:
    """One product of a cost: `count` units at `rate`, whose price is `price` above the tier's start `above`, if any."""

    rate: Rate
    count: int
    price: Decimal
    amount: Decimal
    above: int | None = None


def cost_items(usage: TokenUsage, rates: Rates) -> tuple[CostItem, ...]:
    """The products whose sum, rounded once, is `cost_of` wherever that knows a cost; those of nothing are left out.

    Apart from `cost_of`, which every call passes and which therefore keeps no item.
    """
    counts = (usage.units and _billed(usage.units)) or _counts(usage)
    threshold = counts[0]
    counts = (*counts, max(0, counts[WRITE] - counts[WRITE_1H]))
    others = {**IMPLIED, **dict(usage.units)}
    left: list[int] = []
    items: list[CostItem] = []
    for rate, (unit, position, _, _, within) in zip(rates.rates, rates._steps, strict=True):
        count = counts[position] if position is not None else others.get(unit, others.get(WIDER_NAMES.get(unit, ""), 0))
        left.append(max(0, count - sum(left[part] for part in within)))
        if left[-1]:
            above, price = max(((start, price) for start, price in rate.tiers if threshold > start), default=(0, None))
            price = rate.price if price is None else price
            amount = EXACT.divide(EXACT.multiply(price, Decimal(left[-1])), Decimal(rate.per))
            items.append(CostItem(rate, left[-1], price, amount, above or None))
    return tuple(items)


def price_record(
    record: UsageRecord,
    *,
    stated_cost: Decimal | None,
    rates: Rates | None,
    rates_of: Callable[[str], Rates | None] | None = None,
) -> UsageRecord:
    """The record with its cost: what the provider stated, else by the rates, else unpriced.

    `rates_of` finds the rates of another model that served a part of the call; a part without rates leaves the whole
    call unpriced.
    """
    if stated_cost is not None:
        return record.priced(stated_cost.quantize(NANO, ROUND_HALF_EVEN, EXACT), "provider")
    usage = record.usage
    cost = None if usage is None or rates is None else cost_of(usage, rates)
    if cost is None or rates is None:
        return record if record.cost is None else record.priced(None, "unpriced")
    if usage is None or not usage.parts:
        return record.priced(cost, "free" if rates._is_free else rates.source)
    for model, part in usage.parts:
        part_rates = rates if model is None else rates_of(model) if rates_of is not None else None
        part_cost = None if part_rates is None else cost_of(part, part_rates)
        if part_cost is None:
            return record if record.cost is None else record.priced(None, "unpriced")
        cost += part_cost
    return record.priced(cost, "free" if rates._is_free and not cost else rates.source)
