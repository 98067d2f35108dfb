"""Records: written once with their rollups in one transaction, read back as they were."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import attrgetter
from typing import Any

from sqlalchemy import Connection

from tokenmon.core.money import from_nanousd, to_nanousd
from tokenmon.core.record import (
    COST_SOURCES,
    IDENTITY_OFFSET,
    USAGE_SOURCES,
    UsageRecord,
    completed,
    id_time,
    in_place_of,
    milliseconds,
    supersedes,
)
from tokenmon.core.usage import TokenUsage
from tokenmon.storage import rollups
from tokenmon.storage.engine import insert, rows_in, run
from tokenmon.storage.extras import units_text, usage_from_text
from tokenmon.storage.labels import LabelBook, Series, labels_of, storable, texts
from tokenmon.storage.selection import Selection

COLUMNS = rollups.RECORD_COLUMNS
COUNTS = COLUMNS[8:16]
SELECT = f"SELECT {', '.join(COLUMNS)} FROM records"
INSERT = f"INSERT INTO records ({', '.join(COLUMNS)}) VALUES"
FIND = f"{SELECT} WHERE substr(id, 7) IN"
DELETE = "DELETE FROM records WHERE id = ?"
REPRICE = "UPDATE records SET cost_nanousd = ?, cost_source = ? WHERE id = ?"
COST_RANKS = {word: rank for rank, word in enumerate(COST_SOURCES)}
USAGE_RANKS = {word: rank for rank, word in enumerate(USAGE_SOURCES)}
NO_COUNTS = (None,) * len(COUNTS)
counts_of: Callable[[TokenUsage], tuple[int, ...]] = attrgetter(*COUNTS)
LOWEST_ID = bytes(16)
HIGHEST_ID = b"\xff" * 17
BY_ID = attrgetter("id")
PAGE = 1000


@dataclass(frozen=True, slots=True)
class Added:
    """What became of records that were given: new ones, ones that took the place of a weaker sight, repeats."""

    added: int = 0
    replaced: int = 0
    repeated: int = 0


# Whether the first record, another sight of the same call, takes the place of the second.
Prevails = Callable[[UsageRecord, UsageRecord], bool]


def write(
    connection: Connection,
    book: LabelBook,
    records: Sequence[UsageRecord],
    prevails: Prevails,
    machine: str | None = None,
) -> tuple[Added, Callable[[], None]]:
    """Insert records and change their rollups; the second value is to be called once that is committed.

    `machine` is the machine of the records that name none.
    """
    identities = list(dict.fromkeys(record.id[IDENTITY_OFFSET:] for record in records))
    existing = {old.id[IDENTITY_OFFSET:]: (row, old) for row, old in _existing(connection, book, identities)}
    best: dict[bytes, UsageRecord] = {}
    for record in records:
        identity = record.id[IDENTITY_OFFSET:]
        held = best.get(identity) or (existing[identity][1] if identity in existing else None)
        if held is None:
            best[identity] = record
        elif prevails(record, held):
            best[identity] = in_place_of(held, record)
        elif prevails is supersedes and (whole := completed(held, record)) is not None:
            # Only where any sight may correct any other: nobody labels what another has reported.
            best[identity] = whole
    if not best:
        return Added(repeated=len(records)), _nothing
    changes = rollups.Changes()
    removed: list[tuple[bytes]] = []
    for row, old in (existing[identity] for identity in best if identity in existing):
        removed.append((old.id,))
        changes.remove(row)
    fresh = sorted(best.values(), key=BY_ID)
    labels = [labels_of(record) for record in fresh]
    if machine is not None:
        labels = [one if one[-1] is not None else (*one[:-1], machine) for one in labels]
    series_numbers = book.series_numbers.numbers(connection, labels)
    text_numbers = book.text_numbers.numbers(connection, _texts_of(fresh))
    rows = [_row(record, series_numbers[one], text_numbers) for record, one in zip(fresh, labels, strict=True)]
    for row in rows:
        changes.add(row)
    if removed:
        run(connection, DELETE, removed)
    insert(connection, INSERT, rows)
    changes.write(connection)

    def remember() -> None:
        book.series_numbers.remember(series_numbers)
        book.text_numbers.remember(text_numbers)

    return Added(len(fresh) - len(removed), len(removed), len(records) - len(fresh)), remember


def _nothing() -> None:
    pass


def stored(connection: Connection, book: LabelBook, records: Sequence[UsageRecord]) -> list[UsageRecord]:
    """What is stored of the calls that records saw, in their order; a call that is not stored is left out."""
    identities = [record.id[IDENTITY_OFFSET:] for record in records]
    found = {one.id[IDENTITY_OFFSET:]: one for _, one in _existing(connection, book, list(dict.fromkeys(identities)))}
    return [found[identity] for identity in identities if identity in found]


def _existing(
    connection: Connection, book: LabelBook, identities: list[bytes]
) -> Iterable[tuple[rollups.Row, UsageRecord]]:
    rows = list(rows_in(connection, FIND, identities))
    return zip(rows, decode(connection, book, rows), strict=True) if rows else ()


@lru_cache(maxsize=4096)
def _pairs_text(pairs: tuple[tuple[str, object], ...]) -> str | None:
    return json.dumps(dict(pairs), ensure_ascii=False) if pairs else None


def _texts_of(records: Sequence[UsageRecord]) -> set[str]:
    found = {record.conversation_id for record in records}
    found.update(_pairs_text(record.tags) for record in records if record.tags)
    found.update(units_text(record.usage) for record in records if record.usage)
    return {one for one in found if one is not None}


def _row(record: UsageRecord, series_id: int, text_numbers: Mapping[str, int]) -> rollups.Row:
    usage = record.usage
    return (
        record.id,
        series_id,
        storable(record.response_id),
        _number(text_numbers, record.conversation_id),
        _number(text_numbers, _pairs_text(record.tags)),
        _number(text_numbers, None if usage is None else units_text(usage)),
        record.latency_ms,
        record.time_to_first_chunk_ms,
        *(NO_COUNTS if usage is None else counts_of(usage)),
        None if record.cost is None else to_nanousd(record.cost),
        COST_RANKS[record.cost_source],
        USAGE_RANKS[record.usage_source],
    )


def _number(numbers: Mapping[str, int], text: str | None) -> int | None:
    return None if text is None else numbers[text]


def decode(connection: Connection, book: LabelBook, rows: Sequence[rollups.Row]) -> list[UsageRecord]:
    """The records of rows."""
    series = book.series(connection)
    shared = texts(connection, {number for row in rows for number in row[3:6] if number is not None})
    return [_record(row, series[row[1]], shared) for row in rows]


def _record(row: rollups.Row, series: Series, shared: Mapping[int, str]) -> UsageRecord:
    record_id = bytes(row[0])
    response_id, conversation, tags, units, latency, first_chunk = row[2:8]
    cost, cost_rank, usage_rank = row[16:]
    usage = None
    if row[8] is not None:
        counted = dict(zip(COUNTS, row[8:16], strict=True))
        usage = TokenUsage(**counted) if units is None else usage_from_text(counted, shared[units])
    return UsageRecord(
        id=record_id,
        occurred_at=id_time(record_id),
        platform=series.platform,
        provider_name=series.provider_name,
        operation_name=series.operation_name,
        source=series.source,
        request_model=series.request_model,
        response_model=series.response_model,
        response_id=response_id,
        conversation_id=None if conversation is None else shared[conversation],
        project=series.project,
        client_key=series.client_key,
        stream=bool(series.stream),
        status=series.status,
        error_type=series.error_type,
        usage=usage,
        usage_source=USAGE_SOURCES[usage_rank],
        cost=None if cost is None else from_nanousd(cost),
        cost_source=COST_SOURCES[cost_rank],
        latency_ms=latency,
        time_to_first_chunk_ms=first_chunk,
        service_tier=series.service_tier,
        processing=series.processing,
        server_address=series.server_address,
        billing="subscription" if series.billing == "subscription" else "metered",
        tags=_pairs(shared, tags),
        machine=series.machine,
    )


def _pairs(shared: Mapping[int, str], number: int | None) -> tuple[tuple[str, Any], ...]:
    return () if number is None else tuple(sorted(json.loads(shared[number]).items()))


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
    bounds: tuple[bytes, bytes],
    *,
    only: Selection,
    limit: int,
    newest_first: bool,
) -> Sequence[rollups.Row]:
    """Up to `limit` rows between two ids (low inclusive, high exclusive) of those selected."""
    if only.is_empty:
        return []
    where, values = only.where(bounds)
    order = "DESC" if newest_first else "ASC"
    return run(connection, f"{SELECT} WHERE {where} ORDER BY id {order} LIMIT ?", (*values, limit)).all()


def by_ids(connection: Connection, book: LabelBook, ids: Sequence[bytes]) -> list[UsageRecord]:
    """The records of ids, in their order; those that are gone are left out."""
    rows = {bytes(row[0]): row for row in rows_in(connection, f"{SELECT} WHERE id IN", list(ids))}
    return decode(connection, book, [rows[one] for one in ids if one in rows])


def reprice(
    connection: Connection,
    book: LabelBook,
    rows: Sequence[rollups.Row],
    price: Callable[[UsageRecord], UsageRecord],
) -> int:
    """Give the records of rows the costs that `price` finds, and change their rollups; how many changed."""
    changes = rollups.Changes()
    changed: list[tuple[int | None, int, bytes]] = []
    for row, old in zip(rows, decode(connection, book, rows), strict=True):
        new = price(old)
        if (new.cost, new.cost_source) == (old.cost, old.cost_source):
            continue
        cost = None if new.cost is None else to_nanousd(new.cost)
        rank = COST_RANKS[new.cost_source]
        changes.remove(row)
        changes.add((*row[:16], cost, rank, row[18]))
        changed.append((cost, rank, old.id))
    if changed:
        run(connection, REPRICE, changed)
        changes.write(connection)
    return len(changed)
