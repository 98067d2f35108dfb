"""The order of truth for a record's cost: the provider's statement, the platform's own prices, the catalogue."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal

from tokenmon.core.platform import Platform
from tokenmon.core.pricing import Rates, override_rates, price_record
from tokenmon.core.record import UsageRecord
from tokenmon.providers.catalogue import Catalogue

Platforms = Callable[[], Mapping[str, Platform]]


class Pricer:
    """Prices records; the catalogue is loaded with the first record that needs it.

    `platforms` gives the platforms by name as they are now; it is asked by `refresh`.
    """

    def __init__(self, load_catalogue: Callable[[], Catalogue], platforms: Platforms) -> None:
        self._load_catalogue = load_catalogue
        self._read_platforms = platforms
        self._catalogue: Catalogue | None = None
        self._platforms: Mapping[str, Platform] | None = None
        # Merged rates by catalogue rates and platform: both are frozen, so their ids stay while they are held here.
        self._merged: dict[tuple[int, str], tuple[Rates | None, Rates | None]] = {}

    def refresh(self) -> None:
        """Read the platforms again, so that changed prices count from the next record on."""
        platforms = self._read_platforms()
        if platforms is not self._platforms:
            self._platforms = platforms
            self._merged.clear()

    def price(self, record: UsageRecord, stated_cost: Decimal | None = None) -> UsageRecord:
        """The record with its cost, and how it is known."""
        if stated_cost is not None or record.usage is None:
            return price_record(record, stated_cost=stated_cost, rates=None)
        return price_record(record, stated_cost=None, rates=self.rates(record))

    def reprice(self, record: UsageRecord) -> UsageRecord:
        """The record at today's knowledge of prices; a cost that the provider stated stays."""
        return (
            record
            if record.cost_source == "provider"
            else self.price(replace(record, cost=None, cost_source="unpriced"))
        )

    def rates(self, record: UsageRecord) -> Rates | None:
        """The rates of a record's call; None when nobody knows them."""
        if self._platforms is None:
            self.refresh()
        platform = (self._platforms or {}).get(record.platform)
        found = self._catalogue_rates(record, platform)
        if platform is None or platform.prices.is_empty:
            return found
        key = (id(found), platform.name)
        held = self._merged.get(key)
        if held is None or held[0] is not found:
            held = self._merged[key] = (found, override_rates(platform.prices, found))
        return held[1]

    def _catalogue_rates(self, record: UsageRecord, platform: Platform | None) -> Rates | None:
        if self._catalogue is None:
            self._catalogue = self._load_catalogue()
        # The model that answered is the one billed; a deployment's or an alias' own name is the second try.
        for model in (record.response_model, record.request_model):
            if model is None:
                continue
            rates = self._catalogue.rates(
                provider_name=record.provider_name,
                model=model,
                at=record.occurred_at,
                service_tier=record.service_tier,
                processing=record.processing,
                base_url=None if platform is None else platform.base_url,
            )
            if rates is not None:
                return rates
        return None
