"""Connections to SQLite and PostgreSQL: how they are opened, and what their errors mean."""

import os
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import Connection, CursorResult, Engine, create_engine, event
from sqlalchemy.engine import URL, ExceptionContext, make_url
from sqlalchemy.exc import (
    ArgumentError,
    DataError,
    DBAPIError,
    DisconnectionError,
    IntegrityError,
    NoSuchModuleError,
    OperationalError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from tokenmon.errors import ConfigError, TemporaryError, TokenmonError, UnusableDatabaseError

# What a connection is for; the listeners below begin its transactions accordingly.
PURPOSE = "tokenmon_purpose"
# Marks a pooled connection to a file that can only be read as if nobody wrote it.
FROZEN = "tokenmon_frozen"
# Any number that other programs on the same PostgreSQL server will not choose.
WRITER_LOCK = 0x746F6B656E6D6F6E
ADDRESSES = "use sqlite:///FILE or postgresql://USER@HOST/NAME"
SEE_ADDRESS = "tokenmon config show --origin"


def open_engine(address: str, *, busy_timeout_seconds: float) -> Engine:
    """An engine for a database address; nothing is connected or created yet."""
    try:
        url = make_url(address)
        if url.drivername in ("postgresql", "postgres"):
            url = url.set(drivername="postgresql+psycopg")
        if url.get_backend_name() == "sqlite":
            return _sqlite_engine(url, busy_timeout_seconds)
        if url.get_backend_name() == "postgresql":
            return _postgresql_engine(url, busy_timeout_seconds)
    except ModuleNotFoundError:
        if url.drivername == "postgresql+psycopg":
            raise ConfigError("PostgreSQL needs psycopg", hint="pip install 'tokenmon[postgres]'") from None
        # The driver's name is not repeated: in a slip it may be part of a password.
        raise ConfigError("the database address names a driver that is not supported", hint=ADDRESSES) from None
    except (ArgumentError, NoSuchModuleError, ValueError):
        raise ConfigError("the database address cannot be read", hint=ADDRESSES) from None
    raise ConfigError(f"the database kind {url.get_backend_name()!r} is not supported", hint=ADDRESSES)


def sqlite_path(engine: Engine) -> Path | None:
    """The file of an SQLite engine, None for another or for a database in memory."""
    if engine.dialect.name != "sqlite" or engine.url.database in (None, "", ":memory:"):
        return None
    return Path(str(engine.url.database))


def _sqlite_engine(url: URL, busy_timeout_seconds: float) -> Engine:
    options: dict[str, Any] = {"timeout": busy_timeout_seconds, "check_same_thread": False}
    engine = create_engine(url, connect_args=options)
    path = sqlite_path(engine)

    @event.listens_for(engine, "do_connect")
    def connect(_: Any, entry: Any, *__: Any) -> sqlite3.Connection | None:
        if path is None or not _is_frozen(path):
            return None
        entry.info[FROZEN] = True
        return open_file(path, **options)

    @event.listens_for(engine, "checkout")
    def leave_frozen(_: Any, entry: Any, __: Any) -> None:
        # Whoever may write has begun to: what such a connection holds of the file need not be true any more.
        if FROZEN in entry.info and path is not None and not _is_frozen(path):
            raise DisconnectionError

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _: Any) -> None:
        # Transactions are begun by the listener below: the driver's own begin too late for SELECT.
        connection.isolation_level = None
        _enter_wal(connection, busy_timeout_seconds)
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA cache_size = -16000")
        connection.execute("PRAGMA wal_autocheckpoint = 4000")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        purpose = connection.get_execution_options().get(PURPOSE)
        # A writer that began as a reader fails at once when another wrote meanwhile, whatever the time-out.
        if purpose != "watch":
            connection.exec_driver_sql("BEGIN IMMEDIATE" if purpose == "write" else "BEGIN")

    @event.listens_for(engine, "handle_error")
    def forget_read_only(context: ExceptionContext) -> None:
        # A connection that was opened while the file was read-only stays so for its life: the next one looks anew.
        if "readonly" in str(context.original_exception):
            context.is_disconnect = True

    return engine


