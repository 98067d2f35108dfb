"""The writer: whatever the database does, each journalled call ends up in it once, or set aside and told."""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path

import pytest

from tests.ingest.entries import entry
from tests.ingest.moving import (
    ALL,
    NOTHING,
    UNSTORABLE,
    Noting,
    append,
    ids_of,
    leave_behind,
    locked,
    stored_ids,
)
from tests.waiting import wait_until
from tokenmon.core.record import UsageRecord
from tokenmon.errors import TemporaryError
from tokenmon.ingest.journal import REJECTED, Journal
from tokenmon.ingest.pricing import OwnPrices, Pricer
from tokenmon.ingest.recorder import NOTHING_STATED, Recorder
from tokenmon.ingest.segment import encoded
from tokenmon.ingest.writer import JournalWriter, Unstored
from tokenmon.providers.catalogue import Catalogue
from tokenmon.storage.store import Added, Store


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
        waiting = (writer.backlog_bytes, writer.waiting_records, writer.stored, stored_ids(store))

    assert writer.wait_until_stored(30)

    assert waiting == (journal.current.size, 5, 0, [])
    assert (writer.backlog_bytes, writer.waiting_records, writer.last_problem) == (0, 0, None)
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
    assert (writer.stored, journal.rejected, writer.waiting_records) == (2, 1, 0)
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
        made = Noting(Recorder(own, Pricer(lambda: catalogue, OwnPrices)))
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
