"""Forecasts: one rule, exact to the microsecond, and honest about too little."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from tests.core.sample import call
from tokenmon.analytics.forecast import burn_per_hour, forecast, month_forecast, recent_days
from tokenmon.core.period import Period, month_of
from tokenmon.core.query import Filter
from tokenmon.storage.store import Store

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
MONTH = month_of(NOW, "UTC")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(f"sqlite:///{tmp_path}/calls.db") as opened:
        yield opened


def test_the_rest_of_the_month_costs_the_mean_of_the_full_days() -> None:
    found = forecast([Decimal(2), Decimal(4)], Decimal(50), now=NOW, period=MONTH)

    assert found is not None
    assert found.per_day == 3
    assert found.expected == Decimal(50) + 3 * Decimal("5.5")


def test_a_quota_runs_out_when_the_pace_says_so() -> None:
    found = forecast([Decimal(10)], Decimal(80), now=NOW, period=MONTH)

    assert found is not None
    assert found.runs_out(Decimal(100)) == NOW + timedelta(days=2)
    assert found.runs_out(Decimal(136)) is None
    assert found.runs_out(Decimal(80)) == NOW


def test_nothing_runs_out_where_nothing_is_used() -> None:
    found = forecast([Decimal(0)], Decimal(1), now=NOW, period=MONTH)

    assert found is not None
    assert found.runs_out(Decimal(2)) is None


def test_a_first_day_goes_by_its_own_pace_but_is_not_taken_for_less_than_a_day() -> None:
    found = forecast([], Decimal(6), now=NOW, period=Period(NOW - timedelta(hours=12), NOW + timedelta(days=1)))

    assert found is not None
    assert (found.per_day, found.rule) == (Decimal(6), "at the pace so far")


def test_too_little_gives_no_forecast() -> None:
    assert (
        forecast([], Decimal(6), now=NOW, period=Period(NOW - timedelta(minutes=59), NOW + timedelta(days=1))) is None
    )
    assert forecast([], Decimal(0), now=NOW, period=MONTH) is None


def test_quiet_days_count_from_the_first_call_on(store: Store) -> None:
    store.add([call("1", at=NOW - timedelta(days=3), cost=Decimal("6"))])

    found = recent_days(store, Filter, now=NOW, timezone="UTC")

    assert [one.cost for one in found[""]] == [6, 0, 0]


def test_quiet_days_count_where_there_were_calls_before_them(store: Store) -> None:
    store.add(
        [
            call("1", at=NOW - timedelta(days=30), cost=Decimal("6")),
            call("2", at=NOW - timedelta(days=1), cost=Decimal("7")),
        ]
    )

    found = month_forecast(store, Filter, Decimal(7), now=NOW, timezone="UTC")

    assert found is not None
    assert (found.days, found.per_day) == (7, Decimal(1))


def test_the_burn_rate_is_that_of_the_last_hour(store: Store) -> None:
    store.add([
        call("1", at=NOW - timedelta(minutes=61), cost=Decimal("6")),
        call("2", at=NOW - timedelta(minutes=59), cost=Decimal("0.5")),
    ])  # fmt: skip

    assert burn_per_hour(store, Filter, now=NOW, timezone="UTC") == Decimal("0.5")
