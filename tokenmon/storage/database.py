"""A database that is open: its connections, the one that watches for changes, and what is remembered of it.

An SQLite file can be replaced while it is open (a restored backup, a removed folder). Writing on into the file that
nobody can find any more would lose records, so each transaction looks first whether the file is still the one.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine

from tokenmon.errors import TemporaryError
from tokenmon.storage.cancelling import cancellable
from tokenmon.storage.engine import reading, sqlite_path, translated_errors, watch, writing
from tokenmon.storage.labels import LabelBook

Self = TypeVar("Self", bound="Database")


class Database:
    """Transactions on one database; used from several threads."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._path = sqlite_path(engine)
        self._file: tuple[int, int] | None = None
        # How often another file took its place.
        self._replaced = 0
        self._book = LabelBook()
        self._watch: Connection | None = None
        self._turn = threading.RLock()
        self._asker = threading.local()

    def __enter__(self: Self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close every connection."""
        with self._turn:
            self._forget_watch()
        self._engine.dispose()

    def _prepare(self) -> None:
        """Look at a database that was just opened; what cannot be used is refused."""

    @contextmanager
    def cancellable(self, is_cancelled: Callable[[], bool]) -> Iterator[None]:
        """Within it, whatever this thread reads ends with CancelledError soon after `is_cancelled` says so.

        It is asked about once a millisecond, from this thread or another.
        """
        before, self._asker.is_cancelled = getattr(self._asker, "is_cancelled", None), is_cancelled
        try:
            yield
        finally:
            self._asker.is_cancelled = before

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        """A transaction that only reads: one consistent view."""
        self._look_at_file()
        is_cancelled = getattr(self._asker, "is_cancelled", None)
        with reading(self._engine) as connection, cancellable(connection, is_cancelled):
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        """A transaction that writes; it is undone whole when anything in it fails."""
        self._look_at_file()
        with writing(self._engine) as connection:
            yield connection

    def _watched_number(self, query: str) -> int:
        """The one number of a query, on a connection that is kept for the purpose; another one in another file."""
        number = int(self._watched(query))
        return number + (self._replaced << 64)

    def _watched(self, query: str) -> Any:
        self._look_at_file()
        with self._turn, translated_errors(self._engine):
            if self._watch is None:
                self._watch = watch(self._engine)
            try:
                return self._watch.exec_driver_sql(query).scalar_one()
            except BaseException:
                self._forget_watch()
                raise

    def _look_at_file(self) -> None:
        if self._path is None:
            return
        try:
            found = self._path.stat()
        except OSError:
            raise TemporaryError(
                f"the database {self._path} is gone", hint="put it back; the next start begins a new one"
            ) from None
        file = (found.st_dev, found.st_ino)
        if file == self._file:
            return
        with self._turn:
            before, self._file = self._file, file
            if before is None or before == file:
                return
            # Another file under the same name: nothing that is known of the old one holds.
            self._forget_watch()
            self._engine.dispose()
            self._book = LabelBook()
            self._replaced += 1
            self._prepare()

    def _forget_watch(self) -> None:
        if self._watch is not None:
            self._watch.close()
            self._watch = None
