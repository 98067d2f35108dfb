"""Reading a tool's files: lines to calls, merged, and handed on in batches; the states of the files that were read.

Apart from `importing.py`, which knows the store; here are the files and the parsers.
"""

import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing, suppress
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from tokenmon.core.import_state import FileState
from tokenmon.core.official_limit import OfficialLimit, newest
from tokenmon.core.record import UsageRecord
from tokenmon.ingest.import_audit import UNREADABLE_LINE, Audit
from tokenmon.ingest.import_labels import Labels
from tokenmon.ingest.import_relatives import Relatives
from tokenmon.ingest.importers.call import LimitTeller, LineParser, LogFile, LoggedCall, Merged, SkippedError
from tokenmon.ingest.log_files import (
    MAX_LINE_BYTES,
    Block,
    FoundFile,
    blocks,
    fingerprint,
    last_marked_line,
    marked_lines,
    survey,
)

BATCH = 2000
# Documents are read whole; a session of this size has not been seen.
MAX_DOCUMENT_BYTES = 64 << 20
UNREADABLE = (msgspec.MsgspecError, ValueError, RecursionError)
BEFORE_SINCE = "before --since"
# What a document lacks stands near the start of the transcript beside it.
MAX_LINES_BESIDE = 500


class Reading:
    """One run over a tool's files: what was read and is not stored yet."""

    def __init__(
        self,
        audit: Audit,
        labels: Labels,
        relatives: Relatives,
        store: Callable[[Sequence[UsageRecord], Mapping[bytes, Decimal]], None],
        save: Callable[[Sequence[FileState]], None],
        keep_limits: Callable[[Sequence[OfficialLimit]], None],
        *,
        on_bytes: Callable[[int], None],
        since_ms: int | None,
        machine: str,
    ) -> None:
        self._audit = audit
        self._labels = labels
        self._relatives = relatives
        self._store = store
        self._save = save
        self._keep_limits = keep_limits
        self._on_bytes = on_bytes
        self._since_ms = since_ms
        self._machine = machine
        self._merged = Merged()
        self._left_out = False
        self._states: list[FileState] = []
        self._limits: list[OfficialLimit] = []

    def read(self, file: FoundFile, state: FileState | None) -> None:
        """Read one file; what is wrong with it stops no other."""
        self._left_out = False
        try:
            new_state = self._read_by_kind(file, state)
        except (OSError, sqlite3.Error) as error:
            words = getattr(error, "strerror", None) or str(error)
            self._audit.bad(file.path, None, words.lower())
            return
        except UNREADABLE:
            self._audit.bad(file.path, None, UNREADABLE_LINE)
            return
        self._audit.files_read += 1
        if not self._left_out:
            self._states.append(new_state)

    def flush(self) -> None:
        """Store the calls and limits that were read, and then how far the files were whose end was reached."""
        if len(self._merged):
            self._store_merged()
        if self._limits:
            self._keep_limits(self._limits)
            self._limits = []
        self._save(self._states)
        self._states = []

    def _store_merged(self) -> None:
        calls = self._merged.calls()
        self._merged = Merged()
        records = [self._labels.record(call) for call in calls]
        stated = {
            record.id: call.stated_cost
            for record, call in zip(records, calls, strict=True)
            if call.stated_cost is not None
        }
        self._store(records, stated)

    def _read_by_kind(self, file: FoundFile, state: FileState | None) -> FileState:
        if file.files.kind == "lines":
            return self._read_lines(file, state)
        if file.files.kind == "document":
            self._read_document(file)
        else:
            self._read_database(file)
        return FileState(file.key, file.inode, file.size, file.mtime_ns, file.size, 0, bytes(16))

    def _take(self, call: LoggedCall) -> None:
        audit = self._audit
        audit.sights += 1
        if self._since_ms is not None and call.at_ms < self._since_ms:
            self._left_out = True
            audit.skip(BEFORE_SINCE)
        elif not self._merged.add(call):
            audit.merged += 1
        elif len(self._merged) >= BATCH:
            self.flush()

    # Lines

    def _read_lines(self, found: FoundFile, state: FileState | None) -> FileState:
        parser_class = found.files.load()
        markers: tuple[bytes, ...] = parser_class.markers
        with open(found.path, "rb") as file:
            start = _start(file, found, state)
            offset, lines, context = (0, 0, None) if start is None else (start.offset, start.lines, start.context)
            log = LogFile(
                found.parts, found.mtime_ns // 1_000_000, lines_of=lambda text: self._relatives.lines_of(text, markers)
            )
            parser: LineParser = parser_class(log, context)
            for block in blocks(file, offset):
                if block.kind == "unfinished":
                    self._read_unfinished(parser_class, log, parser, block.data)
                    continue
                lines += self._read_block(parser, block, found.path, lines + 1)
                offset = block.end
            self._take_limits(parser)
            return FileState(
                found.key, found.inode, found.size, found.mtime_ns, offset, lines, fingerprint(file, offset),
                parser.context(),
            )  # fmt: skip

    def _read_block(self, parser: LineParser, block: Block, path: Path, first_line: int) -> int:
        """Read whole lines; how many they were."""
        audit, data = self._audit, block.data
        if block.kind == "too long":
            audit.lines += 1
            audit.bad(path, first_line, f"longer than {MAX_LINE_BYTES >> 20} MB")
            return 1
        lines, doubtful = survey(data)
        audit.lines += lines
        audit.bytes_read += len(data)
        self._on_bytes(len(data))
        for number, line in doubtful:
            if not any(marker in line for marker in parser.markers) and not _is_json(line):
                audit.bad(path, first_line + number, UNREADABLE_LINE)
        for start, end in marked_lines(data, parser.markers):
            try:
                for call in _calls_of(parser, data[start:end]):
                    self._take(call)
            except SkippedError as skipped:
                audit.skip(skipped.reason)
            except UNREADABLE:
                audit.bad(path, first_line + data.count(b"\n", 0, start), UNREADABLE_LINE)
        if isinstance(parser, LimitTeller):
            line = last_marked_line(data, parser.limit_marker)
            if line and not any(marker in line for marker in parser.markers):
                with suppress(SkippedError, *UNREADABLE):
                    parser.read(line)
        return lines

    def _read_unfinished(self, parser_class: Any, log: LogFile, parser: LineParser, line: bytes) -> None:
        """A last line without its end: taken if it is whole, and read again when more is written.

        By a parser of its own, since the same line must find the first one as it was.
        """
        apart: LineParser = parser_class(log, parser.context())
        if any(marker in line for marker in parser.markers):
            try:
                for call in apart.read(line):
                    self._take(call)
            except SkippedError:
                pass
            except UNREADABLE:
                self._audit.unfinished += 1
        elif line.strip() and not _is_json(line):
            self._audit.unfinished += 1
        self._take_limits(apart)

    def _take_limits(self, parser: LineParser) -> None:
        if isinstance(parser, LimitTeller):
            self._limits = newest([*self._limits, *parser.limits(self._machine)])

    # Documents and databases

    def _read_document(self, found: FoundFile) -> None:
        if found.size > MAX_DOCUMENT_BYTES:
            self._audit.bad(found.path, None, f"larger than {MAX_DOCUMENT_BYTES >> 20} MB")
            return
        data = found.path.read_bytes()
        self._audit.bytes_read += len(data)
        log = LogFile(found.parts, found.mtime_ns // 1_000_000, lines_of=lambda name: _lines_beside(found.path, name))
        self._take_entries(found.files.load()(log, data))

    def _read_database(self, found: FoundFile) -> None:
        self._audit.bytes_read += found.size
        log = LogFile(found.parts, found.mtime_ns // 1_000_000, found.path.absolute().parts[:-1])
        address = found.path.absolute().as_uri() + "?mode=ro"
        with closing(sqlite3.connect(address, uri=True, timeout=1)) as connection:
            self._take_entries(found.files.load()(log, connection))

    def _take_entries(self, entries: Iterable[LoggedCall | SkippedError]) -> None:
        for entry in entries:
            self._audit.lines += 1
            if isinstance(entry, SkippedError):
                self._audit.skip(entry.reason)
            else:
                self._take(entry)


def _start(file: BinaryIO, found: FoundFile, state: FileState | None) -> FileState | None:
    """The state from which a file can be read on; None when it must be read from its start.

    One of the same size that was written to is not longer: something in it changed.
    """
    if state is None or state.inode != found.inode or found.size <= state.size or state.offset > found.size:
        return None
    return state if fingerprint(file, state.offset) == state.fingerprint else None


def _lines_beside(path: Path, name: str) -> Iterable[bytes]:
    try:
        with open(path.with_name(f"{name}.jsonl"), "rb") as file:
            yield from islice(file, MAX_LINES_BESIDE)
    except OSError:
        return


def _is_json(line: bytes) -> bool:
    try:
        msgspec.json.decode(line)
    except UNREADABLE:
        return False
    return True


def _calls_of(parser: LineParser, line: bytes) -> Iterable[LoggedCall]:
    try:
        return parser.read(line)
    except UNREADABLE:
        # Text that was cut in the middle of a character spoils its line for the decoder, not the counts in it.
        mended = line.decode("utf-8", "replace").encode()
        if mended == line:
            raise
        return parser.read(mended)
