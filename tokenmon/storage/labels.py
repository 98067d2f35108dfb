"""Series and texts: label sets and long texts that records share, stored once and known by number."""

import hashlib
import json
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, text

from tokenmon.core.record import UsageRecord

COLUMNS = (
    "platform", "provider_name", "operation_name", "request_model", "response_model", "source", "project",
    "client_key", "service_tier", "processing", "stream", "status", "error_type", "billing", "server_address",
)  # fmt: skip
SELECT_SERIES = text(f"SELECT id, {', '.join(COLUMNS)} FROM series WHERE id > :above ORDER BY id")
FIND_SERIES = text("SELECT digest, id FROM series WHERE digest IN :digests").bindparams(
    bindparam("digests", expanding=True)
)
INSERT_SERIES = text(
    f"INSERT INTO series (digest, {', '.join(COLUMNS)}) VALUES (:digest, {', '.join(':' + one for one in COLUMNS)}) "
    "ON CONFLICT (digest) DO NOTHING"
)
FIND_TEXTS = text("SELECT digest, id FROM texts WHERE digest IN :digests").bindparams(
    bindparam("digests", expanding=True)
)
INSERT_TEXTS = text("INSERT INTO texts (digest, text) VALUES (:digest, :text) ON CONFLICT (digest) DO NOTHING")
SELECT_TEXTS = text("SELECT id, text FROM texts WHERE id IN :ids").bindparams(bindparam("ids", expanding=True))
# Texts in memory: conversations come and go, so the cache starts anew when it is full.
MAX_CACHED_TEXTS = 20_000


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

    @property
    def model(self) -> str | None:
        """The model that answered, else the one asked for."""
        return self.response_model or self.request_model

    @property
    def is_error(self) -> bool:
        """Whether calls of this series failed."""
        return self.error_type is not None or (self.status is not None and self.status >= 400)


LabelSet = tuple[object, ...]


def labels_of(record: UsageRecord) -> LabelSet:
    """A record's labels in the order of COLUMNS."""
    return (
        record.platform, record.provider_name, record.operation_name, record.request_model, record.response_model,
        record.source, record.project, record.client_key, record.service_tier, record.processing, int(record.stream),
        record.status, record.error_type, record.billing, record.server_address,
    )  # fmt: skip


def storable(value: object) -> object:
    """A text as every database takes it: PostgreSQL refuses NUL, and neither stores a lone surrogate."""
    if isinstance(value, str) and (not value.isascii() or "\x00" in value):
        return value.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")
    return value


def _digest(value: object) -> bytes:
    return hashlib.blake2b(json.dumps(value).encode(), digest_size=16).digest()


class LabelBook:
    """The numbers of label sets and texts, cached; used from several threads."""

    def __init__(self) -> None:
        self._series_ids: dict[LabelSet, int] = {}
        self._text_ids: dict[str, int] = {}
        self._series: dict[int, Series] = {}
        self._turn = threading.Lock()

    def series(self, connection: Connection) -> Mapping[int, Series]:
        """All series by number, those added since the last call included."""
        with self._turn:
            above = max(self._series, default=0)
            for row in connection.execute(SELECT_SERIES, {"above": above}):
                self._series[row[0]] = Series(*row)
            return dict(self._series)

    def series_ids(self, connection: Connection, wanted: Iterable[LabelSet]) -> dict[LabelSet, int]:
        """The numbers of label sets, new ones inserted; remember them with `remember` once they are committed."""
        all_labels = set(wanted)
        found = {labels: self._series_ids[labels] for labels in all_labels if labels in self._series_ids}
        missing = {_digest([storable(value) for value in labels]): labels for labels in all_labels - found.keys()}
        if missing:
            known = self._find(connection, FIND_SERIES, list(missing))
            fresh = [
                {"digest": digest, **{name: storable(value) for name, value in zip(COLUMNS, labels, strict=True)}}
                for digest, labels in sorted(missing.items())
                if digest not in known
            ]
            if fresh:
                connection.execute(INSERT_SERIES, fresh)
                known = self._find(connection, FIND_SERIES, list(missing))
            found.update({labels: known[digest] for digest, labels in missing.items()})
        return found

    def text_ids(self, connection: Connection, wanted: Iterable[str]) -> dict[str, int]:
        """The numbers of texts, new ones inserted."""
        all_texts = set(wanted)
        found = {one: self._text_ids[one] for one in all_texts if one in self._text_ids}
        missing = {_digest(storable(one)): one for one in all_texts - found.keys()}
        if missing:
            known = self._find(connection, FIND_TEXTS, list(missing))
            fresh = [
                {"digest": digest, "text": storable(one)}
                for digest, one in sorted(missing.items())
                if digest not in known
            ]
            if fresh:
                connection.execute(INSERT_TEXTS, fresh)
                known = self._find(connection, FIND_TEXTS, list(missing))
            found.update({one: known[digest] for digest, one in missing.items()})
        return found

    def remember(self, series_ids: Mapping[LabelSet, int], text_ids: Mapping[str, int]) -> None:
        """Keep numbers that are now committed."""
        with self._turn:
            self._series_ids.update(series_ids)
            if len(self._text_ids) > MAX_CACHED_TEXTS:
                self._text_ids.clear()
            self._text_ids.update(text_ids)

    @staticmethod
    def texts(connection: Connection, ids: Iterable[int]) -> dict[int, str]:
        """The texts of numbers."""
        wanted = sorted(set(ids))
        found: dict[int, str] = {}
        for at in range(0, len(wanted), 500):
            rows = connection.execute(SELECT_TEXTS, {"ids": wanted[at : at + 500]})
            found.update({row[0]: row[1] for row in rows})
        return found

    @staticmethod
    def _find(connection: Connection, statement: object, digests: list[bytes]) -> dict[bytes, int]:
        found: dict[bytes, int] = {}
        for at in range(0, len(digests), 500):
            rows = connection.execute(statement, {"digests": digests[at : at + 500]})  # type: ignore[call-overload]
            found.update({bytes(row[0]): row[1] for row in rows})
        return found
