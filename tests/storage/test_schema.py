"""The schema: migrations end at what SQLModel declares, and only a database that fits is opened."""

import subprocess
import sys
import threading
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, inspect, text
from sqlmodel import SQLModel

from tests.core.sample import call
from tokenmon.core.period import Period
from tokenmon.core.query import Filter
from tokenmon.errors import ConfigError
from tokenmon.storage import schema, tables
from tokenmon.storage.store import Store

ALL = Filter(Period(None, None))
NOW = schema.HEAD
MIGRATIONS = Path(schema.__file__).parent / "migrations" / "versions"


@pytest.fixture
def connection(store: Store) -> Iterator[Connection]:
    with store._engine.connect() as opened:
        yield opened


def set_version(store: Store, version: str) -> None:
    with store._engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :version"), {"version": version})


@pytest.fixture
def restored(store: Store) -> Iterator[Store]:
    """A store whose schema version may be changed; the database may be shared with other tests."""
    yield store
    set_version(store, schema.HEAD)


def test_migrations_end_at_the_declared_schema(connection: Connection) -> None:
    assert tables.RecordRow.__tablename__ == "records"
    context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})

    with warnings.catch_warnings():
        # SQLite's index on an expression cannot be compared; the next test looks at it.
        warnings.filterwarnings("ignore", r".* expression-based index")
        differences = compare_metadata(context, SQLModel.metadata)

    assert differences == []


def test_the_identity_of_a_call_is_unique(connection: Connection, kind: str) -> None:
    query = (
        "SELECT sql FROM sqlite_master WHERE name = 'records_identity'"
        if kind == "sqlite"
        else "SELECT indexdef FROM pg_indexes WHERE indexname = 'records_identity'"
    )

    definition = str(connection.execute(text(query)).scalar_one())

    assert definition.startswith("CREATE UNIQUE INDEX records_identity ON ")
    assert "substr(id, 7)" in definition


def test_the_wide_tables_are_stored_by_their_key(path: Path) -> None:
    engine = create_engine(f"sqlite:///{path}")

    with engine.connect() as connection:
        for table in ("records", "rollups"):
            sql = connection.execute(text("SELECT sql FROM sqlite_master WHERE name = :name"), {"name": table}).scalar()
            assert str(sql).strip().endswith("WITHOUT ROWID")
    engine.dispose()


def test_the_migrations_are_one_chain_that_ends_at_the_programs_version() -> None:
    chain = list(ScriptDirectory(str(MIGRATIONS.parent)).walk_revisions())

    assert chain[0].revision == schema.HEAD
    assert len(chain) == len(list(MIGRATIONS.glob("[0-9]*.py")))
    # An older program tells a newer schema by its name alone.
    assert [one.revision for one in chain] == sorted((one.revision for one in chain), reverse=True)


def test_an_empty_database_is_set_up(empty_address: str) -> None:
    with Store.open(empty_address) as store:
        store.add([call()])

        assert store.info().schema == schema.HEAD
        assert store.settings_version() == 1


def test_upgrading_an_empty_database_is_a_change_and_again_none(empty_address: str) -> None:
    assert Store.upgrade_at(empty_address) is True
    assert Store.upgrade_at(empty_address) is False


def test_a_newer_schema_is_refused(restored: Store, address: str) -> None:
    set_version(restored, "0999")

    for opened in (Store.open, Store.upgrade_at):
        with pytest.raises(ConfigError, match=r"schema 0999, newer than this program's") as caught:
            opened(address)
        assert caught.value.hint == "pip install --upgrade tokenmon"


@pytest.mark.parametrize("kind", ["postgresql"])
def test_an_older_schema_on_postgresql_waits_for_an_upgrade(restored: Store, address: str) -> None:
    set_version(restored, "0000")

    with pytest.raises(ConfigError, match="older schema") as caught:
        Store.open(address)

    assert caught.value.hint == "tokenmon db upgrade"


def raise_version(connection: Connection) -> None:
    connection.execute(text("UPDATE alembic_version SET version_num = '0999'"))
    connection.execute(text("INSERT INTO meta VALUES ('migrated', 'yes')"))


def test_an_older_file_is_copied_and_then_migrated(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    address = f"sqlite:///{path}"
    with Store.open(address) as store:
        store.add([call()])
    monkeypatch.setattr(schema, "HEAD", "0999")
    monkeypatch.setattr(schema, "migrate", raise_version)

    with Store.open(address) as store:
        assert store.get_meta("migrated") == "yes"
        assert store.records(ALL) == [call()]

    copy = path.with_name("tokenmon.db.before-0999")
    assert copy.stat().st_mode & 0o777 == 0o600
    monkeypatch.setattr(schema, "HEAD", NOW)
    with Store.open(f"sqlite:///{copy}") as store:
        assert store.get_meta("migrated") is None
        assert store.records(ALL) == [call()]


def test_a_migration_that_fails_leaves_the_file_as_it_was(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(connection: Connection) -> None:
        raise_version(connection)
        connection.execute(text("CREATE TABLE half_done (id INTEGER)"))
        raise RuntimeError

    with monkeypatch.context() as patched:
        patched.setattr(schema, "HEAD", "0999")
        patched.setattr(schema, "migrate", fail)
        with pytest.raises(RuntimeError):
            Store.open(f"sqlite:///{path}")

    with Store.open(f"sqlite:///{path}") as store:
        assert store.info().schema == NOW
        assert "half_done" not in inspect(store._engine).get_table_names()


def test_threads_that_open_a_fresh_database_at_once_all_succeed(empty_address: str) -> None:
    together = threading.Barrier(4)

    def open_and_add(number: int) -> int:
        together.wait(timeout=30)
        with Store.open(empty_address, busy_timeout_seconds=30) as store:
            return store.add([call(str(number))]).added

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(open_and_add, range(4))) == [1] * 4
    with Store.open(empty_address) as store:
        assert store.totals(ALL).requests == 4


OPEN = "import sys; from tokenmon.storage.store import Store; Store.open(sys.argv[1]).close()"


def test_processes_that_open_a_fresh_file_at_once_all_succeed(tmp_path: Path) -> None:
    address = f"sqlite:///{tmp_path}/data/tokenmon.db"
    processes = [
        subprocess.Popen([sys.executable, "-c", OPEN, address], stderr=subprocess.PIPE, text=True) for _ in range(3)
    ]

    errors = [process.communicate(timeout=60)[1] for process in processes]

    assert errors == [""] * 3
    assert [process.returncode for process in processes] == [0] * 3
