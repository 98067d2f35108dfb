"""Corrections of the price library: reviewed facts from `corrections.toml`, each with its source and date.

Apart from the catalogue because these are data to read and check, whatever library they correct.
"""

import tomllib
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from importlib.resources import files
from typing import Any

from tokenmon.core.price_rule import matches_name
from tokenmon.core.pricing import PER_MILLION, Rate

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
Hours = tuple[time, time]


@dataclass(frozen=True, slots=True)
class Correction:
    """One fact about models of a provider, and when it holds; exactly one of the three facts is given."""

    provider: str
    models: tuple[str, ...]
    source: str
    checked: date
    starts_on: date = date.min
    ends_before: date = date.max
    weekdays: frozenset[int] = frozenset()
    dates: frozenset[date] = frozenset()
    hours: tuple[Hours, ...] = ()
    stands_for: str | None = None
    as_at: time | None = None
    prices: tuple[Rate, ...] = ()
    why: str | None = None

    def __post_init__(self) -> None:
        if (self.stands_for is not None) + (self.as_at is not None) + bool(self.prices) != 1:
            raise ValueError(f"a correction of {self.models} states one fact")

    def names(self, model: str) -> bool:
        """Whether the correction is about a model, at whatever time."""
        return any(matches_name(pattern, model) for pattern in self.models)

    def holds(self, at: datetime) -> bool:
        """Whether the correction holds at a moment (UTC)."""
        day = at.date()
        return (
            self.starts_on <= day < self.ends_before
            and (not self.weekdays or day.weekday() in self.weekdays)
            and (not self.dates or day in self.dates)
            and (not self.hours or any(start <= at.time() < end for start, end in self.hours))
        )


@dataclass(frozen=True, slots=True)
class Offer:
    """A tier or processing that the library knows from `verified` on and that exists since `since`."""

    provider: str
    name: str
    value: str
    since: date
    verified: date


@dataclass(frozen=True, slots=True)
class Corrections:
    """All corrections and offers, in the order in which they are written: the last one that holds counts."""

    corrections: tuple[Correction, ...] = ()
    offers: tuple[Offer, ...] = ()

    def of(self, provider: str, model: str) -> tuple[Correction, ...]:
        """What is known of a model, the strongest first."""
        return tuple(one for one in reversed(self.corrections) if one.provider == provider and one.names(model))

    def verified(self, provider: str, context: dict[str, str], day: date) -> date | None:
        """The day whose tier prices hold on an earlier day too; None when the library is right as it is."""
        found = [
            one.verified
            for one in self.offers
            if one.provider == provider and context.get(one.name) == one.value and one.since <= day < one.verified
        ]
        return max(found, default=None)


def read_corrections(text: str) -> Corrections:
    """The corrections of a TOML text; ValueError or KeyError names what is wrong with it."""
    content = tomllib.loads(text)
    return Corrections(
        tuple(_correction(entry) for entry in content.get("correction", ())),
        tuple(_offer(entry) for entry in content.get("offer", ())),
    )


def load_corrections() -> Corrections:
    """The corrections that are part of this program."""
    return read_corrections(files("tokenmon.providers").joinpath("corrections.toml").read_text(encoding="utf-8"))


def _correction(entry: dict[str, Any]) -> Correction:
    as_at = entry.get("as_at")
    return Correction(
        provider=entry["provider"],
        models=tuple(entry["models"]),
        source=entry["source"],
        checked=entry["checked"],
        starts_on=entry.get("from", date.min),
        ends_before=entry.get("until", date.max),
        weekdays=frozenset(WEEKDAYS.index(day) for day in entry.get("days", ())),
        dates=frozenset(entry.get("dates", ())),
        hours=tuple(_hours(text) for text in entry.get("hours", ())),
        stands_for=entry.get("stands_for"),
        as_at=None if as_at is None else time.fromisoformat(as_at),
        prices=tuple(_rate(unit, price) for unit, price in entry.get("prices", {}).items()),
        why=entry.get("why"),
    )


def _rate(unit: str, price: str | list[str]) -> Rate:
    """The price of a unit: a number, or a list of it and of what holds above some input (`"32000: 2.4"`)."""
    base, *above = [price] if isinstance(price, str) else price
    tiers = tuple((int(start), Decimal(higher)) for start, _, higher in (one.partition(": ") for one in above))
    return Rate(unit, Decimal(base), PER_MILLION if unit.endswith("_tokens") else 1000, tiers)


def _hours(text: str) -> Hours:
    start, end = text.split("-")
    return time.fromisoformat(start), time.fromisoformat(end)


def _offer(entry: dict[str, Any]) -> Offer:
    name = next(key for key in ("processing", "service_tier") if key in entry)
    return Offer(entry["provider"], name, entry[name], entry["since"], entry["verified"])
