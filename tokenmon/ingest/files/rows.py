"""Rows of a file, one after the other in constant memory: CSV by its header, JSON lines, or one JSON array.

Knows no format: what the columns mean is said in the modules beside. A row that cannot be read is told and passed.
"""

import codecs
import csv
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import chain
from typing import Any, BinaryIO

import msgspec

from tokenmon.errors import ConfigError

# A row may hold whole prompts (Helicone, LiteLLM); more than this is damage, such as a quote that never ends.
MAX_ROW = 16 * 1024 * 1024
# A page as an API answers it stands in one object, which is read whole.
MAX_PAGE = 64 * 1024 * 1024
CHUNK = 64 * 1024
DELIMITERS = ",;\t|"
ZIP_START = b"PK\x03\x04"
# The members under which APIs put the rows of a page.
PAGES = ("data", "logs", "observations", "results", "records")


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its number as an editor or a spreadsheet counts (the header of a CSV file is row 1), and its cells."""

    number: int
    cells: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that cannot be read or is no call, and why; `column` is None when the whole row is meant."""

    number: int
    reason: str
    column: str | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of a file with the columns of the first, by which its format is known; `kind` is csv, json or empty."""

    kind: str
    columns: tuple[str, ...]
    rows: Iterator[Row | BadRow] = field(repr=False)


def read_table(stream: BinaryIO, name: str) -> Table:
    """The rows of an open file, told by its first bytes, read as asked for; ConfigError for what is no table."""
    buffered = io.BufferedReader(stream, CHUNK) if isinstance(stream, io.RawIOBase) else stream
    head = buffered.read(CHUNK)
    if head.startswith(ZIP_START):
        raise ConfigError(f"{name}: a ZIP archive of no known provider", hint="unpack it and import the file in it")
    text = _text(_Rejoined(head, buffered), head)
    start = _first_character(text)
    if not start:
        return Table("empty", (), iter(()))
    if start in "[{":
        return _json_table(text, start, name)
    return _csv_table(text, start, name)


class _Rejoined(io.RawIOBase):
    """A stream whose first bytes were read already: stdin cannot be wound back."""

    def __init__(self, head: bytes, rest: BinaryIO) -> None:
        self._head = memoryview(head)
        self._rest = rest

    def readable(self) -> bool:
        return True

    def readinto(self, target: Any) -> int:
        if self._head:
            count = min(len(target), len(self._head))
            target[:count], self._head = self._head[:count], self._head[count:]
            return count
        found = self._rest.read(len(target))
        target[: len(found)] = found
        return len(found)


def _text(raw: io.RawIOBase, head: bytes) -> io.TextIOWrapper:
    is_utf16 = head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    # Bytes that are no UTF-8 stay to be seen, so that their row can be told; `newline=""` leaves line ends to csv.
    return io.TextIOWrapper(
        io.BufferedReader(raw, CHUNK),
        encoding="utf-16" if is_utf16 else "utf-8-sig",
        errors="surrogateescape" if not is_utf16 else "replace",
        newline="",
    )


def _first_character(text: io.TextIOWrapper) -> str:
    while character := text.read(1):
        if not character.isspace():
            return character
    return ""


# CSV


def _csv_table(text: io.TextIOWrapper, start: str, name: str) -> Table:
    csv.field_size_limit(MAX_ROW)
    first = start + _line(text)
    header_line = first.rstrip("\r\n")
    delimiter = max(DELIMITERS, key=header_line.count)
    lines = chain([first], text)
    reader = csv.reader(lines, delimiter=delimiter, strict=False)
    try:
        header = [cell.strip() for cell in next(reader)]
    except csv.Error as error:
        raise ConfigError(f"{name}: row 1 is no header: {error}", hint="the first row must name the columns") from None
    if any("\udc80" <= one <= "\udcff" for one in "".join(header)):
        raise ConfigError(f"{name}: the file is not in UTF-8", hint="save it as UTF-8")
    repeated = {one for one in header if one and header.count(one) > 1}
    if repeated:
        raise ConfigError(
            f"{name}: row 1 names the column {sorted(repeated)[0][:60]!r} twice", hint="rename one of them"
        )
    return Table("csv", tuple(header), _csv_rows(reader, header))


def _line(text: io.TextIOWrapper) -> str:
    # A file without line ends is not read whole to find its header.
    return text.readline(MAX_ROW)


def _csv_rows(reader: Any, header: list[str]) -> Iterator[Row | BadRow]:
    number = 1
    while True:
        number += 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield BadRow(number, f"no CSV: {error}")
            continue
        if not any(cells):
            continue
        if len(cells) != len(header):
            yield BadRow(number, f"it has {len(cells)} cells where the header has {len(header)}")
        elif not _is_utf8(cells):
            yield BadRow(number, "it is not in UTF-8")
        else:
            yield Row(number, dict(zip(header, cells, strict=True)))


def _is_utf8(cells: list[str]) -> bool:
    joined = "".join(cells)
    return joined.isascii() or not any("\udc80" <= one <= "\udcff" for one in joined)


# JSON


def _json_table(text: io.TextIOWrapper, start: str, name: str) -> Table:
    rows = _array_rows(text) if start == "[" else _line_rows(text, start)
    passed: list[Row | BadRow] = []
    for one in rows:
        passed.append(one)
        if isinstance(one, Row):
            return Table("json", tuple(one.cells), chain(passed, rows))
        if len(passed) >= 100:
            break
    if not passed:
        return Table("json", (), iter(()))
    worst = passed[0]
    raise ConfigError(
        f"{name}: row {worst.number}: {worst.reason if isinstance(worst, BadRow) else ''}", hint="check the file"
    )


def _object(number: int, value: Any) -> Row | BadRow:
    return Row(number, value) if isinstance(value, dict) else BadRow(number, "it is not a JSON object")


# A tenth of the standard library's cost, and stricter: what it refuses may still be read there.
_strict = msgspec.json.Decoder(float_hook=Decimal)
_lenient = json.JSONDecoder(parse_float=Decimal)


def _parsed(line: str) -> Any:
    try:
        return _strict.decode(line)
    except (msgspec.MsgspecError, ValueError):
        return _lenient.decode(line)


def _line_rows(text: io.TextIOWrapper, start: str) -> Iterator[Row | BadRow]:
    first, second = start + _line(text), _line(text)
    whole = _json_of(first)
    if whole is None and not second.lstrip().startswith("{"):
        # One object over many lines; where the second line is an object too, the first is merely bad.
        yield from _page_rows(first + second + text.read(MAX_PAGE))
        return
    if isinstance(whole, dict) and (rows := _rows_of_page(whole)) is not None:
        yield from (_object(number, one) for number, one in enumerate(rows, 1))
        return
    for number, line in enumerate(chain([first, second], iter(lambda: _line(text), "")), 1):
        is_whole = line.endswith("\n") or len(line) < MAX_ROW
        while not is_whole and (rest := _line(text)):
            is_whole, line = rest.endswith("\n"), ""
        if not line and number != 2:
            yield BadRow(number, "it is longer than any call")
        elif line.strip():
            yield _row_of_line(number, line)


def _json_of(line: str) -> Any:
    try:
        return _parsed(line)
    except (ValueError, RecursionError):
        return None


def _row_of_line(number: int, line: str) -> Row | BadRow:
    if not _is_utf8([line]):
        return BadRow(number, "it is not in UTF-8")
    value = _json_of(line)
    return BadRow(number, "it is not JSON") if value is None else _object(number, value)


def _page_rows(content: str) -> Iterator[Row | BadRow]:
    whole = _json_of(content)
    if whole is None:
        yield BadRow(1, "it is not JSON")
        return
    rows = _rows_of_page(whole)
    yield from (_object(number, one) for number, one in enumerate([whole] if rows is None else rows, 1))


def _rows_of_page(page: Mapping[str, Any]) -> list[Any] | None:
    for name in PAGES:
        if isinstance(page.get(name), list):
            return list(page[name])
    return None


def _array_rows(text: io.TextIOWrapper) -> Iterator[Row | BadRow]:
    """The items of an array whose `[` was read: each is decoded from a buffer that grows to the size of one item."""
    decoder = json.JSONDecoder(parse_float=Decimal)
    buffer, number, at, is_over = "", 0, 0, False
    while True:
        at = _past_separators(buffer, at)
        if at < len(buffer) and buffer[at] == "]":
            return
        try:
            value, end = decoder.raw_decode(buffer, at)
        except (ValueError, RecursionError):
            end = -1
        # What ends with the buffer may go on behind it (a number), or be the last of a file that was cut.
        if 0 <= end < len(buffer) or (end > 0 and is_over):
            number, at = number + 1, end
            yield _object(number, value)
            continue
        # Doubling keeps the work on a long item linear.
        more = text.read(max(CHUNK, len(buffer) - at))
        buffer, at, is_over = buffer[at:] + more, 0, not more
        if not more and buffer and end > 0:
            continue
        if not more or len(buffer) > 2 * MAX_ROW:
            yield BadRow(number + 1, "it is not JSON, and neither is what follows")
            return


def _past_separators(buffer: str, at: int) -> int:
    while at < len(buffer) and (buffer[at].isspace() or buffer[at] == ","):
        at += 1
    return at
