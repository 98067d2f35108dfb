"""The store: everything that the rest of tokenmon may ask of the database, in domain values.

No row and no database session leaves this folder. A store may be used from several threads at once.
"""

import os
import sqlite3
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, text

from tokenmon.core.flow import Minute
from tokenmon.core.import_state import FileState
from tokenmon.core.query import TOTAL_FIELDS, Filter, Group, Totals, check_groupings
from tokenmon.core.record import UsageRecord, id_time, supersedes
from tokenmon.errors import ConfigError, TemporaryError, TokenmonError
from tokenmon.storage import days, import_files, latest, minutes, records, rollups, schema, spans, sums
from tokenmon.storage.account_store import AccountStore
from tokenmon.storage.arrivals import Arrivals
from tokenmon.storage.engine import (
    create_private_file,
    open_engine,
    open_file,
    reading,
    sqlite_path,
)
from tokenmon.storage.kinds import LABEL_VALUES
from tokenmon.storage.listing import Listing, make_order
from tokenmon.storage.read_order import SortKey
from tokenmon.storage.records import PAGE, Added, Prevails, id_bounds
from tokenmon.storage.selection import Selection, selection

__all__ = ["Added", "Store", "StoreInfo"]


@dataclass(frozen=True, slots=True)
class StoreInfo:
    """What `db info` tells; `size_bytes` counts the database with its write-ahead log."""

    address: str
    kind: str
    schema: str
    records: int
    rollups: int
    series: int
    size_bytes: int
    first: datetime | None
    last: datetime | None


