"""The machine of a call: a label like others, absent in what was stored before there were machines."""

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, create_engine, text

from tests.core.sample import NOON, call
from tokenmon.core.period import Period
from tokenmon.core.query import Filter
from tokenmon.core.record import UsageRecord
from tokenmon.storage import labels, records, schema
from tokenmon.storage.store import Store

ALL = Filter(Period(None, None))


def by_machine(store: Store) -> dict[str | None, int]:
    return {group.key[0][1]: group.totals.requests for group in store.groups(ALL, ("machine",))}


def test_calls_are_told_apart_by_machine(store: Store) -> None:
    store.add([call("1", machine="laptop"), call("2", machine="server"), call("3")])

    assert by_machine(store) == {"laptop": 1, "server": 1, None: 1}
    assert store.totals(Filter(ALL.period, machines=("lap*",))).requests == 1
    assert sorted(one.machine or "" for one in store.records(ALL)) == ["", "laptop", "server"]


def test_only_records_without_a_machine_get_that_of_the_recorder(store: Store) -> None:
    store.add([call("1", machine="laptop"), call("2")], machine="server")

    assert by_machine(store) == {"laptop": 1, "server": 1}


def test_another_sight_of_a_call_keeps_its_machine(store: Store) -> None:
    store.add([call("1", machine="laptop", usage_source="partial")])
    store.add([call("1")], machine="server")

    assert by_machine(store) == {"laptop": 1}


def migrate_to(connection: Connection, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", "tokenmon:storage/migrations")
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def insert_as_before(connection: Connection, record: UsageRecord) -> None:
    """Store a record with the statements of the schema before: 15 labels, and a digest of them."""
    row = tuple(labels.storable(one) for one in labels.labels_of(record)[:-1])
    names = labels.COLUMNS[:-1]
    connection.execute(
        text(f"INSERT INTO series (digest, {', '.join(names)}) VALUES (:digest, {', '.join(':' + n for n in names)})"),
        {"digest": labels._digest(row), **dict(zip(names, row, strict=True))},
    )
    values = records._row(record, 1, {})
    columns = records.COLUMNS
    connection.execute(
        text(f"INSERT INTO records ({', '.join(columns)}) VALUES ({', '.join(':' + one for one in columns)})"),
        dict(zip(columns, values, strict=True)),
    )


@pytest.mark.usefixtures("kind")
def test_calls_from_before_have_no_machine_and_their_series_goes_on(empty_address: str) -> None:
    old = call("of before")
    engine = create_engine(empty_address.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connection:
        migrate_to(connection, "0002")
        insert_as_before(connection, old)
    engine.dispose()

    Store.upgrade_at(empty_address)

    with Store.open(empty_address) as store:
        store.rebuild_rollups()
        assert store.records(ALL) == [old]
        store.add([call("of now", NOON)])
        assert store.info().series == 1
        assert by_machine(store) == {None: 2}
        assert store.info().schema == schema.HEAD
