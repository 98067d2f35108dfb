"""From the journal to the database: what the tests of the way share."""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from decimal import Decimal
from pathlib import Path

from tests.ingest.entries import entry
from tokenmon.core.period import Period
from tokenmon.core.query import Filter
from tokenmon.core.record import UsageRecord
from tokenmon.ingest.journal import Journal
from tokenmon.ingest.recorder import NOTHING_STATED, Recorder
from tokenmon.ingest.segment import JournalEntry, Segment
from tokenmon.ingest.writer import Unstored
from tokenmon.storage.store import Added, Store

LIMIT = 4 * 1024 * 1024
ALL = Filter(Period(None, None))
NOTHING = Unstored()
# What SQLite's driver refuses: more than an integer column holds.
UNSTORABLE = entry(99, latency_ms=2**70)


class Noting:
    """The real recorder, and a note of what was given to it in which order."""

    def __init__(self, recorder: Recorder) -> None:
        self.recorder = recorder
        self.ids: list[bytes] = []

    def record(self, records: Sequence[UsageRecord], stated: Mapping[bytes, Decimal] = NOTHING_STATED) -> Added:
        added = self.recorder.record(records, stated)
        self.ids += [record.id for record in records]
        return added


def append(journal: Journal, *entries: JournalEntry) -> None:
    for one in entries:
        journal.append(one)


def leave_behind(folder: Path, *entries: JournalEntry, torn_end: bytes = b"") -> None:
    """The journal of a proxy that is gone."""
    gone = Journal(folder)
    append(gone, *entries)
    with open(gone.current.path, "ab") as file:
        file.write(torn_end)
    gone.current.close(delete=False)


@contextmanager
def locked(database: Path) -> Iterator[None]:
    with closing(sqlite3.connect(database, isolation_level=None)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        yield
        holder.execute("ROLLBACK")


def stored_ids(store: Store) -> list[bytes]:
    return sorted(record.id for record in store.records(ALL))


def ids_of(*entries: JournalEntry) -> list[bytes]:
    return sorted(one.record.id for one in entries)


def read_all(segment: Segment) -> list[JournalEntry]:
    batch = segment.read(0, limit=LIMIT)
    assert (batch.damaged, batch.next_offset) == ((), segment.size)
    return list(batch.entries)
