"""The latest calls by platform: the newest few, wherever in the period they are, and nothing from beyond it."""

from datetime import timedelta

import pytest

from tests.core.sample import NOON, call
from tokenmon.core.period import Period
from tokenmon.core.query import Filter
from tokenmon.core.record import UsageRecord
from tokenmon.storage.store import Store

MINUTE = timedelta(minutes=1)
DAY = Filter(Period(NOON - timedelta(hours=24), NOON))


def ago(name: str, minutes: float, **changes: object) -> UsageRecord:
    """A call so many minutes before noon, on a platform."""
    return call(f"{name}-{minutes}", NOON - minutes * MINUTE, platform=name, **changes)


SCATTERED = [ago("rare", minutes) for minutes in (1, 300, 301, 900, 1439)]
BUSY = [ago("busy", minutes / 10) for minutes in range(1, 400)]
LATER = [ago("rare", -5), ago("busy", -0.1)]


@pytest.mark.parametrize("count", [1, 2, 3, 5, 9])
def test_the_newest_calls_are_found_wherever_they_are(store: Store, count: int) -> None:
    store.add([*SCATTERED, *BUSY, *LATER, ago("rare", 1441), ago("old", 2000)])

    assert store.latest_calls(DAY, count) == {"rare": SCATTERED[:count], "busy": BUSY[:count]}


def test_calls_at_a_period_within_one_quarter_are_found(store: Store) -> None:
    store.add([ago("a", minutes) for minutes in (1, 2, 3, 4)])
    wanted = Filter(Period(NOON - 4 * MINUTE, NOON - MINUTE))

    assert store.latest_calls(wanted, 9) == {"a": [ago("a", minutes) for minutes in (2, 3, 4)]}


def test_the_filter_is_heeded(store: Store) -> None:
    store.add([*SCATTERED, *BUSY])

    assert store.latest_calls(Filter(DAY.period, platforms=("rare",)), 1) == {"rare": SCATTERED[:1]}


def test_the_newest_failure_of_each_platform_is_found(store: Store) -> None:
    failures = [ago("rare", 400, error_type="rate_limit", status=429), ago("busy", 5.05, status=500)]
    hung_up = ago("rare", 20.5, error_type="client_disconnected", status=499)
    store.add([*SCATTERED, *BUSY, *failures, ago("rare", 401, status=503), hung_up])

    found = store.latest_errors(DAY, besides={"client_disconnected"})

    assert found == {"rare": failures[0], "busy": failures[1]}
    assert store.latest_errors(DAY)["rare"] == hung_up


def test_without_calls_there_are_no_latest(store: Store) -> None:
    assert (store.latest_calls(DAY, 3), store.latest_errors(DAY)) == ({}, {})
