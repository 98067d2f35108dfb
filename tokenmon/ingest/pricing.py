"""The order of truth for a record's cost: the provider's statement, the user's own prices, the catalogue.

A model's rates are found once per platform, model, day and tier and then held: pricing a record is two look-ups and a
few integer products.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from functools import partial

from tokenmon.core.money import MAX_COST
from tokenmon.core.platform import Platform
from tokenmon.core.price_rule import PriceRule, override_rates, strongest_rule
from tokenmon.core.pricing import Rates, price_record
from tokenmon.core.record import UsageRecord
from tokenmon.providers.catalogue import Catalogue

MAX_HELD = 20_000
# The path tells a global profile from a regional one, which costs more; the answer names the model alone.
NAMED_BY_PATH = frozenset({"bedrock", "aws.bedrock"})
# The user's own name of a model, which says nothing of it.
APPLICATION_PROFILE = ":application-inference-profile/"


@dataclass(frozen=True, slots=True)
class OwnPrices:
    """What the user says of prices: the platforms by name (each may have prices of its own), and the rules."""

    platforms: Mapping[str, Platform] = field(default_factory=dict)
    rules: tuple[PriceRule, ...] = ()


@dataclass(frozen=True, slots=True)
class Priced:
    """What decides the rates of a call: the models in the order in which they are tried, where, when and how."""

    platform: str
    provider_name: str
    models: tuple[str | None, ...]
    at: datetime
    service_tier: str | None = None
    processing: str | None = None


class Pricer:
    """Prices records; the catalogue is loaded with the first record that needs it.

    `own_prices` gives what the user says as it is now; it is asked by `refresh` and gives the same value until
    something changed.
    """

    def __init__(self, load_catalogue: Callable[[], Catalogue], own_prices: Callable[[], OwnPrices]) -> None:
        self._load_catalogue = load_catalogue
        self._read_own_prices = own_prices
        self._catalogue: Catalogue | None = None
        self._own: OwnPrices | None = None
        # Rates by what a record says, None where a day has several: then they are held by the minute as well.
        self._held: dict[tuple[object, ...], Rates | bool | None] = {}

    @property
    def catalogue(self) -> Catalogue:
        """The catalogue, loaded now if it was not."""
        if self._catalogue is None:
            self._catalogue = self._load_catalogue()
        return self._catalogue

    def prepare(self) -> None:
        """Read the own prices and load the catalogue, so that the first record waits for neither."""
        self.refresh()
        if self._catalogue is None:
            self._catalogue = self._load_catalogue()

    def refresh(self) -> None:
        """Read the own prices again, so that changed ones (and an updated catalogue) count from the next record on."""
        own = self._read_own_prices()
        if own is not self._own:
            self._own = own
            self._catalogue = None
            self._held.clear()

    def price(self, record: UsageRecord, stated_cost: Decimal | None = None) -> UsageRecord:
        """The record with its cost, and how it is known."""
        if stated_cost is not None or record.usage is None:
            priced = price_record(record, stated_cost=stated_cost, rates=None)
        else:
            rates_of = partial(self.rates_of_part, record) if record.usage.parts else None
            priced = price_record(record, stated_cost=None, rates=self.rates(record), rates_of=rates_of)
        if priced.cost is not None and priced.cost > MAX_COST:
            # Absurd counts or prices: a cost that nobody would believe is not known, and must not spoil the sums.
            return priced.priced(None, "unpriced")
        return priced

    def reprice(self, record: UsageRecord) -> UsageRecord:
        """The record at today's knowledge of prices.

        A cost that the provider stated stays, and so does one of the catalogue whose model it no longer lists.
        """
        if record.cost_source == "provider":
            return record
        priced = self.price(record)
        is_listed_no_more = priced.cost is None and record.cost_source in ("catalogue", "free")
        return record if is_listed_no_more and not self._is_listed(record) else priced

    def _is_listed(self, record: UsageRecord) -> bool:
        """Whether the models that served a call have rates, even if not for all that it counts."""
        parts = () if record.usage is None else record.usage.parts
        return self.rates(record) is not None and all(
            model is None or self.rates_of_part(record, model) is not None for model, _ in parts
        )

    def rates(self, record: UsageRecord) -> Rates | None:
        """The rates of a record's call; None when nobody knows them."""
        at = record.occurred_at
        key = (
            record.platform,
            record.provider_name,
            record.response_model,
            record.request_model,
            record.service_tier,
            record.processing,
            at.toordinal(),
        )
        held = self._held.get(key, False)
        if held.__class__ is bool:
            # False: not looked up yet; True: this model costs more at some hours, so the minute counts too.
            minute = at.hour * 60 + at.minute
            held = self._held.get((*key, minute), False)
            if held is False:
                held = self._resolve(_priced(record), key, minute)
        return held  # type: ignore[return-value]

    def _resolve(self, call: Priced, key: tuple[object, ...], minute: int) -> Rates | None:
        if len(self._held) > MAX_HELD:
            self._held.clear()
        rates = self.find(call)
        if self.varies_by_hour(call):
            self._held[key] = True
            self._held[(*key, minute)] = rates
        else:
            self._held[key] = rates
        return rates

    def find(self, call: Priced) -> Rates | None:
        """The rates of a call by the order of truth, looked up anew."""
        if self._own is None:
            self.refresh()
        own = self._own or OwnPrices()
        platform = own.platforms.get(call.platform)
        rates = self._listed(call, platform)
        day = call.at.date()
        # The weakest first: each replaces what it names.
        general = strongest_rule(
            (one for one in own.rules if one.is_general), platform=call.platform, models=call.models, day=day
        )
        special = strongest_rule(
            (one for one in own.rules if not one.is_general), platform=call.platform, models=call.models, day=day
        )
        if general is not None:
            rates = _with_rule(general, rates)
        if platform is not None and not platform.prices.is_empty:
            rates = override_rates(platform.prices, rates, origin=f"the platform {platform.name}'s own prices")
        if special is not None:
            rates = _with_rule(special, rates)
        return rates

    def rates_of_part(self, record: UsageRecord, model: str) -> Rates | None:
        """The rates of another model that served a part of a record's call."""
        return self.rates(replace(record, response_model=model, request_model=None))

    def varies_by_hour(self, call: Priced) -> bool:
        """Whether one of a call's models costs more at some hours of a day than at others."""
        base_url = self._base_url(call.platform)
        return any(
            model is not None
            and self.catalogue.varies_by_hour(provider_name=call.provider_name, model=model, base_url=base_url)
            for model in call.models
        )

    def _base_url(self, platform: str) -> str | None:
        found = None if self._own is None else self._own.platforms.get(platform)
        return None if found is None else found.base_url

    def _listed(self, call: Priced, platform: Platform | None) -> Rates | None:
        # The model that answered is the one billed; a deployment's or an alias' own name is the second try.
        for model in call.models:
            if model is None:
                continue
            rates = self.catalogue.rates(
                provider_name=call.provider_name,
                model=model,
                at=call.at,
                service_tier=call.service_tier,
                processing=call.processing,
                base_url=None if platform is None else platform.base_url,
            )
            if rates is not None:
                return rates
        return None


def _priced(record: UsageRecord) -> Priced:
    models = (record.response_model, record.request_model)
    if record.provider_name in NAMED_BY_PATH and APPLICATION_PROFILE not in (record.request_model or ""):
        models = models[::-1]
    return Priced(
        record.platform, record.provider_name, models, record.occurred_at, record.service_tier, record.processing
    )


def _with_rule(rule: PriceRule, rates: Rates | None) -> Rates | None:
    where = "" if rule.is_general else f" on {rule.platform}"
    origin = f"your own price of {rule.model}{where}"
    merged = override_rates(rule.prices, rates, origin=origin, since=rule.starts_on)
    return rates if merged is None else merged
