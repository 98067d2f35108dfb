"""The journal: an append-only file that holds a record before its response ends, until the database has it.

One JSON line a record, in segments named for their start; a segment's owner holds a lock on it, so that a start
after a kill can tell an orphan (replayed) from a segment in use by another proxy (left alone). A written line
survives the death of the process at any moment. Reading back is by file, not by memory: a database that is away for
hours costs disk, not memory.
"""

import logging
import os
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import msgspec

from tokenmon.core.record import UsageRecord
from tokenmon.errors import TokenmonError
from tokenmon.paths import make_private

try:
    import fcntl
except ImportError:  # Windows has no flock: segments of a killed proxy are told by their process id alone.
    fcntl = None  # type: ignore[assignment]

logger = logging.getLogger("tokenmon.journal")

SUFFIX = ".jsonl"
REJECTED = "rejected.lines"
# A fully stored segment above this size is dropped for a new one, so a replay after a kill stays short.
SEGMENT_BYTES = 8 * 1024 * 1024
# Far above any record (ids and names are bounded); a longer line can only be damage.
MAX_LINE = 1024 * 1024
# About 70 MB of lines that a full disk refuses; beyond it a record is lost, and said to be.
MAX_HELD_BACK = 100_000


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """One line: a record that is not yet priced, and the cost its provider stated, if any."""

    record: UsageRecord
    stated_cost: Decimal | None = None


@dataclass(frozen=True, slots=True)
class JournalBatch:
    """Entries read from a segment, the damaged lines among them, and where the next read starts."""

    entries: tuple[JournalEntry, ...]
    damaged: tuple[bytes, ...]
    next_offset: int


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(JournalEntry)


class Segment:
    """One journal file, opened and locked by this process."""

    def __init__(self, path: Path, *, create: bool) -> None:
        flags = os.O_RDWR | os.O_APPEND | (os.O_CREAT | os.O_EXCL if create else 0)
        self.path = path
        self._descriptor = os.open(path, flags | getattr(os, "O_CLOEXEC", 0), 0o600)
        self._size = os.fstat(self._descriptor).st_size
        try:
            _lock(self._descriptor)
        except OSError:
            os.close(self._descriptor)
            raise

    @property
    def size(self) -> int:
        """Bytes written so far."""
        return self._size

    def append(self, line: bytes) -> None:
        """Write one line whole, or raise OSError and leave nothing of it."""
        written = os.write(self._descriptor, line)
        if written != len(line):
            # The disk filled up in the middle of the line: take the torn piece away again.
            os.ftruncate(self._descriptor, self._size)
            raise OSError(28, "no space left for the journal")
        self._size += written

    def read(self, offset: int, *, limit: int) -> JournalBatch:
        """Up to about `limit` bytes of whole lines from an offset; a torn last line waits for its end."""
        data = os.pread(self._descriptor, limit, offset)
        end = data.rfind(b"\n") + 1
        if end == 0:
            if len(data) < MAX_LINE:
                return JournalBatch((), (), offset)
            return JournalBatch((), (data[:200],), offset + len(data))
        entries: list[JournalEntry] = []
        damaged: list[bytes] = []
        for line in data[:end].splitlines():
            try:
                entries.append(_decoder.decode(line))
            except (msgspec.MsgspecError, ValueError):
                damaged.append(line)
        return JournalBatch(tuple(entries), tuple(damaged), offset + end)

    def ends_torn(self, offset: int) -> bool:
        """Whether all that is left from an offset is one line without its end: a kill fell into its writing."""
        rest = os.pread(self._descriptor, MAX_LINE, offset)
        return bool(rest) and b"\n" not in rest

    def close(self, *, delete: bool) -> None:
        """Release the lock; delete the file when all of it is stored."""
        if delete:
            self.path.unlink(missing_ok=True)
        os.close(self._descriptor)


def _lock(descriptor: int) -> None:
    if fcntl is not None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


class Journal:
    """The segments of one process: appends come from the event loop, reads from the one writer.

    `append` never raises: when the disk refuses, the line is kept in memory (bounded) and tried again with the next
    one, and `failures` counts it.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = make_private(folder)
        self._current = self._new_segment()
        self._held_back: list[bytes] = []
        # The event loop appends while the writer's thread rotates: a line must not land in a segment just given up.
        self._turn = threading.Lock()
        self.failures = 0

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
        self.append_line(_encoder.encode(entry) + b"\n")

    def append_line(self, line: bytes) -> None:
        """Write a line; when this returns, the death of the process cannot lose it (unless the disk refused)."""
        with self._turn:
            try:
                while self._held_back:
                    self._current.append(self._held_back[0])
                    del self._held_back[0]
                self._current.append(line)
            except OSError as error:
                self._hold_back(line, error)

    def _hold_back(self, line: bytes, error: OSError) -> None:
        if self.failures == 0:
            logger.error("the journal cannot be written (%s): records wait in memory", error.strerror)
        self.failures += 1
        if len(self._held_back) < MAX_HELD_BACK:
            self._held_back.append(line)
        else:
            logger.critical("a record is lost: the journal's disk is full and memory holds %d records", MAX_HELD_BACK)

    def rotate(self) -> Segment:
        """Start a new segment and return the old one, which gets no more lines."""
        with self._turn:
            old = self._current
            self._current = self._new_segment()
        return old

    def orphans(self) -> Iterator[Segment]:
        """The segments that no living process holds, oldest first, locked for the caller."""
        for path in sorted(self._folder.glob("*" + SUFFIX)):
            if path == self._current.path:
                continue
            try:
                yield Segment(path, create=False)
            except BlockingIOError:
                continue
            except OSError as error:
                logger.error("cannot read the journal segment %s: %s", path.name, error.strerror)

    def reject(self, lines: list[bytes]) -> None:
        """Set lines aside that cannot be stored, so that they block nothing and are not lost."""
        with open(self._folder / REJECTED, "ab", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
            file.writelines(line + b"\n" for line in lines)
        logger.error("%d journal lines cannot be stored; kept in %s", len(lines), REJECTED)

    def _new_segment(self) -> Segment:
        name = f"{time.time_ns() // 1_000_000:013d}-{os.getpid()}-{os.urandom(3).hex()}{SUFFIX}"
        try:
            return Segment(self._folder / name, create=True)
        except OSError as error:
            raise TokenmonError(
                f"cannot write the journal in {self._folder}: {error.strerror}", hint="make the folder writable"
            ) from error


def encoded(entry: JournalEntry) -> bytes:
    """The line of an entry, without its end."""
    return _encoder.encode(entry)


def waiting_lines(folder: Path) -> tuple[int, int]:
    """How many records of proxies that are gone wait in a journal folder, and how many lines were set aside there.

    Segments of running proxies are left out: their writers are at it. Nothing is changed.
    """
    waiting = sum(_count_lines(path) for path in folder.glob("*" + SUFFIX) if not _is_in_use(path))
    return waiting, _count_lines(folder / REJECTED)


def _is_in_use(path: Path) -> bool:
    try:
        Segment(path, create=False).close(delete=False)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def _count_lines(path: Path) -> int:
    try:
        with open(path, "rb") as file:
            return sum(piece.count(b"\n") for piece in iter(lambda: file.read(1024 * 1024), b""))
    except FileNotFoundError:
        return 0
