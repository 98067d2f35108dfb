"""Series and texts: label sets and long texts that records share, stored once and known by number."""

import hashlib
import json
import threading
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, Generic, TypeVar

from sqlalchemy import Connection

from tokenmon.core.record import UsageRecord
from tokenmon.storage.engine import rows_in, run

COLUMNS = (
    "platform", "provider_name", "operation_name", "request_model", "response_model", "source", "project",
    "client_key", "service_tier", "processing", "stream", "status", "error_type", "billing", "server_address",
    "machine",
)  # fmt: skip
SELECT_SERIES = f"SELECT id, {', '.join(COLUMNS)} FROM series WHERE id > ? ORDER BY id"
# Conversations come and go, and so may any label that a caller chooses: a full cache starts anew.
MAX_CACHED = 20_000


@dataclass(frozen=True, slots=True)
class Series:
    """One label set."""

    id: int
    platform: str
    provider_name: str
    operation_name: str
    request_model: str | None
    response_model: str | None
    source: str
    project: str | None
    client_key: str | None
    service_tier: str | None
    processing: str | None
    stream: int
    status: int | None
    error_type: str | None
    billing: str
    server_address: str | None
    machine: str | None

    @property
    def model(self) -> str | None:
        """The model that answered, else the one asked for."""
        return self.response_model or self.request_model

    @property
    def is_error(self) -> bool:
        """Whether calls of this series failed."""
        return self.error_type is not None or (self.status is not None and self.status >= 400)


LabelSet = tuple[object, ...]
# A record's labels in the order of COLUMNS.
labels_of: Callable[[UsageRecord], LabelSet] = attrgetter(*COLUMNS)


def storable(value: Any) -> Any:
    """A value as every database takes it: PostgreSQL refuses NUL and a boolean as a number, no one a lone surrogate."""
    if value.__class__ is str:
        if value.isascii() and "\x00" not in value:
            return value
        return value.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")
    return int(value) if value.__class__ is bool else value


Shared = TypeVar("Shared", bound=Hashable)


class Register(Generic[Shared]):
    """The numbers of values that are stored once in a table, found by a digest of what is stored; cached."""

    def __init__(self, table: str, columns: tuple[str, ...], row: Callable[[Shared], tuple[Any, ...]]) -> None:
        self._find = f"SELECT digest, id FROM {table} WHERE digest IN"
        self._insert = f"INSERT INTO {table} (digest, {', '.join(columns)}) VALUES (?{', ?' * len(columns)})"
        self._row = row
        self._cached: dict[Shared, int] = {}
        self._turn = threading.Lock()

    def numbers(self, connection: Connection, wanted: Iterable[Shared]) -> dict[Shared, int]:
        """The numbers of values, new ones inserted; `remember` them once they are committed."""
        cached = self._cached
        distinct = set(wanted)
        found = {one: cached[one] for one in distinct if one in cached}
        if len(found) < len(distinct):
            found.update(self._stored(connection, distinct - found.keys()))
        return found

    def _stored(self, connection: Connection, wanted: Iterable[Shared]) -> dict[Shared, int]:
        # Two values may be stored as one, since not every character can be stored.
        rows = {one: self._row(one) for one in wanted}
        digests = {row: _digest(row) for row in rows.values()}
        known = self._known(connection, digests.values())
        fresh = [(digest, *row) for row, digest in digests.items() if digest not in known]
        if fresh:
            run(connection, self._insert, fresh)
            known |= self._known(connection, [row[0] for row in fresh])
        return {one: known[digests[row]] for one, row in rows.items()}

    def known(self, connection: Connection, wanted: Iterable[Shared]) -> list[int]:
        """The numbers of those values that are stored."""
        return list(self._known(connection, [_digest(self._row(one)) for one in wanted]).values())

    def _known(self, connection: Connection, digests: Iterable[bytes]) -> dict[bytes, int]:
        return {bytes(row[0]): int(row[1]) for row in rows_in(connection, self._find, list(digests))}

    def remember(self, numbers: Mapping[Shared, int]) -> None:
        """Keep numbers that are committed."""
        with self._turn:
            if len(self._cached) > MAX_CACHED:
                self._cached = {}
            self._cached.update(numbers)


def _digest(row: tuple[Any, ...]) -> bytes:
    # A series without a machine keeps the digest that it had before there were machines.
    if len(row) == len(COLUMNS) and row[-1] is None:
        row = row[:-1]
    return hashlib.blake2b(json.dumps(row).encode(), digest_size=16).digest()


class LabelBook:
    """Series and texts by number and numbers by label set and text; used from several threads."""

    def __init__(self) -> None:
        self.series_numbers: Register[LabelSet] = Register(
            "series", COLUMNS, lambda labels: tuple(storable(one) for one in labels)
        )
        self.text_numbers: Register[str] = Register("texts", ("text",), lambda text: (storable(text),))
        self._series: dict[int, Series] = {}
        self._turn = threading.Lock()

    def series(self, connection: Connection) -> Mapping[int, Series]:
        """All series by number, those added since the last call included."""
        with self._turn:
            # They are numbered in the order of their commits (there is one writer), so none comes late below.
            above = next(reversed(self._series), 0)
            for row in run(connection, SELECT_SERIES, (above,)):
                self._series[row[0]] = Series(*tuple(row))
            return dict(self._series)


def texts(connection: Connection, numbers: Iterable[int]) -> dict[int, str]:
    """The texts of numbers."""
    return {row[0]: row[1] for row in rows_in(connection, "SELECT id, text FROM texts WHERE id IN", sorted(numbers))}
