"""Calls in any other order, or by conditions that no rollup answers: their ids, read once and kept side by side."""

from collections.abc import Iterable, Sequence
from typing import Any, Literal

from sqlalchemy import Connection

from tokenmon.core.record import ID_BYTES
from tokenmon.storage.engine import run
from tokenmon.storage.labels import Series
from tokenmon.storage.selection import Selection

SortKey = Literal[
    "time", "cost", "tokens", "input", "output", "latency", "ttfc", "model", "platform", "project", "status"
]
SORT_KEYS: tuple[SortKey, ...] = (
    "time", "cost", "tokens", "input", "output", "latency", "ttfc", "model", "platform", "project", "status",
)  # fmt: skip
NUMBERS: dict[str, str] = {
    "cost": "cost_nanousd",
    "tokens": "input_tokens + output_tokens",
    "input": "input_tokens",
    "output": "output_tokens",
    "latency": "latency_ms",
    "ttfc": "first_chunk_ms",
}
# Sixteen megabytes of ids.
MOST = 1_000_000


class ReadOrder:
    """Rows by number: the ids that a statement gave, at most MOST of them."""

    def __init__(self, connection: Connection, statement: str, values: tuple[Any, ...]) -> None:
        rows: Iterable[Sequence[Any]] = run(connection, f"{statement} LIMIT {MOST + 1}", values)
        # Written straight into one piece of memory: a million bytes objects would take three times as much.
        ids = bytearray()
        for row in rows:
            ids += row[0]
        self.is_cut = len(ids) > MOST * ID_BYTES
        self._ids = bytes(ids[: MOST * ID_BYTES])
        self.count = len(self._ids) // ID_BYTES

    def ids(self, _: Connection, offset: int, limit: int) -> list[bytes]:
        """The ids of some rows."""
        first, after = max(0, offset), min(self.count, offset + limit)
        return [self._ids[at * ID_BYTES : (at + 1) * ID_BYTES] for at in range(first, after)]

    def position(self, _: Connection, record_id: bytes) -> int | None:
        """The number of a call's row, None when it has none."""
        at = self._ids.find(record_id)
        while at % ID_BYTES and at >= 0:
            at = self._ids.find(record_id, at + 1)
        return None if at < 0 else at // ID_BYTES


def by_time(only: Selection, bounds: tuple[bytes, bytes], *, descending: bool) -> tuple[str, tuple[Any, ...]]:
    """A statement for the ids in the order of their time."""
    where, values = only.where(bounds)
    return f"SELECT id FROM records WHERE {where} ORDER BY id {'DESC' if descending else 'ASC'}", values


def by_number(
    only: Selection, bounds: tuple[bytes, bytes], key: str, *, descending: bool
) -> tuple[str, tuple[Any, ...]]:
    """A statement for the ids in the order of a number, unknown ones last; of equal ones the newest first."""
    where, values = only.where(bounds)
    direction = "DESC" if descending else "ASC"
    return f"SELECT id FROM records WHERE {where} ORDER BY {NUMBERS[key]} {direction} NULLS LAST, id DESC", values


def by_label(
    only: Selection, bounds: tuple[bytes, bytes], key: str, series: Iterable[Series], *, descending: bool
) -> tuple[str, tuple[Any, ...]]:
    """A statement for the ids in the order of a label of these series, calls without it last, the newest first."""
    where, values = only.where(bounds)
    labels = {one.id: _label(key, one) for one in series}
    known = sorted({label for label in labels.values() if label is not None}, reverse=descending)
    ranks = {label: rank for rank, label in enumerate(known)}
    pairs = ", ".join(
        f"({number}, {len(known) if label is None else ranks[label]})" for number, label in labels.items()
    )
    return (
        f"WITH ranks (number, rank) AS (VALUES {pairs}) "
        f"SELECT id FROM records JOIN ranks ON ranks.number = series_id WHERE {where} ORDER BY ranks.rank, id DESC"
    ), values


def _label(key: str, one: Series) -> tuple[int, str] | None:
    """A label as it sorts: texts without regard to case, statuses as numbers."""
    if key == "status":
        return None if one.status is None else (one.status, "")
    text = {"model": one.model, "platform": one.platform, "project": one.project}[key]
    return None if text is None else (0, f"{text.casefold()}\x00{text}")
