"""Arrivals: the records that were stored between two looks, whatever their time and however many.

Records lie in the order of their time, not of their arrival. So the state last seen stays open as a transaction that
only reads; the quarters of an hour whose counts differ from it are compared record by record.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from types import TracebackType
from typing import Any

from sqlalchemy import Connection, Engine

from tokenmon.core.query import Filter
from tokenmon.core.record import IDENTITY_OFFSET, UsageRecord
from tokenmon.storage import records
from tokenmon.storage.days import BUCKET_MS
from tokenmon.storage.engine import reading, run
from tokenmon.storage.labels import LabelBook
from tokenmon.storage.selection import selection

COUNTS = "SELECT bucket, SUM(requests) FROM rollups WHERE bucket >= ? AND bucket <= ? GROUP BY bucket"
IDS = "SELECT id FROM records WHERE id >= ? AND id < ?"
ALL_ROWS = 2**31 - 1


class Arrivals:
    """Follows the records that a filter means; use as a context manager, and look often: it holds a state open."""

    def __init__(self, engine: Engine, book: LabelBook, wanted: Filter) -> None:
        self._engine = engine
        self._book = book
        self._wanted = wanted
        self._bounds = records.id_bounds(wanted.period.start, wanted.period.end)
        self._seen_exit = ExitStack()
        self._seen, self._counts = self._open(self._seen_exit)

    def __enter__(self) -> "Arrivals":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._seen_exit.close()

    def newest(self, limit: int) -> list[UsageRecord]:
        """The newest records of the state last seen, newest first."""
        return self._decoded(self._seen, self._bounds, limit, newest_first=True)

    def fresh(self) -> Iterator[UsageRecord]:
        """The records that were stored since the last look, in the order of their time."""
        with ExitStack() as opened:
            present, counts = self._open(opened)
            for bucket in sorted(counts):
                if counts[bucket] != self._counts.get(bucket):
                    yield from self._fresh_of(present, self._bounds_of(bucket))
            self._seen_exit.close()
            self._seen_exit = opened.pop_all()
        self._seen, self._counts = present, counts

    def _open(self, opened: ExitStack) -> tuple[Connection, dict[int, int]]:
        connection = opened.enter_context(reading(self._engine))
        low, high = (int.from_bytes(one[:IDENTITY_OFFSET], "big") // BUCKET_MS for one in self._bounds)
        # The first statement is what fixes the state that a transaction sees.
        rows: Iterable[Sequence[Any]] = run(connection, COUNTS, (low, high))
        return connection, {int(row[0]): int(row[1]) for row in rows}

    def _bounds_of(self, bucket: int) -> tuple[bytes, bytes]:
        low, high = (
            (number * BUCKET_MS).to_bytes(IDENTITY_OFFSET, "big") + bytes(10) for number in (bucket, bucket + 1)
        )
        return max(low, self._bounds[0]), min(high, self._bounds[1])

    def _fresh_of(self, present: Connection, bounds: tuple[bytes, bytes]) -> list[UsageRecord]:
        seen = {bytes(row[0]) for row in run(self._seen, IDS, bounds)}
        return [one for one in self._decoded(present, bounds, ALL_ROWS, newest_first=False) if one.id not in seen]

    def _decoded(
        self, connection: Connection, bounds: tuple[bytes, bytes], limit: int, *, newest_first: bool
    ) -> list[UsageRecord]:
        only = selection(connection, self._book, self._wanted)
        rows = records.page(connection, bounds, only=only, limit=limit, newest_first=newest_first)
        return records.decode(connection, self._book, rows)
