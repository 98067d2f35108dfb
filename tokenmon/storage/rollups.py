"""Rollups: sums per series and quarter of an hour, and per day, changed only together with the records they sum."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, text

from tokenmon.core.record import USAGE_SOURCES
from tokenmon.storage import days
from tokenmon.storage.days import BUCKET_MS
from tokenmon.storage.engine import insert

SUMS = (
    "requests", "input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens",
    "cache_creation_1h_input_tokens", "reasoning_output_tokens", "audio_input_tokens", "audio_output_tokens",
    "cost_nanousd", "estimated_cost_nanousd", "unpriced_requests", "unpriced_tokens", "estimated_requests",
    "latency_ms", "latency_requests", "first_chunk_ms", "first_chunk_requests",
)  # fmt: skip
ESTIMATED = (USAGE_SOURCES.index("partial"), USAGE_SOURCES.index("estimated"))
NO_COUNTS = (0,) * 8
# The same sums over records.
RECORD_SUMS = (
    "COUNT(*)",
    *(f"COALESCE(SUM({name}), 0)" for name in SUMS[1:10]),
    f"COALESCE(SUM(CASE WHEN usage_source IN {ESTIMATED} THEN cost_nanousd END), 0)",
    "SUM(CASE WHEN cost_nanousd IS NULL THEN 1 ELSE 0 END)",
    "COALESCE(SUM(CASE WHEN cost_nanousd IS NULL THEN input_tokens + output_tokens END), 0)",
    f"SUM(CASE WHEN usage_source IN {ESTIMATED} THEN 1 ELSE 0 END)",
    "COALESCE(SUM(latency_ms), 0)",
    "COUNT(latency_ms)",
    "COALESCE(SUM(first_chunk_ms), 0)",
    "COUNT(first_chunk_ms)",
)
INSERT = f"INSERT INTO rollups (bucket, series_id, {', '.join(SUMS)}) VALUES"
INSERT_DAYS = f"INSERT INTO day_rollups (day, series_id, {', '.join(SUMS)}) VALUES"
ADD_UP, ADD_UP_DAYS = (
    f"ON CONFLICT ({key}, series_id) DO UPDATE SET "
    + ", ".join(f"{one} = {table}.{one} + excluded.{one}" for one in SUMS)
    for table, key in (("rollups", "bucket"), ("day_rollups", "day"))
)
# The columns of `records`, in the order in which rows are passed here.
RECORD_COLUMNS = (
    "id", "series_id", "response_id", "conversation_id", "tags_id", "units_id", "latency_ms", "first_chunk_ms",
    *SUMS[1:9], "cost_nanousd", "cost_source", "usage_source",
)  # fmt: skip

Row = Sequence[Any]
Summands = tuple[int, ...]


def summands(row: Row) -> Summands:
    """What one record's row adds to each of SUMS."""
    latency, first, input_tokens = row[6:9]
    cost, _, usage_source = row[16:]
    is_estimated = usage_source in ESTIMATED
    counts = NO_COUNTS if input_tokens is None else row[8:16]
    return (
        1,
        *counts,
        cost or 0,
        (cost or 0) if is_estimated else 0,
        cost is None,
        counts[0] + counts[1] if cost is None else 0,
        is_estimated,
        latency or 0,
        latency is not None,
        first or 0,
        first is not None,
    )


class Changes:
    """Records that come and go, gathered by the rollups that hold them."""

    def __init__(self) -> None:
        self._parts: defaultdict[tuple[int, int], list[Summands]] = defaultdict(list)

    def add(self, row: Row) -> None:
        """A record comes."""
        self._parts[int.from_bytes(row[0][:6], "big") // BUCKET_MS, row[1]].append(summands(row))

    def remove(self, row: Row) -> None:
        """A record goes."""
        part = tuple(-one for one in summands(row))
        self._parts[int.from_bytes(row[0][:6], "big") // BUCKET_MS, row[1]].append(part)

    def write(self, connection: Connection) -> None:
        """Change the rollups."""
        sums = {key: tuple(map(sum, zip(*parts, strict=True))) for key, parts in self._parts.items()}
        if not sums:
            return
        insert(connection, INSERT, [(*key, *one) for key, one in sums.items()], ending=ADD_UP)
        if (timezone := days.kept_zone(connection)) is not None:
            insert(connection, INSERT_DAYS, days.folded(sums, timezone), ending=ADD_UP_DAYS)


def rebuild(connection: Connection, timezone: str) -> int:
    """Sum all records anew, by quarters of an hour and by the days of a time zone; the number of rollups."""
    bucket = _bucket_of_id(connection)
    connection.execute(text("DELETE FROM rollups"))
    connection.execute(
        text(
            f"INSERT INTO rollups (bucket, series_id, {', '.join(SUMS)}) "
            f"SELECT {bucket}, series_id, {', '.join(RECORD_SUMS)} FROM records GROUP BY 1, 2"
        )
    )
    days.rebuild(connection, timezone, SUMS)
    return int(connection.execute(text("SELECT COUNT(*) FROM rollups")).scalar_one())


def _bucket_of_id(connection: Connection) -> str:
    """SQL for the quarter of an hour in a record's id."""
    if connection.dialect.name == "postgresql":
        parts = " + ".join(f"(get_byte(id, {index})::bigint << {40 - 8 * index})" for index in range(6))
        return f"({parts}) / {BUCKET_MS}"
    # SQLite has no way from bytes to a number but hexadecimal digits, taken one by one.
    digits = "'0123456789ABCDEF'"
    parts = " + ".join(
        f"((instr({digits}, substr(hex(id), {index + 1}, 1)) - 1) << {44 - 4 * index})" for index in range(12)
    )
    return f"({parts}) / {BUCKET_MS}"
