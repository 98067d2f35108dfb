"""Own prices and parts of a call: stored and read back as they were, on both databases, also after a migration."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from sqlalchemy import text

from tests.core.sample import call
from tokenmon.core.period import Period
from tokenmon.core.platform import Platform
from tokenmon.core.price_rule import PriceOverride, PriceRule
from tokenmon.core.query import Filter
from tokenmon.core.record import UsageRecord
from tokenmon.core.usage import TokenUsage
from tokenmon.storage import schema
from tokenmon.storage.store import Store

D = Decimal
ALL = Filter(Period(None, None))
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
RULE = PriceRule("gpt-5*", PriceOverride(D("1.25"), D(10), D(0), D("0.000001"), D("1000000000")), NOON)


def test_a_rule_is_read_back_as_it_was(store: Store) -> None:
    dated = replace(RULE, platform="work-*", starts_on=date(2026, 11, 1), prices=PriceOverride(output_price=D("0.1")))

    store.set_price_rule(RULE)
    store.set_price_rule(dated)

    assert store.price_rules() == [RULE, dated]


def test_a_rule_takes_the_place_of_the_one_with_its_key(store: Store) -> None:
    changed = replace(RULE, prices=PriceOverride(input_price=D(2)))

    store.set_price_rule(RULE)
    store.set_price_rule(changed)

    assert store.price_rules() == [changed]


def test_a_rule_is_removed_by_its_key(store: Store) -> None:
    store.set_price_rule(RULE)

    assert store.remove_price_rule(replace(RULE, starts_on=date(2026, 1, 1))) is False
    assert store.remove_price_rule(RULE) is True
    assert store.price_rules() == []


def test_every_change_of_prices_is_told(store: Store) -> None:
    versions = [store.settings_version()]
    store.set_price_rule(RULE)
    versions.append(store.settings_version())
    store.remove_price_rule(RULE)
    versions.append(store.settings_version())
    store.raise_settings_version()

    assert [*versions, store.settings_version()] == [1, 2, 3, 4]


PARTS = (
    (None, TokenUsage(55_196, 83, cache_read_input_tokens=55_096)),
    ("claude-fable-5", TokenUsage(2564, 99, units=(("web_searches", 1),))),
)
USAGES = {
    "units": TokenUsage(10, 5, units=(("audio_seconds", 7), ("web_searches", 2))),
    "parts": TokenUsage(10, 5, parts=PARTS),
    "both": TokenUsage(10, 5, units=(("web_searches", 2),), parts=PARTS),
}


@pytest.mark.parametrize("usage", USAGES.values(), ids=USAGES)
def test_units_and_parts_are_read_back_as_they_were(store: Store, usage: TokenUsage) -> None:
    record = call(usage=usage)

    store.add([record])

    assert store.records(ALL) == [record]


def test_the_tokens_of_parts_are_in_no_sum(store: Store) -> None:
    store.add([call(usage=USAGES["parts"])])

    assert store.totals(ALL).total_tokens == 15


@pytest.fixture
def at_0001(empty_address: str) -> str:
    """The address of a database as the first schema left it, with a platform and a record in it."""
    with Store.open(empty_address) as store:
        store.add([call()])
        prices = PriceOverride(D(2), D(10), D("0.2"), D("2.5"))
        store.add_platform(Platform("id1", "work", "openai", NOON, prices=prices))
        with store._engine.begin() as connection:
            tables = (
                "price_rules", "import_files", "provider_sums", "provider_days", "headroom", "day_rollups",
                "official_limits",
            )  # fmt: skip
            for table in tables:
                connection.execute(text(f"DROP TABLE {table}"))
            connection.execute(text("ALTER TABLE platforms DROP COLUMN cache_write_1h_price"))
            connection.execute(text("ALTER TABLE series DROP COLUMN machine"))
            connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    return empty_address


def test_a_database_of_the_first_schema_keeps_its_rows(at_0001: str) -> None:
    assert Store.upgrade_at(at_0001) is True

    with Store.open(at_0001) as store:
        assert store.info().schema == schema.HEAD
        assert store.records(ALL) == [call()]
        assert store.platform("work").prices == PriceOverride(D(2), D(10), D("0.2"), D("2.5"))
        store.set_price_rule(RULE)
        assert store.price_rules() == [RULE]


def fail_at(response_id: str) -> Callable[[UsageRecord], UsageRecord]:
    """Prices everything at a dollar until it meets one call."""

    def price(record: UsageRecord) -> UsageRecord:
        if record.response_id == response_id:
            raise RuntimeError
        return record.priced(D(1), "override")

    return price


def test_a_batch_of_repricing_is_all_or_nothing(store: Store) -> None:
    store.add([call(str(number)) for number in range(3)])
    before = store.totals(ALL).cost

    for number in range(3):
        with pytest.raises(RuntimeError):
            store.reprice(fail_at(str(number)), ALL)

    assert store.totals(ALL).cost == before
    assert sum((record.cost or D(0) for record in store.records(ALL)), D(0)) == before
