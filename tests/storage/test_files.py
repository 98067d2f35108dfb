"""SQLite files: who may read them, how they are copied, and what is said when they cannot be used."""

import contextlib
import os
import sqlite3
import stat
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import event

from tests.core.sample import NOON, call
from tokenmon.core.period import Period
from tokenmon.core.query import Filter
from tokenmon.errors import ConfigError, TemporaryError, TokenmonError, UnusableDatabaseError
from tokenmon.storage.engine import writing
from tokenmon.storage.store import Store

ALL = Filter(Period(None, None))
MANY = [call(str(number), NOON + timedelta(seconds=number)) for number in range(3000)]


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_new_file_and_its_folder_are_their_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "data" / "tokenmon.db"
    before = os.umask(0)
    try:
        with Store.open(f"sqlite:///{path}") as store:
            store.add([call()])
            modes = {one.name: mode(one) for one in path.parent.iterdir()}
    finally:
        os.umask(before)

    assert mode(path.parent) == 0o700
    assert modes == {"tokenmon.db": 0o600, "tokenmon.db-wal": 0o600, "tokenmon.db-shm": 0o600}


def test_a_file_cannot_be_created_below_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(ConfigError, match="cannot create the database"):
        Store.open(f"sqlite:///{tmp_path}/file/tokenmon.db")


def test_a_backup_is_whole_and_its_owners_alone(path: Path, tmp_path: Path) -> None:
    target = tmp_path / "copies" / "copy.db"
    with Store.open(f"sqlite:///{path}") as store, Store.open(f"sqlite:///{path}") as other:
        store.add(MANY)
        store.backup(target)
        other.add([call("later")])

    assert mode(target) == 0o600
    assert [one.name for one in target.parent.iterdir()] == ["copy.db"]
    with Store.open(f"sqlite:///{target}") as copy:
        assert list(copy.iter_records(ALL)) == MANY


def test_a_backup_never_replaces_the_database_itself(path: Path) -> None:
    with Store.open(f"sqlite:///{path}") as store:
        with pytest.raises(ConfigError, match="would replace the database itself"):
            store.backup(path.parent / ".." / path.parent.name / path.name)

        store.add([call()])
        assert store.records(ALL) == [call()]


