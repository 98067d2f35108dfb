"""Prices in words and as JSON: own prices, the rates of a model, and what looks like a slip of unit."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from statistics import median_low
from typing import Any

from tokenmon.core.money import decimal_text
from tokenmon.core.price_rule import (
    PRICES,
    SUSPICIOUS_USD_PER_MILLION,
    SUSPICIOUSLY_CHEAP_USD_PER_MILLION,
    PriceOverride,
    PriceRule,
)
from tokenmon.core.pricing import PER_MILLION, Rate, Rates
from tokenmon.core.record_json import time_text
from tokenmon.errors import ConfigError

# What each own price is compared with in the catalogue.
UNITS = {
    "input_price": "input_tokens", "output_price": "output_tokens", "cache_read_price": "cache_read_tokens",
    "cache_write_price": "cache_write_tokens", "cache_write_1h_price": "cache_write_1h_tokens",
}  # fmt: skip
# A price per 1K in place of one per 1M is off by 1000; discounts and dear models are not.
FAR = 500
PER = {PER_MILLION: "1M", 1000: "1K", 3600: "hour", 1: "1"}


@dataclass(frozen=True, slots=True)
class ListedRate:
    """A rate as `price show` lists it: `tier` names what it holds for, None for ordinary calls."""

    tier: str | None
    rate: Rate


def listed_rates(by_tier: Iterable[tuple[str | None, Rates | None]]) -> list[ListedRate]:
    """The rates of ordinary calls (given first), and of each tier those that differ from them."""
    listed: list[ListedRate] = []
    ordinary: dict[str, Rate] = {}
    for tier, rates in by_tier:
        for rate in () if rates is None else sorted(rates.rates, key=_place):
            if tier is None:
                ordinary[rate.unit] = rate
            same = ordinary.get(rate.unit)
            if tier is None or same is None or (same.price, same.tiers) != (rate.price, rate.tiers):
                listed.append(ListedRate(tier, rate))
    return listed


def _place(rate: Rate) -> tuple[int, str]:
    """Tokens in, their cached parts, tokens out, then the rest."""
    unit = rate.unit
    kind = (
        3 if not unit.endswith("_tokens") else 2 if unit.startswith("output_") else 0 if unit == "input_tokens" else 1
    )
    return kind, unit


def per_text(per: int) -> str:
    """How many units a price is for, in short."""
    return PER.get(per, f"{per:,}")


def rate_json(listed: ListedRate) -> dict[str, Any]:
    """A rate: what it is the price of, in US dollars, per how many, above how much input what else, and why."""
    rate = listed.rate
    return {
        "unit": rate.unit,
        "tier": listed.tier,
        "price_usd": decimal_text(rate.price),
        "per": rate.per,
        "above": [{"input_tokens": start, "price_usd": decimal_text(price)} for start, price in rate.tiers],
        "origin": rate.origin,
        "since": None if rate.since is None else rate.since.isoformat(),
    }


def rule_json(rule: PriceRule) -> dict[str, Any]:
    """Own prices, in US dollars per million tokens."""
    return {
        "model": rule.model,
        "platform": rule.platform,
        "from": None if rule.starts_on is None else rule.starts_on.isoformat(),
        **{name: None if (price := getattr(rule.prices, name)) is None else decimal_text(price) for name in PRICES},
        "created_at": time_text(rule.created_at),
    }


def prices_text(prices: PriceOverride) -> str:
    """Own prices in one line."""
    named = ((name.removesuffix("_price").replace("_", " "), getattr(prices, name)) for name in PRICES)
    return ", ".join(f"{word} ${decimal_text(price)}" for word, price in named if price is not None) + " per 1M"


def parse_start(text: str | None) -> date | None:
    """The day from which a price holds, as typed."""
    if text is None:
        return None
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise ConfigError(f"--from: {text[:40]!r} is not a day", hint="write it as 2026-11-01") from None


def suspicious_prices(prices: PriceOverride, listed: Rates | None = None) -> list[str]:
    """What looks like a slip of unit, in words: a price that no model has, or far from the catalogue's."""
    known = {} if listed is None else {rate.unit: rate.price for rate in listed.rates}
    lines = []
    for name in PRICES:
        price: Decimal | None = getattr(prices, name)
        usual = known.get(UNITS[name])
        if price is None:
            continue
        shown = f"{name} is {decimal_text(price)} US dollars per million tokens"
        if price > SUSPICIOUS_USD_PER_MILLION:
            lines.append(f"{shown}, more than any model costs: is --per right?")
        elif usual and price >= usual * FAR:
            lines.append(f"{shown}, {price / usual:,.0f} times the catalogue's: is --per right?")
        elif usual and 0 < price <= usual / FAR:
            lines.append(f"{shown}, the catalogue's is {usual / price:,.0f} times that: is it meant per 1K?")
        elif usual is None and 0 < price < SUSPICIOUSLY_CHEAP_USD_PER_MILLION:
            lines.append(f"{shown}, less than any model costs: is it meant per 1K?")
    return lines


def middle_rates(several: Iterable[Rates]) -> Rates:
    """Rates in the middle of those of several models, unit by unit, to compare prices of all of them with."""
    prices: dict[str, list[Decimal]] = {}
    for rates in several:
        for rate in rates.rates:
            prices.setdefault(rate.unit, []).append(rate.price)
    return Rates(tuple(Rate(unit, median_low(found)) for unit, found in prices.items()), "catalogue")
