"""The writer: whatever the database does, each journalled call ends up in it once, or set aside and told."""

import errno
import logging
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from decimal import Decimal
from pathlib import Path
from typing import NoReturn

import pytest

from tests.ingest.entries import entry
from tests.limits import files_that_cannot_grow, needs_file_limits
from tests.waiting import wait_until
from tokenmon.core.period import Period
from tokenmon.core.query import Filter
from tokenmon.core.record import UsageRecord
from tokenmon.errors import ConfigError, TemporaryError, TokenmonError, UnusableDatabaseError
from tokenmon.ingest.journal import REJECTED, Journal
from tokenmon.ingest.pricing import Pricer
from tokenmon.ingest.recorder import NOTHING_STATED, Recorder
from tokenmon.ingest.segment import JournalBatch, JournalEntry, Segment, encoded
from tokenmon.ingest.writer import BATCH_BYTES, JournalWriter, Unstored
from tokenmon.providers.catalogue import Catalogue
from tokenmon.storage.store import Added, Store

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


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "journal"


@pytest.fixture
def noting(store: Store, catalogue: Catalogue) -> Noting:
    return Noting(Recorder(store, Pricer(lambda: catalogue, dict)))


@pytest.fixture
def journal(folder: Path) -> Journal:
    return Journal(folder)


@pytest.fixture
def writer(journal: Journal, noting: Noting) -> Iterator[JournalWriter]:
    """A writer that is not started yet."""
    made = JournalWriter(journal, lambda: noting)
    yield made
    if made._thread.is_alive():
        made.stop(timeout_seconds=0)


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


def test_what_is_journalled_is_stored_and_the_segment_is_gone_after_the_stop(
    journal: Journal, writer: JournalWriter, store: Store, folder: Path
) -> None:
    entries = [entry(number) for number in range(50)]
    writer.start()
    append(journal, *entries)

    assert writer.wait_until_stored(30)

    assert (writer.backlog_bytes, writer.stored, writer.last_problem) == (0, 50, None)
    assert stored_ids(store) == ids_of(*entries)
    assert writer.stop(timeout_seconds=30) == NOTHING
    assert list(folder.iterdir()) == []


def test_a_cost_that_the_provider_stated_goes_along(journal: Journal, writer: JournalWriter, store: Store) -> None:
    append(journal, entry(1, stated_cost=Decimal("0.5")), entry(2))
    writer.start()

    assert writer.stop(timeout_seconds=30) == NOTHING

    second, first = store.records(ALL)
    assert (first.cost, first.cost_source) == (Decimal("0.5"), "provider")
    assert second.cost_source == "catalogue"


def test_after_each_batch_it_is_told_how_many_were_stored(journal: Journal, noting: Noting) -> None:
    told: list[int] = []
    writer = JournalWriter(journal, lambda: noting, on_stored=told.append)
    append(journal, entry(1), entry(2))
    writer.start()
    writer.wait_until_stored(30)
    append(journal, entry(3))

    assert writer.stop(timeout_seconds=30) == NOTHING

    assert told == [2, 1]


def test_a_locked_database_is_waited_out(
    journal: Journal, writer: JournalWriter, store: Store, database: Path, caplog: pytest.LogCaptureFixture
) -> None:
    entries = [entry(number) for number in range(5)]
    with locked(database):
        writer.start()
        append(journal, *entries)
        writer.wake()
        wait_until(lambda: writer.last_problem is not None)
        waiting = (writer.backlog_bytes, writer.stored, stored_ids(store))

    assert writer.wait_until_stored(30)

    assert waiting == (journal.current.size, 0, [])
    assert (writer.backlog_bytes, writer.last_problem) == (0, None)
    assert stored_ids(store) == ids_of(*entries)
    assert len([one for one in caplog.records if one.levelno >= logging.WARNING]) == 1


