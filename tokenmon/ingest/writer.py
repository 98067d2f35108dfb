"""The writer: one thread that moves the journal's records to the database, in batches, until all are stored.

A database that is locked, full, read-only or away delays it and loses nothing: the journal keeps the lines, and the
writer tries again with growing pauses. A record that the database refuses for good is set aside, told, and blocks
nothing.
"""

import logging
import threading
import time
from collections.abc import Callable
from decimal import Decimal

from tokenmon.errors import TemporaryError, TokenmonError
from tokenmon.ingest.journal import SEGMENT_BYTES, Journal, JournalEntry, Segment, encoded
from tokenmon.ingest.recorder import Recording

logger = logging.getLogger("tokenmon.writer")

BATCH_BYTES = 512 * 1024
# Collects what arrives together: a commit costs as much as thirty records.
GATHER_SECONDS = 0.05
FIRST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 5.0


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
        self._offset = 0
        self._work = threading.Event()
        self._stopping = threading.Event()
        self._gives_up_at = float("inf")
        self._thread = threading.Thread(target=self._run, name="journal writer", daemon=True)
        self._is_idle = threading.Event()
        self.stored = 0
        self.last_problem: str | None = None

    def start(self) -> None:
        """Begin: orphans of killed proxies first, then what arrives."""
        self._thread.start()

    def wake(self) -> None:
        """Tell that the journal has new lines; cheap, from any thread."""
        if not self._work.is_set():
            self._is_idle.clear()
            self._work.set()

    @property
    def backlog_bytes(self) -> int:
        """Bytes of the current segment that the database does not have yet."""
        return self._journal.current.size - self._offset

    def wait_until_stored(self, timeout_seconds: float) -> bool:
        """Whether all that was journalled before the call is in the database, within the time."""
        self.wake()
        return self._is_idle.wait(timeout_seconds)

    def stop(self, *, timeout_seconds: float) -> bool:
        """Store what is left, for at most this long; whether the journal is empty then."""
        self._gives_up_at = time.monotonic() + timeout_seconds
        self._stopping.set()
        self._work.set()
        self._thread.join(timeout_seconds + 10)
        return not self._thread.is_alive() and self.backlog_bytes == 0

    def _run(self) -> None:
        self._adopt_orphans()
        while True:
            self._work.wait()
            if not self._stopping.is_set():
                self._stopping.wait(GATHER_SECONDS)
            self._work.clear()
            self._offset = self._drain(self._journal.current, self._offset)
            self._rotate_when_large()
            if self._stopping.is_set():
                self._journal.current.close(delete=self.backlog_bytes == 0 and not self._journal.held_back)
                return
            if self.backlog_bytes == 0 and not self._work.is_set():
                self._is_idle.set()

    def _adopt_orphans(self) -> None:
        for orphan in self._journal.orphans():
            stored_to = self._drain(orphan, 0)
            # The response of a torn line never ended, so its record is not owed.
            orphan.close(delete=stored_to >= orphan.size or orphan.ends_torn(stored_to))

    def _rotate_when_large(self) -> None:
        if self._offset >= SEGMENT_BYTES:
            old = self._journal.rotate()
            old.close(delete=self._drain(old, self._offset) >= old.size)
            self._offset = 0

    def _drain(self, segment: Segment, offset: int) -> int:
        """Store a segment from an offset to its end; the offset up to which it is stored."""
        while True:
            batch = segment.read(offset, limit=BATCH_BYTES)
            if batch.next_offset == offset:
                return offset
            if batch.damaged:
                self._journal.reject(list(batch.damaged))
            if batch.entries and not self._store(batch.entries):
                return offset
            offset = batch.next_offset

    def _store(self, entries: tuple[JournalEntry, ...]) -> bool:
        """Store a batch, waiting out temporary trouble; False when the stop's time is over."""
        pause = FIRST_PAUSE_SECONDS
        while True:
            try:
                self._record(entries)
            except TemporaryError as error:
                self._tell(error.message)
            except Exception as error:
                # Not ours to judge what a driver raises: what fails alone is set aside, the rest goes on.
                self._tell(f"{type(error).__name__}: {error}")
                if not isinstance(error, TokenmonError) and self._recorder is not None:
                    return self._store_one_by_one(entries)
            else:
                self.last_problem = None
                return True
            if time.monotonic() + pause > self._gives_up_at:
                return False
            self._stopping.wait(pause) if not self._stopping.is_set() else time.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)

    def _store_one_by_one(self, entries: tuple[JournalEntry, ...]) -> bool:
        for entry in entries:
            try:
                self._record((entry,))
            except TemporaryError:
                if not self._store((entry,)):
                    return False
            except Exception as error:
                logger.error("a record cannot be stored: %s: %s", type(error).__name__, error)
                self._journal.reject([encoded(entry)])
        return True

    def _record(self, entries: tuple[JournalEntry, ...]) -> None:
        if self._recorder is None:
            self._recorder = self._open_recorder()
        stated: dict[bytes, Decimal] = {
            entry.record.id: entry.stated_cost for entry in entries if entry.stated_cost is not None
        }
        self._recorder.record([entry.record for entry in entries], stated)
        self.stored += len(entries)
        if self._on_stored is not None:
            self._on_stored(len(entries))

    def _tell(self, problem: str) -> None:
        if problem != self.last_problem:
            logger.warning("records wait in the journal: %s", problem)
        self.last_problem = problem
