"""A file as it is given, to what becomes of it: its format found, its calls stored or its sums read."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import BinaryIO

from tokenmon.core.platform import Platform
from tokenmon.errors import ConfigError
from tokenmon.ingest.files import aggregates, formats, mapping, own
from tokenmon.ingest.files.aggregates import Aggregate, read_aggregates, summed
from tokenmon.ingest.files.archive import MAX_ARCHIVE, archive_tables
from tokenmon.ingest.files.call import Found, RecordMaker
from tokenmon.ingest.files.formats import CallOf
from tokenmon.ingest.files.importer import (
    MAX_TOLD,
    ColumnOf,
    Outcome,
    Sink,
    import_rows,
    kept_in,
    only_looking,
    priced_by,
    reader_of_calls,
    reader_of_own,
)
from tokenmon.ingest.files.mapping import Mapped
from tokenmon.ingest.files.rows import ZIP_START, BadRow, Table, read_table
from tokenmon.ingest.recorder import Recorder
from tokenmon.storage.store import Added, Store


@dataclass(frozen=True, slots=True)
class Wanted:
    """How a file is to be read: what the options say."""

    format: str | None = None
    mapped: Mapped | None = None
    platform: Platform | None = None
    is_dry_run: bool = False


@dataclass(slots=True)
class Sums:
    """The sums that a file of aggregates holds, by day and model; they are not calls."""

    format: str
    rows: int = 0
    bad: int = 0
    problems: list[BadRow] = field(default_factory=list)
    sums: list[Aggregate] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Intake:
    """What takes files in: where records go, and what is known of platforms."""

    store: Store
    recorder: Callable[[], Recorder]
    platforms: Mapping[str, Platform]
    now: datetime
    # Called after each batch.
    show_progress: Callable[[], None] = lambda: None

    def take(self, stream: BinaryIO, name: str, wanted: Wanted) -> Outcome | Sums:
        """Read an open file and store its calls, or (a file of sums) add up what it holds."""
        head = _peek(stream)
        if head.startswith(ZIP_START):
            return _archive_sums(_whole(stream, name), name)
        table = read_table(stream, name)
        if wanted.mapped is not None:
            wanted.mapped.check(table.columns)
            return self._calls(table, wanted, mapping.NAME, wanted.mapped.call_of, wanted.mapped.column_of)
        if table.kind == "empty" and wanted.format is None:
            raise ConfigError(f"{name}: the file is empty", hint="check that it was downloaded whole")
        if not table.columns:
            return Outcome(wanted.format or table.kind)
        kind = wanted.format or formats.format_name(table.columns, name)
        if kind in aggregates.KINDS:
            return _sums(kind, iter([(kind, table)]))
        if kind == own.NAME:
            return self._own(table, wanted, name)
        return self._calls(table, wanted, kind, formats.FORMATS[kind].call_of, str)

    def _own(self, table: Table, wanted: Wanted, name: str) -> Outcome:
        if wanted.platform is not None:
            raise ConfigError(f"{name}: tokenmon's own export names its platforms", hint="leave --platform out")
        sink = self._watched(only_looking(self.store) if wanted.is_dry_run else kept_in(self.store))
        return import_rows(table, reader_of_own(table, now=self.now), sink, Outcome(own.NAME), str)

    def _calls(self, table: Table, wanted: Wanted, name: str, call_of: CallOf, column_of: ColumnOf) -> Outcome:
        maker = RecordMaker(f"import:{name}", self.platforms, wanted.platform, self.now)
        sink = self._watched(only_looking(self.store) if wanted.is_dry_run else priced_by(self.recorder()))
        return import_rows(table, reader_of_calls(call_of, maker), sink, Outcome(name), column_of)

    def _watched(self, sink: Sink) -> Sink:
        def watched(batch: Sequence[Found]) -> Added:
            added = sink(batch)
            self.show_progress()
            return added

        return watched


def _peek(stream: BinaryIO) -> bytes:
    peek = getattr(stream, "peek", None)
    return bytes(peek(4)[:4]) if peek is not None else b""


def _whole(stream: BinaryIO, name: str) -> bytes:
    content = stream.read(MAX_ARCHIVE + 1)
    if len(content) > MAX_ARCHIVE:
        raise ConfigError(f"{name}: an archive of more than {MAX_ARCHIVE:,} bytes", hint="unpack it first")
    return content


def _archive_sums(content: bytes, name: str) -> Sums:
    return _sums("deepseek", archive_tables(content, name))


def _sums(name: str, tables: Iterator[tuple[str, Table]]) -> Sums:
    result = Sums(name)
    result.sums = summed(_good(tables, result))
    return result


def _good(tables: Iterator[tuple[str, Table]], result: Sums) -> Iterator[Aggregate]:
    for kind, table in tables:
        for one in read_aggregates(kind, table.rows):
            result.rows += 1
            if isinstance(one, Aggregate):
                yield one
                continue
            result.bad += 1
            if len(result.problems) < MAX_TOLD:
                result.problems.append(one)
