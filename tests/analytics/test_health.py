"""Health of platforms: the word by tables of cases, and the sums from real records."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.core.sample import NOON, call
from tokenmon.analytics.health import CallWindow, HealthWord, LastError, PlatformHealth, judge, platform_health
from tokenmon.core.platform import Platform
from tokenmon.core.record import UsageRecord
from tokenmon.storage.store import Store

NONE = CallWindow()
GOOD, BAD = False, True


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(f"sqlite:///{tmp_path}/tokenmon.db") as opened:
        yield opened


CASES: dict[str, tuple[CallWindow, CallWindow, list[bool], HealthWord]] = {
    "no call in a day": (NONE, NONE, [], "idle"),
    "all well": (CallWindow(100), CallWindow(100), [GOOD] * 6, "ok"),
    "just below the share": (CallWindow(1000, 49), CallWindow(1000, 49), [BAD, BAD, GOOD], "ok"),
    "at the share": (CallWindow(100, 5), CallWindow(100, 5), [GOOD] * 6, "degraded"),
    "too few calls for a share": (CallWindow(4, 2), CallWindow(4, 2), [BAD, GOOD, BAD, GOOD], "ok"),
    "five are enough": (CallWindow(5, 1), CallWindow(5, 1), [GOOD] * 5, "degraded"),
    "half fail": (CallWindow(6, 3), CallWindow(6, 3), [GOOD, BAD] * 3, "failing"),
    "the last three failed": (CallWindow(100, 3), CallWindow(100, 3), [BAD] * 3 + [GOOD] * 3, "failing"),
    "the only two failed": (NONE, CallWindow(2, 2), [BAD, BAD], "ok"),
    "the only three failed": (NONE, CallWindow(3, 3), [BAD] * 3, "failing"),
    "well again after one": (CallWindow(4, 3), CallWindow(4, 3), [GOOD, BAD, BAD, BAD], "ok"),
    "a bad day and a good hour": (CallWindow(50), CallWindow(100, 50), [GOOD] * 6, "ok"),
    "a bad day and an hour that says little": (CallWindow(4), CallWindow(100, 10), [GOOD] * 6, "degraded"),
}


@pytest.mark.parametrize(("hour", "day", "latest_failed", "word"), CASES.values(), ids=CASES)
def test_a_platform_is_judged(hour: CallWindow, day: CallWindow, latest_failed: list[bool], word: HealthWord) -> None:
    assert judge(hour, day, latest_failed=latest_failed) == word


def platform(name: str) -> Platform:
    return Platform(name, name, "openai", NOON)


def ago(name: str, minutes: float, **changes: Any) -> UsageRecord:
    return call(f"{name}-{minutes}", NOON - timedelta(minutes=minutes), platform=name, **changes)


FAILED: dict[str, Any] = {"status": 429, "error_type": "rate_limit_error", "latency_ms": 5}
HUNG_UP: dict[str, Any] = {"status": 499, "error_type": "client_disconnected", "latency_ms": 99_000}


def test_health_is_summed_by_hour_and_day(store: Store) -> None:
    store.add([
        ago("a", 1, latency_ms=100, time_to_first_chunk_ms=40), ago("a", 2, **FAILED), ago("a", 59, latency_ms=301),
        ago("a", 61, latency_ms=800), ago("a", 1439, **FAILED), ago("a", 1441, **FAILED), ago("b", 3000),
        ago("unknown", 1),
    ])  # fmt: skip

    found = platform_health(store, [platform("b"), platform("a")], now=NOON)

    assert found == [
        PlatformHealth("b", "idle", NONE, NONE),
        PlatformHealth(
            "a", "degraded", CallWindow(3, 1, 200, 40), CallWindow(5, 2, 400, 40), NOON - timedelta(minutes=1),
            LastError("rate_limit_error", NOON - timedelta(minutes=2)),
        ),
    ]  # fmt: skip
    assert found[1].last_day.error_share == 0.4


def test_callers_who_hang_up_are_no_failure_of_the_platform(store: Store) -> None:
    store.add([*(ago("a", minute, **HUNG_UP) for minute in (1, 2, 3)), *(ago("a", 10 + minute) for minute in range(5))])

    (health,) = platform_health(store, [platform("a")], now=NOON)

    assert (health.state, health.last_error) == ("ok", None)
    assert health.last_hour == CallWindow(8, 0, 900, None)


def test_a_failure_that_is_told_by_its_status_alone_has_a_kind(store: Store) -> None:
    store.add([ago("a", minute, status=503) for minute in (1, 2, 3)])

    (health,) = platform_health(store, [platform("a")], now=NOON)

    assert (health.state, health.last_error) == ("failing", LastError("http_503", NOON - timedelta(minutes=1)))


def test_failures_between_hang_ups_are_in_a_row(store: Store) -> None:
    store.add([ago("a", 1, **FAILED), ago("a", 2, **HUNG_UP), ago("a", 3, **FAILED), ago("a", 4, **FAILED)])

    (health,) = platform_health(store, [platform("a")], now=NOON)

    assert health.state == "failing"


def test_no_platforms_have_no_health(store: Store) -> None:
    store.add([ago("a", 1)])

    assert platform_health(store, [], now=NOON) == []
