"""What all tests share: nothing of the user's surroundings reaches them, and the network is loopback alone."""

import os
import socket
import sqlite3
from contextlib import closing
from typing import Any

import pytest

from tokenmon.storage.engine import sqlite_path
from tokenmon.storage.store import Store

LOOPBACK = ("127.", "::1", "localhost")


@pytest.fixture(autouse=True)
def _own_surroundings(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """A home that no test writes to by chance, no keyring, no proxies, no colour settings."""
    for name in list(os.environ):
        if name.startswith("TOKENMON_") or name.lower().endswith("_proxy") or name in ("NO_COLOR", "FORCE_COLOR"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("TOKENMON_HOME", str(tmp_path_factory.getbasetemp() / "no-home"))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Connecting anywhere but to this machine fails at once."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if isinstance(address, tuple) and not str(address[0]).startswith(LOOPBACK):
            raise OSError(101, "tests do not use the network")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture(scope="session")
def _schemas() -> dict[str, sqlite3.Connection]:
    """Databases with the schema and nothing else, by the time zone of their days; made when first needed."""
    return {}


@pytest.fixture(autouse=True)
def _new_databases_are_copies(_schemas: dict[str, sqlite3.Connection], monkeypatch: pytest.MonkeyPatch) -> None:
    """A new SQLite file gets its schema from one that was migrated before: the migrations took most of many tests.

    Those of the storage, which are about migrations, and whatever runs as a process of its own, do without.
    """
    migrated = Store.upgrade

    def upgrade(store: Store) -> bool:
        path = sqlite_path(store._engine)
        with closing(sqlite3.connect(path or ":memory:")) as file:
            if path is None or file.execute("PRAGMA schema_version").fetchone() != (0,):
                return migrated(store)
            if store._timezone in _schemas:
                _schemas[store._timezone].backup(file)
                return True
            made = migrated(store)
            kept = _schemas[store._timezone] = sqlite3.connect(":memory:", check_same_thread=False)
            file.backup(kept)
            return made

    monkeypatch.setattr(Store, "upgrade", upgrade)
