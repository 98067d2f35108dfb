"""Databases of every earlier schema, with rows in them, brought to the newest: nothing of them changes."""

import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, create_engine, inspect, text

from tests.core.sample import NOON, call
from tokenmon.core.period import Period
from tokenmon.core.platform import Platform
from tokenmon.core.query import Filter
from tokenmon.storage import schema
from tokenmon.storage.engine import open_engine
from tokenmon.storage.store import Store

ZONE = "America/New_York"
ALL = Filter(Period(None, None, ZONE))
MIGRATIONS = Path(schema.__file__).parent / "migrations"
REVISIONS = sorted(path.name[:4] for path in (MIGRATIONS / "versions").glob("0*.py"))
TABLES = ("series", "texts", "records", "rollups", "day_rollups", "platforms", "meta")
CALLS = [
    call("chatcmpl-0123456789ab", project="search", tags=(("team", "a"),), conversation_id="s1"),
    call("chatcmpl-ba9876543210", NOON + timedelta(hours=17), billing="subscription"),
    call("chatcmpl-cc9876543210", NOON - timedelta(days=40), cost=None, cost_source="unpriced"),
]


def upgrade_to(connection: Connection, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def copy_rows(source: Connection, target: Connection) -> None:
    """Put the rows of a newer database into an older one, as far as it has their tables and columns."""
    for table in set(TABLES) & set(inspect(target).get_table_names()):
        names = [one["name"] for one in inspect(target).get_columns(table)]
        rows = source.execute(text(f"SELECT {', '.join(names)} FROM {table}")).mappings().all()
        target.execute(text(f"DELETE FROM {table}"))
        if rows:
            values = ", ".join(f":{name}" for name in names)
            statement = text(f"INSERT INTO {table} ({', '.join(names)}) VALUES ({values})")
            target.execute(statement, [dict(row) for row in rows])


@pytest.mark.parametrize("revision", REVISIONS[:-1])
def test_an_older_database_keeps_its_calls_and_sums(empty_address: str, tmp_path: Path, revision: str) -> None:
    newest = f"sqlite:///{tmp_path}/newest.db"
    with Store.open(newest, timezone=ZONE) as store:
        store.add(CALLS)
        store.add_platform(Platform("p1", "openai-work", "openai", NOON))
        by_day, platforms = store.groups(ALL, ("day", "billing")), store.platforms()
    source, target = create_engine(newest), open_engine(empty_address, busy_timeout_seconds=5.0)
    with source.connect() as newer, target.begin() as older:
        upgrade_to(older, revision)
        copy_rows(newer, older)
    source.dispose()
    target.dispose()

    assert Store.upgrade_at(empty_address, timezone=ZONE) is True

    with Store.open(empty_address, timezone=ZONE) as store:
        assert store.records(ALL) == sorted(CALLS, key=lambda one: one.id, reverse=True)
        assert (store.groups(ALL, ("day", "billing")), store.platforms()) == (by_day, platforms)
        assert (store.add(CALLS).added, store.totals(ALL).requests) == (0, len(CALLS))


OPEN = "import sys; from tokenmon.storage.store import Store; Store.open(sys.argv[1]).close()"


def test_processes_that_open_an_older_file_at_once_all_succeed(tmp_path: Path) -> None:
    path = tmp_path / "tokenmon.db"
    older = open_engine(f"sqlite:///{path}", busy_timeout_seconds=5.0)
    with older.begin() as connection:
        upgrade_to(connection, REVISIONS[0])
    older.dispose()
    processes = [
        subprocess.Popen([sys.executable, "-c", OPEN, f"sqlite:///{path}"], stderr=subprocess.PIPE, text=True)
        for _ in range(4)
    ]

    errors = [process.communicate(timeout=60)[1] for process in processes]

    assert errors == [""] * 4
    copy = create_engine(f"sqlite:///{path}.before-{schema.HEAD}")
    with copy.connect() as connection:
        assert schema.current_version(connection) == REVISIONS[0]
    copy.dispose()
    assert list(tmp_path.glob("*.partial*")) == []
