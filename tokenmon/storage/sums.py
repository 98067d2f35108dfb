"""Totals and groups: from rollups where whole days and quarters of an hour are asked, from records at ragged edges.

The database sums by series and span; which series a filter means and how they fold into groups is decided here, over
the few label sets in memory. So every grouping costs the same query, and groups always add up to the totals.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from tokenmon.core.money import from_nanousd
from tokenmon.core.period import BUCKETS, buckets_between
from tokenmon.core.query import Filter, Group, Totals
from tokenmon.core.record import from_milliseconds, id_time, milliseconds
from tokenmon.storage import days
from tokenmon.storage.days import BUCKET_MS
from tokenmon.storage.engine import run
from tokenmon.storage.labels import LabelBook, Series, texts
from tokenmon.storage.records import id_bounds
from tokenmon.storage.rollups import RECORD_SUMS, SUMS
from tokenmon.storage.selection import EVERYTHING, Selection, matching, selection

Key = tuple[str | None, ...]
# Kinds of series: the number of the one that stands for a kind, and the term that selects it.
Kinds = Mapping[int, str]
ROLLUP_SUMS = ", ".join(f"SUM({one})" for one in SUMS)
# One statement takes this many spans: SQLite allows 32,766 variables, three a span.
MAX_SPANS = 2000
# The rows are read once for each kind.
MAX_KINDS = 4


@dataclass(frozen=True, slots=True)
class Span:
    """Part of the period whose sums belong together; `label` names the bucket of time, None without one."""

    start: datetime | None
    end: datetime | None
    label: str | None


# A span, the number of the first day or quarter of it that a rollup holds, and of the one after its last.
Part = tuple[Span, int, int]


def group(connection: Connection, book: LabelBook, wanted: Filter, by: tuple[str, ...]) -> list[Group]:
    """The sums by labels, at most one bucket of time, and conversation; largest cost first, time in order."""
    meant = matching(book.series(connection), wanted)
    if not meant:
        return []
    bucket = next((one for one in by if one in BUCKETS), None)
    spans = _spans(connection, wanted, bucket)
    # Without conditions on records there is nothing to narrow: series are told apart in the sums.
    only = selection(connection, book, wanted) if wanted.record_conditions else EVERYTHING
    if "session" in by:
        rows = _session_rows(connection, spans, only)
    elif only is not EVERYTHING:
        rows = [
            (span, None, number, sums) for span in spans for number, sums in _sums_of_records(connection, span, only)
        ]
    else:
        rows = [(span, None, number, sums) for span, number, sums in _rows(connection, spans, _kinds(meant, by))]
    folded: dict[Key, list[int]] = {}
    for span, session, number, sums in rows:
        one = meant.get(number)
        if one is None:
            continue
        key = tuple(_value(name, one, span, session) for name in by)
        held = folded.setdefault(key, [0] * (len(SUMS) + 2))
        _fold(held, sums, one)
    if "session" in by:
        folded = _named_sessions(connection, folded, by.index("session"))
    groups = [Group(tuple(zip(by, key, strict=True)), _totals(sums)) for key, sums in folded.items() if sums[0]]
    return sorted(groups, key=lambda one: _order(one, by))


def _kinds(meant: Mapping[int, Series], by: tuple[str, ...]) -> Kinds | None:
    """The series that what is asked does not tell apart, where these kinds are few; one series stands for each.

    Summed kind by kind the database need not sort what it reads, nor hand over the sums of each series.
    """
    kinds: dict[tuple[object, ...], list[int]] = {}
    labels = [LABEL_VALUES[name] for name in by if name in LABEL_VALUES]
    for number, one in meant.items():
        kinds.setdefault((*(value_of(one) for value_of in labels), one.is_error, one.billing), []).append(number)
    if len(kinds) > MAX_KINDS:
        return None
    return {numbers[0]: f"series_id IN ({', '.join(map(str, numbers))})" for numbers in kinds.values()}


def total(connection: Connection, book: LabelBook, wanted: Filter) -> Totals:
    """The sums over all records that a filter means."""
    found = group(connection, book, wanted, ())
    return found[0].totals if found else Totals()


LABEL_VALUES: Mapping[str, Callable[[Series], str | None]] = {
    "platform": lambda one: one.platform,
    "provider": lambda one: one.provider_name,
    "model": lambda one: one.model,
    "source": lambda one: one.source,
    "project": lambda one: one.project,
    "key": lambda one: one.client_key,
    "operation": lambda one: one.operation_name,
    "status": lambda one: None if one.status is None else str(one.status),
    "error": lambda one: one.error_type,
    "tier": lambda one: one.service_tier,
    "billing": lambda one: one.billing,
    "machine": lambda one: one.machine,
}


def _value(name: str, one: Series, span: Span, session: int | None) -> str | None:
    if name in BUCKETS:
        return span.label
    if name == "session":
        return None if session is None else str(session)
    return LABEL_VALUES[name](one)


def _fold(held: list[int], sums: Sequence[int], one: Series) -> None:
    """Add a row's sums; behind them stand the errors and the value of subscription calls."""
    for index, number in enumerate(sums):
        held[index] += int(number)
    if one.is_error:
        held[-2] += int(sums[0])
    if one.billing == "subscription":
        cost, estimated = SUMS.index("cost_nanousd"), SUMS.index("estimated_cost_nanousd")
        held[-1] += int(sums[cost])
        held[cost] -= int(sums[cost])
        held[estimated] -= int(sums[estimated])


