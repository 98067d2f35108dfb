"""Totals and groups: from rollups where whole days and quarters of an hour are asked, from records at ragged edges.

Which series a filter means, and how they and the time fold into groups, is decided in memory (`kinds`, `spans`); the
database adds up group by group. So every grouping costs the same query, and groups always add up to the totals.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection

from tokenmon.core.money import from_nanousd
from tokenmon.core.period import BUCKETS
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

ROLLUP_SUMS = tuple(f"SUM({one})" for one in SUMS)
TABLES = {"day": "day_rollups", "bucket": "rollups"}
# The sums of the database, and what is told from the kind of a series behind them.
HELD = (*SUMS, "error_requests", "subscription_value_nanousd")
COST, ESTIMATED, VALUE = MONEY = tuple(
    HELD.index(f"{one}_nanousd") for one in ("cost", "estimated_cost", "subscription_value")
)
IN_ORDER = itemgetter(*(HELD.index(one if one in HELD else f"{one}_nanousd") for one in TOTAL_FIELDS))
CONVERSATION, QUARTER = (Column(name, lambda number: number) for name in ("conversation_id", "bucket"))

# The time, the number of the conversation (None where they are not asked), and the other labels.
Whose = tuple[Any, int | None, Key]
# What one row says: time and conversation, kind, and sums.
Part = tuple[Any, int | None, Kind, Sequence[Any]]


def group(connection: Connection, book: LabelBook, wanted: Filter, by: tuple[str, ...]) -> list[Group]:
    """The sums by labels, at most one bucket of time, and conversation; largest cost first, time in order."""
    series = book.series(connection)
    meant = matching(series, wanted)
    if not meant:
        return []
    kinds = Kinds(meant, by, is_all=len(meant) == len(series))
    spans = spans_of(connection, wanted.period, next((one for one in BUCKETS if one in by), None))
    if "session" in by or wanted.record_conditions:
        only = selection(connection, book, wanted)
        parts = _from_records(connection, spans, kinds, only, is_by_session="session" in by)
    else:
        parts = _from_rollups(connection, spans, kinds)
    return _groups(connection, _folded(parts), by)


def total(connection: Connection, book: LabelBook, wanted: Filter) -> Totals:
    """The sums over all records that a filter means."""
    found = group(connection, book, wanted, ())
    return found[0].totals if found else Totals()


def _folded(parts: Iterable[Part]) -> dict[Whose, list[int]]:
    """What is HELD, by key."""
    folded: dict[Whose, list[int]] = {}
    for label, session, kind, sums in parts:
        # A pass that found nothing is one row of NULLs.
        if not sums[0]:
            continue
        found = [*map(int, sums), int(sums[0]) if kind.is_error else 0, 0]
        if kind.is_subscription:
            found[VALUE] = found[COST]
            found[COST] = found[ESTIMATED] = 0
        whose = label, session, kind.key
        held = folded.get(whose)
        folded[whose] = found if held is None else [one + more for one, more in zip(held, found, strict=True)]
    return folded


def _groups(connection: Connection, folded: Mapping[Whose, list[int]], by: tuple[str, ...]) -> list[Group]:
    """Groups in order. Pairs of a name and a value are shared, for of some ten thousand rows each costs."""
    names = texts(connection, {session for _, session, _ in folded if session is not None})
    time = next((at for at, name in enumerate(by) if name in BUCKETS), None)
    times = {label: ("" if time is None else by[time], label) for label, _, _ in folded}
    rank = {key: at for at, key in enumerate(sorted({key for _, _, key in folded}, key=_as_texts))}
    rows = []
    for (label, session, key), sums in folded.items():
        pairs = list(key)
        if time is not None:
            pairs[time] = times[label]
        name = "" if session is None else names[session]
        if session is not None:
            pairs[by.index("session")] = ("session", name)
        spent, tokens = sums[COST] + sums[VALUE], sums[1] + sums[2]
        rows.append(((label or "", -spent, -tokens, -sums[0], rank[key], name), tuple(pairs), sums))
    rows.sort(key=itemgetter(0))
    return [Group(key, _totals(sums)) for _, key, sums in rows]


def _as_texts(key: Key) -> list[str]:
    return [value or "" for _, value in key]


def _totals(sums: Sequence[int]) -> Totals:
    amounts: list[Any] = [*sums]
    for at in MONEY:
        amounts[at] = from_nanousd(amounts[at])
    return Totals(*IN_ORDER(amounts))


def _from_rollups(connection: Connection, spans: Sequence[Span], kinds: Kinds) -> Iterator[Part]:
    """Sums by span and kind: whole days and quarters of an hour from rollups, the edges from records."""
    stretches, edges = placed(connection, spans)
    yield from _from_records(connection, edges, kinds, Selection(kinds.series_ids))
    for stretch in stretches:
        time = stretch.column()
        yield from _rollups(connection, stretch.key, stretch.firsts[0], stretch.firsts[-1], time, kinds)


def _rollups(connection: Connection, key: str, low: int, high: int, time: Column, kinds: Kinds) -> Iterator[Part]:
    for one in kinds.passes():
        where = " AND ".join((f"{key} >= ? AND {key} < ?", *Selection(one.series_ids).terms()))
        for label, kind, sums in _read(connection, TABLES[key], (time, one.column), ROLLUP_SUMS, where, (low, high)):
            yield label, None, kind, sums


def _from_records(
    connection: Connection, spans: Iterable[Span], kinds: Kinds, only: Selection, *, is_by_session: bool = False
) -> Iterator[Part]:
    session = CONVERSATION if is_by_session else constant(None)
    columns = session, kinds.at_once().column
    for span in spans:
        where, values = only.where(id_bounds(span.start, span.end))
        for number, kind, sums in _read(connection, "records", columns, RECORD_SUMS, where, values):
            yield span.label, number, kind, sums


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
    folded = _folded(_rollups(connection, "bucket", low, high, QUARTER, kinds))
    return [(from_milliseconds(bucket * BUCKET_MS), _totals(sums)) for (bucket, _, _), sums in sorted(folded.items())]


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
