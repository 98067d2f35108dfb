"""What the quotas screen reads: every quota with its forecast, what providers say, and the alerts that were sent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Literal

from tokenmon.analytics.forecast import Forecast, forecast, recent_days
from tokenmon.analytics.quotas import QuotaState, quota_states, used_of
from tokenmon.core.official_limit import OfficialLimit
from tokenmon.core.period import Period, month_of
from tokenmon.core.platform import Platform
from tokenmon.core.query import Totals
from tokenmon.core.record import Billing
from tokenmon.core.sent_alert import SentAlert
from tokenmon.tui.asking import Asking

ALERTS = 200
QuotaOrder = Literal["fullest", "platform", "runs out"]
ORDERS: tuple[QuotaOrder, ...] = ("fullest", "platform", "runs out")


@dataclass(frozen=True, slots=True)
class Quota:
    """One quota: how it stands, and where it is going; no forecast where there is too little to go by."""

    state: QuotaState
    billing: Billing
    forecast: Forecast | None

    @property
    def platform(self) -> str:
        """The platform that it limits."""
        return self.state.platform

    @property
    def left(self) -> Decimal:
        """What may still be used, in the quota's unit."""
        return max(Decimal(0), self.state.quota.amount - self.state.used)

    @property
    def expected_percent(self) -> Decimal | None:
        """How much of it will be used at the month's end."""
        return None if self.forecast is None else self.forecast.expected * 100 / self.state.quota.amount

    @property
    def runs_out(self) -> datetime | None:
        """When it will be used up; None if it lasts."""
        return None if self.forecast is None else self.forecast.runs_out(self.state.quota.amount)


@dataclass(frozen=True, slots=True)
class QuotasSnapshot:
    """Everything on the screen. `without` are the platforms without a quota, `hidden` counts the quotas that the
    dashboard's filter leaves out; `official` is what providers say, `alerts` are the newest first."""

    as_of: datetime
    period: Period
    quotas: tuple[Quota, ...]
    without: tuple[str, ...]
    hidden: int
    official: tuple[OfficialLimit, ...]
    alerts: tuple[SentAlert, ...]
    has_webhook: bool

    @property
    def platforms(self) -> int:
        """How many platforms there are."""
        return len(self.quotas) + self.hidden + len(self.without)


def read_quotas(asking: Asking, *, order: QuotaOrder = "fullest") -> QuotasSnapshot:
    """Read the quotas. Of the filter only what it says of platforms counts: a quota is about all calls of its own."""
    store, now, timezone = asking.store, asking.now, asking.timezone
    period = month_of(now, timezone)
    platforms = store.platforms()
    limited = [one for one in platforms if one.quota is not None]
    wanted = asking.filter(period)
    meant = [one for one in limited if wanted.means_platform(one.name)]
    alerts = [one for one in store.alert_history(ALERTS) if one.sent_at <= now and wanted.means_platform(one.platform)]
    return QuotasSnapshot(
        as_of=now,
        period=period,
        quotas=_ordered(read_standing(asking, meant), order),
        without=tuple(one.name for one in platforms if one.quota is None),
        hidden=len(limited) - len(meant),
        official=tuple(one for one in store.official_limits() if one.as_of <= now),
        alerts=tuple(alerts),
        has_webhook=bool(asking.settings.alerts_webhook_url),
    )


def read_standing(asking: Asking, platforms: Sequence[Platform]) -> list[Quota]:
    """How the quotas of these platforms stand, which all have one."""
    if not platforms:
        return []
    now, timezone = asking.now, asking.timezone
    states = quota_states(asking.store, platforms, now=now, timezone=timezone, until=now if asking.is_replay else None)
    days = recent_days(asking.store, replace(asking, conditions=()).filter, now=now, timezone=timezone)
    billing = {one.name: one.billing for one in platforms}
    return [Quota(state, billing[state.platform], _forecast(state, days, now)) for state in states]


def _forecast(state: QuotaState, days: Mapping[str, Sequence[Totals]], now: datetime) -> Forecast | None:
    used = [used_of(state.quota, day) for day in days.get(state.platform, ())]
    return forecast(used, state.used, now=now, period=state.period)


def _ordered(quotas: Sequence[Quota], order: QuotaOrder) -> tuple[Quota, ...]:
    by_name = sorted(quotas, key=lambda one: one.platform)
    if order == "platform":
        return tuple(by_name)
    fullest = sorted(by_name, key=lambda one: -one.state.percent)
    if order == "fullest":
        return tuple(fullest)
    # Those that last come behind those that do not.
    return tuple(sorted(fullest, key=lambda one: (one.runs_out is None, one.runs_out or one.state.period.end)))
