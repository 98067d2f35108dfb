"""Calls in the order of their time, found by row number without reading those before.

Rollups tell how many calls each day holds, and each quarter of an hour in it, so the sums of these counts say where a
row lies; only the ids of that quarter are then read, and kept. The rows of a day stay where they are, however many
calls are stored in other days; within a day they are those of the first look into it.
"""

import threading
from array import array
from bisect import bisect_left, bisect_right
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from typing import Any

from sqlalchemy import Connection

from tokenmon.core.record import ID_BYTES, IDENTITY_OFFSET
from tokenmon.storage import days
from tokenmon.storage.days import BUCKET_MS
from tokenmon.storage.engine import run
from tokenmon.storage.selection import Selection

Bounds = tuple[bytes, bytes]
# Quarters whose ids are kept, those last used.
MAX_KEPT = 2000
# Quarters of one statement, two values each.
MAX_SPANS = 400


class Quarters:
    """Quarters of an hour with calls, oldest first, and how many rows there are up to the end of each."""

    def __init__(self, counted: dict[int, int]) -> None:
        self.numbers = array("q", counted)
        self.ends = array("q", accumulate(counted.values()))
        self.count = self.ends[-1] if self.ends else 0

    def touched(self, first: int, after: int) -> Iterator[tuple[int, int, int]]:
        """The quarters in which some rows lie, each with its own first and last row."""
        for index in range(bisect_right(self.ends, first), bisect_left(self.ends, after) + 1):
            yield self.numbers[index], self._start(index), self.ends[index]

    def rows_of(self, quarter: int) -> tuple[int, int] | None:
        """The first row of a quarter and the one after its last, None for one without calls."""
        index = bisect_left(self.numbers, quarter)
        if index == len(self.numbers) or self.numbers[index] != quarter:
            return None
        return self._start(index), self.ends[index]

    def _start(self, index: int) -> int:
        return self.ends[index - 1] if index else 0


