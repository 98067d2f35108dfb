"""The journal: what was appended is there after any death of the process, and a full disk is waited out."""

import fcntl
import logging
import os
import signal
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.ingest.entries import entry
from tests.ingest.moving import (
    LIMIT,
    read_all,
)
from tests.limits import files_that_cannot_grow, needs_file_limits
from tokenmon.errors import TokenmonError
from tokenmon.ingest import segment as segment_file
from tokenmon.ingest.journal import REJECTED, Journal, waiting_lines
from tokenmon.ingest.segment import SUFFIX, UNLOCKED_SUFFIX, JournalEntry, Segment


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "state" / "journal"


@pytest.fixture
def journal(folder: Path) -> Iterator[Journal]:
    opened = Journal(folder)
    yield opened
    opened.current.close(delete=False)


def read_on(segment: Segment) -> list[JournalEntry]:
    """What is new in a segment since the last time, as the writer reads it."""
    batch = segment.read(segment.stored_to, limit=LIMIT)
    segment.stored_to = batch.next_offset
    return list(batch.entries)


def test_a_segment_is_given_up_for_a_new_one_when_all_of_it_is_stored(journal: Journal) -> None:
    old = journal.current
    journal.append(entry(1))
    too_early = journal.rotate()
    read = read_on(old)

    assert journal.rotate()

    journal.append(entry(2))
    assert (too_early, read, read_all(journal.current)) == (False, [entry(1)], [entry(2)])
    assert not old.path.exists()


def test_no_line_falls_between_two_segments(journal: Journal) -> None:
    appended: list[JournalEntry] = []
    read: list[JournalEntry] = []
    rotations = 0
    stopping = threading.Event()

    def append_more() -> None:
        while not stopping.is_set():
            appended.append(entry(len(appended)))
            journal.append(appended[-1])

    appending = threading.Thread(target=append_more)
    appending.start()
    while rotations < 10:
        while new := read_on(journal.current):
            read += new
        rotations += journal.rotate()
    stopping.set()
    appending.join()

    assert read + read_on(journal.current) == appended


def test_a_segment_in_use_is_nobody_elses(journal: Journal, folder: Path) -> None:
    other = Journal(folder)
    other.append(entry())

    assert list(journal.orphans()) == []

    other.current.close(delete=False)
    (orphan,) = journal.orphans()
    assert read_all(orphan) == [entry()]
    orphan.close(delete=True)
    assert list(journal.orphans()) == []


def test_orphans_come_oldest_first_and_are_held_by_whoever_took_them(journal: Journal, folder: Path) -> None:
    names = ["0000000000009-7-aaaaaa", "0000000000010-7-aaaaaa", "1700000000000-7-aaaaaa"]
    for name in reversed(names):
        (folder / (name + SUFFIX)).write_bytes(b"")
    other = Journal(folder)

    orphans = list(journal.orphans())

    assert [one.path.name for one in orphans] == [name + SUFFIX for name in names]
    assert list(other.orphans()) == []
    for one in (*orphans, other.current):
        one.close(delete=True)


# Appends for good and tells so; then waits to be killed.
VICTIM = """
import sys
from pathlib import Path
from tests.ingest.entries import entry
from tokenmon.ingest.journal import Journal
journal = Journal(Path(sys.argv[1]))
for number in range(3):
    journal.append(entry(number))
print("appended", flush=True)
sys.stdin.read()
"""


def test_the_lines_of_a_killed_process_are_an_orphan(journal: Journal, folder: Path) -> None:
    command = [sys.executable, "-c", VICTIM, str(folder)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, cwd=Path(__file__).parents[2]) as victim:
        assert victim.stdout is not None
        assert victim.stdout.readline() == b"appended\n"
        in_use = list(journal.orphans())
        victim.send_signal(signal.SIGKILL)

    (orphan,) = journal.orphans()
    assert in_use == []
    assert read_all(orphan) == [entry(number) for number in range(3)]
    orphan.close(delete=True)


@needs_file_limits
def test_lines_that_the_disk_refuses_wait_and_keep_their_order(
    journal: Journal, caplog: pytest.LogCaptureFixture
) -> None:
    journal.append(entry(1))
    with files_that_cannot_grow(journal.current.size):
        journal.append(entry(2))
        journal.append(entry(3))
        refused = (journal.held_back, journal.failures, read_all(journal.current))

    journal.append(entry(4))
    behind_them = journal.held_back
    is_flushed = journal.flush_held_back()
    journal.append(entry(5))

    assert refused == (2, 2, [entry(1)])
    assert (behind_them, is_flushed, journal.held_back) == (3, True, 0)
    assert read_all(journal.current) == [entry(number) for number in (1, 2, 3, 4, 5)]
    assert [one.levelno for one in caplog.records] == [logging.ERROR]


@needs_file_limits
def test_a_line_that_fits_only_in_part_leaves_nothing_of_itself(journal: Journal) -> None:
    journal.append(entry(1))
    whole = journal.current.size
    with files_that_cannot_grow(whole + 50):
        journal.append(entry(2))
        left = journal.current.path.stat().st_size

    journal.append(entry(3))
    journal.flush_held_back()

    assert left == whole
    assert read_all(journal.current) == [entry(1), entry(2), entry(3)]


