"""Official limits: the newest statement stays, in whatever order they come, and the same again writes nothing."""

import itertools
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import text

from tests.core.sample import NOON, call
from tokenmon.core.official_limit import OfficialLimit
from tokenmon.core.period import Period
from tokenmon.core.query import Filter
from tokenmon.storage import schema
from tokenmon.storage.store import Store

MINUTE = timedelta(minutes=1)
LIMIT = OfficialLimit(
    "openai", "codex", "laptop", "five_hour", 300, Decimal("41.3"), NOON + timedelta(hours=2), NOON, "plus"
)
WEEK = replace(LIMIT, window="weekly", window_minutes=10080, resets_at=None, plan=None)


def test_limits_are_read_back_as_they_were(store: Store) -> None:
    other = replace(LIMIT, machine="desk", window="90_minutes Spark", window_minutes=None, used_percent=Decimal(0))

    store.save_official_limits([LIMIT, WEEK, other])

    assert store.official_limits() == [other, LIMIT, WEEK]


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_the_newest_statement_stays_whatever_the_order(store: Store, order: tuple[int, ...]) -> None:
    sights = [replace(LIMIT, as_of=NOON + at * MINUTE, used_percent=Decimal(50 - at)) for at in range(3)]

    for at in order:
        store.save_official_limits([sights[at]])

    assert store.official_limits() == [sights[2]]


def test_one_batch_may_hold_a_window_several_times(store: Store) -> None:
    later = replace(LIMIT, as_of=NOON + MINUTE, used_percent=Decimal(42))

    store.save_official_limits([LIMIT, later, LIMIT])

    assert store.official_limits() == [later]


@pytest.mark.parametrize("after", [timedelta(), -MINUTE, MINUTE, 14 * MINUTE])
def test_the_same_again_writes_nothing(address: str, store: Store, after: timedelta) -> None:
    store.save_official_limits([LIMIT])
    with Store.open(address) as watching:
        before = watching.change_marker()

        store.save_official_limits([replace(LIMIT, as_of=NOON + after)])

        assert watching.change_marker() == before
    assert store.official_limits() == [LIMIT]


def test_that_a_limit_still_holds_is_noted_now_and_then(store: Store) -> None:
    later = replace(LIMIT, as_of=NOON + 15 * MINUTE)
    store.save_official_limits([LIMIT])

    store.save_official_limits([later])

    assert store.official_limits() == [later]


def test_another_value_is_told_to_whoever_watches(address: str, store: Store) -> None:
    store.save_official_limits([LIMIT])
    with Store.open(address) as watching:
        before = watching.change_marker()

        store.save_official_limits([replace(LIMIT, as_of=NOON + MINUTE, used_percent=Decimal("41.4"))])

        assert watching.change_marker() != before


def test_nothing_heard_writes_nothing(store: Store) -> None:
    store.save_official_limits([])

    assert store.official_limits() == []


def test_a_database_of_the_schema_before_keeps_its_rows(empty_address: str) -> None:
    everything = Filter(Period(None, None))
    with Store.open(empty_address) as store:
        store.add([call()])
        with store._engine.begin() as connection:
            connection.execute(text("DROP TABLE official_limits"))
            connection.execute(text("UPDATE alembic_version SET version_num = '0007'"))

    assert Store.upgrade_at(empty_address) is True

    with Store.open(empty_address) as store:
        assert store.info().schema == schema.HEAD
        assert store.records(everything) == [call()]
        store.save_official_limits([LIMIT])
        assert store.official_limits() == [LIMIT]