def _totals(sums: Sequence[int]) -> Totals:
    named = dict(zip(SUMS, sums, strict=False))
    cost, estimated = named.pop("cost_nanousd"), named.pop("estimated_cost_nanousd")
    return Totals(
        **named,
        cost=from_nanousd(cost),
        estimated_cost=from_nanousd(estimated),
        error_requests=sums[-2],
        subscription_value=from_nanousd(sums[-1]),
    )


def _order(one: Group, by: tuple[str, ...]) -> tuple[Any, ...]:
    time = [value or "" for name, value in one.key if name in BUCKETS]
    spent = one.totals.cost + one.totals.subscription_value
    return (*time, -spent, -one.totals.total_tokens, -one.totals.requests, [value or "" for _, value in one.key])


def _spans(connection: Connection, wanted: Filter, bucket: str | None) -> list[Span]:
    period = wanted.period
    if bucket is None:
        return [Span(period.start, period.end, None)]
    first, last = extent(connection)
    if first is None or last is None:
        return []
    start = max(first, period.start) if period.start else first
    after = from_milliseconds(milliseconds(last) + 1)
    end = min(after, period.end) if period.end else after
    if start >= end:
        return []
    # Cut by the period alone: there is nothing before the first call, and a whole day is read from its own sums.
    return [
        Span(max(low, period.start or low), min(high, period.end or high), label)
        for low, high, label in buckets_between(start, end, bucket, period.timezone)  # type: ignore[arg-type]
    ]


def extent(connection: Connection) -> tuple[datetime | None, datetime | None]:
    """When the first and the last call were, None without any."""
    return _end(connection, "ASC"), _end(connection, "DESC")


def _end(connection: Connection, order: str) -> datetime | None:
    # MIN and MAX together would read the whole table; PostgreSQL before version 18 has neither for bytes.
    row = run(connection, f"SELECT id FROM records ORDER BY id {order} LIMIT 1", ()).first()
    return None if row is None else id_time(bytes(row[0]))


