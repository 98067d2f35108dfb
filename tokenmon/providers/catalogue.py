"""The price catalogue: the rates of a model at a time, by the genai-prices library, resolved once and cached.

A model that the library does not know has no rates: never a guess, never 0.
"""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tokenmon.core.pricing import Rate, Rates

if TYPE_CHECKING:
    from genai_prices.data_snapshot import DataSnapshot
    from genai_prices.types import ModelInfo, ModelPrice
    from genai_prices.units import UnitDef

# Where our name of a provider is not the library's.
LIBRARY_NAMES = {"gemini": "google"}
# Known only by the address of their server.
BY_ADDRESS = frozenset({"openai-compatible"})
MAX_CACHED = 20_000

Key = tuple[str, str | None, str, str | None, str | None, int, int]


class Catalogue:
    """Rates by provider, model and time; one per process, used from one thread at a time."""

    def __init__(self, snapshot: "DataSnapshot") -> None:
        self._snapshot = snapshot
        self._models: dict[tuple[str, str | None, str], ModelInfo | None] = {}
        self._rates: dict[Key, Rates | None] = {}

    def rates(
        self,
        *,
        provider_name: str,
        model: str,
        at: datetime,
        service_tier: str | None = None,
        processing: str | None = None,
        base_url: str | None = None,
    ) -> Rates | None:
        """The rates of a call, or None for an unknown model.

        `at` is the call's own time. `base_url` tells who serves an `openai-compatible` platform.
        """
        address = base_url if provider_name in BY_ADDRESS else None
        found = self._model(provider_name, address, model)
        if found is None:
            return None
        at = at.astimezone(UTC)
        minute = at.hour * 60 + at.minute if _depends_on_hour(found) else -1
        key = (provider_name, address, model, service_tier, processing, at.toordinal(), minute)
        try:
            return self._rates[key]
        except KeyError:
            if len(self._rates) > MAX_CACHED:
                self._rates.clear()
            rates = self._rates[key] = _resolve(found, at, service_tier, processing)
            return rates

    def _model(self, provider_name: str, address: str | None, model: str) -> "ModelInfo | None":
        key = (provider_name, address, model)
        if key not in self._models:
            if len(self._models) > MAX_CACHED:
                self._models.clear()
            self._models[key] = self._find(provider_name, address, model)
        return self._models[key]

    def _find(self, provider_name: str, address: str | None, model: str) -> "ModelInfo | None":
        if provider_name in BY_ADDRESS and address is None:
            return None
        name = None if address is not None else LIBRARY_NAMES.get(provider_name, provider_name)
        try:
            return self._snapshot.find_provider_model(model, None, name, address)[1]
        except LookupError:
            return None


def _depends_on_hour(model: "ModelInfo") -> bool:
    if not isinstance(model.prices, list):
        return False
    return any(hasattr(one.constraint, "start_time") for one in model.prices)


def _resolve(model: "ModelInfo", at: datetime, service_tier: str | None, processing: str | None) -> Rates | None:
    context = {
        name: value for name, value in (("service_tier", service_tier), ("processing", processing)) if value is not None
    }
    return _rates_of(model.get_prices(at, context or None), model)


def _rates_of(prices: "ModelPrice", model: "ModelInfo") -> Rates | None:
    from genai_prices.types import TieredPrices
    from genai_prices.units import _get_registry

    registry = _get_registry()
    priced: list[tuple[UnitDef, Rate]] = []
    for name, price in prices.__dict__.items():
        if price is None or name.startswith("_"):
            continue
        try:
            unit = registry.unit_for_price_key(name)
        except KeyError:
            continue
        if isinstance(price, TieredPrices):
            tiers = tuple((tier.start, tier.price) for tier in price.tiers)
            priced.append((unit, Rate(unit.usage_key, price.base, unit.per, tiers)))
        else:
            priced.append((unit, Rate(unit.usage_key, price, unit.per)))
    if not priced:
        return None
    # Most specific first: a unit's count is what its priced parts leave of it.
    priced.sort(key=lambda pair: (-len(pair[0].dimensions), pair[0].usage_key))
    rates = tuple(
        Rate(rate.unit, rate.price, rate.per, rate.tiers, tuple(part.usage_key for part, _ in _parts(unit, priced)))
        for unit, rate in priced
    )
    return Rates(rates, "catalogue", f"genai-prices: {model.id}")


def _parts(unit: "UnitDef", priced: "list[tuple[UnitDef, Rate]]") -> "list[tuple[UnitDef, Rate]]":
    return [one for one in priced if one[0] is not unit and unit.dimensions.items() <= one[0].dimensions.items()]


def load_catalogue() -> Catalogue:
    """The catalogue that came with the library; nothing is fetched. Takes about 0.2 s."""
    from genai_prices.data_snapshot import get_snapshot

    return Catalogue(get_snapshot())
