"""Health of platforms: how their calls of the last hour and day went, and a word for it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

from tokenmon.core.period import Period
from tokenmon.core.platform import Platform
from tokenmon.core.query import Filter, Totals
from tokenmon.core.record import UsageRecord
from tokenmon.core.record_json import time_text

if TYPE_CHECKING:
    from tokenmon.storage.store import Store

HealthWord = Literal["ok", "degraded", "failing", "idle"]
HOUR, DAY = timedelta(hours=1), timedelta(hours=24)
# Below this many calls a share says nothing: one of three that failed is no third of a platform's failures.
MIN_CALLS = 5
DEGRADED_SHARE, FAILING_SHARE = 0.05, 0.5
# So many failures in a row, with nothing between them, are no chance.
FAILED_IN_A_ROW = 3
# How a call ends that the caller or the proxy broke off: no failure of the platform.
BROKEN_OFF = frozenset({"client_disconnected", "proxy_stopped", "session_ended"})


@dataclass(frozen=True, slots=True)
class CallWindow:
    """The calls of one span of time; the means are over calls without an error that state the time, None without any.

    Calls that the caller broke off are requests and no errors.
    """

    requests: int = 0
    errors: int = 0
    mean_latency_ms: int | None = None
    mean_time_to_first_chunk_ms: int | None = None

    @property
    def error_share(self) -> float | None:
        """The part of the calls that failed, from 0 to 1; None without calls."""
        return self.errors / self.requests if self.requests else None


@dataclass(frozen=True, slots=True)
class LastError:
    """The newest failure: its kind, as the record has it, and when the call was made."""

    kind: str
    at: datetime


@dataclass(frozen=True, slots=True)
class PlatformHealth:
    """A platform as its calls of the last 24 hours show it."""

    platform: str
    state: HealthWord
    last_hour: CallWindow
    last_day: CallWindow
    last_call_at: datetime | None = None
    last_error: LastError | None = None


def platform_health(store: "Store", platforms: Sequence[Platform], *, now: datetime) -> list[PlatformHealth]:
    """The health of platforms, in their order; a few queries for all of them, whatever is stored."""
    names = tuple(one.name for one in platforms)
    if not names:
        return []
    day = Filter(Period(now - DAY, now), platforms=names)
    hours, days = _windows(store, Filter(Period(now - HOUR, now), platforms=names)), _windows(store, day)
    # A call that was broken off says nothing; a few more are read, so that those before it are seen.
    latest = store.latest_calls(day, 2 * FAILED_IN_A_ROW)
    errors = store.latest_errors(day, besides=BROKEN_OFF)
    return [
        _health(
            name, hours.get(name, CallWindow()), days.get(name, CallWindow()), latest.get(name, []), errors.get(name)
        )
        for name in names
    ]


def _health(
    name: str, hour: CallWindow, day: CallWindow, latest: Sequence[UsageRecord], error: UsageRecord | None
) -> PlatformHealth:
    outcomes = [is_failure(one) for one in latest if one.error_type not in BROKEN_OFF]
    return PlatformHealth(
        platform=name,
        state=judge(hour, day, latest_failed=outcomes),
        last_hour=hour,
        last_day=day,
        last_call_at=latest[0].occurred_at if latest else None,
        last_error=None if error is None else LastError(error_kind(error), error.occurred_at),
    )


def judge(hour: CallWindow, day: CallWindow, *, latest_failed: Sequence[bool]) -> HealthWord:
    """The word for a platform: by its last hour, or by its last day when that hour has too few calls.

    `latest_failed` tells of the newest calls, newest first, whether they failed.
    """
    if not day.requests:
        return "idle"
    newest = latest_failed[:FAILED_IN_A_ROW]
    if len(newest) == FAILED_IN_A_ROW and all(newest):
        return "failing"
    window = hour if hour.requests >= MIN_CALLS else day
    share = window.error_share
    if share is None or window.requests < MIN_CALLS or share < DEGRADED_SHARE:
        return "ok"
    return "failing" if share >= FAILING_SHARE else "degraded"


def is_failure(record: UsageRecord) -> bool:
    """Whether a call failed, and not by the caller's hanging up."""
    return record.error_type not in BROKEN_OFF and (
        record.error_type is not None or (record.status is not None and record.status >= 400)
    )


def error_kind(record: UsageRecord) -> str:
    """A failed call's kind of error, in one word."""
    return record.error_type or f"http_{record.status}"


def _windows(store: "Store", wanted: Filter) -> Mapping[str, CallWindow]:
    good: dict[str, Totals] = {}
    requests: dict[str, int] = {}
    errors: dict[str, int] = {}
    for group in store.groups(wanted, ("platform", "error", "status")):
        key, totals = dict(group.key), group.totals
        name, error = str(key["platform"]), key["error"]
        requests[name] = requests.get(name, 0) + totals.requests
        if not totals.error_requests:
            good[name] = good.get(name, Totals()) + totals
        elif error not in BROKEN_OFF:
            errors[name] = errors.get(name, 0) + totals.error_requests
    return {name: _window(count, errors.get(name, 0), good.get(name, Totals())) for name, count in requests.items()}


def _window(requests: int, errors: int, good: Totals) -> CallWindow:
    return CallWindow(
        requests,
        errors,
        good.latency_ms // good.latency_requests if good.latency_requests else None,
        good.first_chunk_ms // good.first_chunk_requests if good.first_chunk_requests else None,
    )


def health_json(health: PlatformHealth) -> dict[str, Any]:
    """A platform's health as JSON, without its name."""
    error = health.last_error
    return {
        "state": health.state,
        "last_hour": _window_json(health.last_hour),
        "last_day": _window_json(health.last_day),
        "last_call_at": time_text(health.last_call_at),
        "last_error": None if error is None else {"kind": error.kind, "at": time_text(error.at)},
    }


def _window_json(window: CallWindow) -> dict[str, Any]:
    share = window.error_share
    return {
        "requests": window.requests,
        "errors": window.errors,
        "error_share": None if share is None else round(share, 4),
        "mean_latency_ms": window.mean_latency_ms,
        "mean_time_to_first_chunk_ms": window.mean_time_to_first_chunk_ms,
    }
