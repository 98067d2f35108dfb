"""One file of the journal: whole lines at its end, read back from any offset, locked by the process that owns it.

Apart from the journal because another proxy's segments are opened the same way. The lock tells an orphan of a killed
proxy (replayed) from a segment in use by a living one (left alone).
"""

import errno
import os
import time
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import msgspec

from tokenmon.core.record import UsageRecord

try:
    import fcntl
except ImportError:  # Windows has no flock: two proxies must not share a home there.
    fcntl = None  # type: ignore[assignment]

SUFFIX = ".jsonl"
# A segment has this name until it is locked: whoever looks for orphans sees only names that end in SUFFIX.
UNLOCKED_SUFFIX = ".new"
# Far above any record (ids and names are bounded); a longer line can only be damage.
MAX_LINE = 1024 * 1024
PIECE_BYTES = 1024 * 1024
# `doctor` holds an orphan for microseconds when it looks whether it is one; a living owner for its whole life.
LOCK_SECONDS = 0.05
LOCK_LOOK_SECONDS = 0.005


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


def encoded(entry: JournalEntry) -> bytes:
    """The line of an entry, without its end."""
    return _encoder.encode(entry)


def decoded(lines: bytes) -> tuple[tuple[JournalEntry, ...], tuple[bytes, ...]]:
    """The entries of whole lines, and the lines that are damaged."""
    entries: list[JournalEntry] = []
    damaged: list[bytes] = []
    for line in lines.splitlines():
        try:
            entries.append(_decoder.decode(line))
        except (msgspec.MsgspecError, ValueError):
            damaged.append(line)
    return tuple(entries), tuple(damaged)


class Segment:
    """One journal file, opened and locked by this process; `stored_to` is kept by whoever stores its records."""

    def __init__(self, path: Path, *, create: bool) -> None:
        self.path = path
        self._descriptor = _create_locked(path) if create else _open_locked(path)
        self._size = os.fstat(self._descriptor).st_size
        self.stored_to = 0

    @property
    def size(self) -> int:
        """Bytes written so far."""
        return self._size

    def append(self, line: bytes) -> None:
        """Write one line whole, or raise OSError and leave nothing of it."""
        if self._descriptor < 0:
            raise OSError(errno.EBADF, "the segment is closed")
        write_whole(self._descriptor, line, at=self._size)
        self._size += len(line)

    def read(self, offset: int, *, limit: int) -> JournalBatch:
        """Up to about `limit` bytes of whole lines from an offset; a torn last line waits for its end."""
        data = os.pread(self._descriptor, limit, offset)
        end = data.rfind(b"\n") + 1
        if end == 0:
            if len(data) >= MAX_LINE:
                return JournalBatch((), (data[:200],), offset + len(data))
            if len(data) == limit:
                return self.read(offset, limit=MAX_LINE)
            return JournalBatch((), (), offset)
        entries, damaged = decoded(data[:end])
        return JournalBatch(entries, damaged, offset + end)

    def count_unstored(self) -> int:
        """How many whole lines follow `stored_to`."""
        count, offset = 0, self.stored_to
        while piece := os.pread(self._descriptor, PIECE_BYTES, offset):
            count += piece.count(b"\n")
            offset += len(piece)
        return count

    def close(self, *, delete: bool) -> None:
        """Release the lock; delete the file when all of it is stored. Appending raises OSError from now on."""
        # The number may soon mean another file: nothing may use it again.
        descriptor, self._descriptor = self._descriptor, -1
        if delete:
            self.path.unlink(missing_ok=True)
        os.close(descriptor)


def write_whole(descriptor: int, data: bytes, *, at: int) -> None:
    """Append data to a file of size `at`, or raise OSError and leave nothing of it."""
    written = os.write(descriptor, data)
    if written != len(data):
        # The disk filled up in the middle: take the torn piece away again.
        os.ftruncate(descriptor, at)
        raise OSError(errno.ENOSPC, "no space left for the journal")


def is_in_use(path: Path) -> bool:
    """Whether a living process owns a segment; whoever wants to take it over meanwhile only waits a moment."""
    try:
        descriptor = os.open(path, os.O_RDONLY | _CLOSE_ON_EXEC)
    except OSError:
        return False
    try:
        # Shared: two that look at the same time do not take each other for an owner.
        if fcntl is not None:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


_CLOSE_ON_EXEC = getattr(os, "O_CLOEXEC", 0)


def _create_locked(path: Path) -> int:
    """Make a segment that is never seen without its lock."""
    unlocked = path.with_suffix(UNLOCKED_SUFFIX)
    descriptor = os.open(unlocked, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_EXCL | _CLOSE_ON_EXEC, 0o600)
    try:
        _lock(descriptor)
        os.rename(unlocked, path)
    except OSError:
        unlocked.unlink(missing_ok=True)
        os.close(descriptor)
        raise
    return descriptor


def _open_locked(path: Path) -> int:
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND | _CLOSE_ON_EXEC)
    try:
        _lock(descriptor)
        if os.fstat(descriptor).st_nlink == 0:
            raise FileNotFoundError(errno.ENOENT, "its owner has just stored and deleted it", str(path))
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def _lock(descriptor: int) -> None:
    ends_at = time.monotonic() + LOCK_SECONDS
    while fcntl is not None:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > ends_at:
                raise
            time.sleep(LOCK_LOOK_SECONDS)
        else:
            return
