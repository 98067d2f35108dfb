"""Following records: each one once as it is stored, whatever its time, and however many at once."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.core.sample import NOON, call
from tokenmon.core.period import Period
from tokenmon.core.query import Filter
from tokenmon.core.record import UsageRecord
from tokenmon.core.usage import TokenUsage
from tokenmon.storage.store import Store

ALL = Filter(Period(None, None))


def many(count: int, name: str = "burst") -> list[UsageRecord]:
    return [call(f"{name}-{number}", NOON + timedelta(seconds=number)) for number in range(count)]


def test_a_burst_between_two_looks_is_whole(store: Store) -> None:
    store.add(many(10, "before"))

    with store.follow(ALL) as arrivals:
        newest = arrivals.newest(3)
        store.add(many(2500))
        fresh = list(arrivals.fresh())
        again = list(arrivals.fresh())

    assert newest == list(reversed(many(10, "before")))[:3]
    assert fresh == many(2500)
    assert again == []


def test_a_record_far_older_than_those_known_is_told(store: Store) -> None:
    store.add(many(1500))
    late = call("late", NOON - timedelta(days=400))
    among = call("among", NOON + timedelta(seconds=3, milliseconds=1))

    with store.follow(ALL) as arrivals:
        store.add([late])
        first = list(arrivals.fresh())
        store.add([among])
        second = list(arrivals.fresh())

    assert (first, second) == ([late], [among])


def test_a_stronger_sight_of_a_call_is_no_arrival(store: Store) -> None:
    store.add([call(usage_source="partial", usage=TokenUsage(1, 1))])

    with store.follow(ALL) as arrivals:
        store.add([call()])

        assert list(arrivals.fresh()) == []


@pytest.mark.parametrize(
    "wanted",
    [Filter(Period(None, None), projects=("p*",)), Filter(Period(NOON, NOON + timedelta(milliseconds=1)))],
    ids=["by label", "by period"],
)
def test_only_what_the_filter_means_is_told(store: Store, wanted: Filter) -> None:
    meant = call("meant", project="p1")
    others = [call(str(number), NOON + timedelta(seconds=number), project="x") for number in (-1, 1)]

    with store.follow(wanted) as arrivals:
        store.add([*others, meant])
        fresh = list(arrivals.fresh())

    assert fresh == [meant]


def test_following_holds_up_no_writer(store: Store, address: str) -> None:
    with store.follow(ALL) as arrivals, Store.open(address, busy_timeout_seconds=0.1) as writer:
        for number in range(3):
            writer.add([replace(call(str(number)), project="p")])

        assert len(list(arrivals.fresh())) == 3
