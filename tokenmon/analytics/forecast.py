"""Forecasts: where a month is going, at the mean of the last seven full days. One rule that anybody can check.

The days before the first call do not count, so that a new user's mean is not diluted; quiet days since then do.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from tokenmon.core.period import Period, bucket_start, buckets_between, month_of, zone
from tokenmon.core.query import Filter, Totals

if TYPE_CHECKING:
    from tokenmon.storage.store import Store

PACE_DAYS = 7
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Forecast:
    """What is used of a period until now, in any unit, and where it will end.

    `per_day` is the mean of `days` full days (0: of the period itself, which is as old as the first call).
    """

    used: Decimal
    per_day: Decimal
    days: int
    now: datetime
    ends: datetime

    @property
    def expected(self) -> Decimal:
        """What will be used at the period's end at this pace."""
        return self.used + self.per_day * _share(max(timedelta(), self.ends - self.now), DAY)

    def runs_out(self, amount: Decimal) -> datetime | None:
        """When an amount will be used up at this pace; None if it lasts to the period's end."""
        if self.used >= amount:
            return self.now
        if self.per_day <= 0 or self.expected < amount:
            return None
        return self.now + timedelta(seconds=float((amount - self.used) / self.per_day * 86400))

    @property
    def rule(self) -> str:
        """How the pace was found, in words."""
        if self.days == 0:
            return "at the pace so far"
        return "at the mean of yesterday" if self.days == 1 else f"at the mean of the last {self.days} days"


def forecast(days: Sequence[Decimal], used: Decimal, *, now: datetime, period: Period) -> Forecast | None:
    """The forecast of a period with an end; `days` are the full days before today, the oldest first, from the first
    day with any use. None when there is too little to go by: no full day, and the period is younger than an hour."""
    if period.start is None or period.end is None:
        return None
    if days:
        return Forecast(used, sum(days, Decimal(0)) / len(days), len(days), now, period.end)
    lived = now - period.start
    if lived < HOUR or not used:
        return None
    return Forecast(used, used / _share(max(lived, DAY), DAY), 0, now, period.end)


def _share(part: timedelta, whole: timedelta) -> Decimal:
    """How often a span goes into another, exactly."""
    micro = timedelta(microseconds=1)
    return Decimal(part // micro) / Decimal(whole // micro)


def recent_days(
    store: "Store", filter_of: Callable[[Period], Filter], *, now: datetime, timezone: str
) -> dict[str, tuple[Totals, ...]]:
    """The sums of up to seven full days before today by platform, the oldest first, from its first day with a call.

    `""` stands for all platforms together.
    """
    place = zone(timezone)
    today = bucket_start(now, "day", place)
    start = bucket_start(today - PACE_DAYS * DAY + DAY / 2, "day", place)
    groups = store.groups(filter_of(Period(start, today, timezone)), ("day", "platform"))
    first_day = start if _is_older(store, filter_of, start, timezone) else None
    labels = [label for _, _, label in buckets_between(start, today, "day", timezone)]
    found: dict[str, dict[str, Totals]] = {"": {}}
    for group in groups:
        key = dict(group.key)
        day, platform = str(key["day"]), str(key["platform"])
        found.setdefault(platform, {})[day] = group.totals
        found[""][day] = found[""].get(day, Totals()) + group.totals
    return {
        name: tuple(days.get(label, Totals()) for label in labels if first_day is not None or label >= min(days))
        for name, days in found.items()
        if days or first_day is not None
    }


def _is_older(store: "Store", filter_of: Callable[[Period], Filter], start: datetime, timezone: str) -> bool:
    """Whether there were calls before the days that are looked at."""
    return bool(store.records(filter_of(Period(None, start, timezone)), limit=1))


def month_forecast(
    store: "Store", filter_of: Callable[[Period], Filter], spent: Decimal, *, now: datetime, timezone: str
) -> Forecast | None:
    """Where this month's spending is going, over all platforms; subscriptions are no spending."""
    days = recent_days(store, filter_of, now=now, timezone=timezone).get("", ())
    return forecast([one.cost for one in days], spent, now=now, period=month_of(now, timezone))


def burn_per_hour(store: "Store", filter_of: Callable[[Period], Filter], *, now: datetime, timezone: str) -> Decimal:
    """What was spent in the last 60 minutes."""
    return store.totals(filter_of(Period(now - HOUR, None, timezone))).cost
