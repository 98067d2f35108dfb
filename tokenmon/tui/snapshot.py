"""What the dashboard shows at one moment, as values; read in one place, off the screen's thread."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from tokenmon.analytics.queries import build_filter
from tokenmon.analytics.quotas import QuotaState, quota_states
from tokenmon.core.period import Period, bucket_start, buckets_between
from tokenmon.core.query import Totals
from tokenmon.core.record import UsageRecord
from tokenmon.core.span import Span
from tokenmon.storage.store import Store
from tokenmon.tui.asking import Asking

CHART_HOURS = 24
CALLS = 50


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

    @property
    def is_empty(self) -> bool:
        """Whether nothing was ever recorded."""
        return not self.calls and self.named is None


def read_snapshot(asking: Asking) -> Snapshot:
    """Read everything as of the reading's moment; TokenmonError when the database does not answer."""
    store, now, timezone = asking.store, asking.now, asking.timezone
    platforms = store.platforms()
    return Snapshot(
        as_of=now,
        timezone=timezone,
        today=store.totals(asking.span_filter(Span("today"))),
        month=store.totals(asking.span_filter(Span("month"))),
        hours=_hours(asking),
        calls=tuple(store.records(asking.filter(Period(None, None, timezone)), limit=CALLS)),
        quotas=tuple(quota_states(store, platforms, now=now, timezone=timezone)),
        platforms=len(platforms),
    )


def with_period(snapshot: Snapshot, store: Store, word: str) -> Snapshot:
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
