"""What the dashboard shows at one moment, as values; read in one place, off the screen's thread."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from tokenmon.analytics.queries import build_filter
from tokenmon.analytics.quotas import QuotaState, quota_states
from tokenmon.config import Settings
from tokenmon.core.official_limit import OfficialLimit
from tokenmon.core.period import Period, bucket_start, buckets_between, zone
from tokenmon.core.query import Filter, Totals
from tokenmon.core.record import UsageRecord
from tokenmon.storage.store import Store

CHART_HOURS = 24
CALLS = 50


@dataclass(frozen=True, slots=True)
class HourCost:
    """The sums of one local hour; `label` is the hour of the day, `00` to `23`."""

    label: str
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
    """Everything on the screen; `calls` are the newest first, `hours` end with the present one."""

    as_of: datetime
    timezone: str
    today: Totals
    month: Totals
    hours: tuple[HourCost, ...]
    calls: tuple[UsageRecord, ...]
    quotas: tuple[QuotaState, ...]
    platforms: int
    named: NamedPeriod | None = None
    official: tuple[OfficialLimit, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether nothing was ever recorded."""
        return not self.calls and self.named is None


def read_snapshot(store: Store, settings: Settings, now: datetime) -> Snapshot:
    """Read everything as of `now`; TokenmonError when the database does not answer."""
    timezone = settings.timezone
    platforms = store.platforms()
    return Snapshot(
        as_of=now,
        timezone=timezone,
        today=store.totals(build_filter(now=now, timezone=timezone, since="today")),
        month=store.totals(build_filter(now=now, timezone=timezone, since="month")),
        hours=_hours(store, timezone, now),
        calls=tuple(store.records(Filter(Period(None, None, timezone)), limit=CALLS)),
        quotas=tuple(quota_states(store, platforms, now=now, timezone=timezone)),
        platforms=len(platforms),
        official=tuple(store.official_limits()),
    )


def with_period(snapshot: Snapshot, store: Store, word: str) -> Snapshot:
    """The snapshot with the sums and the calls of a period; ConfigError for a word that names none."""
    wanted = build_filter(now=snapshot.as_of, timezone=snapshot.timezone, period=word)
    named = NamedPeriod(word, wanted.period, store.totals(wanted))
    return replace(snapshot, named=named, calls=tuple(store.records(wanted, limit=CALLS)))


def _hours(store: Store, timezone: str, now: datetime) -> tuple[HourCost, ...]:
    place = zone(timezone)
    start = bucket_start(now - timedelta(hours=CHART_HOURS - 1), "hour", place)
    groups = store.groups(Filter(Period(start, None, timezone)), ("hour",))
    found = {dict(group.key)["hour"]: group.totals for group in groups}
    return tuple(
        HourCost(begin.astimezone(place).strftime("%H"), sums.cost, sums.total_tokens)
        for begin, _, label in buckets_between(start, now + timedelta(microseconds=1), "hour", timezone)
        for sums in (found.get(label, Totals()),)
    )
