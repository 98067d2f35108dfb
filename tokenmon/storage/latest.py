"""The latest calls of each platform: rollups tell in which quarters of an hour they are, and only those are read.

So a platform that was called hours ago, or failed then, costs no scan of all that others have called since.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping

from sqlalchemy import Connection

from tokenmon.core.query import Filter
from tokenmon.core.record import IDENTITY_OFFSET, UsageRecord
from tokenmon.storage import records
from tokenmon.storage.days import BUCKET_MS
from tokenmon.storage.engine import run
from tokenmon.storage.labels import LabelBook, Series
from tokenmon.storage.rollups import Row
from tokenmon.storage.selection import Selection, matching

# Most platforms have enough calls here; the rest of the period is asked about the others alone.
RECENT = 8


def latest(
    connection: Connection, book: LabelBook, wanted: Filter, count: int, is_meant: Callable[[Series], bool]
) -> dict[str, list[UsageRecord]]:
    """Up to `count` calls of each platform, newest first, among those of the series meant; none without any."""
    numbers: dict[str, list[int]] = defaultdict(list)
    for number, one in matching(book.series(connection), wanted).items():
        if is_meant(one):
            numbers[one.platform].append(number)
    bounds = records.id_bounds(wanted.period.start, wanted.period.end)
    rows: list[Row] = []
    for platform, buckets in _buckets(connection, numbers, bounds, count).items():
        left, only = count, Selection(tuple(numbers[platform]))
        for bucket in buckets:
            part = max(bounds[0], _first_id(bucket)), min(bounds[1], _first_id(bucket + 1))
            page = records.page(connection, part, only=only, limit=left, newest_first=True)
            rows += page
            left -= len(page)
    found: dict[str, list[UsageRecord]] = {}
    for record in records.decode(connection, book, rows):
        found.setdefault(record.platform, []).append(record)
    return found


def _buckets(
    connection: Connection, numbers: Mapping[str, list[int]], bounds: tuple[bytes, bytes], count: int
) -> Mapping[str, list[int]]:
    """The newest buckets of each platform that hold at least `count` calls, newest first."""
    low, high = (int.from_bytes(one[:IDENTITY_OFFSET], "big") // BUCKET_MS for one in bounds)
    platforms = {number: platform for platform, some in numbers.items() for number in some}
    buckets: dict[str, list[int]] = defaultdict(list)
    missing = dict.fromkeys(numbers, count)
    for first, last in ((max(low, high - RECENT), high), (low, high - RECENT - 1)):
        wanted = [number for number, platform in platforms.items() if missing[platform] > 0]
        for bucket, number, requests in _requests(connection, first, last, wanted):
            platform = platforms[number]
            known = buckets[platform]
            if not known or known[-1] != bucket:
                if missing[platform] <= 0:
                    continue
                known.append(bucket)
            # The bucket of the period's end may hold later calls too: what it has does not count as found.
            if bucket != high:
                missing[platform] -= requests
    return buckets


def _requests(connection: Connection, first: int, last: int, numbers: list[int]) -> Iterator[tuple[int, int, int]]:
    """How many calls of some series are in which buckets, the newest first."""
    if not numbers or first > last:
        return
    # Numbers that the database gave, so they may stand in the text: thousands of variables would not fit.
    statement = (
        "SELECT bucket, series_id, requests FROM rollups WHERE bucket >= ? AND bucket <= ? "
        f"AND series_id IN ({', '.join(map(str, numbers))}) ORDER BY bucket DESC"
    )
    for row in run(connection, statement, (first, last)):
        bucket, number, requests = tuple(row)
        yield bucket, number, int(requests)


def _first_id(bucket: int) -> bytes:
    return (bucket * BUCKET_MS).to_bytes(IDENTITY_OFFSET, "big") + bytes(10)
