"""The flow of minutes: exact borders, the filter's labels, nothing where nothing was."""

from datetime import timedelta

from tests.core.sample import NOON, call
from tokenmon.core.filter_language import parse_filter
from tokenmon.core.flow import Minute
from tokenmon.core.period import Period
from tokenmon.core.query import Filter
from tokenmon.storage.store import Store

MINUTE = timedelta(minutes=1)
EVERYTHING = Filter(Period(None, None))


def test_a_minute_holds_the_calls_from_its_first_to_its_last_millisecond(store: Store) -> None:
    store.add([
        call("before", at=NOON - timedelta(milliseconds=1)),
        call("first", at=NOON),
        call("last", at=NOON + MINUTE - timedelta(milliseconds=1)),
        call("after", at=NOON + MINUTE),
    ])  # fmt: skip

    found = store.minutes(EVERYTHING, [NOON])

    assert found == [Minute(NOON, 2, 2 * 1200)]


def test_a_minute_without_calls_is_told_as_such(store: Store) -> None:
    assert store.minutes(EVERYTHING, [NOON]) == [Minute(NOON, 0, 0)]


def test_a_call_without_usage_counts_as_a_call(store: Store) -> None:
    store.add([call("silent", usage=None, usage_source="none", cost=None, cost_source="unpriced")])

    assert store.minutes(EVERYTHING, [NOON]) == [Minute(NOON, 1, 0)]


def test_a_filter_narrows_the_flow(store: Store) -> None:
    store.add([call("one", project="web"), call("two", project="api")])
    wanted = Filter(Period(None, None), conditions=parse_filter("project:web"))
    nothing = Filter(Period(None, None), conditions=parse_filter("project:other"))

    assert store.minutes(wanted, [NOON]) == [Minute(NOON, 1, 1200)]
    assert store.minutes(nothing, [NOON]) == [Minute(NOON, 0, 0)]


def test_a_minute_ends_with_the_period(store: Store) -> None:
    store.add([call("first", at=NOON), call("last", at=NOON + timedelta(seconds=30))])

    found = store.minutes(Filter(Period(None, NOON + timedelta(seconds=30))), [NOON, NOON + MINUTE])

    assert found == [Minute(NOON, 1, 1200), Minute(NOON + MINUTE, 0, 0)]
