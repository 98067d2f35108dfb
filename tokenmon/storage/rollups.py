"""Rollups: sums per series and quarter of an hour, changed only together with the records they sum."""

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, text

from tokenmon.core.money import to_nanousd
from tokenmon.core.record import UsageRecord, milliseconds

BUCKET_MS = 15 * 60 * 1000
SUMS = (
    "requests", "input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens",
    "cache_creation_1h_input_tokens", "reasoning_output_tokens", "audio_input_tokens", "audio_output_tokens",
    "cost_nanousd", "estimated_cost_nanousd", "unpriced_requests", "unpriced_tokens", "estimated_requests",
    "latency_ms", "latency_requests", "first_chunk_ms", "first_chunk_requests",
)  # fmt: skip
# The same sums over records; sources 1 and 2 are `partial` and `estimated` (core.record.USAGE_SOURCES).
RECORD_SUMS = (
    "COUNT(*)",
    *(f"COALESCE(SUM({name}), 0)" for name in SUMS[1:10]),
    "COALESCE(SUM(CASE WHEN usage_source IN (1, 2) THEN cost_nanousd END), 0)",
    "SUM(CASE WHEN cost_nanousd IS NULL THEN 1 ELSE 0 END)",
    "COALESCE(SUM(CASE WHEN cost_nanousd IS NULL THEN input_tokens + output_tokens END), 0)",
    "SUM(CASE WHEN usage_source IN (1, 2) THEN 1 ELSE 0 END)",
    "COALESCE(SUM(latency_ms), 0)",
    "COUNT(latency_ms)",
    "COALESCE(SUM(first_chunk_ms), 0)",
    "COUNT(first_chunk_ms)",
)
UPSERT = text(
    f"INSERT INTO rollups (bucket, series_id, {', '.join(SUMS)}) "
    f"VALUES (:bucket, :series_id, {', '.join(':' + one for one in SUMS)}) "
    "ON CONFLICT (bucket, series_id) DO UPDATE SET "
    + ", ".join(f"{one} = rollups.{one} + excluded.{one}" for one in SUMS)
)

Delta = list[int]
Deltas = dict[tuple[int, int], Delta]


def summands(record: UsageRecord) -> Delta:
    """What one record adds to each of SUMS."""
    usage = record.usage
    cost = 0 if record.cost is None else to_nanousd(record.cost)
    is_estimated = record.usage_source in ("partial", "estimated")
    is_unpriced = record.cost is None
    latency, first = record.latency_ms, record.time_to_first_chunk_ms
    counts = (
        (0, 0, 0, 0, 0, 0, 0, 0)
        if usage is None
        else (
            usage.input_tokens, usage.output_tokens, usage.cache_read_input_tokens, usage.cache_creation_input_tokens,
            usage.cache_creation_1h_input_tokens, usage.reasoning_output_tokens, usage.audio_input_tokens,
            usage.audio_output_tokens,
        )
    )  # fmt: skip
    return [
        1, *counts, cost, cost if is_estimated else 0, int(is_unpriced), counts[0] + counts[1] if is_unpriced else 0,
        int(is_estimated), latency or 0, int(latency is not None), first or 0, int(first is not None),
    ]  # fmt: skip


def collect(deltas: Deltas, series_id: int, record: UsageRecord, *, sign: int) -> None:
    """Add a record's part to the changes (sign 1), or take it away (sign -1)."""
    key = (milliseconds(record.occurred_at) // BUCKET_MS, series_id)
    held = deltas.get(key)
    part = summands(record)
    if held is None:
        deltas[key] = part if sign == 1 else [-one for one in part]
    else:
        for index, one in enumerate(part):
            held[index] += sign * one


def apply(connection: Connection, deltas: Deltas) -> None:
    """Write the changes, in key order: writers that take rows in one order cannot deadlock."""
    if deltas:
        rows = [
            {"bucket": bucket, "series_id": series_id, **dict(zip(SUMS, delta, strict=True))}
            for (bucket, series_id), delta in sorted(deltas.items())
        ]
        connection.execute(UPSERT, rows)


def rebuild(connection: Connection) -> int:
    """Sum all records anew; the number of rollups."""
    bucket = _bucket_of_id(connection)
    connection.execute(text("DELETE FROM rollups"))
    connection.execute(
        text(
            f"INSERT INTO rollups (bucket, series_id, {', '.join(SUMS)}) "
            f"SELECT {bucket}, series_id, {', '.join(RECORD_SUMS)} FROM records GROUP BY 1, 2"
        )
    )
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


def fold(rows: Iterable[Sequence[int]]) -> Delta:
    """The sum of rows of SUMS."""
    total = [0] * len(SUMS)
    for row in rows:
        for index, one in enumerate(row):
            total[index] += int(one)
    return total
