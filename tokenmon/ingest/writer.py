"""The writer: one thread that moves the journal's records to the database, in batches, until all are stored.

A database that is locked, full, read-only or away delays it and loses nothing: the journal keeps the lines, and the
writer tries again with growing pauses. A record that the database refuses for good is set aside, told, and blocks
nothing. Trouble with the journal's own files is told and tried again too; the thread ends only when it is stopped.
"""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from tokenmon.errors import ConfigError, TemporaryError, TokenmonError, UnusableDatabaseError
from tokenmon.ingest.journal import Journal
from tokenmon.ingest.recorder import Recording
from tokenmon.ingest.segment import JournalEntry, Segment, decoded, encoded

logger = logging.getLogger("tokenmon.writer")

# A fully stored segment above this size is dropped for a new one, so a replay after a kill stays short.
SEGMENT_BYTES = 8 * 1024 * 1024
BATCH_BYTES = 512 * 1024
# About as many lines as a batch from a file holds.
HELD_BACK_BATCH = 700
# Collects what arrives together: a commit costs as much as thirty records.
GATHER_SECONDS = 0.05
FIRST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 5.0
# At the stop's end the database may be asked twice more, and waits for a lock each time.
LAST_TRY_SECONDS = 15.0
# How soon trouble with the journal's own files is tried again.
RETRY_SECONDS = 1.0
# How often the segments of proxies that were killed meanwhile are looked for.
ORPHANS_SECONDS = 60.0

# No record's fault, whatever is in the batch: it is waited out.
NOT_ITS_FAULT = (TemporaryError, ConfigError, UnusableDatabaseError, OSError)


@dataclass(frozen=True, slots=True)
class Unstored:
    """Records that a stop left behind: in the journal, or lost because neither disk nor database took them."""

    waiting: int = 0
    lost: int = 0


