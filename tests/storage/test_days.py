"""Days: sums that stand on top of the quarters of an hour, and never say anything else."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from tests.core.sample import NOON, call
from tests.storage.calls import sums_of
from tokenmon.core.period import Period, named_period
from tokenmon.core.query import Filter
from tokenmon.core.record import UsageRecord
from tokenmon.errors import ConfigError
from tokenmon.storage import days
from tokenmon.storage.store import Store

BERLIN = "Europe/Berlin"
EVER = Period(None, None)


def over_days(count: int) -> list[UsageRecord]:
    """Calls six hours apart."""
    return [call(str(number), NOON + timedelta(hours=6 * number)) for number in range(4 * count)]


def forget_quarters(store: Store) -> None:
    with store._engine.begin() as connection:
        connection.execute(text("DELETE FROM rollups"))


def kept_zone(store: Store) -> str | None:
    with store._reading() as connection:
        return days.kept_zone(connection)


def test_whole_days_of_the_kept_zone_need_no_quarters(empty_address: str) -> None:
    batch = over_days(5)
    with Store.open(empty_address, timezone=BERLIN) as store:
        store.add(batch)
        month = Filter(named_period("2026-11", now=NOON, timezone=BERLIN))
        expected = store.groups(month, ("day",)), store.groups(month, ("model",)), store.totals(month)
        forget_quarters(store)

        assert (store.groups(month, ("day",)), store.groups(month, ("model",)), store.totals(month)) == expected
        assert expected[2] == sums_of(batch)
        assert store.totals(Filter(EVER)) == sums_of(batch)


def test_days_of_another_zone_are_exact_too(empty_address: str) -> None:
    batch = over_days(5)
    with Store.open(empty_address, timezone=BERLIN) as store:
        store.add(batch)

        by_day = store.groups(Filter(Period(None, None, "Asia/Kathmandu")), ("day",))

    assert [one.totals.requests for one in by_day] == [2, 4, 4, 4, 4, 2]


def test_the_zone_stays_until_all_is_summed_anew(empty_address: str) -> None:
    with Store.open(empty_address, timezone=BERLIN) as store:
        store.add(over_days(3))

    with Store.open(empty_address, timezone="Asia/Tokyo") as store:
        before = kept_zone(store), store.totals(Filter(EVER))
        store.rebuild_rollups()
        after = kept_zone(store), store.totals(Filter(EVER))

    assert (before[0], after[0]) == (BERLIN, "Asia/Tokyo")
    assert before[1] == after[1] == sums_of(over_days(3))


def test_a_zone_that_does_not_exist_leaves_the_sums_alone(store: Store) -> None:
    store.add(over_days(1))
    store._timezone = "Mars/Olympus"

    with pytest.raises(ConfigError, match="unknown time zone"):
        store.rebuild_rollups()

    assert (kept_zone(store), store.totals(Filter(EVER))) == ("UTC", sums_of(over_days(1)))


def test_a_database_of_the_schema_before_gets_its_days(empty_address: str) -> None:
    with Store.open(empty_address) as store:
        store.add(over_days(3))
        with store._engine.begin() as connection:
            for table in ("day_rollups", "official_limits"):
                connection.execute(text(f"DROP TABLE {table}"))
            connection.execute(text("UPDATE alembic_version SET version_num = '0006'"))

    assert Store.upgrade_at(empty_address, timezone=BERLIN) is True

    with Store.open(empty_address) as store:
        forget_quarters(store)
        assert kept_zone(store) == BERLIN
        assert store.totals(Filter(EVER)) == sums_of(over_days(3))


def test_midnight_within_a_quarter_of_an_hour_is_exact(empty_address: str) -> None:
    # Monrovia's clocks were 44 minutes and 30 seconds behind until 1972.
    midnight = datetime(1971, 6, 2, 0, 44, 30, tzinfo=UTC)
    batch = [call(str(step), midnight + timedelta(minutes=step)) for step in (-1500, -1, 0, 1, 1439, 1440)]
    with Store.open(empty_address, timezone="Africa/Monrovia") as store:
        store.add(batch)

        by_day = store.groups(Filter(Period(None, None, "Africa/Monrovia")), ("day",))

    assert [(one.key[0][1], one.totals.requests) for one in by_day] == [
        ("1971-05-31", 1), ("1971-06-01", 1), ("1971-06-02", 3), ("1971-06-03", 1),
    ]  # fmt: skip


@pytest.mark.parametrize("timezone", [BERLIN, "Asia/Kathmandu", "America/Los_Angeles", "UTC"])
def test_quarters_are_parted_into_whole_days(timezone: str) -> None:
    noon = int(NOON.timestamp() // 900)

    whole = days.whole_days(noon, noon + 4 * 96, timezone)

    assert whole is not None
    assert noon < whole[0] < whole[1] < noon + 4 * 96
    assert whole[1] - whole[0] == 3 * 96
    assert days.whole_days(*whole, timezone) == whole
    assert days.whole_days(whole[0] + 1, whole[0] + 96, timezone) is None
    assert days.whole_days(0, days.LAST, timezone) == (days.FIRST, days.LAST)
