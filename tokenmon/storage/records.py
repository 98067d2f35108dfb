"""Records: written once with their rollups in one transaction, read back as they were."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, bindparam, text

from tokenmon.core.money import from_nanousd, to_nanousd
from tokenmon.core.record import (
    COST_SOURCES,
    IDENTITY_OFFSET,
    USAGE_SOURCES,
    UsageRecord,
    id_time,
    milliseconds,
    supersedes,
)
from tokenmon.core.usage import TokenUsage
from tokenmon.storage import rollups
from tokenmon.storage.labels import LabelBook, Series, labels_of, storable

COUNTS = rollups.SUMS[1:9]
COLUMNS = (
    "id", "series_id", "response_id", "conversation_id", "tags_id", "units_id", "latency_ms", "first_chunk_ms", *COUNTS,
    "cost_nanousd", "cost_source", "usage_source",
)  # fmt: skip
SELECT = f"SELECT {', '.join(COLUMNS)} FROM records"
INSERT = text(f"INSERT INTO records ({', '.join(COLUMNS)}) VALUES ({', '.join(':' + one for one in COLUMNS)})")
FIND = text(f"{SELECT} WHERE substr(id, 7) IN :identities").bindparams(bindparam("identities", expanding=True))
DELETE = text("DELETE FROM records WHERE id = :id")
REPRICE = text("UPDATE records SET cost_nanousd = :cost, cost_source = :source WHERE id = :id")
LOWEST_ID = bytes(16)
HIGHEST_ID = b"\xff" * 17
PAGE = 1000


@dataclass(frozen=True, slots=True)
class Added:
    """What became of records that were given: new ones, ones that took the place of a weaker sight, repeats."""

    added: int = 0
    replaced: int = 0
    repeated: int = 0


def write(connection: Connection, book: LabelBook, records: Sequence[UsageRecord]) -> tuple[Added, Callable[[], None]]:
    """Insert records and change their rollups; the second value is to be called once that is committed."""
    best: dict[bytes, UsageRecord] = {}
    for record in records:
        identity = record.id[IDENTITY_OFFSET:]
        held = best.get(identity)
        if held is None or supersedes(record, held):
            best[identity] = record
    existing = _existing(connection, book, list(best))
    weaker = {identity: old for identity, old in existing.items() if supersedes(best[identity], old)}
    # A call keeps the time at which it was first seen: its id is what others may already hold.
    fresh = [
        replace(record, id=weaker[identity].id, occurred_at=weaker[identity].occurred_at)
        if identity in weaker
        else record
        for identity, record in best.items()
        if identity not in existing or identity in weaker
    ]
    series_ids = book.series_ids(connection, [labels_of(one) for one in [*fresh, *weaker.values()]])
    text_ids = book.text_ids(connection, (one for record in fresh for one in _texts_of(record)))
    deltas: rollups.Deltas = {}
    for old in weaker.values():
        rollups.collect(deltas, series_ids[labels_of(old)], old, sign=-1)
    for record in fresh:
        rollups.collect(deltas, series_ids[labels_of(record)], record, sign=1)
    if weaker:
        connection.execute(DELETE, [{"id": old.id} for old in weaker.values()])
    if fresh:
        rows = [_row(record, series_ids[labels_of(record)], text_ids) for record in sorted(fresh, key=_by_id)]
        connection.execute(INSERT, rows)
    rollups.apply(connection, deltas)
    added = Added(len(fresh) - len(weaker), len(weaker), len(records) - len(fresh))
    return added, lambda: book.remember(series_ids, text_ids)


def _by_id(record: UsageRecord) -> bytes:
    return record.id


def _existing(connection: Connection, book: LabelBook, identities: list[bytes]) -> dict[bytes, UsageRecord]:
    found: dict[bytes, UsageRecord] = {}
    for at in range(0, len(identities), 500):
        rows = connection.execute(FIND, {"identities": identities[at : at + 500]}).all()
        if rows:
            for record in decode(connection, book, rows):
                found[record.id[IDENTITY_OFFSET:]] = record
    return found


def _tags_text(record: UsageRecord) -> str | None:
    return json.dumps(dict(record.tags), ensure_ascii=False) if record.tags else None


def _units_text(record: UsageRecord) -> str | None:
    return json.dumps(dict(record.usage.units)) if record.usage is not None and record.usage.units else None


def _texts_of(record: UsageRecord) -> Iterator[str]:
    for one in (record.conversation_id, _tags_text(record), _units_text(record)):
        if one is not None:
            yield one


def _row(record: UsageRecord, series_id: int, text_ids: Mapping[str, int]) -> dict[str, Any]:
    usage = record.usage
    tags, units = _tags_text(record), _units_text(record)
    return {
        "id": record.id,
        "series_id": series_id,
        "response_id": storable(record.response_id),
        "conversation_id": None if record.conversation_id is None else text_ids[record.conversation_id],
        "tags_id": None if tags is None else text_ids[tags],
        "units_id": None if units is None else text_ids[units],
        "latency_ms": record.latency_ms,
        "first_chunk_ms": record.time_to_first_chunk_ms,
        **{name: None if usage is None else getattr(usage, name) for name in COUNTS},
        "cost_nanousd": None if record.cost is None else to_nanousd(record.cost),
        "cost_source": COST_SOURCES.index(record.cost_source),
        "usage_source": USAGE_SOURCES.index(record.usage_source),
    }


def decode(connection: Connection, book: LabelBook, rows: Iterable[Sequence[Any]]) -> list[UsageRecord]:
    """The records of rows (in the order of COLUMNS)."""
    held = [dict(zip(COLUMNS, row, strict=True)) for row in rows]
    series = book.series(connection)
    numbers = {row[name] for row in held for name in ("conversation_id", "tags_id", "units_id")} - {None}
    texts = book.texts(connection, numbers)
    return [_record(row, series[row["series_id"]], texts) for row in held]


def _record(row: Mapping[str, Any], series: Series, texts: Mapping[int, str]) -> UsageRecord:
    usage = None
    if row["input_tokens"] is not None:
        units = json.loads(texts[row["units_id"]]) if row["units_id"] is not None else {}
        usage = TokenUsage(**{name: row[name] for name in COUNTS}, units=tuple(sorted(units.items())))
    tags = json.loads(texts[row["tags_id"]]) if row["tags_id"] is not None else {}
    record_id = bytes(row["id"])
    return UsageRecord(
        id=record_id,
        occurred_at=id_time(record_id),
        platform=series.platform,
        provider_name=series.provider_name,
        operation_name=series.operation_name,
        source=series.source,
        request_model=series.request_model,
        response_model=series.response_model,
        response_id=row["response_id"],
        conversation_id=texts[row["conversation_id"]] if row["conversation_id"] is not None else None,
        project=series.project,
        client_key=series.client_key,
        stream=bool(series.stream),
        status=series.status,
        error_type=series.error_type,
        usage=usage,
        usage_source=USAGE_SOURCES[row["usage_source"]],
        cost=None if row["cost_nanousd"] is None else from_nanousd(row["cost_nanousd"]),
        cost_source=COST_SOURCES[row["cost_source"]],
        latency_ms=row["latency_ms"],
        time_to_first_chunk_ms=row["first_chunk_ms"],
        service_tier=series.service_tier,
        processing=series.processing,
        server_address=series.server_address,
        billing="subscription" if series.billing == "subscription" else "metered",
        tags=tuple(sorted(tags.items())),
    )


def id_bounds(start: Any, end: Any) -> tuple[bytes, bytes]:
    """The ids from a moment (inclusive) to another (exclusive), either None for open."""
    low = LOWEST_ID if start is None else _ceiling(start).to_bytes(IDENTITY_OFFSET, "big") + bytes(10)
    high = HIGHEST_ID if end is None else _ceiling(end).to_bytes(IDENTITY_OFFSET, "big") + bytes(10)
    return low, high


def _ceiling(moment: Any) -> int:
    # Records lie on whole milliseconds: the first one that is not before the moment.
    whole = milliseconds(moment)
    return max(0, whole if moment.microsecond % 1000 == 0 else whole + 1)


def page(
    connection: Connection,
    book: LabelBook,
    bounds: tuple[bytes, bytes],
    *,
    series_ids: list[int] | None,
    limit: int,
    newest_first: bool,
) -> list[UsageRecord]:
    """Up to `limit` records between two ids (low inclusive, high exclusive), of some series or (None) of all."""
    order = "DESC" if newest_first else "ASC"
    where = "id >= :low AND id < :high" + ("" if series_ids is None else " AND series_id IN :series")
    statement = text(f"{SELECT} WHERE {where} ORDER BY id {order} LIMIT :limit")
    values: dict[str, Any] = {"low": bounds[0], "high": bounds[1], "limit": limit}
    if series_ids is not None:
        statement = statement.bindparams(bindparam("series", expanding=True))
        values["series"] = series_ids
    return decode(connection, book, connection.execute(statement, values).all())


def reprice(
    connection: Connection, book: LabelBook, old: Sequence[UsageRecord], price: Callable[[UsageRecord], UsageRecord]
) -> int:
    """Give records the costs that `price` finds, and change their rollups; how many changed."""
    series_ids = book.series_ids(connection, [labels_of(record) for record in old])
    deltas: rollups.Deltas = {}
    changed: list[dict[str, Any]] = []
    for record in old:
        new = price(record)
        if (new.cost, new.cost_source) == (record.cost, record.cost_source):
            continue
        rollups.collect(deltas, series_ids[labels_of(record)], record, sign=-1)
        rollups.collect(deltas, series_ids[labels_of(record)], new, sign=1)
        cost = None if new.cost is None else to_nanousd(new.cost)
        changed.append({"id": record.id, "cost": cost, "source": COST_SOURCES.index(new.cost_source)})
    if changed:
        connection.execute(REPRICE, changed)
        rollups.apply(connection, deltas)
    return len(changed)
