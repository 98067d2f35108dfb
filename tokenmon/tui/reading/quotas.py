"""What the quotas screen reads: every quota with its forecast, what providers say, and the alerts that were sent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Literal

from tokenmon.analytics.forecast import Forecast, forecast, recent_days
from tokenmon.analytics.quotas import QuotaState, quota_state, used_on
from tokenmon.core.official_limit import OfficialLimit
from tokenmon.core.period import Period, month_of
from tokenmon.core.platform import Platform, PlatformQuota
from tokenmon.core.query import Totals
from tokenmon.core.sent_alert import SentAlert
from tokenmon.tui.asking import Asking

ALERTS = 200
QuotaOrder = Literal["fullest", "platform", "runs out"]
ORDERS: tuple[QuotaOrder, ...] = ("fullest", "platform", "runs out")


@dataclass(frozen=True, slots=True)
class Quota:
    """One quota: how it stands, and where it is going; no forecast where there is too little to go by."""

    state: QuotaState
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
    months = month_totals(asking, tuple(one.name for one in meant))
    alerts = [one for one in store.alert_history(ALERTS) if one.sent_at <= now and wanted.means_platform(one.platform)]
    return QuotasSnapshot(
        as_of=now,
        period=period,
        quotas=_ordered(standing(asking, meant, months), order),
        without=tuple(one.name for one in platforms if one.quota is None),
        hidden=len(limited) - len(meant),
        official=asking.official_limits(),
        alerts=tuple(alerts),
        has_webhook=bool(asking.settings.alerts_webhook_url),
    )


def month_totals(asking: Asking, names: tuple[str, ...]) -> dict[str, Totals]:
    """This month's sums of platforms by name, of all their calls whatever the dashboard's filter."""
    if not names:
        return {}
    wanted = replace(asking, conditions=()).filter(month_of(asking.now, asking.timezone))
    groups = asking.store.groups(replace(wanted, platforms=names), ("platform",))
    return {str(dict(group.key)["platform"]): group.totals for group in groups}


def standing(asking: Asking, platforms: Sequence[Platform], months: Mapping[str, Totals]) -> list[Quota]:
    """How the quotas of platforms stand, given the month's sums; those without one are left out."""
    limited = [(one, one.quota) for one in platforms if one.quota is not None]
    if not limited:
        return []
    now, timezone = asking.now, asking.timezone
    period = month_of(now, timezone)
    days = recent_days(asking.store, replace(asking, conditions=()).filter, now=now, timezone=timezone)
    return [
        Quota(
            quota_state(one, quota, months.get(one.name, Totals()), period),
            _forecast(one, quota, (months.get(one.name, Totals()), *days.get(one.name, ())), period, now),
        )
        for one, quota in limited
    ]


def _forecast(
    platform: Platform, quota: PlatformQuota, sums: tuple[Totals, ...], period: Period, now: datetime
) -> Forecast | None:
    """Where a quota is going; `sums` are those of the month, then those of the last full days."""
    used, *days = (used_on(platform, quota, one) for one in sums)
    return forecast(days, used, now=now, period=period)


def _ordered(quotas: Sequence[Quota], order: QuotaOrder) -> tuple[Quota, ...]:
    by_name = sorted(quotas, key=lambda one: one.platform)
    if order == "platform":
        return tuple(by_name)
    fullest = sorted(by_name, key=lambda one: -one.state.percent)
    if order == "fullest":
        return tuple(fullest)
    # Those that last come behind those that do not.
    return tuple(sorted(fullest, key=lambda one: (one.runs_out is None, one.runs_out or one.state.period.end)))
