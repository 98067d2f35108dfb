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
PART = 10_000

Bounds = tuple[bytes, bytes]


class ReadOrder:
    """Rows by number: ids side by side, at most MOST of them."""

    def __init__(self, ids: bytes) -> None:
        self.is_cut = len(ids) > MOST * ID_BYTES
        self._ids = ids[: MOST * ID_BYTES]
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


def by_time(connection: Connection, only: Selection, bounds: Bounds, *, descending: bool) -> ReadOrder:
    """The order of time."""
    where, values = only.where(bounds)
    direction = "DESC" if descending else "ASC"
    return _read(connection, f"SELECT id FROM records WHERE {where} ORDER BY id {direction}", values)


def by_number(connection: Connection, only: Selection, bounds: Bounds, key: str, *, descending: bool) -> ReadOrder:
    """The order of a number, unknown ones last; of equal ones the newest first."""
    where, values = only.where(bounds)
    order = f"{NUMBERS[key]} {'DESC' if descending else 'ASC'} NULLS LAST, id DESC"
    return _read(connection, f"SELECT id FROM records WHERE {where} ORDER BY {order}", values)


def _read(connection: Connection, statement: str, values: tuple[Any, ...]) -> ReadOrder:
    # With a limit SQLite keeps a tree of the first rows in place of sorting, which takes three times as long; it hands
    # over row by row, so that the rest need not be read. PostgreSQL hands over all there is.
    limit = "" if connection.dialect.name == "sqlite" else f" LIMIT {MOST + 1}"
    # Written straight into one piece of memory: a million bytes objects would take three times as much.
    ids = bytearray()
    with run(connection, statement + limit, values) as found:
        for part in found.scalars().partitions(PART):
            ids += b"".join(part)
            if len(ids) > MOST * ID_BYTES:
                break
    return ReadOrder(bytes(ids))


def by_label(
    connection: Connection, only: Selection, bounds: Bounds, key: str, series: Iterable[Series], *, descending: bool
) -> ReadOrder:
    """The order of a label of these series, calls without it last; of equal ones the newest first.

    The database reads in the order of time, the labels are sorted here: a fifth of the time that it takes to sort.
    """
    labels = {one.id: _label(key, one) for one in series}
    known = sorted({label for label in labels.values() if label is not None}, reverse=descending)
    places = {label: place for place, label in enumerate([*known, None])}
    shelves = [bytearray() for _ in places]
    shelf_of = {number: shelves[places[label]] for number, label in labels.items()}
    where, values = only.where(bounds)
    statement = f"SELECT series_id, id FROM records WHERE {where} ORDER BY id DESC"
    with run(connection, statement, values, is_streamed=True) as found:
        for part in found.partitions(PART):
            rows: Iterable[Sequence[Any]] = part
            for row in rows:
                # A series that came since the labels were read is of a call that did.
                if (shelf := shelf_of.get(row[0])) is not None:
                    shelf += row[1]
            _cut(shelves)
    return ReadOrder(b"".join(shelves))


def _cut(shelves: list[bytearray]) -> None:
    """Drop what can have no row any more, once there is twice as much as may stay."""
    if sum(map(len, shelves)) <= 2 * MOST * ID_BYTES:
        return
    # One more than may stay, which tells that there are more.
    room = (MOST + 1) * ID_BYTES
    for shelf in shelves:
        del shelf[room:]
        room -= len(shelf)


def _label(key: str, one: Series) -> tuple[int, str] | None:
    """A label as it sorts: texts without regard to case, statuses as numbers."""
    if key == "status":
        return None if one.status is None else (one.status, "")
    text = {"model": one.model, "platform": one.platform, "project": one.project}[key]
    return None if text is None else (0, f"{text.casefold()}\x00{text}")
