"""The one way in: price records and store them, each call once.

Apart from the journal because reports and imports come here directly; the proxy's calls rest in the journal first.
"""

from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Protocol

from tokenmon.core.money import MAX_COST, NANO
from tokenmon.core.record import UsageRecord, corrects
from tokenmon.ingest.pricing import Pricer
from tokenmon.storage.store import Added, Store

NOTHING_STATED: Mapping[bytes, Decimal] = {}


class Recording(Protocol):
    """What stores records; the journal's writer needs no more."""

    def record(self, records: Sequence[UsageRecord], stated: Mapping[bytes, Decimal] = ...) -> Added:
        """Price and store records; `stated` holds costs that the provider itself named, by record id."""


class Recorder:
    """Prices records by the order of truth and stores them with their rollups in one transaction.

    `machine` is this machine's name: it goes to the records that name none.
    """

    def __init__(self, store: Store, pricer: Pricer, machine: str | None = None) -> None:
        self._store = store
        self._pricer = pricer
        self.machine = machine

    def prepare(self) -> None:
        """Load the prices, which the first record would have to wait for."""
        self._pricer.prepare()

    def record(self, records: Sequence[UsageRecord], stated: Mapping[bytes, Decimal] = NOTHING_STATED) -> Added:
        """Price and store records; repeating them changes nothing.

        Raises TemporaryError when the database cannot take them now: nothing was stored then.
        """
        return self.keep(self.priced_all(records, stated))

    def keep(self, priced: Sequence[UsageRecord]) -> Added:
        """Store records that `priced_all` gave, as made on this machine."""
        return self._store.add(priced, machine=self.machine)

    def record_of_tool(
        self,
        records: Sequence[UsageRecord],
        stated: Mapping[bytes, Decimal] = NOTHING_STATED,
        reckoned: Mapping[bytes, Decimal] = NOTHING_STATED,
    ) -> Added:
        """Like `record`, with costs that another tool reckoned by its own price list: they count where ours has none.

        Such a file tells the calls of an account, from wherever they were made, so that no machine is theirs. Reckoned
        costs are the catalogue's, if not of our catalogue: `price reprice` replaces them once it knows the model.
        """
        priced = self.priced_all(records, stated)
        return self._store.add([_with_reckoned(one, reckoned.get(one.id)) for one in priced])

    def record_own(self, records: Sequence[UsageRecord], stated: Mapping[bytes, Decimal] = NOTHING_STATED) -> Added:
        """Like `record`, for reporters who may correct their own reports and nothing of others."""
        return self._store.add(self.priced_all(records, stated), corrects, machine=self.machine)

    def priced_all(
        self, records: Sequence[UsageRecord], stated: Mapping[bytes, Decimal] = NOTHING_STATED
    ) -> list[UsageRecord]:
        """The records with their costs at the prices that hold now; nothing is stored."""
        self._pricer.refresh()
        return [self._pricer.price(record, stated.get(record.id)) for record in records]


def _with_reckoned(record: UsageRecord, cost: Decimal | None) -> UsageRecord:
    if record.cost is not None or cost is None or not 0 <= cost <= MAX_COST:
        return record
    return record.priced(cost.quantize(NANO, ROUND_HALF_EVEN), "catalogue")
