"""Day rollups: sums per series and local day, so that a year is a few thousand rows and not a million.

They stand on top of the rollups of quarters of an hour and change with them. The days are those of one time zone, that
of whoever made the database or rebuilt its sums last; questions in another zone are answered from the quarters.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection

from tokenmon.core.period import bucket_start, next_bucket, zone
from tokenmon.core.record import from_milliseconds, milliseconds
from tokenmon.storage.engine import run

BUCKET_MS = 15 * 60 * 1000
ZONE = "day_zone"
# Before and after every day.
FIRST, LAST = -(2**20), 2**40
# The last quarters that a date can have, with a day to spare.
NO_DATE = 281_000_000
# Days of one statement.
MAX_DAYS = 2000


def kept_zone(connection: Connection) -> str | None:
    """The time zone of the days that are kept, None when none are."""
    row = run(connection, f"SELECT value FROM meta WHERE key = '{ZONE}'", ()).first()
    return None if row is None else str(row[0])


@lru_cache(maxsize=4096)
def day_of(quarter: int, timezone: str) -> int:
    """The local day that holds a quarter of an hour, as the number of its first one."""
    return _first_from(_start(quarter, timezone))


@lru_cache(maxsize=4096)
def day_after(quarter: int, timezone: str) -> int:
    """The local day after that one."""
    return _first_from(next_bucket(_start(quarter, timezone), "day", zone(timezone)))


def _start(quarter: int, timezone: str) -> datetime:
    return bucket_start(from_milliseconds(quarter * BUCKET_MS), "day", zone(timezone))


def _first_from(moment: datetime) -> int:
    # Clocks of another century were set by the sun, and their midnight lies within a quarter.
    return -(-milliseconds(moment) // BUCKET_MS)


def whole_days(low: int, high: int, timezone: str) -> tuple[int, int] | None:
    """From the first to after the last whole local day of some quarters (`high` exclusive); None without one."""
    if low >= NO_DATE:
        return None
    first = FIRST if low <= 0 else low if day_of(low, timezone) == low else day_after(low, timezone)
    after = LAST if high >= NO_DATE else day_of(high, timezone)
    return (first, after) if first < after else None


def folded(parts: Mapping[tuple[int, int], Sequence[int]], timezone: str) -> list[tuple[int, ...]]:
    """Rows of day rollups from sums by quarter and series."""
    found: dict[tuple[int, int], list[int]] = {}
    for (quarter, series_id), sums in parts.items():
        held = found.setdefault((day_of(quarter, timezone), series_id), [0] * len(sums))
        for index, number in enumerate(sums):
            held[index] += number
    return [(*key, *sums) for key, sums in found.items()]


def rebuild(connection: Connection, timezone: str, sums: Sequence[str]) -> None:
    """Sum the quarters by the days of a time zone, which are kept from then on."""
    zone(timezone)
    run(connection, "DELETE FROM day_rollups", ())
    run(connection, f"DELETE FROM meta WHERE key = '{ZONE}'", ())
    run(connection, f"INSERT INTO meta (key, value) VALUES ('{ZONE}', ?)", (timezone,))
    rows: Iterable[Sequence[Any]] = run(connection, "SELECT DISTINCT bucket FROM rollups", ()).all()
    days = sorted({day_of(int(row[0]), timezone) for row in rows})
    for at in range(0, len(days), MAX_DAYS):
        # Whole numbers that this module computed, so they may stand in the text.
        spans = ", ".join(f"({day}, {day_after(day, timezone)})" for day in days[at : at + MAX_DAYS])
        run(
            connection,
            f"INSERT INTO day_rollups (day, series_id, {', '.join(sums)}) "
            f"WITH spans (low, high) AS (VALUES {spans}) "
            f"SELECT spans.low, series_id, {', '.join(f'SUM({one})' for one in sums)} "
            "FROM spans CROSS JOIN rollups WHERE bucket >= spans.low AND bucket < spans.high "
            "GROUP BY spans.low, series_id",
            (),
        )
