"""A provider's own sum: what its usage or cost report says of one window of time, for one set of dimensions.

Apart from records because a provider counts in days and tokenmon in calls: the two are compared, never added up.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from tokenmon.core.record import EPOCH
from tokenmon.core.usage import MAX_COUNT

# Providers count in UTC days, whatever the account's time zone.
DAY = timedelta(days=1)
# No account spends as much in a day; within it sums of amounts fit 64 bits of nano-dollars.
MAX_AMOUNT = Decimal(10) ** 9


@dataclass(frozen=True, slots=True)
class Window:
    """A span of whole UTC days, from `start` (inclusive) to `end` (exclusive)."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if self.start >= self.end or self.start != day_of(self.start) or self.end != day_of(self.end):
            raise ValueError("a window is one or more whole UTC days")

    @property
    def days(self) -> tuple[datetime, ...]:
        """The start of each day, in order."""
        return tuple(self.start + DAY * at for at in range((self.end - self.start) // DAY))


@dataclass(frozen=True, slots=True)
class ProviderSum:
    """One line of a provider's report on one UTC day.

    `report` names which of the provider's reports it stands in. The counts have tokenmon's meanings (`input_tokens`
    includes caches) and are None where the report does not have them. `cost` is an amount in US dollars; a credit is
    negative. `quantity` counts what else is billed, in `unit` (`images`, `characters`, `web_searches` ...).
    """

    platform: str
    provider_name: str
    report: str
    start: datetime
    end: datetime
    model: str | None = None
    line_item: str | None = None
    project: str | None = None
    api_key: str | None = None
    service_tier: str | None = None
    processing: str | None = None
    detail: str | None = None
    requests: int | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_input_tokens: int | None = None
    cache_creation_input_tokens: int | None = None
    cache_creation_1h_input_tokens: int | None = None
    reasoning_output_tokens: int | None = None
    audio_input_tokens: int | None = None
    audio_output_tokens: int | None = None
    cost: Decimal | None = None
    quantity: Decimal | None = None
    unit: str | None = None

    def __post_init__(self) -> None:
        for name in COUNTS:
            count = getattr(self, name)
            if count is not None and (count.__class__ is not int or not 0 <= count <= MAX_COUNT):
                raise ValueError(f"{name} must be a whole number from 0, not {count!r}")
        if self.cost is not None and not (self.cost.is_finite() and abs(self.cost) <= MAX_AMOUNT):
            raise ValueError(f"no account is billed {self.cost} US dollars a day")


# What tells two sums of one report and day apart.
DIMENSIONS = ("model", "line_item", "project", "api_key", "service_tier", "processing", "detail", "unit")
COUNTS = (
    "requests", "input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens",
    "cache_creation_1h_input_tokens", "reasoning_output_tokens", "audio_input_tokens", "audio_output_tokens",
)  # fmt: skip
NUMBERS = (*COUNTS, "cost", "quantity")


def day_of(moment: datetime) -> datetime:
    """The start of the UTC day that holds a moment."""
    return moment - (moment - EPOCH) % DAY


def merged(sums: Iterable[ProviderSum]) -> list[ProviderSum]:
    """Sums that differ in nothing but their numbers become one: providers split by more than is kept here."""
    found: dict[tuple[object, ...], ProviderSum] = {}
    for one in sums:
        key = (one.platform, one.provider_name, one.report, one.start, *(getattr(one, name) for name in DIMENSIONS))
        held = found.get(key)
        found[key] = one if held is None else _added(held, one)
    return list(found.values())


def _added(one: ProviderSum, other: ProviderSum) -> ProviderSum:
    numbers: dict[str, Any] = {name: _total(getattr(one, name), getattr(other, name)) for name in NUMBERS}
    return replace(one, end=max(one.end, other.end), **numbers)


def _total(one: Any, other: Any) -> Any:
    if one is None or other is None:
        return other if one is None else one
    return one + other


def days_between(start: datetime, end: datetime) -> Window | None:
    """The UTC days that a span touches, None when it is empty."""
    first = day_of(start)
    last = day_of(end) if end == day_of(end) else day_of(end) + DAY
    return Window(first, last) if first < last else None