@needs_file_limits
def test_memory_for_refused_lines_is_bounded_and_a_loss_is_told(
    journal: Journal, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("tokenmon.ingest.journal.MAX_HELD_BACK", 2)
    with files_that_cannot_grow(0):
        for number in range(3):
            journal.append(entry(number))

    journal.flush_held_back()
    journal.append(entry(9))

    assert read_all(journal.current) == [entry(0), entry(1), entry(9)]
    assert [one.getMessage() for one in caplog.records if one.levelno == logging.CRITICAL] == [
        "a record is lost: the journal's disk is full and memory holds 2 records"
    ]


@needs_file_limits
def test_appends_do_not_wait_while_held_back_lines_are_written(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    with files_that_cannot_grow(0):
        journal.append(entry(1))
        journal.append(entry(2))
    write = journal.current.append

    def append_meanwhile(line: bytes) -> None:
        monkeypatch.undo()
        with ThreadPoolExecutor(1) as event_loop:
            event_loop.submit(journal.append, entry(3)).result(10)
        write(line)

    monkeypatch.setattr(journal.current, "append", append_meanwhile)

    assert journal.flush_held_back()

    assert read_all(journal.current) == [entry(1), entry(2), entry(3)]


def test_a_line_after_the_end_goes_nowhere_else(
    journal: Journal, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    other = Journal(folder)
    other.append(entry(1))
    other.close()
    # The number of the closed file is given out again at once.
    with open(folder / "unrelated", "wb") as unrelated:
        other.append(entry(2))
        with pytest.raises(OSError, match="the segment is closed"):
            other.current.append(b"line")

        assert os.fstat(unrelated.fileno()).st_size == 0

    assert [one.getMessage() for one in caplog.records] == ["a record is lost: it came after the journal was closed"]


def test_a_segment_is_never_seen_without_its_lock(
    journal: Journal, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[list[str]] = []
    lock = segment_file._lock

    def look_first(descriptor: int) -> None:
        monkeypatch.undo()
        seen.append([orphan.path.name for orphan in journal.orphans()])
        lock(descriptor)

    monkeypatch.setattr(segment_file, "_lock", look_first)
    other = Journal(folder)

    assert seen == [[]]
    assert other.close() == 0
    assert [path.name for path in folder.iterdir()] == [journal.current.path.name]


def test_an_orphan_is_taken_although_somebody_looks_at_it(journal: Journal, folder: Path) -> None:
    (folder / f"1-1-a{SUFFIX}").write_bytes(b"")
    with open(folder / f"1-1-a{SUFFIX}", "rb") as looking:
        fcntl.flock(looking, fcntl.LOCK_SH)
        threading.Timer(0.02, fcntl.flock, (looking, fcntl.LOCK_UN)).start()

        orphans = list(journal.orphans())

    assert [one.path.name for one in orphans] == [f"1-1-a{SUFFIX}"]
    orphans[0].close(delete=True)


def test_two_that_look_at_an_orphan_do_not_take_each_other_for_its_owner(folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / f"1-1-a{SUFFIX}").write_bytes(b"line\n")
    with open(folder / f"1-1-a{SUFFIX}", "rb") as looking:
        fcntl.flock(looking, fcntl.LOCK_SH)

        assert waiting_lines(folder) == (1, 0)


def test_what_a_kill_left_before_the_lock_is_cleared_away_later(journal: Journal, folder: Path) -> None:
    old, fresh = folder / f"1-1-a{UNLOCKED_SUFFIX}", folder / f"2-1-a{UNLOCKED_SUFFIX}"
    for path in (old, fresh):
        path.write_bytes(b"")
    os.utime(old, (1, 1))

    assert list(journal.orphans()) == []

    assert (old.exists(), fresh.exists()) == (False, True)


def test_lines_set_aside_are_kept_whole_and_block_nobody(journal: Journal, folder: Path) -> None:
    journal.reject([b"one", b"two"])
    journal.reject([b"\xff"])

    assert (folder / REJECTED).read_bytes() == b"one\ntwo\n\xff\n"
    assert list(journal.orphans()) == []


def test_only_what_no_running_proxy_holds_is_waiting(journal: Journal, folder: Path) -> None:
    gone = Journal(folder)
    for number in range(3):
        gone.append(entry(number))
    gone.current.close(delete=False)
    journal.append(entry())
    journal.reject([b"damage"])

    assert waiting_lines(folder) == (3, 1)
    assert waiting_lines(folder) == (3, 1)


def test_a_folder_that_is_not_there_holds_nothing(tmp_path: Path) -> None:
    assert waiting_lines(tmp_path / "nowhere") == (0, 0)


def test_only_its_owner_reads_the_journal(journal: Journal, folder: Path) -> None:
    journal.append(entry())
    journal.reject([b"damage"])

    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert modes == {journal.current.path.name: 0o600, REJECTED: 0o600}


@pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux's: a folder in which not even root makes files")
def test_a_journal_that_cannot_be_begun_says_where() -> None:
    with pytest.raises(TokenmonError, match="cannot write the journal in /proc: ") as raised:
        Journal(Path("/proc"))

    assert raised.value.hint == "make the folder writable"
