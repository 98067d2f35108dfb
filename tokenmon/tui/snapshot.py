"""What the dashboard shows at one moment, as values; read in one place, off the screen's thread."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from tokenmon.analytics.queries import build_filter
from tokenmon.analytics.quotas import QuotaState, quota_json, quota_states
from tokenmon.core.period import Period, bucket_start, buckets_between, zone
from tokenmon.core.query import Filter, Totals
from tokenmon.core.record import UsageRecord
from tokenmon.core.record_json import record_json, time_text, totals_json
from tokenmon.session import Session

CHART_HOURS = 24
CALLS = 50
CALLS_IN_JSON = 10


@dataclass(frozen=True, slots=True)
class HourCost:
    """The cost of one hour; `label` is its local time."""

    label: str
    cost: Decimal
    tokens: int


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything on the screen; `calls` are the newest first."""

    as_of: datetime
    timezone: str
    today: Totals
    month: Totals
    hours: tuple[HourCost, ...]
    calls: tuple[UsageRecord, ...]
    quotas: tuple[QuotaState, ...]
    platforms: int

    @property
    def is_empty(self) -> bool:
        """Whether nothing was ever recorded."""
        return not self.calls


def read_snapshot(session: Session) -> Snapshot:
    """Read everything now; TokenmonError when the database does not answer."""
    store, timezone, now = session.store, session.settings.timezone, session.now()
    platforms = store.platforms()
    return Snapshot(
        as_of=now,
        timezone=timezone,
        today=store.totals(build_filter(now=now, timezone=timezone, since="today")),
        month=store.totals(build_filter(now=now, timezone=timezone, since="month")),
        hours=_hours(session, now, timezone),
        calls=tuple(store.records(Filter(Period(None, None, timezone)), limit=CALLS)),
        quotas=tuple(quota_states(store, platforms, now=now, timezone=timezone)),
        platforms=len(platforms),
    )


def _hours(session: Session, now: datetime, timezone: str) -> tuple[HourCost, ...]:
    place = zone(timezone)
    start = bucket_start(now - timedelta(hours=CHART_HOURS - 1), "hour", place)
    groups = session.store.groups(Filter(Period(start, None, timezone)), ("hour",))
    found = {dict(group.key)["hour"]: group.totals for group in groups}
    return tuple(
        HourCost(begin.astimezone(place).strftime("%H"), sums.cost, sums.total_tokens)
        for begin, _, label in buckets_between(start, now + timedelta(microseconds=1), "hour", timezone)
        for sums in (found.get(label, Totals()),)
    )


def snapshot_json(session: Session) -> dict[str, Any]:
    """The object of `dash --once --json`."""
    found = read_snapshot(session)
    return {
        "as_of": time_text(found.as_of),
        "today": totals_json(found.today),
        "month": totals_json(found.month),
        "quotas": [quota_json(state) for state in found.quotas],
        "calls": [record_json(record) for record in found.calls[:CALLS_IN_JSON]],
    }
