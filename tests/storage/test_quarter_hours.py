"""Quarters of an hour: those with calls, in time order, by the filter's names."""

from datetime import timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from tests.core.sample import NOON, call
from tests.storage.calls import calls, forget_records
from tests.storage.test_sums import PROPERTY
from tokenmon.core.period import Period
from tokenmon.core.query import Filter, Totals
from tokenmon.core.record import UsageRecord
from tokenmon.storage.store import Store

ALL = Filter(Period(None, None))
MINUTE = timedelta(minutes=1)


@PROPERTY
@given(batch=st.lists(calls(), max_size=12))
def test_quarters_are_in_order_and_add_up_to_the_totals(store: Store, batch: list[UsageRecord]) -> None:
    forget_records(store)
    store.add(batch)

    quarters = store.quarter_hours(ALL)

    starts = [start for start, _ in quarters]
    assert starts == sorted(set(starts))
    assert all(start.minute % 15 == start.second == start.microsecond == 0 for start in starts)
    assert sum((totals for _, totals in quarters), Totals()) == store.totals(ALL)


def test_calls_lie_in_the_quarter_in_which_they_were_made(store: Store) -> None:
    store.add([call(str(at), NOON + at * MINUTE, cost=Decimal(at)) for at in (0, 14, 15, 44)])

    assert [(start, totals.requests, totals.cost) for start, totals in store.quarter_hours(ALL)] == [
        (NOON, 2, Decimal(14)), (NOON + 15 * MINUTE, 1, Decimal(15)), (NOON + 30 * MINUTE, 1, Decimal(44)),
    ]  # fmt: skip


def test_a_period_means_every_quarter_that_it_touches(store: Store) -> None:
    store.add([call(str(at), NOON + at * MINUTE) for at in (0, 15, 30, 45)])

    found = store.quarter_hours(Filter(Period(NOON + 16 * MINUTE, NOON + 31 * MINUTE)))
    exact = store.quarter_hours(Filter(Period(NOON + 15 * MINUTE, NOON + 30 * MINUTE)))

    assert [start for start, _ in found] == [NOON + 15 * MINUTE, NOON + 30 * MINUTE]
    assert [start for start, _ in exact] == [NOON + 15 * MINUTE]


def test_only_calls_that_are_meant_are_in_the_sums(store: Store) -> None:
    store.add([call("1", platform="a"), call("2", NOON + 20 * MINUTE, platform="b", billing="subscription")])

    ((start, totals),) = store.quarter_hours(Filter(Period(None, None), platforms=("b",)))

    assert (start, totals.cost, totals.subscription_value) == (NOON + 15 * MINUTE, Decimal(0), Decimal("0.0041"))