class Store(AccountStore):
    """Open with `Store.open`; close when done, or use as a context manager."""

    # That of sums by day, where none are kept yet or all are summed anew.
    _timezone = "UTC"

    @classmethod
    def open(cls, address: str, *, busy_timeout_seconds: float = 5.0, timezone: str = "UTC") -> "Store":
        """Open a database by its SQLAlchemy URL; sums by day are kept in the time zone of whoever made it.

        An SQLite file is created when absent and migrated when old, after a copy beside it. A PostgreSQL database must
        be at this program's schema (`tokenmon db upgrade`), an empty one is set up. A newer schema is refused.
        """
        engine = open_engine(address, busy_timeout_seconds=busy_timeout_seconds)
        path = sqlite_path(engine)
        if path is not None and not path.exists():
            create_private_file(path)
        store = cls(engine)
        store._timezone = timezone
        try:
            store._prepare()
        except BaseException:
            store.close()
            raise
        return store

    def _prepare(self) -> None:
        with self._reading() as connection:
            version = schema.current_version(connection)
        name = self._engine.url.render_as_string(hide_password=True)
        schema.refuse_newer(version, name)
        if version == schema.HEAD:
            return
        if version is not None and self._engine.dialect.name == "postgresql":
            raise ConfigError(f"the database {name} has an older schema", hint="tokenmon db upgrade")
        self.upgrade()

    @classmethod
    def upgrade_at(cls, address: str, *, timezone: str = "UTC") -> bool:
        """Bring a database to the newest schema without opening it for use; whether it changed."""
        engine = open_engine(address, busy_timeout_seconds=30.0)
        path = sqlite_path(engine)
        if path is not None and not path.exists():
            create_private_file(path)
        store = cls(engine)
        store._timezone = timezone
        try:
            with reading(engine) as connection:
                version = schema.current_version(connection)
            schema.refuse_newer(version, engine.url.render_as_string(hide_password=True))
            return store.upgrade()
        finally:
            store.close()

    def integrity_problem(self) -> str | None:
        """What is wrong with the database's own structure, in words; None when nothing is."""
        if self._engine.dialect.name != "sqlite":
            return None
        with self._reading() as connection:
            found = str(connection.execute(text("PRAGMA quick_check(1)")).scalar_one())
        return None if found == "ok" else " ".join(found.split())[:200]

    def upgrade(self) -> bool:
        """Bring the schema to the newest revision (an SQLite file with data is copied first); whether it changed."""
        with self._reading() as connection:
            version = schema.current_version(connection)
        if version == schema.HEAD:
            return False
        path = sqlite_path(self._engine)
        with self._writing() as connection:
            # Another process may have done it while this one waited for the lock. The copy is made under it, too: made
            # before, it could be of what the other has changed already.
            if schema.current_version(connection) == version:
                if version is not None and path is not None:
                    self.backup(path.with_name(f"{path.name}.before-{schema.HEAD}"))
                schema.migrate(connection)
                if days.kept_zone(connection) is None:
                    days.rebuild(connection, self._timezone, rollups.SUMS)
        return True

    # Records

    def add(
        self, batch: Sequence[UsageRecord], prevails: Prevails = supersedes, *, machine: str | None = None
    ) -> Added:
        """Store records and their rollups in one transaction; repeating them changes nothing.

        The same call seen again (same identity) is stored once: `prevails` says whether the new sight, with what only
        the old one tells, takes the place of the old; the stronger statement does if not said otherwise.
        `machine` is the machine of the records that name none.
        """
        if not batch:
            return Added()
        with self._writing() as connection:
            added, remember = records.write(connection, self._book, batch, prevails, machine)
        remember()
        return added

    def records(self, wanted: Filter, *, limit: int | None = None, before: bytes | None = None) -> list[UsageRecord]:
        """The records that a filter means, newest first; `before` continues after the record of that id."""
        low, high = id_bounds(wanted.period.start, wanted.period.end)
        with self._reading() as connection:
            rows = records.page(
                connection,
                (low, high if before is None else min(high, before)),
                only=selection(connection, self._book, wanted),
                limit=2**31 - 1 if limit is None else limit,
                newest_first=True,
            )
            return records.decode(connection, self._book, rows)

    def stored(self, batch: Sequence[UsageRecord]) -> list[UsageRecord]:
        """What is stored of the calls that records saw, in their order: an earlier, stronger sight may be."""
        with self._reading() as connection:
            return records.stored(connection, self._book, batch)

    def iter_records(self, wanted: Filter) -> Iterator[UsageRecord]:
        """The records that a filter means, oldest first, read page by page: memory does not grow."""
        low, high = id_bounds(wanted.period.start, wanted.period.end)
        only: Selection | None = None
        while True:
            with self._reading() as connection:
                # Texts are looked through once, not for every page.
                only = only or selection(connection, self._book, wanted)
                rows = records.page(connection, (low, high), only=only, limit=PAGE, newest_first=False)
                found = records.decode(connection, self._book, rows)
            yield from found
            if len(found) < PAGE:
                return
            low = found[-1].id + b"\x00"

    def first_moment(self, wanted: Filter) -> datetime | None:
        """When the first record was that a filter means; None without any."""
        low, high = id_bounds(wanted.period.start, wanted.period.end)
        with self._reading() as connection:
            only = selection(connection, self._book, wanted)
            rows = records.page(connection, (low, high), only=only, limit=1, newest_first=False)
        return id_time(bytes(rows[0][0])) if rows else None

    def listing(self, wanted: Filter, *, sort: SortKey = "time", descending: bool = True) -> Listing:
        """What a filter means, by row number; unknown values come last either way, of equal ones the newest first."""
        with self._reading() as connection:
            book = self._book
            return Listing(self._reading, book, make_order(connection, book, wanted, sort, descending=descending))

    def labels(self, field: str) -> list[str]:
        """The values of a label (core.query.LABELS) that any call has, sorted."""
        if field not in LABEL_VALUES:
            raise ConfigError(f"there is no label {field[:40]!r}", hint="use one of " + ", ".join(LABEL_VALUES))
        value_of = LABEL_VALUES[field]
        with self._reading() as connection:
            values = {value_of(one) for one in self._book.series(connection).values()}
        return sorted(value for value in values if value is not None)

    def follow(self, wanted: Filter) -> Arrivals:
        """What tells the records that a filter means as they are stored, from now on; close it when done."""
        return Arrivals(self._engine, self._book, wanted)

    def totals(self, wanted: Filter) -> Totals:
        """The sums over the records that a filter means."""
        with self._reading() as connection:
            return sums.total(connection, self._book, wanted)

    def groups(self, wanted: Filter, by: tuple[str, ...], *, fields: Collection[str] = TOTAL_FIELDS) -> list[Group]:
        """The sums by groupings (core.query.GROUPINGS), none without records; they add up to `totals`.

        Whoever needs few of the fields of totals may name them: only they, requests and cost are summed, which takes
        a third of the time over a long period, and the others are 0.
        """
        check_groupings(by)
        with self._reading() as connection:
            return sums.group(connection, self._book, wanted, by, fields)

    def minutes(self, wanted: Filter, starts: Sequence[datetime]) -> list[Minute]:
        """The flow of the minutes that begin at some moments, among the records that a filter means up to its end."""
        with self._reading() as connection:
            return minutes.minutes(connection, self._book, wanted, starts)

    def quarter_hours(self, wanted: Filter) -> list[tuple[datetime, Totals]]:
        """The sums of each quarter of an hour with calls that the period touches, by its start, in time order."""
        with self._reading() as connection:
            return sums.quarter_hours(connection, self._book, wanted)

    def sessions(self, wanted: Filter) -> dict[str | None, tuple[datetime, datetime]]:
        """When each conversation's first and last call were (None: the calls without one), among those meant."""
        with self._reading() as connection:
            return sums.sessions(connection, self._book, wanted)

    def latest_calls(self, wanted: Filter, count: int) -> dict[str, list[UsageRecord]]:
        """The newest calls of each platform, at most `count`, among those that a filter with a start means."""
        with self._reading() as connection:
            return latest.latest(connection, self._book, wanted, count, lambda _: True)

    def latest_errors(self, wanted: Filter, *, besides: Collection[str] = ()) -> dict[str, UsageRecord]:
        """The newest failed call of each platform that has one, among those that a filter with a start means.

        Calls with one of the error types `besides` are passed over.
        """
        with self._reading() as connection:
            found = latest.latest(
                connection, self._book, wanted, 1, lambda one: one.is_error and one.error_type not in besides
            )
        return {platform: calls[0] for platform, calls in found.items()}

    def reprice(self, price: Callable[[UsageRecord], UsageRecord], wanted: Filter) -> int:
        """Give records the costs that `price` finds, with their rollups, page by page; how many changed."""
        low, high = id_bounds(wanted.period.start, wanted.period.end)
        changed = 0
        # Chosen before any cost changes, which a condition may ask about.
        with self._reading() as connection:
            only = selection(connection, self._book, wanted)
        while True:
            with self._writing() as connection:
                rows = records.page(connection, (low, high), only=only, limit=PAGE, newest_first=False)
                changed += records.reprice(connection, self._book, rows, price)
            if len(rows) < PAGE:
                return changed
            low = bytes(rows[-1][0]) + b"\x00"

    def rebuild_rollups(self) -> int:
        """Sum all records anew in one transaction, by day in the time zone given on opening; the number of rollups."""
        with self._writing() as connection:
            return rollups.rebuild(connection, self._timezone)

    def change_marker(self) -> int:
        """A number that changes when anything was written, by this process or another; costs microseconds."""
        is_sqlite = self._engine.dialect.name == "sqlite"
        # PostgreSQL's snapshot names the transactions that have ended: the highest, and those below it that have not.
        query = "PRAGMA data_version" if is_sqlite else "SELECT hashtextextended(pg_current_snapshot()::text, 0)"
        return self._watched_number(query)

    # How far logs were read

    def import_states(self, machine: str, tool: str) -> dict[str, FileState]:
        """How far each of a tool's files on a machine was read, by path."""
        with self._reading() as connection:
            return import_files.states(connection, machine, tool)

    def save_import_states(self, machine: str, tool: str, changed: Sequence[FileState]) -> None:
        """Remember how far files were read, once their records are stored."""
        if changed:
            with self._writing() as connection:
                import_files.save_states(connection, machine, tool, changed)

    # The database itself

    def info(self) -> StoreInfo:
        """Sizes, schema and span."""
        with self._reading() as connection:
            counts = [
                int(connection.execute(text(f"SELECT COUNT(*) FROM {one}")).scalar_one())
                for one in ("records", "rollups", "series")
            ]
            first, last = spans.extent(connection)
            version = schema.current_version(connection)
            size = self._size(connection)
        return StoreInfo(
            address=self._engine.url.render_as_string(hide_password=True),
            kind=self._engine.dialect.name,
            schema=version or "",
            records=counts[0],
            rollups=counts[1],
            series=counts[2],
            size_bytes=size,
            first=first,
            last=last,
        )

    def _size(self, connection: Connection) -> int:
        path = sqlite_path(self._engine)
        if path is None:
            return int(connection.execute(text("SELECT pg_database_size(current_database())")).scalar_one())
        return sum(one.stat().st_size for one in (path, path.with_name(path.name + "-wal")) if one.exists())

    def backup(self, target: Path) -> None:
        """Copy an SQLite database, consistent while others write, to a new file that only its owner reads."""
        path = sqlite_path(self._engine)
        if path is None:
            raise TokenmonError("only an SQLite database can be copied here", hint="use pg_dump for PostgreSQL")
        if target.exists() and target.samefile(path):
            raise ConfigError(f"the backup {target} would replace the database itself", hint="choose another file")
        if not target.name:
            raise ConfigError(f"cannot write the backup {target}: it is a folder", hint="name a file in it")
        # Of this process alone: another may write the same backup now.
        partial = target.with_name(f"{target.name}.{os.getpid()}.partial")
        try:
            create_private_file(partial)
            with closing(open_file(path)) as source, closing(sqlite3.connect(partial)) as copy:
                source.backup(copy)
            partial.replace(target)
        except (OSError, sqlite3.Error) as error:
            raise TemporaryError(f"cannot write the backup {target}: {error}", hint="choose another file") from None
        finally:
            partial.unlink(missing_ok=True)
