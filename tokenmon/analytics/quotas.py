"""Quota states: how much of each platform's monthly limit is used, from rollups, in the quota's time zone."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import ROUND_DOWN, Decimal
from typing import TYPE_CHECKING, Any, Literal

from tokenmon.core.money import decimal_text
from tokenmon.core.period import Period, month_of
from tokenmon.core.platform import Platform, PlatformQuota
from tokenmon.core.query import Filter, Totals
from tokenmon.core.record_json import time_text

if TYPE_CHECKING:
    from tokenmon.storage.store import Store

QuotaWord = Literal["ok", "warning", "exceeded"]
EXCEEDED = 100


@dataclass(frozen=True, slots=True)
class QuotaState:
    """One quota as it stands: `used` counts in the quota's unit, `percent` is exact to two places, rounded down.

    A quota is exceeded when all of it is used. `unpriced_requests` are calls that a cost quota cannot see, and
    `unpriced_tokens` theirs. Of a subscription a quota in US dollars counts the list-price value, which is no spend:
    `is_list_price_value` says so.
    """

    platform: str
    quota: PlatformQuota
    used: Decimal
    percent: Decimal
    state: QuotaWord
    period: Period
    unpriced_requests: int = 0
    unpriced_tokens: int = 0
    is_list_price_value: bool = False


def quota_states(
    store: "Store", platforms: Sequence[Platform], *, now: datetime, timezone: str, until: datetime | None = None
) -> list[QuotaState]:
    """The state of every platform's quota in the month that holds `now`; platforms without one are left out.

    With `until` only what was used before that moment counts: how a quota stood then.
    """
    limited = [(platform, platform.quota) for platform in platforms if platform.quota is not None]
    if not limited:
        return []
    period = month_of(now, timezone)
    counted = period if until is None else replace(period, end=until)
    wanted = Filter(counted, platforms=tuple(one.name for one, _ in limited))
    sums = {dict(group.key)["platform"]: group.totals for group in store.groups(wanted, ("platform",))}
    return [quota_state(one, quota, sums.get(one.name, Totals()), period) for one, quota in limited]


def quota_state(platform: Platform, quota: PlatformQuota, totals: Totals, period: Period) -> QuotaState:
    """How a platform's quota stands when these are the sums of its period."""
    used, is_value = used_on(platform, quota, totals), is_list_price_value(platform, quota)
    percent = (used * 100 / quota.amount).quantize(Decimal("0.01"), ROUND_DOWN)
    word: QuotaWord = "exceeded" if percent >= EXCEEDED else "warning" if percent >= quota.warn_at else "ok"
    unseen = (totals.unpriced_requests, totals.unpriced_tokens) if quota.unit == "usd" else (0, 0)
    return QuotaState(platform.name, quota, used, percent, word, period, *unseen, is_value)


def is_list_price_value(platform: Platform, quota: PlatformQuota) -> bool:
    """Whether a quota counts what a subscription's calls are worth, and no spend."""
    return quota.unit == "usd" and platform.billing == "subscription"


def used_on(platform: Platform, quota: PlatformQuota, totals: Totals) -> Decimal:
    """What of these sums counts against a platform's quota."""
    return totals.subscription_value if is_list_price_value(platform, quota) else used_of(quota, totals)


def used_of(quota: PlatformQuota, totals: Totals) -> Decimal:
    """What counts against a quota of a metered platform: calls of a subscription are no spend."""
    match quota.unit:
        case "usd":
            return totals.cost
        case "tokens":
            return Decimal(totals.total_tokens)
        case _:
            return Decimal(totals.requests)


def quota_headers(state: QuotaState) -> list[tuple[bytes, bytes]]:
    """The response headers that tell a caller of a quota: always its state, from the threshold on a warning too."""
    text = (
        f"used={decimal_text(state.used)}, amount={decimal_text(state.quota.amount)}, unit={state.quota.unit}, "
        f"percent={decimal_text(state.percent)}, resets={time_text(state.period.end, timespec='seconds')}"
    )
    headers = [(b"x-tokenmon-quota", text.encode())]
    if state.state != "ok":
        word = "exceeded" if state.state == "exceeded" else f"{decimal_text(state.percent)} % used"
        headers.append((b"x-tokenmon-warning", f"monthly quota of {state.platform}: {word}".encode()))
    return headers


def quota_json(state: QuotaState) -> dict[str, Any]:
    """A quota state as JSON: amounts are decimal strings, `state` is ok, warning or exceeded."""
    return {
        "platform": state.platform,
        "amount": decimal_text(state.quota.amount),
        "unit": state.quota.unit,
        "period": state.quota.period,
        "warn_at": state.quota.warn_at,
        "used": decimal_text(state.used),
        "percent": decimal_text(state.percent),
        "state": state.state,
        "unpriced_requests": state.unpriced_requests,
        "unpriced_tokens": state.unpriced_tokens,
        "is_list_price_value": state.is_list_price_value,
        "starts_at": time_text(state.period.start, timespec="seconds"),
        "resets_at": time_text(state.period.end, timespec="seconds"),
        "timezone": state.period.timezone,
    }
