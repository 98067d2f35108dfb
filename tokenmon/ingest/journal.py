"""The journal: an append-only file that holds a record before its response ends, until the database has it.

One JSON line a record, in segments named for their start. A written line survives the death of the process at any
moment. Reading back is by file, not by memory: a database that is away for hours costs disk, not memory.
"""

import logging
import os
import threading
import time
from collections import deque
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from tokenmon.errors import TokenmonError
from tokenmon.ingest.segment import (
    PIECE_BYTES,
    SUFFIX,
    UNLOCKED_SUFFIX,
    JournalEntry,
    Segment,
    encoded,
    is_in_use,
    write_whole,
)
from tokenmon.paths import make_private

logger = logging.getLogger("tokenmon.journal")

REJECTED = "rejected.lines"
# About 70 MB of lines that a full disk refuses; beyond it a record is lost, and said to be.
MAX_HELD_BACK = 100_000
# A segment is without its lock for microseconds, so one that is so for this long was left by a kill, empty.
UNLOCKED_SECONDS = 60.0


class Journal:
    """The segments of one process: appends come from the event loop, all else from the one writer.

    `append` never raises: when the disk refuses, the line is held back in memory (bounded), and `failures` counts it.
    While lines are held back, new ones wait behind them, so that lines keep their order; the writer takes them off.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = make_private(folder)
        self._current = self._new_segment()
        self._held_back: deque[bytes] = deque()
        # The event loop appends while the writer's thread rotates: a line must not land in a segment just given up.
        self._turn = threading.Lock()
        self._is_closed = False
        self._is_refusing = False
        self.failures = 0
        self.rejected = 0
        self.taken_bytes = 0
        self.taken_lines = 0

    @property
    def current(self) -> Segment:
        """The segment that appends go to."""
        return self._current

    @property
    def held_back(self) -> int:
        """Lines that the disk has refused so far and that wait in memory."""
        return len(self._held_back)

    def append(self, entry: JournalEntry) -> None:
        """Write an entry; see `append_line`."""
        self.append_line(encoded(entry) + b"\n")

    def append_line(self, line: bytes) -> None:
        """Write a line; when this returns, the death of the process cannot lose it (unless the disk refused)."""
        with self._turn:
            if self._held_back:
                self._hold_back(line)
                return
            try:
                self._current.append(line)
            except OSError as error:
                self._note_refusal(error)
                self._hold_back(line)
            else:
                self._is_refusing = False
                self.taken_bytes += len(line)
                self.taken_lines += 1

    def _note_refusal(self, error: OSError) -> None:
        if not self._is_refusing and not self._is_closed:
            logger.error("the journal cannot be written (%s): records wait in memory", error.strerror)
        self._is_refusing = True

    def _hold_back(self, line: bytes) -> None:
        self.failures += 1
        if self._is_closed:
            logger.critical("a record is lost: it came after the journal was closed")
        elif len(self._held_back) >= MAX_HELD_BACK:
            logger.critical("a record is lost: the journal's disk is full and memory holds %d records", MAX_HELD_BACK)
        else:
            self._held_back.append(line)
            self.taken_bytes += len(line)
            self.taken_lines += 1

    def flush_held_back(self) -> bool:
        """Write the lines held back; whether none is left."""
        try:
            while self._held_back:
                # Without the turn: appends only join the queue meanwhile, and must not wait for 100,000 lines.
                self._current.append(self._held_back[0])
                with self._turn:
                    self._held_back.popleft()
        except OSError:
            return False
        self._is_refusing = False
        return True

    def held_back_lines(self, limit: int) -> list[bytes]:
        """The oldest lines held back, which stay so until they are written or dropped."""
        with self._turn:
            return list(islice(self._held_back, limit))

    def drop_held_back(self, lines: list[bytes]) -> list[bytes]:
        """Forget lines that got to the database without the journal; those of them not written meanwhile."""
        with self._turn:
            return [self._held_back.popleft() for line in lines if self._held_back and self._held_back[0] is line]

    def rotate(self) -> bool:
        """Give up the current segment for a new one, if all of it is stored; whether it was."""
        with self._turn:
            if self._current.stored_to < self._current.size:
                return False
            old, self._current = self._current, self._new_segment()
        old.close(delete=True)
        return True

    def close(self) -> int:
        """Give up the current segment for good, deleted if all of it is stored; how many of its records are not."""
        with self._turn:
            self._is_closed = True
            unstored = self._current.count_unstored()
            self._current.close(delete=unstored == 0)
        return unstored

    def orphans(self) -> Iterator[Segment]:
        """The segments that no living process holds, oldest first, locked for the caller."""
        self._clear_unlocked()
        for path in sorted(self._folder.glob("*" + SUFFIX)):
            if path == self._current.path:
                continue
            try:
                yield Segment(path, create=False)
            except (BlockingIOError, FileNotFoundError):
                # In use, or just now stored and deleted by another proxy.
                continue
            except OSError as error:
                logger.error("cannot read the journal segment %s: %s", path.name, error.strerror)

    def _clear_unlocked(self) -> None:
        for path in self._folder.glob("*" + UNLOCKED_SUFFIX):
            try:
                if time.time() - path.stat().st_mtime > UNLOCKED_SECONDS:
                    path.unlink()
            except OSError:
                continue

    def reject(self, lines: list[bytes]) -> None:
        """Set lines aside that cannot be stored, so that they block nothing and are not lost; all of them or none."""
        descriptor = os.open(self._folder / REJECTED, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            data = b"".join(line + b"\n" for line in lines)
            write_whole(descriptor, data, at=os.fstat(descriptor).st_size)
        finally:
            os.close(descriptor)
        self.rejected += len(lines)
        logger.error("%d journal lines cannot be stored; kept in %s", len(lines), REJECTED)

    def _new_segment(self) -> Segment:
        name = f"{time.time_ns() // 1_000_000:013d}-{os.getpid()}-{os.urandom(3).hex()}{SUFFIX}"
        try:
            return Segment(self._folder / name, create=True)
        except OSError as error:
            raise TokenmonError(
                f"cannot write the journal in {self._folder}: {error.strerror}", hint="make the folder writable"
            ) from error


def waiting_lines(folder: Path) -> tuple[int, int]:
    """How many records of proxies that are gone wait in a journal folder, and how many lines were set aside there.

    Segments of running proxies are left out: their writers are at it. Nothing is changed.
    """
    waiting = sum(_count_lines(path) for path in folder.glob("*" + SUFFIX) if not is_in_use(path))
    return waiting, _count_lines(folder / REJECTED)


def _count_lines(path: Path) -> int:
    try:
        with open(path, "rb") as file:
            return sum(piece.count(b"\n") for piece in iter(lambda: file.read(PIECE_BYTES), b""))
    except FileNotFoundError:
        return 0
