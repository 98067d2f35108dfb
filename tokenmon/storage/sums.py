"""Totals and groups: from rollups where whole days and quarters of an hour are asked, from records at ragged edges.

Which series a filter means, and how they and the time fold into groups, is decided in memory (`kinds`, `spans`); the
database adds up group by group. So every grouping costs the same query, and groups always add up to the totals.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from tokenmon.core.money import from_nanousd
from tokenmon.core.period import BUCKETS, Bucket
from tokenmon.core.query import TOTAL_FIELDS, Filter, Group, Totals
from tokenmon.core.record import from_milliseconds, id_time
from tokenmon.storage.days import BUCKET_MS
from tokenmon.storage.engine import run
from tokenmon.storage.kinds import Column, Key, Kind, Kinds, constant
from tokenmon.storage.labels import LabelBook, texts
from tokenmon.storage.records import id_bounds
from tokenmon.storage.rollups import RECORD_SUMS, SUMS
from tokenmon.storage.selection import Selection, matching, selection
from tokenmon.storage.spans import Span, millis_up, placed, spans_of

FIELDS = [one.removesuffix("_nanousd") for one in SUMS]
FROM_ROLLUPS = {field: f"SUM({column})" for field, column in zip(FIELDS, SUMS, strict=True)}
FROM_RECORDS = dict(zip(FIELDS, RECORD_SUMS, strict=True))
TABLES = {"day": "day_rollups", "bucket": "rollups"}
# What is always summed, and from which with the kind of a series the last two of totals are told.
ALWAYS = ("requests", "cost")
OF_KIND = ("error_requests", "subscription_value")
MONEY = ("cost", "estimated_cost", "subscription_value")
CONVERSATION, QUARTER = (Column(name, lambda number: number) for name in ("conversation_id", "bucket"))

# The time, the number of the conversation (None where they are not asked), and the other labels.
Whose = tuple[Any, int | None, Key]
# What one row says: time and conversation, kind, and sums.
Part = tuple[Any, int | None, Kind, Sequence[Any]]


def group(
    connection: Connection,
    book: LabelBook,
    wanted: Filter,
    by: tuple[str, ...],
    fields: Collection[str] = TOTAL_FIELDS,
) -> list[Group]:
    """The sums by labels, at most one bucket of time, and conversation; largest cost first, time in order.

    Of totals these fields are summed, and requests and cost. SQLite takes a third of the time for three of eighteen.
    """
    series = book.series(connection)
    meant = matching(series, wanted)
    if not meant:
        return []
    kinds = Kinds(meant, by, is_all=len(meant) == len(series))
    summed = _summed(fields)
    bucket = next((one for one in BUCKETS if one in by), None)
    spans = spans_of(connection, wanted.period, bucket)
    if "session" in by or wanted.record_conditions:
        only = selection(connection, book, wanted)
        parts = _from_records(connection, spans, kinds, only, summed, is_by_session="session" in by)
    else:
        parts = _from_rollups(connection, spans, kinds, summed, bucket)
    return _groups(connection, _folded(parts, summed), by, summed)


def total(connection: Connection, book: LabelBook, wanted: Filter) -> Totals:
    """The sums over all records that a filter means."""
    found = group(connection, book, wanted, ())
    return found[0].totals if found else Totals()


def _summed(fields: Collection[str]) -> tuple[str, ...]:
    """The fields of totals that the database sums for these ones; first requests, then cost."""
    return *ALWAYS, *(one for one in TOTAL_FIELDS if one in fields and one not in ALWAYS + OF_KIND)


def _folded(parts: Iterable[Part], summed: tuple[str, ...]) -> dict[Whose, list[int]]:
    """What was summed, and behind it the errors and the value of subscription calls, by whose it is."""
    money = [at for at, name in enumerate(summed) if name in MONEY]
    folded: dict[Whose, list[int]] = {}
    for label, session, kind, sums in parts:
        # A pass that found nothing is one row of NULLs.
        if not sums[0]:
            continue
        found = [*map(int, sums), int(sums[0]) if kind.is_error else 0, 0]
        if kind.is_subscription:
            found[-1] = found[1]
            for at in money:
                found[at] = 0
        whose = label, session, kind.key
        held = folded.get(whose)
        folded[whose] = found if held is None else [one + more for one, more in zip(held, found, strict=True)]
    return folded


def _groups(
    connection: Connection, folded: Mapping[Whose, list[int]], by: tuple[str, ...], summed: tuple[str, ...]
) -> list[Group]:
    """Groups in order. There may be ten thousand and more, so they share the pairs of their keys."""
    names = texts(connection, {session for _, session, _ in folded if session is not None})
    rank = {key: at for at, key in enumerate(sorted({key for _, _, key in folded}, key=_as_texts))}
    tokens = [at for at, name in enumerate(summed) if name in ("input_tokens", "output_tokens")]

    def order(item: tuple[Whose, list[int]]) -> tuple[Any, ...]:
        (label, session, key), sums = item
        name = "" if session is None else names[session]
        return label or "", -sums[1] - sums[-1], -sum([sums[at] for at in tokens]), -sums[0], rank[key], name

    time = next((at for at, name in enumerate(by) if name in BUCKETS), None)
    times = {} if time is None else {label: (by[time], label) for label, _, _ in folded}
    groups = []
    for (label, session, key), sums in sorted(folded.items(), key=order):
        if time is not None:
            key = (*key[:time], times[label], *key[time + 1 :])
        if session is not None:
            at = by.index("session")
            key = (*key[:at], ("session", names[session]), *key[at + 1 :])
        groups.append(Group(key, _totals(summed, sums)))
    return groups


def _as_texts(key: Key) -> list[str]:
    return [value or "" for _, value in key]


def _totals(summed: tuple[str, ...], sums: Sequence[int]) -> Totals:
    amounts: dict[str, Any] = dict(zip(summed + OF_KIND, sums, strict=True))
    for name in MONEY:
        if name in amounts:
            amounts[name] = from_nanousd(amounts[name])
    return Totals(**amounts)


def _from_rollups(
    connection: Connection, spans: Sequence[Span], kinds: Kinds, summed: tuple[str, ...], bucket: Bucket | None
) -> Iterator[Part]:
    """Sums by span and kind: whole days and quarters of an hour from rollups, the edges from records."""
    stretches, edges = placed(connection, spans)
    yield from _from_records(connection, edges, kinds, Selection(kinds.series_ids), summed)
    for stretch in stretches:
        # In the order of the table where nothing else would be sorted, or where each row is a group already.
        time = stretch.column(is_in_order=kinds.are_few or stretch.key == bucket)
        yield from _rollups(connection, stretch.key, stretch.bounds, time, kinds, summed)


def _rollups(
    connection: Connection, key: str, bounds: tuple[int, int], time: Column, kinds: Kinds, summed: tuple[str, ...]
) -> Iterator[Part]:
    sums = [FROM_ROLLUPS[one] for one in summed]
    for one in kinds.passes():
        where = " AND ".join((f"{key} >= ? AND {key} < ?", *Selection(one.series_ids).terms()))
        for label, kind, found in _read(connection, TABLES[key], (time, one.column), sums, where, bounds):
            yield label, None, kind, found


def _from_records(
    connection: Connection,
    spans: Iterable[Span],
    kinds: Kinds,
    only: Selection,
    summed: tuple[str, ...],
    *,
    is_by_session: bool = False,
) -> Iterator[Part]:
    columns = CONVERSATION if is_by_session else constant(None), kinds.at_once().column
    sums = [FROM_RECORDS[one] for one in summed]
    for span in spans:
        where, values = only.where(id_bounds(span.start, span.end))
        for number, kind, found in _read(connection, "records", columns, sums, where, values):
            yield span.label, number, kind, found


def _read(
    connection: Connection,
    table: str,
    columns: tuple[Column, Column],
    sums: Sequence[str],
    where: str,
    values: Sequence[Any],
) -> Iterator[tuple[Any, Any, Sequence[Any]]]:
    """What the two columns of each row mean, and its sums."""
    first, second = columns
    grouped = ", ".join(str(at) for at, one in enumerate(columns, 1) if not one.is_constant)
    statement = f"SELECT {first.text}, {second.text}, {', '.join(sums)} FROM {table} WHERE {where}" + (
        f" GROUP BY {grouped}" if grouped else ""
    )
    rows: Iterable[Sequence[Any]] = run(connection, statement, (*first.values, *second.values, *values))
    for row in rows:
        yield first.meaning(row[0]), second.meaning(row[1]), row[2:]


def quarter_hours(connection: Connection, book: LabelBook, wanted: Filter) -> list[tuple[datetime, Totals]]:
    """The sums of each quarter of an hour with calls that the period touches, by its start, in time order."""
    series = book.series(connection)
    meant = matching(series, wanted)
    if not meant:
        return []
    start, end = wanted.period.start, wanted.period.end
    low = 0 if start is None else millis_up(start) // BUCKET_MS
    high = 2**40 if end is None else -(-millis_up(end) // BUCKET_MS)
    kinds = Kinds(meant, (), is_all=len(meant) == len(series))
    summed = _summed(TOTAL_FIELDS)
    folded = _folded(_rollups(connection, "bucket", (low, high), QUARTER, kinds, summed), summed)
    return [
        (from_milliseconds(bucket * BUCKET_MS), _totals(summed, sums))
        for (bucket, _, _), sums in sorted(folded.items())
    ]


def sessions(connection: Connection, book: LabelBook, wanted: Filter) -> dict[str | None, tuple[datetime, datetime]]:
    """When each conversation's first and last call were, among those that a filter means."""
    meant = selection(connection, book, wanted)
    if meant.is_empty:
        return {}
    where, values = meant.where(id_bounds(wanted.period.start, wanted.period.end))
    # PostgreSQL before version 18 has no MIN and MAX of bytes; their hexadecimal texts have the same order.
    shown = "hex(id)" if connection.dialect.name == "sqlite" else "encode(id, 'hex')"
    statement = (
        f"SELECT conversation_id, MIN({shown}), MAX({shown}) FROM records WHERE {where} GROUP BY conversation_id"
    )
    rows: Iterable[Sequence[Any]] = run(connection, statement, values)
    found = {row[0]: (id_time(bytes.fromhex(row[1])), id_time(bytes.fromhex(row[2]))) for row in rows}
    names = texts(connection, {number for number in found if number is not None})
    return {None if number is None else names[number]: span for number, span in found.items()}