def open_file(path: Path, **options: Any) -> sqlite3.Connection:
    """A connection of the driver's own to a database file, also where it can only be read."""
    is_frozen = _is_frozen(path)
    name = f"{path.absolute().as_uri()}?mode=ro&immutable=1" if is_frozen else str(path)
    connection: sqlite3.Connection = sqlite3.connect(name, uri=is_frozen, **options)
    return connection


def _is_frozen(path: Path) -> bool:
    """Whether a file can only be read as if nobody ever wrote it.

    Even to read, SQLite makes files for its log beside the database, unless others who use it have made them.
    """
    return path.exists() and not os.access(path.parent, os.W_OK) and not path.with_name(path.name + "-wal").exists()


def _enter_wal(connection: sqlite3.Connection, busy_timeout_seconds: float) -> None:
    # SQLite does not wait where two connections bring a fresh file into this mode at once: the loser tries again.
    until = time.monotonic() + busy_timeout_seconds
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > until:
                raise
            time.sleep(0.005)
        else:
            return


def _postgresql_engine(url: URL, busy_timeout_seconds: float) -> Engine:
    connect_args = {} if "connect_timeout" in url.query else {"connect_timeout": max(2, round(busy_timeout_seconds))}
    engine = create_engine(url, pool_pre_ping=True, pool_size=5, max_overflow=5, connect_args=connect_args)
    lock = (
        f"SELECT set_config('lock_timeout', '{max(1, round(busy_timeout_seconds * 1000))}', true), "
        f"pg_advisory_xact_lock({WRITER_LOCK})"
    )

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # One writer at a time, as in SQLite: rollups then move from what is stored now, series are numbered in the
        # order of their commits, and no two writers deadlock.
        if connection.get_execution_options().get(PURPOSE) == "write":
            connection.exec_driver_sql(lock)

    return engine


def _connect(engine: Engine, purpose: Literal["read", "write"]) -> Connection:
    options: dict[str, Any] = {PURPOSE: purpose}
    if purpose == "read" and engine.dialect.name == "postgresql":
        # All queries of one answer see one state, as they do in SQLite.
        options["isolation_level"] = "REPEATABLE READ"
    return engine.connect().execution_options(**options)


def watch(engine: Engine) -> Connection:
    """A connection that stays open and sees each commit at once: for questions that are asked many times a second."""
    is_sqlite = engine.dialect.name == "sqlite"
    # Without a transaction of its own: SQLite's driver begins none, PostgreSQL's is told so.
    options: dict[str, Any] = {} if is_sqlite else {"isolation_level": "AUTOCOMMIT"}
    return engine.connect().execution_options(**{PURPOSE: "watch"}, **options)


@lru_cache(maxsize=256)
def _in_driver_style(statement: str, is_sqlite: bool) -> str:
    return statement if is_sqlite else statement.replace("?", "%s")


# SQLite takes 32,766 values in one statement; few different lengths keep its prepared statements few.
MAX_VALUES = 1024


def rows_in(connection: Connection, statement: str, values: list[Any]) -> Iterator[Sequence[Any]]:
    """The rows of a statement that ends in `IN`, for as many values as one likes."""
    for at in range(0, len(values), MAX_VALUES):
        part = values[at : at + MAX_VALUES]
        length = 1 << (len(part) - 1).bit_length()
        marks = ", ".join("?" * length)
        padding = part[:1] * (length - len(part))
        yield from run(connection, f"{statement} ({marks})", (*part, *padding))


# Rows of one INSERT: with many rows in one statement SQLite works on without a turn of Python's lock between them.
MAX_ROWS = 256


