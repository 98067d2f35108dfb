"""Providers' own sums: stored by window, the same again changes nothing, and no total of calls ever holds them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import text

from tests.core.sample import call
from tokenmon.core.period import Period
from tokenmon.core.provider_sum import ProviderSum, Window
from tokenmon.core.query import Filter
from tokenmon.storage import schema
from tokenmon.storage.store import Store

ALL = Filter(Period(None, None))
FIRST = datetime(2026, 11, 1, tzinfo=UTC)
DAY = timedelta(days=1)
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
WEEK = Window(FIRST, FIRST + 7 * DAY)
KEY = ("openai-work", "openai", "completions")
FULL = ProviderSum(
    *KEY, FIRST, FIRST + DAY, model="gpt-5", line_item="gpt-5, input", project="proj_1", api_key="key_1",
    service_tier="flex", processing="batch", detail="0-200k", requests=3, input_tokens=2**62, output_tokens=5,
    cache_read_input_tokens=1, cache_creation_input_tokens=2, cache_creation_1h_input_tokens=1,
    reasoning_output_tokens=4, audio_input_tokens=0, audio_output_tokens=0, cost=Decimal("-0.000000001"),
    quantity=Decimal("1.5"), unit="images",
)  # fmt: skip
BARE = ProviderSum(*KEY, FIRST + DAY, FIRST + 2 * DAY)


def test_sums_are_read_back_as_they_were(store: Store) -> None:
    store.replace_provider_sums(KEY, WEEK, [FULL, BARE], pulled_at=NOW)

    assert store.provider_sums("openai-work", WEEK) == [FULL, BARE]
    assert store.provider_sums("openai-work", Window(FIRST, FIRST + DAY)) == [FULL]
    assert store.provider_sums("other", WEEK) == []


def test_a_window_that_is_pulled_again_is_stored_once(store: Store) -> None:
    changed = replace(FULL, requests=4)

    store.replace_provider_sums(KEY, WEEK, [FULL, BARE], pulled_at=NOW)
    store.replace_provider_sums(KEY, WEEK, [changed, changed], pulled_at=NOW + DAY)

    assert store.provider_sums("openai-work", WEEK) == [changed]
    assert set(store.pulled_days("openai-work", WEEK).values()) == {NOW + DAY}


def test_a_window_replaces_its_own_days_and_report_alone(store: Store) -> None:
    costs = replace(FULL, report="costs")
    store.replace_provider_sums(KEY, WEEK, [FULL, BARE], pulled_at=NOW)
    store.replace_provider_sums((*KEY[:2], "costs"), WEEK, [costs], pulled_at=NOW)

    store.replace_provider_sums(KEY, Window(FIRST + DAY, FIRST + 2 * DAY), [], pulled_at=NOW)

    assert store.provider_sums("openai-work", WEEK) == [FULL, costs]


def test_days_without_sums_are_known_to_be_pulled(store: Store) -> None:
    store.replace_provider_sums(KEY, Window(FIRST, FIRST + 2 * DAY), [], pulled_at=NOW)

    assert store.pulled_days("openai-work", WEEK) == {
        ("openai", "completions", FIRST): NOW,
        ("openai", "completions", FIRST + DAY): NOW,
    }


def test_sums_add_to_no_total_of_calls(store: Store) -> None:
    store.add([call()])
    before = store.totals(ALL), store.groups(ALL, ("platform",)), store.info().records, store.info().rollups

    store.replace_provider_sums(KEY, WEEK, [FULL], pulled_at=NOW)

    assert (store.totals(ALL), store.groups(ALL, ("platform",)), store.info().records, store.info().rollups) == before


def test_a_write_that_fails_changes_nothing(store: Store) -> None:
    store.replace_provider_sums(KEY, WEEK, [FULL], pulled_at=NOW)

    with pytest.raises(RuntimeError):
        store.replace_provider_sums(KEY, WEEK, _failing(), pulled_at=NOW + DAY)

    assert store.provider_sums("openai-work", WEEK) == [FULL]
    assert set(store.pulled_days("openai-work", WEEK).values()) == {NOW}


def _failing() -> list[ProviderSum]:
    class Failing(list[ProviderSum]):
        def __iter__(self) -> "Failing":  # type: ignore[override]
            raise RuntimeError

    return Failing()


@pytest.mark.parametrize(
    "wrong", [{"requests": -1}, {"input_tokens": 2**63}, {"output_tokens": True}, {"cost": Decimal("NaN")}]
)
def test_numbers_that_cannot_be_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"must be a whole number|no account is billed"):
        replace(BARE, **wrong)


def test_a_database_of_the_schema_before_keeps_its_rows(empty_address: str) -> None:
    with Store.open(empty_address) as store:
        store.add([call()])
        with store._engine.begin() as connection:
            for table in ("provider_sums", "provider_days", "headroom", "day_rollups", "official_limits"):
                connection.execute(text(f"DROP TABLE {table}"))
            connection.execute(text("UPDATE alembic_version SET version_num = '0004'"))

    assert Store.upgrade_at(empty_address) is True

    with Store.open(empty_address) as store:
        assert store.info().schema == schema.HEAD
        assert store.records(ALL) == [call()]
        store.replace_provider_sums(KEY, WEEK, [FULL], pulled_at=NOW)
        assert store.provider_sums("openai-work", WEEK) == [FULL]
