"""The writer in trouble: refused lines, files that cannot be read, records that the database will not have."""

import errno
import logging
import os
import threading
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import NoReturn

import pytest

from tests.ingest.entries import entry
from tests.ingest.moving import (
    NOTHING,
    UNSTORABLE,
    Noting,
    append,
    ids_of,
    leave_behind,
    locked,
    stored_ids,
)
from tests.limits import files_that_cannot_grow, needs_file_limits
from tests.waiting import wait_until
from tokenmon.core.record import UsageRecord
from tokenmon.errors import ConfigError, TokenmonError, UnusableDatabaseError
from tokenmon.ingest.journal import REJECTED, Journal
from tokenmon.ingest.recorder import NOTHING_STATED, Recorder
from tokenmon.ingest.segment import JournalBatch, Segment, encoded
from tokenmon.ingest.writer import BATCH_BYTES, JournalWriter, Unstored
from tokenmon.storage.store import Added, Store


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

    assert (journal.held_back, writer.waiting_records, writer.last_problem) == (0, 0, None)
    assert stored_ids(store) == ids_of(*(entry(number) for number in range(300)))
    assert writer.stop(timeout_seconds=30) == NOTHING


def test_lines_that_only_the_journal_refuses_go_to_the_database_without_it(
    journal: Journal, writer: JournalWriter, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    entries = [entry(number) for number in range(1000)]
    append(journal, entries[0])
    monkeypatch.setattr(journal.current, "append", refused)
    append(journal, *entries[1:])
    waiting = writer.waiting_records
    writer.start()

    assert writer.stop(timeout_seconds=30) == NOTHING

    assert stored_ids(store) == ids_of(*entries)
    assert (waiting, writer.waiting_records, writer.backlog_bytes) == (1000, 0, 0)


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
