"""Calls in the order of their time, found by row number without reading those before.

Rollups tell how many calls each quarter of an hour holds, so the sums of these counts say where a row lies; only the
ids of that quarter are then read, and kept. A quarter is as it was when its count was read: of calls that were stored
in it since, none shifts another quarter's rows.
"""

import threading
from array import array
from bisect import bisect_left, bisect_right
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import Any

from sqlalchemy import Connection

from tokenmon.core.record import ID_BYTES, IDENTITY_OFFSET
from tokenmon.storage.engine import run
from tokenmon.storage.rollups import BUCKET_MS
from tokenmon.storage.selection import Selection

Bounds = tuple[bytes, bytes]
# Quarters whose ids are kept, those last used.
MAX_KEPT = 2000
# Quarters of one statement, two values each.
MAX_SPANS = 400


class TimeOrder:
    """Rows by number: the ids of what a selection without conditions means, the newest first or the oldest."""

    is_cut = False

    def __init__(self, connection: Connection, only: Selection, bounds: Bounds, *, newest_first: bool) -> None:
        self._only = only
        self._bounds = bounds
        self._newest_first = newest_first
        self._kept: OrderedDict[int, tuple[bytes, ...]] = OrderedDict()
        self._turn = threading.Lock()
        counted = {} if only.is_empty else self._counted(connection)
        self._buckets = array("q", counted)
        self._hold_ends(connection, counted)
        # How many rows there are up to the end of each quarter.
        self._ends = array("q", accumulate(counted.values()))
        self.count = self._ends[-1] if self._ends else 0

    def _counted(self, connection: Connection) -> dict[int, int]:
        """How many calls each quarter that the bounds touch holds, oldest first."""
        low, high = (int.from_bytes(one[:IDENTITY_OFFSET], "big") // BUCKET_MS for one in self._bounds)
        where = " AND ".join(("bucket >= ? AND bucket <= ?", *self._only.terms()))
        statement = f"SELECT bucket, SUM(requests) FROM rollups WHERE {where} GROUP BY bucket ORDER BY bucket"
        rows: Iterable[Sequence[Any]] = run(connection, statement, (low, high))
        return {int(row[0]): int(row[1]) for row in rows}

    def _hold_ends(self, connection: Connection, counted: dict[int, int]) -> None:
        """Read the quarters that the bounds cut, and the last one, to which calls are still added."""
        ends = [bucket for bucket in counted if self._span(bucket) != _span(bucket)]
        last = [max(counted)] if counted else []
        for bucket, ids in self._read(connection, list(dict.fromkeys([*ends, *last]))).items():
            counted[bucket] = len(ids)
            self._kept[bucket] = ids

    def _span(self, bucket: int) -> Bounds:
        low, high = _span(bucket)
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
        low, high = bisect_right(self._ends, first), bisect_left(self._ends, after)
        held = self._hold(connection, self._buckets[low : high + 1])
        found: list[bytes] = []
        for index in range(low, high + 1):
            start = self._start(index)
            ids = held[self._buckets[index]][: self._ends[index] - start]
            found += ids[max(0, first - start) : max(0, after - start)]
        return found

    def _start(self, index: int) -> int:
        return self._ends[index - 1] if index else 0

    def position(self, connection: Connection, record_id: bytes) -> int | None:
        """The number of a call's row, None when it has none."""
        bucket = int.from_bytes(record_id[:IDENTITY_OFFSET], "big") // BUCKET_MS
        index = bisect_left(self._buckets, bucket)
        if index == len(self._buckets) or self._buckets[index] != bucket:
            return None
        start = self._start(index)
        ids = self._hold(connection, [bucket])[bucket][: self._ends[index] - start]
        at = bisect_left(ids, record_id)
        if at == len(ids) or ids[at] != record_id:
            return None
        return self.count - 1 - (start + at) if self._newest_first else start + at

    def _hold(self, connection: Connection, buckets: Sequence[int]) -> dict[int, tuple[bytes, ...]]:
        with self._turn:
            held = {bucket: self._kept[bucket] for bucket in buckets if bucket in self._kept}
        held |= self._read(connection, [bucket for bucket in buckets if bucket not in held])
        with self._turn:
            for bucket in held:
                self._kept[bucket] = held[bucket]
                self._kept.move_to_end(bucket)
            while len(self._kept) > MAX_KEPT:
                self._kept.popitem(last=False)
        return held

    def _read(self, connection: Connection, buckets: Sequence[int]) -> dict[int, tuple[bytes, ...]]:
        """The ids of quarters, oldest first."""
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
