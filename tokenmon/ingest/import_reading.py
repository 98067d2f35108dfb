"""Reading a tool's files: lines to calls, merged, and given portion by portion, with the states of the files read.

Apart from `importing.py`, which knows the store; here are the files and the parsers.
"""

import sqlite3
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import closing, suppress
from functools import lru_cache, partial
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from tokenmon.core.import_state import FileState
from tokenmon.core.official_limit import newest
from tokenmon.ingest.import_portion import Portion
from tokenmon.ingest.import_relatives import Relatives
from tokenmon.ingest.importers.call import LimitTeller, LineParser, LogFile, LoggedCall, Merged, SkippedError
from tokenmon.ingest.importers.tools import Tool
from tokenmon.ingest.log_files import (
    MAX_LINE_BYTES,
    Block,
    FoundFile,
    blocks,
    fingerprint,
    last_marked_line,
    marked_lines,
    settings_of,
    survey,
)

# Calls of one portion: few enough that several may wait to be stored.
PORTION = 500
# Documents are read whole; a session of this size has not been seen.
MAX_DOCUMENT_BYTES = 64 << 20
UNREADABLE = (msgspec.MsgspecError, ValueError, RecursionError)
UNREADABLE_LINE = "cannot be read as JSON"
BEFORE_SINCE = "before --since"
# What a document lacks stands near the start of the transcript beside it.
MAX_LINES_BESIDE = 500

# Whoever stores limits knows the machine.
NO_MACHINE = ""
# A file's portions, and in the end its new state.
Portions = Generator[Portion, None, FileState]


class Reading:
    """One run over a tool's files: `found` are all of them, since some tell what others lack."""

    def __init__(self, tool: Tool, found: Sequence[FoundFile], since_ms: int | None) -> None:
        self._settings_of = lru_cache(maxsize=64)(partial(settings_of, tool))
        self._relatives = Relatives(found)
        self._since_ms = since_ms
        self._portion = Portion(0)
        self._merged = Merged()
        self._left_out = False

    def portions(self, number: int, file: FoundFile, state: FileState | None) -> Iterator[Portion]:
        """What is new in a file, which is the one of that number; what is wrong with it is told in the last portion."""
        self._portion, self._merged, self._left_out = Portion(number), Merged(), False
        try:
            new_state = yield from self._by_kind(file, state)
        except (OSError, sqlite3.Error) as error:
            words = getattr(error, "strerror", None) or str(error)
            self._portion.bad(None, words.lower())
        except UNREADABLE:
            self._portion.bad(None, UNREADABLE_LINE)
        else:
            self._portion.is_end = True
            self._portion.state = None if self._left_out else new_state
        yield self._cut()

    def _by_kind(self, file: FoundFile, state: FileState | None) -> Portions:
        if file.files.kind == "lines":
            return (yield from self._read_lines(file, state))
        yield from self._read_document(file) if file.files.kind == "document" else self._read_database(file)
        return FileState(file.key, file.inode, file.size, file.mtime_ns, file.size, 0, bytes(16))

    def _cut(self) -> Portion:
        """The portion so far; a new one begins."""
        done = self._portion
        done.calls = self._merged.calls()
        self._portion, self._merged = Portion(done.file), Merged()
        return done

    def _take(self, call: LoggedCall) -> None:
        portion = self._portion
        portion.sights += 1
        if self._since_ms is not None and call.at_ms < self._since_ms:
            self._left_out = True
            portion.skip(BEFORE_SINCE)
        elif not self._merged.add(call):
            portion.merged += 1

    # Lines

    def _read_lines(self, found: FoundFile, state: FileState | None) -> Portions:
        parser_class = found.files.load()
        markers: tuple[bytes, ...] = parser_class.markers
        with open(found.path, "rb") as file:
            start = _start(file, found, state)
            offset, lines, context = (0, 0, None) if start is None else (start.offset, start.lines, start.context)
            log = LogFile(
                found.parts,
                found.mtime_ns // 1_000_000,
                lines_of=lambda text: self._relatives.lines_of(text, markers),
                settings=self._settings_of(found.root),
            )
            parser: LineParser = parser_class(log, context)
            for block in blocks(file, offset):
                if self._portion.lines:
                    yield self._cut()
                if block.kind == "unfinished":
                    self._read_unfinished(parser_class, log, parser, block.data)
                    continue
                lines += yield from self._read_block(parser, block, lines + 1)
                offset = block.end
            self._take_limits(parser)
            return FileState(
                found.key, found.inode, found.size, found.mtime_ns, offset, lines, fingerprint(file, offset),
                parser.context(),
            )  # fmt: skip

    def _read_block(self, parser: LineParser, block: Block, first_line: int) -> Generator[Portion, None, int]:
        """Read whole lines; how many they were."""
        data = block.data
        if block.kind == "too long":
            self._portion.lines += 1
            self._portion.bad(first_line, f"longer than {MAX_LINE_BYTES >> 20} MB")
            return 1
        lines, doubtful = survey(data)
        self._portion.lines += lines
        self._portion.bytes_read += len(data)
        for number, line in doubtful:
            if not any(marker in line for marker in parser.markers) and not _is_json(line):
                self._portion.bad(first_line + number, UNREADABLE_LINE)
        for start, end in marked_lines(data, parser.markers):
            if len(self._merged) >= PORTION:
                yield self._cut()
            try:
                # A line that fills its block may be long: it is not copied.
                for call in _calls_of(parser, data if end - start >= len(data) - 1 else data[start:end]):
                    self._take(call)
            except SkippedError as skipped:
                self._portion.skip(skipped.reason)
            except UNREADABLE:
                self._portion.bad(first_line + data.count(b"\n", 0, start), UNREADABLE_LINE)
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
                self._portion.unfinished += 1
        elif line.strip() and not _is_json(line):
            self._portion.unfinished += 1
        self._take_limits(apart)

    def _take_limits(self, parser: LineParser) -> None:
        if isinstance(parser, LimitTeller):
            self._portion.limits = newest([*self._portion.limits, *parser.limits(NO_MACHINE)])

    # Documents and databases

    def _read_document(self, found: FoundFile) -> Iterator[Portion]:
        if found.size > MAX_DOCUMENT_BYTES:
            self._portion.bad(None, f"larger than {MAX_DOCUMENT_BYTES >> 20} MB")
            return
        data = found.path.read_bytes()
        self._portion.bytes_read += len(data)
        log = LogFile(found.parts, found.mtime_ns // 1_000_000, lines_of=lambda name: _lines_beside(found.path, name))
        yield from self._take_entries(found.files.load()(log, data))

    def _read_database(self, found: FoundFile) -> Iterator[Portion]:
        self._portion.bytes_read += found.size
        log = LogFile(found.parts, found.mtime_ns // 1_000_000, found.path.absolute().parts[:-1])
        address = found.path.absolute().as_uri() + "?mode=ro"
        with closing(sqlite3.connect(address, uri=True, timeout=1)) as connection:
            yield from self._take_entries(found.files.load()(log, connection))

    def _take_entries(self, entries: Iterable[LoggedCall | SkippedError]) -> Iterator[Portion]:
        for entry in entries:
            if len(self._merged) >= PORTION:
                yield self._cut()
            self._portion.lines += 1
            if isinstance(entry, SkippedError):
                self._portion.skip(entry.reason)
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
