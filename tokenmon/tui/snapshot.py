"""What the dashboard shows at one moment, as values; read in one place, off the screen's thread."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from tokenmon.analytics.forecast import Forecast, burn_per_hour, month_forecast
from tokenmon.analytics.queries import build_filter
from tokenmon.analytics.quotas import QuotaState, quota_states
from tokenmon.core.condition import Condition
from tokenmon.core.flow import Minute
from tokenmon.core.official_limit import OfficialLimit
from tokenmon.core.period import Period, bucket_start, buckets_between
from tokenmon.core.query import Group, Totals
from tokenmon.core.record import UsageRecord
from tokenmon.core.span import Span
from tokenmon.tui.asking import Asking

if TYPE_CHECKING:
    from tokenmon.storage.store import Store

CHART_HOURS = 24
CALLS = 100
TOP_MODELS = 12
FLOW_MINUTES = 30
# Records may still arrive for as long; an older minute is taken as it was read before.
OPEN_MINUTES = 3
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class HourCost:
    """The sums of one hour; its start is in the zone to be shown."""

    start: datetime
    cost: Decimal
    tokens: int


@dataclass(frozen=True, slots=True)
class NamedPeriod:
    """A period that was asked for by a word, and its sums."""

    word: str
    period: Period
    totals: Totals


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything on the screen; `calls` are the newest first, `hours` and `minutes` end with the present one.

    `burn` is what the last 60 minutes cost, `models` are this month's dearest, all of them in `model_count`;
    `conditions` are the filter's.
    """

    as_of: datetime
    timezone: str
    today: Totals
    month: Totals
    hours: tuple[HourCost, ...]
    calls: tuple[UsageRecord, ...]
    quotas: tuple[QuotaState, ...]
    platforms: int
    minutes: tuple[Minute, ...] = ()
    burn: Decimal = Decimal(0)
    forecast: Forecast | None = None
    models: tuple[Group, ...] = ()
    model_count: int = 0
    conditions: tuple[Condition, ...] = ()
    named: NamedPeriod | None = None
    official: tuple[OfficialLimit, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether nothing was ever recorded."""
        return not self.calls and self.named is None


def read_snapshot(asking: Asking, before: Snapshot | None = None) -> Snapshot:
    """Read everything as of the reading's moment; TokenmonError when the database does not answer.

    `before` is the last reading: with the same filter, minutes that are over are not read again.
    """
    store, now, timezone = asking.store, asking.now, asking.timezone
    platforms = store.platforms()
    month = asking.span_filter(Span("month"))
    models = store.groups(month, ("model",))
    spent = sum((group.totals for group in models), Totals())
    return Snapshot(
        as_of=now,
        timezone=timezone,
        today=store.totals(asking.span_filter(Span("today"))),
        month=spent,
        hours=_hours(asking),
        calls=tuple(store.records(asking.filter(Period(None, None, timezone)), limit=CALLS)),
        quotas=tuple(
            quota_states(store, platforms, now=now, timezone=timezone, until=now if asking.is_replay else None)
        ),
        platforms=len(platforms),
        minutes=_minutes(asking, before),
        burn=burn_per_hour(store, asking.filter, now=now, timezone=timezone),
        forecast=month_forecast(store, asking.filter, spent.cost, now=now, timezone=timezone),
        models=tuple(models[:TOP_MODELS]),
        model_count=len(models),
        conditions=asking.conditions,
        official=asking.official_limits(),
    )


def _minutes(asking: Asking, before: Snapshot | None) -> tuple[Minute, ...]:
    """The last minutes, those that are over from the reading before."""
    present = asking.now.replace(second=0, microsecond=0)
    starts = [present - back * MINUTE for back in reversed(range(FLOW_MINUTES))]
    held = before.minutes if before is not None and before.conditions == asking.conditions else ()
    known = {one.start: one for one in held if one.start <= present - OPEN_MINUTES * MINUTE}
    wanted = asking.filter(Period(None, None, asking.timezone))
    read = {one.start: one for one in asking.store.minutes(wanted, [one for one in starts if one not in known])}
    return tuple(known.get(start) or read[start] for start in starts)


def with_period(snapshot: Snapshot, store: "Store", word: str) -> Snapshot:
    """The snapshot with the sums and the calls of a period; ConfigError for a word that names none."""
    wanted = build_filter(now=snapshot.as_of, timezone=snapshot.timezone, period=word)
    named = NamedPeriod(word, wanted.period, store.totals(wanted))
    return replace(snapshot, named=named, calls=tuple(store.records(wanted, limit=CALLS)))


def _hours(asking: Asking) -> tuple[HourCost, ...]:
    now, timezone, place = asking.now, asking.timezone, asking.place
    start = bucket_start(now - timedelta(hours=CHART_HOURS - 1), "hour", place)
    groups = asking.store.groups(asking.filter(Period(start, None, timezone)), ("hour",))
    found = {dict(group.key)["hour"]: group.totals for group in groups}
    return tuple(
        HourCost(begin.astimezone(place), sums.cost, sums.total_tokens)
        for begin, _, label in buckets_between(start, now + timedelta(microseconds=1), "hour", timezone)
        for sums in (found.get(label, Totals()),)
    )
