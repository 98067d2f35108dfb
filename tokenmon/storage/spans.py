"""Spans: the parts of a period whose sums belong together, and where the sums of each are found.

Whole days and quarters of an hour stand in rollups, what is left at ragged edges in records.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection

from tokenmon.core.period import Bucket, Period, buckets_between
from tokenmon.core.record import from_milliseconds, id_time, milliseconds
from tokenmon.storage import days
from tokenmon.storage.days import BUCKET_MS
from tokenmon.storage.engine import run
from tokenmon.storage.kinds import Column, constant, lookup, place
from tokenmon.storage.records import id_bounds

# The longest stretch of one statement, fifteen years: its lookup holds three bytes for each quarter of an hour.
MAX_QUARTERS = 2**19
# So few may be read as they are, whether or not they are a whole day.
FEW_QUARTERS = 64


@dataclass(frozen=True, slots=True)
class Span:
    """Part of a period; `label` names the bucket of time, None without one."""

    start: datetime | None
    end: datetime | None
    label: str | None


@dataclass(slots=True)
class Stretch:
    """Spans side by side in the rollups of a key (day or bucket): the first quarter of each and of what follows, and
    the labels."""

    key: str
    firsts: list[int]
    labels: list[str | None] = field(default_factory=list)

    @property
    def bounds(self) -> tuple[int, int]:
        """The first quarter and the one after the last."""
        return self.firsts[0], self.firsts[-1]

    def takes(self, key: str, first: int, after: int) -> bool:
        """Whether a part of these rollups comes next and may be read by the same statement."""
        return self.key == key and self.firsts[-1] == first and after - self.firsts[0] <= MAX_QUARTERS

    def column(self, *, is_in_order: bool) -> Column:
        """The column that tells the label of a row.

        In the order of the table quarter by quarter, which needs no sorting; else the database folds them itself.
        """
        if len(self.labels) == 1:
            return constant(self.labels[0])
        if is_in_order:
            return Column(self.key, lambda quarter: self.labels[bisect_right(self.firsts, quarter) - 1])
        counts = [after - first for first, after in zip(self.firsts, self.firsts[1:], strict=False)]
        places = b"".join(place(number) * count for number, count in enumerate(counts))
        return lookup(self.key, self.firsts[0], places, self.labels)


def spans_of(connection: Connection, period: Period, bucket: Bucket | None) -> list[Span]:
    """The buckets of a period from the first call to the last; without a bucket the period itself."""
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
        for low, high, label in buckets_between(start, end, bucket, period.timezone)
    ]


def extent(connection: Connection) -> tuple[datetime | None, datetime | None]:
    """When the first and the last call were, None without any."""
    return _end(connection, "ASC"), _end(connection, "DESC")


def _end(connection: Connection, order: str) -> datetime | None:
    # MIN and MAX together would read the whole table; PostgreSQL before version 18 has neither for bytes.
    row = run(connection, f"SELECT id FROM records ORDER BY id {order} LIMIT 1", ()).first()
    return None if row is None else id_time(bytes(row[0]))


def placed(connection: Connection, spans: Sequence[Span]) -> tuple[list[Stretch], list[Span]]:
    """Spans as whole days and quarters in stretches of rollups, and what is left of them, to be read from records."""
    timezone = days.kept_zone(connection)
    stretches: list[Stretch] = []
    edges: list[Span] = []
    for span in spans:
        low, early = (0, 0) if span.start is None else divmod(millis_up(span.start), BUCKET_MS)
        high, late = (days.LAST, 0) if span.end is None else divmod(millis_up(span.end), BUCKET_MS)
        if early:
            low += 1
        if low > high:
            edges.append(span)
            continue
        if early:
            edges.append(Span(span.start, from_milliseconds(low * BUCKET_MS), span.label))
        if late:
            edges.append(Span(from_milliseconds(high * BUCKET_MS), span.end, span.label))
        for part in _parts(low, high, timezone):
            _place(stretches, span.label, *part)
    return stretches, edges


def _parts(low: int, high: int, timezone: str | None) -> Iterator[tuple[str, int, int]]:
    """Quarters of an hour as whole days and what is left at both ends: key of the rollups, first, after the last."""
    is_short = high - low < FEW_QUARTERS
    found = None if timezone is None or is_short else days.whole_days(low, high, timezone)
    if found is None:
        yield "bucket", low, high
        return
    first, after = found
    if low < first:
        yield "bucket", low, first
    yield "day", first, after
    if after < high:
        yield "bucket", after, high


def _place(stretches: list[Stretch], label: str | None, key: str, first: int, after: int) -> None:
    if first == after:
        return
    if not stretches or not stretches[-1].takes(key, first, after):
        stretches.append(Stretch(key, [first]))
    stretches[-1].firsts.append(after)
    stretches[-1].labels.append(label)


def millis_up(moment: datetime) -> int:
    """Milliseconds of a moment, a part of one counted as whole, as far as an id can hold them."""
    return int.from_bytes(id_bounds(moment, None)[0][:6], "big")
