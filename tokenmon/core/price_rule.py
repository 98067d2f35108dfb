"""A user's own prices: rules for models on platforms, from a day on, and what rates they make of the catalogue's."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from fnmatch import fnmatchcase

from tokenmon.core.pricing import Rate, Rates

PRICES = ("input_price", "output_price", "cache_read_price", "cache_write_price", "cache_write_1h_price")
# What no real price reaches per million tokens: a price given per 1K where 1M was meant lands above it.
SUSPICIOUS_USD_PER_MILLION = Decimal(1000)
# What hardly any model undercuts: a price given per 1M where 1K was meant lands below it.
SUSPICIOUSLY_CHEAP_USD_PER_MILLION = Decimal("0.005")
EVERY_PLATFORM = "*"


@dataclass(frozen=True, slots=True)
class PriceOverride:
    """A user's own prices in US dollars per million tokens; None leaves that part to the input or output price."""

    input_price: Decimal | None = None
    output_price: Decimal | None = None
    cache_read_price: Decimal | None = None
    cache_write_price: Decimal | None = None
    cache_write_1h_price: Decimal | None = None

    def __post_init__(self) -> None:
        for name in PRICES:
            price = getattr(self, name)
            if price is not None and (not price.is_finite() or price < 0):
                raise ValueError("a price is a number from 0")

    @property
    def is_empty(self) -> bool:
        """Whether no price is set at all."""
        return all(getattr(self, name) is None for name in PRICES)


NO_PRICES = PriceOverride()


@dataclass(frozen=True, slots=True)
class PriceRule:
    """Own prices of the models that a glob matches, on the platforms that another matches, from a day (UTC) on.

    `starts_on` None means: whenever the call was. One rule stands for each (platform, model, starts_on).
    """

    model: str
    prices: PriceOverride
    created_at: datetime
    platform: str = EVERY_PLATFORM
    starts_on: date | None = None

    @property
    def is_general(self) -> bool:
        """Whether the rule names no platform: a platform's own prices come before it."""
        return self.platform == EVERY_PLATFORM

    def matches(self, platform: str, models: Iterable[str | None], day: date) -> bool:
        """Whether the rule holds for a call to one of the models (the one that answered, the one asked for)."""
        return (
            (self.starts_on is None or self.starts_on <= day)
            and matches_name(self.platform, platform)
            and any(one is not None and matches_name(self.model, one) for one in models)
        )


def matches_name(pattern: str, name: str) -> bool:
    """Whether a name is the pattern or fits it as a glob, whatever their case."""
    pattern, name = pattern.lower(), name.lower()
    return pattern == name or fnmatchcase(name, pattern)


def _rank(rule: PriceRule) -> tuple[bool, int, int, date]:
    """The more exactly a rule names model and platform, the stronger; then the later one."""
    literal = rule.model.replace("*", "").replace("?", "")
    platform = rule.platform.replace("*", "").replace("?", "")
    return literal == rule.model, len(literal), len(platform), rule.starts_on or date.min


def strongest_rule(
    rules: Iterable[PriceRule], *, platform: str, models: tuple[str | None, ...], day: date
) -> PriceRule | None:
    """The one rule of those given that holds for a call."""
    return max((rule for rule in rules if rule.matches(platform, models, day)), key=_rank, default=None)


def override_rates(
    override: PriceOverride, catalogue: Rates | None, *, origin: str = "", since: date | None = None
) -> Rates | None:
    """The rates that own prices make of the catalogue's; None when there are none.

    An input price replaces every input rate of the catalogue (caches without a price of their own then cost as input),
    an output price every output rate. What is not named stays as the catalogue has it.
    """
    if override.is_empty:
        return None
    kept: dict[str, Rate] = {}
    for rate in () if catalogue is None else catalogue.rates:
        if not _is_replaced(rate.unit, override):
            kept[rate.unit] = rate
    own = {
        "cache_read_tokens": override.cache_read_price,
        "cache_write_1h_tokens": override.cache_write_1h_price,
        "cache_write_tokens": override.cache_write_price,
        "input_tokens": override.input_price,
        "output_tokens": override.output_price,
    }
    kept.update(
        {unit: Rate(unit, price, origin=origin, since=since) for unit, price in own.items() if price is not None}
    )
    return Rates(_nested(kept), "override")


def _is_replaced(unit: str, override: PriceOverride) -> bool:
    """Whether an override names what a unit of the catalogue is priced by."""
    if not unit.endswith("_tokens"):
        return False
    if unit.startswith("output_"):
        return override.output_price is not None
    if override.input_price is not None:
        return True
    if "cache_read" in unit or ("cache_" in unit and "_read" in unit):
        return override.cache_read_price is not None
    if "write_1h" in unit:
        return override.cache_write_1h_price is not None or override.cache_write_price is not None
    return "write" in unit and override.cache_write_price is not None


def _nested(rates: Mapping[str, Rate]) -> tuple[Rate, ...]:
    """Rates in order, the containers last, each knowing what it contains."""
    parts = [rate for unit, rate in rates.items() if unit not in ("input_tokens", "output_tokens")]
    parts = [replace(rate, within=tuple(name for name in rate.within if name in rates)) for rate in parts]
    parts = _with_hour_writes(parts)
    inputs = tuple(r.unit for r in parts if r.unit.endswith("_tokens") and not r.unit.startswith("output_"))
    outputs = tuple(r.unit for r in parts if r.unit.endswith("_tokens") and r.unit.startswith("output_"))
    whole = [
        replace(rates[unit], within=within)
        for unit, within in (("input_tokens", inputs), ("output_tokens", outputs))
        if unit in rates
    ]
    return (*parts, *whole)


def _with_hour_writes(parts: list[Rate]) -> list[Rate]:
    """Cache writes of an hour are part of all cache writes, and come before them."""
    hour = [one for one in parts if one.unit == "cache_write_1h_tokens"]
    others = [
        replace(one, within=(*one.within, "cache_write_1h_tokens"))
        if hour and one.unit == "cache_write_tokens" and "cache_write_1h_tokens" not in one.within
        else one
        for one in parts
        if one.unit != "cache_write_1h_tokens"
    ]
    return [*hour, *others]