def test_a_database_that_cannot_be_opened_yet_is_waited_for(journal: Journal, noting: Noting, store: Store) -> None:
    tries: list[None] = []

    def open_recorder() -> Noting:
        tries.append(None)
        if len(tries) < 3:
            raise TemporaryError("the database is away")
        return noting

    writer = JournalWriter(journal, open_recorder)
    append(journal, entry())
    writer.start()

    assert writer.stop(timeout_seconds=30) == NOTHING

    assert len(tries) == 3
    assert stored_ids(store) == ids_of(entry())


def test_a_record_that_is_refused_alone_is_set_aside_and_the_rest_stored(
    journal: Journal, writer: JournalWriter, store: Store, folder: Path
) -> None:
    append(journal, entry(1), UNSTORABLE, entry(2))
    writer.start()

    assert writer.stop(timeout_seconds=30) == NOTHING

    assert stored_ids(store) == ids_of(entry(1), entry(2))
    assert (folder / REJECTED).read_bytes() == encoded(UNSTORABLE) + b"\n"
    assert [path.name for path in folder.iterdir()] == [REJECTED]


def test_a_refused_record_before_a_locked_database_loses_nothing(
    journal: Journal, store: Store, noting: Noting, folder: Path
) -> None:
    refused_once: list[None] = []

    class LockedAfterRefusal(Noting):
        """Refuses the batch, and is locked for a moment when its records come alone."""

        def record(self, records: Sequence[UsageRecord], stated: Mapping[bytes, Decimal] = NOTHING_STATED) -> Added:
            if len(records) == 1 and len(refused_once) < 2:
                refused_once.append(None)
                raise TemporaryError("the database is locked")
            return super().record(records, stated)

    writer = JournalWriter(journal, lambda: LockedAfterRefusal(noting.recorder))
    append(journal, entry(1), UNSTORABLE, entry(2))
    writer.start()

    assert writer.stop(timeout_seconds=30) == NOTHING

    assert stored_ids(store) == ids_of(entry(1), entry(2))
    assert (folder / REJECTED).read_bytes() == encoded(UNSTORABLE) + b"\n"


def test_damaged_lines_are_set_aside_and_the_rest_stored(
    journal: Journal, writer: JournalWriter, store: Store, folder: Path
) -> None:
    append(journal, entry(1))
    journal.current.append(b"damage\n")
    append(journal, entry(2))
    writer.start()

    assert writer.stop(timeout_seconds=30) == NOTHING

    assert stored_ids(store) == ids_of(entry(1), entry(2))
    assert (folder / REJECTED).read_bytes() == b"damage\n"


def test_a_stop_whose_time_is_over_keeps_the_journal_for_the_next_start(
    journal: Journal, writer: JournalWriter, noting: Noting, store: Store, database: Path, folder: Path
) -> None:
    entries = [entry(number) for number in range(5)]
    with locked(database):
        append(journal, *entries)
        writer.start()
        left = writer.stop(timeout_seconds=0.1)

    assert left == Unstored(waiting=5)
    assert stored_ids(store) == []
    assert [path.name for path in folder.iterdir()] == [journal.current.path.name]
    again = JournalWriter(Journal(folder), lambda: noting)
    again.start()
    assert again.stop(timeout_seconds=30) == NOTHING
    assert stored_ids(store) == ids_of(*entries)
    assert list(folder.iterdir()) == []


def test_orphans_are_stored_first_and_lines_in_their_order(
    folder: Path, noting: Noting, monkeypatch: pytest.MonkeyPatch
) -> None:
    for start in (1, 2):
        monkeypatch.setattr("time.time_ns", lambda start=start: start * 10**9)
        leave_behind(folder, *(entry(10 * start + number) for number in range(5)))
    monkeypatch.undo()
    journal = Journal(folder)
    append(journal, entry(1), entry(0))
    writer = JournalWriter(journal, lambda: noting)
    writer.start()

    assert writer.stop(timeout_seconds=30) == NOTHING

    wanted = [*range(10, 15), *range(20, 25), 1, 0]
    assert noting.ids == [entry(number).record.id for number in wanted]
    assert list(folder.iterdir()) == []