class JournalWriter:
    """Moves records from a journal to a recorder; `on_stored` is told after each batch, in the writer's thread."""

    def __init__(
        self,
        journal: Journal,
        open_recorder: Callable[[], Recording],
        *,
        on_stored: Callable[[int], None] | None = None,
    ) -> None:
        self._journal = journal
        self._open_recorder = open_recorder
        self._recorder: Recording | None = None
        self._on_stored = on_stored
        self._work = threading.Event()
        self._stopping = threading.Event()
        self._gives_up_at = float("inf")
        self._thread = threading.Thread(target=self._run, name="journal writer", daemon=True)
        # This journal's lines that the database has, in the order in which they were taken.
        self._stored_bytes = 0
        self._stored_lines = 0
        self._progress = threading.Condition()
        self._orphans_at = 0.0
        self._orphan_problem: str | None = None
        self._problem: str | None = None
        self._unstored: Unstored | None = None
        self.stored = 0

    def start(self) -> None:
        """Begin: orphans of killed proxies first, then what arrives."""
        self._thread.start()

    def wake(self) -> None:
        """Tell that the journal has new lines; cheap, from any thread."""
        if not self._work.is_set():
            self._work.set()

    @property
    def backlog_bytes(self) -> int:
        """Bytes that this process journalled and the database does not have yet."""
        return max(0, self._journal.taken_bytes - self._stored_bytes)

    @property
    def waiting_records(self) -> int:
        """How many records these bytes are."""
        return max(0, self._journal.taken_lines - self._stored_lines)

    @property
    def last_problem(self) -> str | None:
        """Why records wait, or None while nothing is in the way."""
        if self._thread.ident is not None and not self._thread.is_alive() and not self._stopping.is_set():
            return "the journal's writer has ended"
        return self._problem or self._orphan_problem

    def wait_until_stored(self, timeout_seconds: float) -> bool:
        """Whether all that was journalled before the call is in the database, within the time."""
        wanted = self._journal.taken_bytes
        self.wake()
        with self._progress:
            return self._progress.wait_for(lambda: self._stored_bytes >= wanted, timeout_seconds)

    def stop(self, *, timeout_seconds: float) -> Unstored:
        """Store what is left, for at most this long, and close the journal; what is left behind then."""
        self._gives_up_at = time.monotonic() + timeout_seconds
        self._stopping.set()
        self._work.set()
        self._thread.join(timeout_seconds + LAST_TRY_SECONDS)
        # Without an end of its own the thread hangs in the database, and the process will end without it.
        left = self._unstored or Unstored(self._journal.current.count_unstored(), self._journal.held_back)
        if left.lost:
            logger.critical("%d records are lost: neither the journal nor the database took them", left.lost)
        return left

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._work.clear()
            self._round()
            if self._problem is not None or self._journal.held_back:
                self._stopping.wait(RETRY_SECONDS)
            elif self._work.wait(ORPHANS_SECONDS):
                self._stopping.wait(GATHER_SECONDS)
        self._finish()

    def _round(self) -> None:
        """Store all that waits; trouble with the journal's files is told, and left to the next round."""
        try:
            if time.monotonic() >= self._orphans_at:
                self._orphans_at = time.monotonic() + ORPHANS_SECONDS
                self._store_orphans()
            self._journal.flush_held_back()
            if self._drain(self._journal.current) and self._store_held_back():
                self._rotate_when_large()
                self._problem = None
        except OSError as error:
            self._tell(f"the journal's files cannot be read or written: {_words(error)}")
        except Exception as error:
            # Whatever it is: records that arrive from now on still need this thread.
            self._tell(_words(error))

    def _finish(self) -> None:
        self._round()
        while self._problem is not None and not self._is_time_over():
            self._pause(FIRST_PAUSE_SECONDS)
            self._round()
        waiting = self._store_orphans() + self._journal.close()
        self._unstored = Unstored(waiting, self._journal.held_back)

    def _is_time_over(self) -> bool:
        return time.monotonic() >= self._gives_up_at

    def _store_orphans(self) -> int:
        """Store the segments of killed proxies; how many of their records still wait."""
        waiting = 0
        problem = None
        for orphan in self._journal.orphans():
            is_stored = False
            try:
                if not self._is_time_over():
                    self._drain(orphan)
                # A torn last line is not counted: its response never ended, so its record is not owed.
                left = orphan.count_unstored()
                is_stored = left == 0
                waiting += left
            except Exception as error:
                # Whatever is wrong with one segment: the others still have their turn.
                problem = f"the journal segment {orphan.path.name} cannot be stored: {_words(error)}"
                logger.warning("%s", problem)
            finally:
                # If not stored, it is found again with the next look.
                orphan.close(delete=is_stored)
        self._orphan_problem = problem
        return waiting

    def _rotate_when_large(self) -> None:
        if self._journal.current.stored_to >= SEGMENT_BYTES:
            self._journal.rotate()

    def _drain(self, segment: Segment) -> bool:
        """Store a segment to its end; False when the stop's time is over before."""
        while True:
            batch = segment.read(segment.stored_to, limit=BATCH_BYTES)
            length = batch.next_offset - segment.stored_to
            if length == 0:
                return True
            if not self._settle(batch.entries, batch.damaged):
                return False
            segment.stored_to = batch.next_offset
            if segment is self._journal.current:
                self._advance(length, len(batch.entries) + len(batch.damaged))

    def _store_held_back(self) -> bool:
        """Store the lines that the disk still refuses without it; False when the stop's time is over before."""
        while lines := self._journal.held_back_lines(HELD_BACK_BATCH):
            if not self._settle(*decoded(b"".join(lines))):
                return False
            dropped = self._journal.drop_held_back(lines)
            self._advance(sum(map(len, dropped)), len(dropped))
        return True

    def _advance(self, length: int, lines: int) -> None:
        with self._progress:
            self._stored_bytes += length
            self._stored_lines += lines
            self._progress.notify_all()

    def _settle(self, entries: tuple[JournalEntry, ...], damaged: tuple[bytes, ...]) -> bool:
        """Store entries and set aside what cannot be; False when the stop's time is over before."""
        aside = list(damaged)
        if entries and not self._store(entries, aside):
            return False
        if aside:
            self._journal.reject(aside)
        return True

    def _store(self, entries: tuple[JournalEntry, ...], aside: list[bytes]) -> bool:
        """Store entries, waiting out what is no record's fault; what is refused alone is added to `aside`."""
        pause = FIRST_PAUSE_SECONDS
        has_waited = False
        while True:
            try:
                self._record(entries)
            except NOT_ITS_FAULT as error:
                self._tell(_words(error))
            except Exception as error:
                # Not ours to judge what a driver raises: what fails alone is set aside, the rest goes on.
                if self._recorder is not None:
                    return self._store_apart(entries, aside, error)
                self._tell(_words(error))
            else:
                if has_waited:
                    self._problem = None
                self._note_stored(len(entries))
                return True
            if self._is_time_over():
                return False
            has_waited = True
            self._pause(pause)
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)

    def _store_apart(self, entries: tuple[JournalEntry, ...], aside: list[bytes], error: Exception) -> bool:
        if len(entries) == 1:
            logger.error("a record cannot be stored: %s", _words(error))
            aside.append(encoded(entries[0]))
            return True
        half = len(entries) // 2
        return self._store(entries[:half], aside) and self._store(entries[half:], aside)

    def _record(self, entries: tuple[JournalEntry, ...]) -> None:
        if self._recorder is None:
            self._recorder = self._open_recorder()
        stated: dict[bytes, Decimal] = {
            entry.record.id: entry.stated_cost for entry in entries if entry.stated_cost is not None
        }
        self._recorder.record([entry.record for entry in entries], stated)

    def _note_stored(self, count: int) -> None:
        self.stored += count
        if self._on_stored is not None:
            self._on_stored(count)

    def _pause(self, seconds: float) -> None:
        """Wait, but for no longer than the stop allows, and not with lines in memory that the disk takes again."""
        was_stopping = self._stopping.is_set()
        ends_at = min(time.monotonic() + seconds, self._gives_up_at)
        while (left := ends_at - time.monotonic()) > 0:
            self._journal.flush_held_back()
            if was_stopping:
                time.sleep(min(left, RETRY_SECONDS))
            elif self._stopping.wait(min(left, RETRY_SECONDS)):
                return

    def _tell(self, problem: str) -> None:
        if problem != self._problem:
            logger.warning("records wait in the journal: %s", problem)
        self._problem = problem


def _words(error: Exception) -> str:
    if isinstance(error, TokenmonError):
        return error.message
    if isinstance(error, OSError):
        return error.strerror or type(error).__name__
    return f"{type(error).__name__}: {error}"
