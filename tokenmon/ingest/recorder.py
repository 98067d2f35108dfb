"""The one way in: price records and store them, each call once.

Apart from the journal because reports and imports come here directly; the proxy's calls rest in the journal first.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Protocol

from tokenmon.core.record import UsageRecord
from tokenmon.ingest.pricing import Pricer
from tokenmon.storage.store import Added, Store

NOTHING_STATED: Mapping[bytes, Decimal] = {}


class Recording(Protocol):
    """What stores records; the journal's writer needs no more."""

    def record(self, records: Sequence[UsageRecord], stated: Mapping[bytes, Decimal] = ...) -> Added:
        """Price and store records; `stated` holds costs that the provider itself named, by record id."""


class Recorder:
    """Prices records by the order of truth and stores them with their rollups in one transaction."""

    def __init__(self, store: Store, pricer: Pricer) -> None:
        self._store = store
        self._pricer = pricer

    def price(self, record: UsageRecord, stated_cost: Decimal | None = None) -> UsageRecord:
        """The record with its cost; nothing is stored."""
        self._pricer.refresh()
        return self._pricer.price(record, stated_cost)

    def record(self, records: Sequence[UsageRecord], stated: Mapping[bytes, Decimal] = NOTHING_STATED) -> Added:
        """Price and store records; repeating them changes nothing.

        Raises TemporaryError when the database cannot take them now: nothing was stored then.
        """
        self._pricer.refresh()
        return self._store.add([self._pricer.price(record, stated.get(record.id)) for record in records])