def test_an_orphan_with_a_torn_end_is_stored_to_its_last_whole_line(folder: Path, noting: Noting, store: Store) -> None:
    leave_behind(folder, entry(1), entry(2), torn_end=encoded(entry(3))[:-1])
    journal = Journal(folder)
    writer = JournalWriter(journal, lambda: noting)
    writer.start()

    assert writer.stop(timeout_seconds=30) == NOTHING

    assert stored_ids(store) == ids_of(entry(1), entry(2))
    assert list(folder.iterdir()) == []


def test_an_orphan_that_was_stored_before_the_kill_adds_nothing(folder: Path, noting: Noting, store: Store) -> None:
    entries = [entry(number) for number in range(3)]
    noting.recorder.record([one.record for one in entries])
    leave_behind(folder, *entries)
    writer = JournalWriter(Journal(folder), lambda: noting)
    writer.start()

    assert writer.stop(timeout_seconds=30) == NOTHING

    assert stored_ids(store) == ids_of(*entries)
    assert list(folder.iterdir()) == []


def test_a_large_segment_is_dropped_once_it_is_stored(
    journal: Journal, writer: JournalWriter, store: Store, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tokenmon.ingest.writer.SEGMENT_BYTES", 2000)
    first = journal.current.path
    entries = [entry(number) for number in range(30)]
    append(journal, *entries[:10])
    writer.start()

    assert writer.wait_until_stored(30)
    wait_until(lambda: journal.current.path != first and not first.exists())
    append(journal, *entries[10:])
    assert writer.stop(timeout_seconds=30) == NOTHING

    assert stored_ids(store) == ids_of(*entries)
    assert list(folder.iterdir()) == []


def test_more_lines_than_one_batch_holds_are_stored(
    journal: Journal, writer: JournalWriter, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tokenmon.ingest.writer.BATCH_BYTES", 2 * len(encoded(entry())) + 10)
    entries = [entry(number) for number in range(9)]
    append(journal, *entries)
    writer.start()

    assert writer.stop(timeout_seconds=30) == NOTHING

    assert stored_ids(store) == ids_of(*entries)


def test_two_journals_in_one_folder_are_stored_each_by_its_own_writer(
    folder: Path, catalogue: Catalogue, store: Store, database: Path
) -> None:
    def noting_of(own: Store) -> Callable[[], Noting]:
        made = Noting(Recorder(own, Pricer(lambda: catalogue, dict)))
        return lambda: made

    with Store.open(f"sqlite:///{database}") as other_store:
        recorders = (noting_of(store), noting_of(other_store))
        journals = (Journal(folder), Journal(folder))
        append(journals[0], *(entry(number) for number in range(5)))
        writers = [JournalWriter(one, recorder) for one, recorder in zip(journals, recorders, strict=True)]
        for writer in reversed(writers):
            writer.start()
        append(journals[1], *(entry(number) for number in range(5, 9)))

        stopped = [writer.stop(timeout_seconds=30) for writer in writers]

    assert stopped == [NOTHING, NOTHING]
    assert [sorted(open_recorder().ids) for open_recorder in recorders] == [
        ids_of(*(entry(number) for number in range(5))),
        ids_of(*(entry(number) for number in range(5, 9))),
    ]
    assert stored_ids(store) == ids_of(*(entry(number) for number in range(9)))
    assert list(folder.iterdir()) == []


@needs_file_limits
def test_lines_that_the_disk_refused_are_written_again_without_a_new_one(
    journal: Journal, noting: Noting, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tokenmon.ingest.writer.RETRY_SECONDS", 0.01)
    writer = JournalWriter(journal, lambda: noting)
    with files_that_cannot_grow(0):
        append(journal, *(entry(number) for number in range(300)))
        writer.start()
        wait_until(lambda: writer.last_problem is not None)

    assert writer.wait_until_stored(30)

    assert (journal.held_back, writer.last_problem) == (0, None)
    assert stored_ids(store) == ids_of(*(entry(number) for number in range(300)))
    assert writer.stop(timeout_seconds=30) == NOTHING


def test_lines_that_only_the_journal_refuses_go_to_the_database_without_it(
    journal: Journal, writer: JournalWriter, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    entries = [entry(number) for number in range(1000)]
    append(journal, entries[0])
    monkeypatch.setattr(journal.current, "append", refused)
    append(journal, *entries[1:])
    writer.start()

    assert writer.stop(timeout_seconds=30) == NOTHING

    assert stored_ids(store) == ids_of(*entries)


def test_a_stop_tells_what_nobody_took(
    journal: Journal, writer: JournalWriter, database: Path, monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    append(journal, entry(1))
    monkeypatch.setattr(journal.current, "append", refused)
    append(journal, entry(2), entry(3))
    with locked(database):
        writer.start()
        left = writer.stop(timeout_seconds=0.1)

    assert left == Unstored(waiting=1, lost=2)
    assert [one.getMessage() for one in caplog.records if one.levelno == logging.CRITICAL] == [
        "2 records are lost: neither the journal nor the database took them"
    ]


def refused(*_: object, **__: object) -> NoReturn:
    raise OSError(errno.EIO, os.strerror(errno.EIO))


TROUBLE = {
    "a segment that cannot be made": "tokenmon.ingest.journal.Journal._new_segment",
    "a file that cannot be read": "os.pread",
    "lines that cannot be set aside": "tokenmon.ingest.journal.Journal.reject",
}


@pytest.mark.parametrize("broken", TROUBLE.values(), ids=TROUBLE)
def test_trouble_with_the_journals_files_is_told_and_passes(
    journal: Journal, writer: JournalWriter, store: Store, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    monkeypatch.setattr("tokenmon.ingest.writer.RETRY_SECONDS", 0.01)
    monkeypatch.setattr("tokenmon.ingest.writer.SEGMENT_BYTES", 100)
    writer.start()
    with monkeypatch.context() as patch:
        patch.setattr(broken, refused)
        append(journal, entry(1), UNSTORABLE)
        writer.wake()
        wait_until(lambda: writer.last_problem is not None)
        told = writer.last_problem

    append(journal, entry(2))

    assert writer.wait_until_stored(30)
    wait_until(lambda: writer.last_problem is None)
    assert told == f"the journal's files cannot be read or written: {os.strerror(errno.EIO)}"
    assert stored_ids(store) == ids_of(entry(1), entry(2))


def test_a_thread_that_ended_by_itself_is_trouble(journal: Journal, writer: JournalWriter) -> None:
    writer._run = lambda: None  # type: ignore[method-assign]
    writer._thread = threading.Thread(target=writer._run)
    before = writer.last_problem
    writer.start()
    writer._thread.join()

    assert (before, writer.last_problem) == (None, "the journal's writer has ended")


class Refusing(Noting):
    """Refuses batches with one record in them, by an error of ours."""

    def __init__(self, recorder: Recorder, unwanted: bytes, error: TokenmonError) -> None:
        super().__init__(recorder)
        self.unwanted, self.error = unwanted, error

    def record(self, records: Sequence[UsageRecord], stated: Mapping[bytes, Decimal] = NOTHING_STATED) -> Added:
        if any(record.id == self.unwanted for record in records):
            raise self.error
        return super().record(records, stated)


def test_a_record_whose_values_the_database_refuses_blocks_no_other(
    journal: Journal, noting: Noting, store: Store, folder: Path
) -> None:
    entries = [entry(number) for number in range(50)]
    refusing = Refusing(noting.recorder, entries[17].record.id, TokenmonError("the database refused: out of range"))
    writer = JournalWriter(journal, lambda: refusing)
    append(journal, *entries)
    writer.start()

    assert writer.stop(timeout_seconds=30) == NOTHING

    assert stored_ids(store) == ids_of(*entries[:17], *entries[18:])
    assert (folder / REJECTED).read_bytes() == encoded(entries[17]) + b"\n"


@pytest.mark.parametrize("error", [ConfigError("older schema"), UnusableDatabaseError("damaged")])
def test_a_database_that_must_be_mended_first_costs_no_record(
    journal: Journal, noting: Noting, folder: Path, error: TokenmonError
) -> None:
    refusing = Refusing(noting.recorder, entry(1).record.id, error)
    writer = JournalWriter(journal, lambda: refusing)
    append(journal, entry(1))
    writer.start()

    assert writer.stop(timeout_seconds=0.2) == Unstored(waiting=1)

    assert not (folder / REJECTED).exists()
    assert writer.last_problem == error.message


def test_a_setting_that_keeps_the_database_shut_costs_no_record(
    journal: Journal, noting: Noting, store: Store, folder: Path
) -> None:
    errors: list[TokenmonError] = [ConfigError("the database has an older schema"), TokenmonError("no")]

    def open_recorder() -> Noting:
        if errors:
            raise errors.pop()
        return noting

    writer = JournalWriter(journal, open_recorder)
    append(journal, entry(1))
    writer.start()

    assert writer.stop(timeout_seconds=30) == NOTHING

    assert stored_ids(store) == ids_of(entry(1))
    assert list(folder.iterdir()) == []


def store_first(journal: Journal, writer: JournalWriter) -> None:
    """Until one record is stored: by then the first look for orphans is over."""
    append(journal, entry(0))
    writer.start()
    assert writer.wait_until_stored(30)


def test_the_segments_of_a_proxy_that_is_killed_meanwhile_are_found(
    folder: Path, journal: Journal, writer: JournalWriter, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tokenmon.ingest.writer.ORPHANS_SECONDS", 0.05)
    store_first(journal, writer)
    leave_behind(folder, entry(1), entry(2))

    wait_until(lambda: stored_ids(store) == ids_of(entry(0), entry(1), entry(2)))

    assert writer.stop(timeout_seconds=30) == NOTHING
    assert list(folder.iterdir()) == []


def test_a_stop_looks_for_orphans_once_more(
    folder: Path, journal: Journal, writer: JournalWriter, store: Store
) -> None:
    store_first(journal, writer)
    leave_behind(folder, entry(1))

    assert writer.stop(timeout_seconds=30) == NOTHING

    assert stored_ids(store) == ids_of(entry(0), entry(1))


def test_a_segment_that_cannot_be_read_holds_up_no_other(
    folder: Path, journal: Journal, writer: JournalWriter, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    leave_behind(folder, entry(1))
    append(journal, entry(2))
    read = Segment.read

    def unreadable(segment: Segment, offset: int, *, limit: int) -> JournalBatch:
        return read(segment, offset, limit=limit) if segment is journal.current else refused()

    monkeypatch.setattr(Segment, "read", unreadable)
    writer.start()

    assert writer.wait_until_stored(30)

    assert stored_ids(store) == ids_of(entry(2))
    assert "cannot be stored" in (writer.last_problem or "")
    assert len(list(folder.iterdir())) == 2


def test_damage_longer_than_a_batch_holds_up_nothing(
    journal: Journal, writer: JournalWriter, store: Store, folder: Path
) -> None:
    journal.append_line(b"\0" * (BATCH_BYTES + 1000) + b"\n")
    append(journal, entry(1))
    writer.start()

    assert writer.stop(timeout_seconds=30) == NOTHING

    assert stored_ids(store) == ids_of(entry(1))
    assert (folder / REJECTED).stat().st_size == BATCH_BYTES + 1001


def test_waiting_ends_when_the_call_is_stored_and_not_before(
    journal: Journal, writer: JournalWriter, noting: Noting
) -> None:
    writer.start()

    for number in range(60):
        # Falls before, into and behind the writer's rounds.
        time.sleep(number % 7 / 1000)
        append(journal, entry(number))
        assert writer.wait_until_stored(30)
        assert noting.ids[-1] == entry(number).record.id