class TimeOrder:
    """Rows by number: the ids of what a selection without conditions means, the newest first or the oldest."""

    is_cut = False

    def __init__(self, connection: Connection, only: Selection, bounds: Bounds, *, newest_first: bool) -> None:
        self._only = only
        self._bounds = bounds
        self._newest_first = newest_first
        self._ids: OrderedDict[int, tuple[bytes, ...]] = OrderedDict()
        self._turn = threading.Lock()
        self._timezone = days.kept_zone(connection)
        # Days, or where none are kept all quarters at once, by the number of their first quarter.
        self._parts: dict[int, Quarters] = {}
        counted = {} if only.is_empty else self._counted_parts(connection)
        self._starts = array("q", counted)
        self._ends = array("q", accumulate(counted.values()))
        self.count = self._ends[-1] if self._ends else 0

    def _counted_parts(self, connection: Connection) -> dict[int, int]:
        """How many calls each part holds, oldest first; what is no whole day, and the last, by quarters."""
        earliest, latest = (int.from_bytes(one[:IDENTITY_OFFSET], "big") for one in self._bounds)
        low, high = earliest // BUCKET_MS, -(-latest // BUCKET_MS)
        ragged, counted = [(low, high)], {}
        if self._timezone is not None and (whole := days.whole_days(low, high, self._timezone)) is not None:
            counted = self._counted(connection, "day_rollups", "day", *whole)
            ragged = [(low, whole[0]), (whole[1], high)]
            if counted:
                last = max(counted)
                del counted[last]
                ragged.append((last, days.day_after(last, self._timezone)))
        for first, after in ragged:
            quarters = self._quarters(connection, first, after)
            if quarters.count:
                self._parts[first] = quarters
                counted[first] = quarters.count
        return dict(sorted(counted.items()))

    def _counted(self, connection: Connection, table: str, key: str, first: int, after: int) -> dict[int, int]:
        where = " AND ".join((f"{key} >= ? AND {key} < ?", *self._only.terms()))
        statement = f"SELECT {key}, SUM(requests) FROM {table} WHERE {where} GROUP BY {key} ORDER BY {key}"
        rows: Iterable[Sequence[Any]] = run(connection, statement, (first, after)) if first < after else ()
        return {int(row[0]): int(row[1]) for row in rows}

    def _quarters(self, connection: Connection, first: int, after: int) -> Quarters:
        """The quarters of a part; those that the bounds cut are counted by their ids, and so is the last."""
        counted = self._counted(connection, "rollups", "bucket", first, after)
        ends = [number for number in counted if self._span(number) != _span(number)]
        last = [max(counted)] if counted else []
        for number, ids in self._held(connection, list(dict.fromkeys([*ends, *last]))).items():
            counted[number] = len(ids)
        return Quarters(counted)

    def _part(self, connection: Connection, start: int) -> Quarters:
        with self._turn:
            held = self._parts.get(start)
        if held is None:
            # Only whole days are counted without their quarters.
            held = self._quarters(connection, start, days.day_after(start, str(self._timezone)))
            with self._turn:
                held = self._parts.setdefault(start, held)
        return held

    def _span(self, quarter: int) -> Bounds:
        low, high = _span(quarter)
        return max(low, self._bounds[0]), min(high, self._bounds[1])

    def ids(self, connection: Connection, offset: int, limit: int) -> list[bytes]:
        """The ids of some rows; fewer where calls are gone."""
        first, after = max(0, offset), min(self.count, offset + limit)
        if first >= after:
            return []
        if self._newest_first:
            return self._oldest_first(connection, self.count - after, self.count - first)[::-1]
        return self._oldest_first(connection, first, after)

    def _oldest_first(self, connection: Connection, first: int, after: int) -> list[bytes]:
        touched: list[tuple[int, int, int]] = []
        for index in range(bisect_right(self._ends, first), bisect_left(self._ends, after) + 1):
            start = self._ends[index - 1] if index else 0
            own = self._ends[index] - start
            part = self._part(connection, self._starts[index])
            # A day that has lost calls, or has more, keeps its rows.
            inner = max(0, first - start), min(after - start, own, part.count)
            if inner[0] < inner[1]:
                touched += [
                    (number, first - start - low, min(high, own, after - start) - low)
                    for number, low, high in part.touched(*inner)
                ]
        held = self._held(connection, [number for number, _, _ in touched])
        return [one for number, low, high in touched for one in held[number][max(0, low) : high]]

    def position(self, connection: Connection, record_id: bytes) -> int | None:
        """The number of a call's row, None when it has none."""
        quarter = int.from_bytes(record_id[:IDENTITY_OFFSET], "big") // BUCKET_MS
        index = bisect_right(self._starts, quarter) - 1
        if index < 0:
            return None
        start = self._ends[index - 1] if index else 0
        rows = self._part(connection, self._starts[index]).rows_of(quarter)
        if rows is None:
            return None
        ids = self._held(connection, [quarter])[quarter][: rows[1] - rows[0]]
        at = bisect_left(ids, record_id)
        row = start + rows[0] + at
        if at == len(ids) or ids[at] != record_id or row >= self._ends[index]:
            return None
        return self.count - 1 - row if self._newest_first else row

    def _held(self, connection: Connection, quarters: Sequence[int]) -> dict[int, tuple[bytes, ...]]:
        """The ids of quarters, oldest first: those that are kept, and the others read."""
        with self._turn:
            held = {number: self._ids[number] for number in quarters if number in self._ids}
        held |= self._read(connection, [number for number in quarters if number not in held])
        with self._turn:
            for number, ids in held.items():
                self._ids[number] = ids
                self._ids.move_to_end(number)
            while len(self._ids) > MAX_KEPT:
                self._ids.popitem(last=False)
        return held

    def _read(self, connection: Connection, buckets: Sequence[int]) -> dict[int, tuple[bytes, ...]]:
        found: dict[int, list[bytes]] = {bucket: [] for bucket in buckets}
        for at in range(0, len(buckets), MAX_SPANS):
            part = buckets[at : at + MAX_SPANS]
            spans = ", ".join(f"({bucket}, ?, ?)" for bucket in part)
            where = " AND ".join(("id >= spans.low AND id < spans.high", *self._only.terms()))
            # A cross join, so that SQLite looks up each span in the records and not each record in the spans.
            statement = (
                f"WITH spans (bucket, low, high) AS (VALUES {spans}) "
                f"SELECT spans.bucket, id FROM spans CROSS JOIN records WHERE {where}"
            )
            values = [end for bucket in part for end in self._span(bucket)]
            rows: Iterable[Sequence[Any]] = run(connection, statement, tuple(values))
            for row in rows:
                found[row[0]].append(bytes(row[1]))
        return {bucket: tuple(sorted(ids)) for bucket, ids in found.items()}


def _span(bucket: int) -> Bounds:
    tail = bytes(ID_BYTES - IDENTITY_OFFSET)
    low, high = ((number * BUCKET_MS).to_bytes(IDENTITY_OFFSET, "big") + tail for number in (bucket, bucket + 1))
    return low, high
