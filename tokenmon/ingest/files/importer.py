"""Imports of a file: its rows become records, stored in batches; bad ones are told and kept out."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from tokenmon.core.record import IDENTITY_OFFSET, UsageRecord
from tokenmon.core.record_json import record_json
from tokenmon.errors import ConfigError, TokenmonError
from tokenmon.ingest.collector import collect_circles, collector_at_rest
from tokenmon.ingest.files import own
from tokenmon.ingest.files.call import FileCall, Found, RecordMaker
from tokenmon.ingest.files.cells import CellError
from tokenmon.ingest.files.rows import BadRow, Row, Table
from tokenmon.ingest.recorder import Recorder
from tokenmon.storage.store import Added, Store

BATCH = 2000
MAX_TOLD = 20
PREVIEWED = 5

# From a row to its call; None for a row that is no call.
Read = Callable[[Row], Found | None]
ColumnOf = Callable[[str], str]


class Sink(Protocol):
    """What takes a batch of records, and says what became of them."""

    def __call__(self, batch: Sequence[Found]) -> Added:
        """Store a batch."""


@dataclass(slots=True)
class Outcome:
    """What became of a file. `passed` rows are no calls by themselves; `problems` are the first of the bad ones."""

    format: str
    rows: int = 0
    added: int = 0
    replaced: int = 0
    repeated: int = 0
    passed: int = 0
    bad: int = 0
    problems: list[BadRow] = field(default_factory=list)
    preview: list[UsageRecord] = field(default_factory=list)
    platforms: set[str] = field(default_factory=set)

    def tell(self, problem: BadRow) -> None:
        """Count a bad row, and keep it to be told while there are few."""
        self.bad += 1
        if len(self.problems) < MAX_TOLD:
            self.problems.append(problem)


def import_rows(table: Table, read: Read, sink: Sink, outcome: Outcome, column_of: ColumnOf) -> Outcome:
    """Give the records of all good rows to a sink, batch by batch; `column_of` names a field's column in the file."""
    batch: list[Found] = []
    with collector_at_rest():
        for row in table.rows:
            outcome.rows += 1
            if isinstance(row, BadRow):
                outcome.tell(row)
                continue
            found = _found(row, read, outcome, column_of)
            if found is None:
                continue
            batch.append(found)
            outcome.platforms.add(found.record.platform)
            if len(outcome.preview) < PREVIEWED:
                outcome.preview.append(found.record)
            if len(batch) >= BATCH:
                _store(batch, sink, outcome)
                collect_circles()
        _store(batch, sink, outcome)
    return outcome


def _found(row: Row, read: Read, outcome: Outcome, column_of: ColumnOf) -> Found | None:
    try:
        found = read(row)
    except CellError as error:
        outcome.tell(BadRow(row.number, error.reason, column_of(error.column)))
    except ConfigError as error:
        outcome.tell(_problem(row.number, error.message, column_of))
    else:
        outcome.passed += found is None
        return found
    return None


def _problem(number: int, message: str, column_of: ColumnOf) -> BadRow:
    """A refusal of `record_from_json`, whose message begins with the field."""
    name, colon, reason = message.partition(": ")
    if colon and name.replace("_", "").isalnum():
        return BadRow(number, reason, column_of(name))
    return BadRow(number, message)


def _store(batch: list[Found], sink: Sink, outcome: Outcome) -> None:
    if batch:
        added = sink(batch)
        outcome.added += added.added
        outcome.replaced += added.replaced
        outcome.repeated += added.repeated
        batch.clear()


def priced_by(recorder: Recorder) -> Sink:
    """Prices records by the order of truth and stores them."""

    def sink(batch: Sequence[Found]) -> Added:
        stated = {one.record.id: one.stated for one in batch if one.stated is not None}
        reckoned = {one.record.id: one.reckoned for one in batch if one.reckoned is not None}
        return recorder.record_of_tool([one.record for one in batch], stated, reckoned)

    return sink


def kept_in(store: Store) -> Sink:
    """Stores records as they are, their costs too."""
    return lambda batch: store.add([one.record for one in batch])


def only_looking(store: Store) -> Sink:
    """Stores nothing, and says which calls are new."""

    def sink(batch: Sequence[Found]) -> Added:
        fresh = {one.record.id[IDENTITY_OFFSET:]: one.record for one in batch}
        known = {one.id[IDENTITY_OFFSET:] for one in store.stored(list(fresh.values()))}
        new = fresh.keys() - known
        return Added(added=len(new), repeated=len(batch) - len(new))

    return sink


def reader_of_calls(
    call_of: Callable[[Mapping[str, Any]], FileCall | None], maker: RecordMaker
) -> Callable[[Row], Found | None]:
    """Reads rows of a format of calls."""

    def read(row: Row) -> Found | None:
        call = call_of(row.cells)
        return None if call is None else maker.found(call, row.cells)

    return read


def reader_of_own(table: Table, *, now: datetime) -> Callable[[Row], Found | None]:
    """Reads rows of tokenmon's own exports."""
    is_csv = table.kind == "csv"
    return lambda row: Found(own.record_of(row.cells, now=now, is_csv=is_csv))


def outcome_json(outcome: Outcome, **more: Any) -> dict[str, Any]:
    """What became of a file, as JSON."""
    return {
        "format": outcome.format,
        **more,
        "rows": outcome.rows,
        "added": outcome.added,
        "replaced": outcome.replaced,
        "repeated": outcome.repeated,
        "passed": outcome.passed,
        "bad": outcome.bad,
        "problems": [{"row": one.number, "column": one.column, "reason": one.reason} for one in outcome.problems],
        "preview": [record_json(one) for one in outcome.preview],
    }


def problem_text(problem: BadRow) -> str:
    """A bad row in a sentence."""
    column = "" if problem.column is None else f"{problem.column}: "
    return f"row {problem.number}: {column}{problem.reason}"


def failure(problems: Iterable[BadRow], bad: int) -> TokenmonError:
    """The error with which the reading of a file ends that had bad rows."""
    first = next(iter(problems), None)
    where = "" if first is None else f": {problem_text(first)}" if bad == 1 else f", the first is {problem_text(first)}"
    return TokenmonError(
        f"{bad:,} {'row' if bad == 1 else 'rows'} could not be read{where}",
        hint="mend them and import the file again: each call counts once",
    )