def _rows(
    connection: Connection, spans: Sequence[Span], kinds: Kinds | None
) -> Iterable[tuple[Span, int, Sequence[int]]]:
    """Sums by span and series or kind: whole days and quarters of an hour from rollups, the edges from records."""
    timezone = days.kept_zone(connection)
    whole: dict[str, list[Part]] = {"day": [], "bucket": []}
    for span in spans:
        low = None if span.start is None else -(-_millis_up(span.start) // BUCKET_MS)
        high = None if span.end is None else _millis_up(span.end) // BUCKET_MS
        if low is not None and high is not None and low > high:
            yield from _record_rows(connection, span, span.start, span.end)
            continue
        if low is not None and low * BUCKET_MS != _millis_up(span.start):
            yield from _record_rows(connection, span, span.start, from_milliseconds(low * BUCKET_MS))
        if high is not None and high * BUCKET_MS != _millis_up(span.end):
            yield from _record_rows(connection, span, from_milliseconds(high * BUCKET_MS), span.end)
        for key, first, after in _parts(0 if low is None else low, days.LAST if high is None else high, timezone):
            whole[key].append((span, first, after))
    for key, table in (("day", "day_rollups"), ("bucket", "rollups")):
        if kinds is not None:
            yield from _kind_rows(connection, table, key, whole[key], kinds)
            continue
        for at in range(0, len(whole[key]), MAX_SPANS):
            yield from _series_rows(connection, table, key, whole[key][at : at + MAX_SPANS])


def _parts(low: int, high: int, timezone: str | None) -> Iterable[tuple[str, int, int]]:
    """Quarters of an hour as whole days and what is left at both ends: key of the rollups, first, after the last."""
    found = None if timezone is None else days.whole_days(low, high, timezone)
    if found is None:
        yield "bucket", low, high
        return
    first, after = found
    yield "day", first, after
    if low < first:
        yield "bucket", low, first
    if after < high:
        yield "bucket", after, high


def _millis_up(moment: datetime | None) -> int:
    return int.from_bytes(id_bounds(moment, None)[0][:6], "big") if moment is not None else 0


def _kind_rows(
    connection: Connection, table: str, key: str, parts: Sequence[Part], kinds: Kinds
) -> Iterable[tuple[Span, int, Sequence[int]]]:
    """The sums of each kind in turn; several spans in the order of the table, so that nothing is sorted."""
    for touching in _touching(parts):
        starts = [low for _, low, _ in touching]
        by_key = f" GROUP BY {key}" if len(touching) > 1 else ""
        for number, only in kinds.items():
            # Without rows there is one of NULLs.
            statement = (
                f"SELECT MIN({key}), {ROLLUP_SUMS} FROM {table} WHERE {key} >= ? AND {key} < ? AND {only}{by_key}"
            )
            rows: Iterable[Sequence[Any]] = run(connection, statement, (starts[0], touching[-1][2]))
            for row in rows:
                if row[0] is not None:
                    yield touching[bisect_right(starts, row[0]) - 1][0], number, row[1:]


def _touching(parts: Sequence[Part]) -> list[list[Part]]:
    """Parts in runs of which each begins where the one before ended."""
    runs: list[list[Part]] = []
    for part in parts:
        if runs and runs[-1][-1][2] == part[1]:
            runs[-1].append(part)
        else:
            runs.append([part])
    return runs


def _series_rows(
    connection: Connection, table: str, key: str, parts: Sequence[Part]
) -> Iterable[tuple[Span, int, Sequence[int]]]:
    if len(parts) == 1:
        span, low, high = parts[0]
        statement = f"SELECT series_id, {ROLLUP_SUMS} FROM {table} WHERE {key} >= ? AND {key} < ? GROUP BY series_id"
        found: Iterable[Sequence[Any]] = run(connection, statement, (low, high))
        for row in found:
            yield span, row[0], row[1:]
        return
    # Whole numbers that this module computed, so they may stand in the text: thousands of variables would not fit.
    values = ", ".join(f"({index}, {low}, {high})" for index, (_, low, high) in enumerate(parts))
    statement = (
        f"WITH spans (number, low, high) AS (VALUES {values}) "
        f"SELECT spans.number, series_id, {ROLLUP_SUMS} FROM spans "
        f"JOIN {table} ON {table}.{key} >= spans.low AND {table}.{key} < spans.high GROUP BY spans.number, series_id"
    )
    rows: Iterable[Sequence[Any]] = run(connection, statement, ()) if parts else ()
    for row in rows:
        yield parts[row[0]][0], row[1], row[2:]


def _record_rows(
    connection: Connection, span: Span, start: datetime | None, end: datetime | None
) -> Iterable[tuple[Span, int, Sequence[int]]]:
    for number, sums in _sums_of_records(connection, Span(start, end, None), EVERYTHING):
        yield span, number, sums


def _sums_of_records(connection: Connection, span: Span, only: Selection) -> Iterable[tuple[int, Sequence[int]]]:
    where, values = only.where(id_bounds(span.start, span.end))
    statement = f"SELECT series_id, {', '.join(RECORD_SUMS)} FROM records WHERE {where} GROUP BY series_id"
    rows: Iterable[Sequence[Any]] = run(connection, statement, values)
    for row in rows:
        yield row[0], row[1:]


def quarter_hours(connection: Connection, book: LabelBook, wanted: Filter) -> list[tuple[datetime, Totals]]:
    """The sums of each quarter of an hour with calls that the period touches, by its start, in time order."""
    meant = matching(book.series(connection), wanted)
    start, end = wanted.period.start, wanted.period.end
    low = 0 if start is None else _millis_up(start) // BUCKET_MS
    high = 2**40 if end is None else -(-_millis_up(end) // BUCKET_MS)
    rows: Iterable[Sequence[Any]] = run(
        connection,
        f"SELECT bucket, series_id, {', '.join(SUMS)} FROM rollups WHERE bucket >= ? AND bucket < ? ORDER BY bucket",
        (low, high),
    )
    folded: dict[int, list[int]] = {}
    for row in rows:
        if (one := meant.get(row[1])) is not None:
            _fold(folded.setdefault(row[0], [0] * (len(SUMS) + 2)), row[2:], one)
    return [(from_milliseconds(bucket * BUCKET_MS), _totals(sums)) for bucket, sums in folded.items() if sums[0]]


def _session_rows(
    connection: Connection, spans: Sequence[Span], only: Selection
) -> Iterable[tuple[Span, int | None, int, Sequence[int]]]:
    for span in spans:
        where, values = only.where(id_bounds(span.start, span.end))
        statement = (
            f"SELECT conversation_id, series_id, {', '.join(RECORD_SUMS)} FROM records "
            f"WHERE {where} GROUP BY conversation_id, series_id"
        )
        rows: Iterable[Sequence[Any]] = run(connection, statement, values)
        for row in rows:
            yield span, row[0], row[1], row[2:]


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


def _named_sessions(connection: Connection, folded: dict[Key, list[int]], index: int) -> dict[Key, list[int]]:
    numbers = {int(key[index] or 0) for key in folded} - {0}
    found = texts(connection, numbers)
    return {
        (*key[:index], None if key[index] is None else found[int(key[index] or 0)], *key[index + 1 :]): sums
        for key, sums in folded.items()
    }