def insert(connection: Connection, statement: str, rows: Sequence[Sequence[Any]], *, ending: str = "") -> None:
    """Insert rows by a statement that ends in `VALUES`; `ending` is what follows the values, such as ON CONFLICT."""
    at = 0
    while at < len(rows):
        # Powers of two, so that the prepared statements are few.
        count = min(MAX_ROWS, 1 << ((len(rows) - at).bit_length() - 1))
        run(connection, _with_rows(statement, len(rows[at]), count, ending), tuple(chain(*rows[at : at + count])))
        at += count


@lru_cache(maxsize=64)
def _with_rows(statement: str, width: int, count: int, ending: str) -> str:
    row = f"({', '.join('?' * width)})"
    return f"{statement} {', '.join([row] * count)} {ending}"


def run(connection: Connection, statement: str, values: Any, *, is_streamed: bool = False) -> CursorResult[Any]:
    """Run a statement with `?` for its values on the driver itself: for one row a tuple, for many a list of tuples.

    A quarter of the cost of SQLAlchemy's named parameters; the statement holds no other `?` and no `%`. Rows that are
    streamed are never all in memory, which PostgreSQL's driver must be told; SQLite's knows no other way.
    """
    return connection.exec_driver_sql(
        _in_driver_style(statement, connection.dialect.name == "sqlite"),
        values,
        execution_options={"stream_results": True} if is_streamed else None,
    )


def create_private_file(path: Path) -> None:
    """Make an SQLite file that only its owner reads (mode 0600), in a folder that only its owner enters."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        raise ConfigError(
            f"cannot create the database {path}: {(error.strerror or 'no access').lower()}",
            hint="make the folder writable, or set TOKENMON_HOME or TOKENMON_DATABASE_URL",
        ) from None


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A transaction that only reads: one consistent view."""
    with translated_errors(engine), _connect(engine, "read") as connection, connection.begin():
        yield connection


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A transaction that writes; it is undone whole when anything in it fails."""
    with translated_errors(engine), _connect(engine, "write") as connection, connection.begin():
        yield connection


@contextmanager
def translated_errors(engine: Engine) -> Iterator[None]:
    """Turn the driver's errors into ours.

    TemporaryError for what may pass, UnusableDatabaseError for what the database itself must be mended for, and
    a plain TokenmonError for values that it refuses.
    """
    try:
        yield
    except PoolTimeoutError:
        raise TemporaryError("the database is busy", hint="try again") from None
    except DBAPIError as error:
        raise _translated(error, engine) from error


def _translated(error: DBAPIError, engine: Engine) -> TokenmonError:
    name = str(sqlite_path(engine) or engine.url.render_as_string(hide_password=True))
    reason = str(error.orig).strip().partition("\n")[0] or type(error.orig).__name__
    if "locked" in reason or "busy" in reason or "lock timeout" in reason:
        return TemporaryError(f"the database {name} is locked by another program", hint="try again in a moment")
    if "full" in reason or "No space" in reason:
        return TemporaryError(f"the disk of the database {name} is full", hint="free some space, then try again")
    if "readonly" in reason or "read-only" in reason:
        return TemporaryError(f"the database {name} is read-only", hint="make the file and its folder writable")
    if "not a database" in reason or "malformed" in reason:
        return UnusableDatabaseError(
            f"the database {name} is damaged: {reason}", hint="restore a backup made by: tokenmon db backup"
        )
    if isinstance(error, OperationalError):
        is_file = engine.dialect.name == "sqlite"
        hint = "see that you may use the file and its folder" if is_file else "see that it runs, and: " + SEE_ADDRESS
        return TemporaryError(f"the database {name} does not answer: {reason}", hint=hint)
    is_about_values = isinstance(error, DataError | IntegrityError)
    refusal = TokenmonError if is_about_values else UnusableDatabaseError
    return refusal(f"the database {name} refused: {reason}", hint="tokenmon doctor")
