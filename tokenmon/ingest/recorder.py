"""The one way in: price records and store them, each call once.

Apart from the journal because reports and imports come here directly; the proxy's calls rest in the journal first.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Protocol

from tokenmon.core.record import UsageRecord, corrects
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

    def record(self, records: Sequence[UsageRecord], stated: Mapping[bytes, Decimal] = NOTHING_STATED) -> Added:
        """Price and store records; repeating them changes nothing.

        Raises TemporaryError when the database cannot take them now: nothing was stored then.
        """
        return self._store.add(self._all_priced(records, stated))

    def record_own(self, records: Sequence[UsageRecord], stated: Mapping[bytes, Decimal] = NOTHING_STATED) -> Added:
        """Like `record`, for reporters who may correct their own reports and nothing of others."""
        return self._store.add(self._all_priced(records, stated), corrects)

    def _all_priced(self, records: Sequence[UsageRecord], stated: Mapping[bytes, Decimal]) -> list[UsageRecord]:
        self._pricer.refresh()
        return [self._pricer.price(record, stated.get(record.id)) for record in records]
