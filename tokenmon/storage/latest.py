"""The latest calls of each platform: rollups tell in which quarters of an hour they are, and only those are read.

So a platform that was called hours ago, or failed then, costs no scan of all that others have called since.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence

from sqlalchemy import Connection

from tokenmon.core.query import Filter
from tokenmon.core.record import IDENTITY_OFFSET, UsageRecord
from tokenmon.storage import records
from tokenmon.storage.engine import run
from tokenmon.storage.labels import LabelBook, Series
from tokenmon.storage.rollups import BUCKET_MS, Row
from tokenmon.storage.sums import matching

BUCKETS = "SELECT bucket, series_id, requests FROM rollups WHERE bucket >= ? AND bucket <= ? ORDER BY bucket DESC"


def latest(
    connection: Connection, book: LabelBook, wanted: Filter, count: int, is_meant: Callable[[Series], bool]
) -> dict[str, list[UsageRecord]]:
    """Up to `count` calls of each platform, newest first, among those of the series meant; none without any."""
    meant = {number: one for number, one in matching(book.series(connection), wanted).items() if is_meant(one)}
    bounds = records.id_bounds(wanted.period.start, wanted.period.end)
    numbers: dict[str, list[int]] = defaultdict(list)
    for number, one in meant.items():
        numbers[one.platform].append(number)
    found: dict[str, list[UsageRecord]] = {}
    for platform, buckets in _buckets(connection, meant, bounds, count).items():
        rows: list[Row] = []
        for bucket in buckets:
            part = max(bounds[0], _first_id(bucket)), min(bounds[1], _first_id(bucket + 1))
            left = count - len(rows)
            rows += records.page(connection, part, series_ids=numbers[platform], limit=left, newest_first=True)
        if rows:
            found[platform] = records.decode(connection, book, rows)
    return found


def _buckets(
    connection: Connection, meant: dict[int, Series], bounds: tuple[bytes, bytes], count: int
) -> dict[str, Sequence[int]]:
    """The newest buckets of each platform that hold at least `count` calls, newest first."""
    low, high = (int.from_bytes(one[:IDENTITY_OFFSET], "big") // BUCKET_MS for one in bounds)
    buckets: dict[str, list[int]] = defaultdict(list)
    missing: dict[str, int] = defaultdict(lambda: count)
    for row in run(connection, BUCKETS, (low, high)):
        bucket, number, requests = tuple(row)
        one = meant.get(number)
        if one is None:
            continue
        known = buckets[one.platform]
        is_new = not known or known[-1] != bucket
        if is_new and missing[one.platform] <= 0:
            continue
        if is_new:
            known.append(bucket)
        # The bucket of the period's end may hold later calls too: what it has does not count as found.
        if bucket != high:
            missing[one.platform] -= int(requests)
    return {platform: found for platform, found in buckets.items() if found}


def _first_id(bucket: int) -> bytes:
    return (bucket * BUCKET_MS).to_bytes(IDENTITY_OFFSET, "big") + bytes(10)