def test_a_backup_that_cannot_be_written_is_told_and_leaves_nothing(path: Path, tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()

    with Store.open(f"sqlite:///{path}") as store, pytest.raises(TemporaryError, match="cannot write the backup"):
        store.backup(tmp_path / "taken")

    assert list(tmp_path.glob("*.partial")) == []


@pytest.mark.parametrize("kind", ["postgresql"])
def test_a_backup_of_postgresql_is_left_to_its_own_tool(store: Store, tmp_path: Path) -> None:
    with pytest.raises(TokenmonError, match="only an SQLite database") as caught:
        store.backup(tmp_path / "copy.db")

    assert caught.value.hint == "use pg_dump for PostgreSQL"


def test_a_locked_file_is_temporary_and_loses_nothing(path: Path) -> None:
    with (
        Store.open(f"sqlite:///{path}", busy_timeout_seconds=0.05) as store,
        contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other,
    ):
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(TemporaryError, match="is locked by another program"):
            store.add([call()])
        assert store.totals(ALL).requests == 0
        other.execute("ROLLBACK")

        store.add([call()])

        assert store.records(ALL) == [call()]


def limited(store: Store, pragma: str) -> None:
    """Open the store's connections anew, each with a setting that SQLite keeps for one connection."""
    store._engine.dispose()
    event.listen(store._engine, "connect", lambda connection, _: connection.execute(pragma).close())


def test_a_read_only_file_is_temporary_and_can_be_read(path: Path) -> None:
    with Store.open(f"sqlite:///{path}") as store:
        store.add([call()])
        limited(store, "PRAGMA query_only = ON")

        with pytest.raises(TemporaryError, match="is read-only"):
            store.add([call("other")])

        assert store.records(ALL) == [call()]


def test_a_file_in_a_folder_that_nobody_writes_to_can_be_read_until_somebody_does(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Store.open(f"sqlite:///{path}") as store:
        store.add([call()])
    with monkeypatch.context() as patch:
        # What SQLite itself is refused there, tests/system/test_read_only.py shows.
        patch.setattr("tokenmon.storage.engine.os.access", lambda *_: False)
        reader = Store.open(f"sqlite:///{path}")
        first = reader.records(ALL)
        with pytest.raises(TemporaryError, match="is read-only"):
            reader.add([call("other")])
        files = sorted(one.name for one in path.parent.glob(path.name + "*"))

    with reader:
        reader.add([call("other")])
        assert len(reader.records(ALL)) == 2
    assert (first, files) == ([call()], [path.name])


def test_a_full_disk_is_temporary_and_undoes_the_batch_whole(path: Path) -> None:
    with Store.open(f"sqlite:///{path}") as store:
        store.add([call()])
        limited(store, "PRAGMA max_page_count = 30")

        with pytest.raises(TemporaryError, match=r"the disk of the database .* is full"):
            store.add(MANY)

        assert store.records(ALL) == [call()]
        assert store.totals(ALL).requests == 1


def overwrite(start: int) -> Callable[[Path], None]:
    def damage(path: Path) -> None:
        content = path.read_bytes()
        path.write_bytes(content[:start] + b"\xa5" * (len(content) - start))

    return damage


@pytest.mark.parametrize("start", [0, 200, 4096], ids=["header", "schema", "pages"])
def test_a_damaged_file_is_told_in_one_line(path: Path, start: int) -> None:
    with Store.open(f"sqlite:///{path}") as store:
        store.add(MANY)
        store._engine.dispose()
    overwrite(start)(path)

    with pytest.raises(UnusableDatabaseError, match="is damaged: ") as caught, Store.open(f"sqlite:///{path}") as store:
        store.records(ALL)

    assert "\n" not in caught.value.message
    assert caught.value.exit_code == 1
    assert caught.value.hint == "restore a backup made by: tokenmon db backup"


REFUSED = {
    "a value": ("INSERT INTO series (id) VALUES (NULL)", TokenmonError),
    "whatever it is": ("SELECT ?", UnusableDatabaseError),
}


@pytest.mark.parametrize(("statement", "wanted"), REFUSED.values(), ids=REFUSED)
def test_values_that_are_refused_are_told_from_a_database_that_cannot_be_used(
    path: Path, statement: str, wanted: type[TokenmonError]
) -> None:
    with (
        Store.open(f"sqlite:///{path}") as store,
        pytest.raises(TokenmonError, match="refused: ") as caught,
        writing(store._engine) as connection,
    ):
        connection.exec_driver_sql(statement)

    assert type(caught.value) is wanted


def test_a_sound_file_has_no_problem_and_a_damaged_one_has(path: Path) -> None:
    with Store.open(f"sqlite:///{path}") as store:
        store.add(MANY)
        assert store.integrity_problem() is None
        store._engine.dispose()
        content = path.read_bytes()
        path.write_bytes(content[:-8192] + b"\x00" * 8192)

        problem = store.integrity_problem()

    assert problem
    assert "\n" not in problem


ADDRESSES = {
    "nobody listens": "postgresql://user:s3cret@127.0.0.1:1/tokenmon",
    "a port that is no number": "postgresql://user:s3cret@localhost:port/tokenmon",
    "a password with a slash": "postgresql://user:s3cret/x@localhost/tokenmon",
    "another database": "mysql://user:s3cret@localhost/tokenmon",
    "no such driver": "postgresql+s3cret://user:s3cret@localhost/tokenmon",
    "a driver that we do not use": "sqlite+aiosqlite:///s3cret",
    "not an address": "s3cret",
}


@pytest.mark.parametrize("address", ADDRESSES.values(), ids=ADDRESSES)
def test_errors_never_hold_the_password(address: str) -> None:
    with pytest.raises(TokenmonError) as caught:
        Store.open(address, busy_timeout_seconds=1)

    assert "s3cret" not in f"{caught.value.message} {caught.value.hint}"
    assert isinstance(caught.value, (ConfigError, TemporaryError))


def test_another_driver_is_not_taken_for_a_missing_one() -> None:
    with pytest.raises(ConfigError, match="a driver that is not supported"):
        Store.open("sqlite+aiosqlite:///file.db")


def test_the_address_that_is_shown_hides_the_password(postgresql: Callable[[], str]) -> None:
    address = postgresql().replace("postgres:@", "postgres:s3cret@")

    with Store.open(address) as store:
        assert "s3cret" not in store.info().address


def test_a_file_that_took_the_place_of_another_is_written_as_what_it_is(path: Path, tmp_path: Path) -> None:
    with Store.open(f"sqlite:///{path}") as store, Store.open(f"sqlite:///{tmp_path / 'other.db'}") as other:
        store.add([call("before"), call("also before")])
        marker = store.change_marker()
        other.add([call("of the other", platform="another", request_model="another model")])
        other.close()
        for ending in ("-wal", "-shm"):
            path.with_name(path.name + ending).unlink(missing_ok=True)
        os.replace(tmp_path / "other.db", path)

        store.add([call("after")])

        assert store.change_marker() != marker
    with Store.open(f"sqlite:///{path}") as store:
        found = {(record.response_id, record.platform) for record in store.records(ALL)}
        assert len(found) == len(store.records(ALL)) == 2
        assert store.totals(ALL).requests == 2
        assert {platform for _, platform in found} == {"another", "openai-work"}


def test_a_file_that_is_gone_is_temporary_until_it_is_back(path: Path, tmp_path: Path) -> None:
    with Store.open(f"sqlite:///{path}") as store:
        store.add([call("1")])
        aside = tmp_path / "aside"
        os.rename(path, aside)

        with pytest.raises(TemporaryError, match="is gone"):
            store.add([call("2")])
        with pytest.raises(TemporaryError, match="is gone"):
            store.change_marker()

        os.rename(aside, path)
        store.add([call("3")])
        assert store.totals(ALL).requests == 2
