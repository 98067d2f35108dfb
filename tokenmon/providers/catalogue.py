"""The price catalogue: the rates of a model at a time, by the genai-prices library, corrected, resolved once, cached.

A model that neither the library nor the corrections know has no rates: never a guess, never 0.
"""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from tokenmon.core.price_rule import matches_name
from tokenmon.core.pricing import Rate, Rates
from tokenmon.providers.corrections import Correction, Corrections, load_corrections
from tokenmon.providers.price_list import load_saved

if TYPE_CHECKING:
    from genai_prices.data_snapshot import DataSnapshot
    from genai_prices.types import ModelInfo, ModelPrice
    from genai_prices.types import Provider as LibraryProvider
    from genai_prices.units import UnitDef

# Where our name of a provider, or OpenTelemetry's, is not the library's. The library's own names work too.
LIBRARY_NAMES = {
    "gemini": "google", "vertex": "google", "bedrock": "aws", "bedrock-mantle": "aws", "xai": "x-ai",
    "moonshot": "moonshotai",
    "voyage": "voyageai", "gcp.gemini": "google", "gcp.vertex_ai": "google", "gcp.gen_ai": "google",
    "aws.bedrock": "aws", "azure.ai.openai": "azure", "azure.ai.inference": "azure", "mistral_ai": "mistral",
    "x_ai": "x-ai", "moonshot_ai": "moonshotai",
}  # fmt: skip
# They run on the user's own machine.
FREE_PROVIDERS = frozenset({"ollama", "vllm", "lmstudio"})
# Known only by the address of their server.
BY_ADDRESS = frozenset({"openai-compatible"})
# Answers name a model by the short form of what the catalogue lists.
LONG_NAMES = {"fireworks": "accounts/fireworks/models/"}
# A router names who serves the model behind a colon; the library has a price list for each.
ROUTERS = {"huggingface": "huggingface_"}
MAX_CACHED = 20_000

FREE = Rates((Rate("input_tokens", Decimal(0)), Rate("output_tokens", Decimal(0))), "free")


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a model: its entry in the library, if any, and the corrections of it."""

    provider: str
    model: "ModelInfo | None"
    corrections: tuple[Correction, ...]
    varies_by_hour: bool


# OpenRouter names the models that it serves without charge, listed or not.
FREE_SUFFIX = ":free"
FREE_MODEL = Known("openrouter", None, (), False)


class Catalogue:
    """Rates by provider, model and time; one per process, used from one thread at a time.

    `title` names the price list in words, such as `genai-prices 0.2.3`.
    """

    def __init__(
        self, snapshot: "DataSnapshot", corrections: Corrections | None = None, *, title: str = "genai-prices"
    ) -> None:
        self._snapshot = snapshot
        self._corrections = Corrections() if corrections is None else corrections
        self._known: dict[tuple[str, str | None, str], Known | None] = {}
        self._rates: dict[tuple[object, ...], Rates | None] = {}
        self.title = title

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
        if provider_name in FREE_PROVIDERS:
            return FREE
        address = _address(provider_name, model, base_url)
        known = self._lookup(provider_name, address, model)
        if known is None:
            return None
        if known is FREE_MODEL:
            return FREE
        at = at.astimezone(UTC)
        minute = at.hour * 60 + at.minute if known.varies_by_hour else -1
        key = (provider_name, address, model, service_tier, processing, at.toordinal(), minute)
        try:
            return self._rates[key]
        except KeyError:
            if len(self._rates) > MAX_CACHED:
                self._rates.clear()
            rates = self._rates[key] = self._resolve(known, at, _context(service_tier, processing))
            return rates

    def varies_by_hour(self, *, provider_name: str, model: str, base_url: str | None = None) -> bool:
        """Whether a model costs more at some hours of a day than at others."""
        known = self._lookup(provider_name, _address(provider_name, model, base_url), model)
        return known is not None and known.varies_by_hour

    def provider_of(self, model: str) -> str | None:
        """The library's name of the provider whose models are named like this one; None when several might be."""
        try:
            return self._snapshot.find_provider_model(model, None, None, None)[0].id
        except LookupError:
            return None

    def models_named(self, glob: str, provider_name: str | None = None) -> list[tuple[str, str]]:
        """The models that a glob matches, of one provider or of all, with the library's name of their provider."""
        wanted = None if provider_name is None else LIBRARY_NAMES.get(provider_name, provider_name)
        return [
            (provider.id, model.id)
            for provider in self._snapshot.providers
            if wanted in (None, provider.id)
            for model in provider.models
            if matches_name(glob, model.id)
        ]

    def count_models(self) -> int:
        """How many models the price list holds."""
        return sum(len(one.models) for one in self._snapshot.providers)

    def _lookup(self, provider_name: str, address: str | None, model: str) -> Known | None:
        key = (provider_name, address, model)
        try:
            return self._known[key]
        except KeyError:
            if len(self._known) > MAX_CACHED:
                self._known.clear()
            known = self._known[key] = self._find(provider_name, address, model)
            return known

    def _find(self, provider_name: str, address: str | None, model: str) -> Known | None:
        if provider_name in BY_ADDRESS and address is None:
            return None
        if provider_name in ROUTERS and address is None:
            model, _, server = model.partition(":")
            provider_name = ROUTERS[provider_name] + server
        name = None if address is not None else LIBRARY_NAMES.get(provider_name, provider_name)
        try:
            provider = self._snapshot.find_provider(None, name, address)
        except LookupError:
            # A provider that only the corrections know.
            provider_id, found = provider_name, None
        else:
            provider_id, found = provider.id, self._listed_model(provider, model)
        if found is None and provider_id == "openrouter" and model.endswith(FREE_SUFFIX):
            return FREE_MODEL
        corrections = self._corrections.of(provider_id, model)
        if found is None and not corrections:
            return None
        by_hour = (found is not None and _has_hours(found)) or any(
            one.hours or self._moves_to_hours(provider_id, one) for one in corrections
        )
        return Known(provider_id, found, corrections, by_hour)

    def _listed_model(self, provider: "LibraryProvider", model: str) -> "ModelInfo | None":
        for name in (model, LONG_NAMES.get(provider.id, "") + model):
            try:
                return self._snapshot.find_provider_model(name, provider, None, None)[1]
            except LookupError:
                continue
        return None

    def _moves_to_hours(self, provider: str, correction: Correction) -> bool:
        target = None if correction.stands_for is None else self._lookup(provider, None, correction.stands_for)
        return target is not None and target.varies_by_hour

    def _resolve(self, known: Known, at: datetime, context: dict[str, str]) -> Rates | None:
        for correction in known.corrections:
            if not correction.holds(at):
                continue
            if correction.stands_for is not None:
                target = self._lookup(known.provider, None, correction.stands_for)
                return None if target is None else self._resolve(target, at, context)
            if correction.as_at is not None:
                at = datetime.combine(at.date(), correction.as_at, UTC)
                break
            return _corrected(correction)
        if known.model is None:
            return None
        return self._listed(known.provider, known.model, at, context)

    def _listed(self, provider: str, model: "ModelInfo", at: datetime, context: dict[str, str]) -> Rates | None:
        prices = model.get_prices(at, context or None)
        verified = self._corrections.verified(provider, context, at.date()) if context else None
        if verified is not None:
            later = datetime.combine(verified, time(12), UTC)
            if model.get_prices(at).__dict__ == model.get_prices(later).__dict__:
                prices = model.get_prices(later, context)
        return _rates_of(prices, model, f"{self.title}: {model.id}", _since(model, at))


def _address(provider_name: str, model: str, base_url: str | None) -> str | None:
    """The address that tells who serves a model, where the provider's name does not."""
    if provider_name in BY_ADDRESS or (provider_name in ROUTERS and ":" not in model):
        return base_url
    return None


def _context(service_tier: str | None, processing: str | None) -> dict[str, str]:
    """A call's tier and processing in the library's words."""
    context: dict[str, str] = {}
    if service_tier is not None:
        # Vertex AI says ON_DEMAND_PRIORITY where the others say priority.
        tier = service_tier.lower().removeprefix("on_demand_")
        # Anthropic states a batch as a tier, and its fast mode beside the tier; the library knows both by other names.
        context = {"processing": "batch"} if tier == "batch" else {"service_tier": tier}
        if tier == "fast":
            context["speed"] = tier
    if processing is not None:
        context["processing"] = processing.lower()
    return context


def _has_hours(model: "ModelInfo") -> bool:
    if not isinstance(model.prices, list):
        return False
    return any(hasattr(one.constraint, "start_time") for one in model.prices)


def _since(model: "ModelInfo", at: datetime) -> date | None:
    """The day from which the price of a time holds, where the library has a history."""
    if not isinstance(model.prices, list):
        return None
    starts = [getattr(one.constraint, "start_date", None) for one in model.prices]
    return max((start for start in starts if start is not None and start <= at.date()), default=None)


def _corrected(correction: Correction) -> Rates:
    since = None if correction.starts_on == date.min else correction.starts_on
    origin = f"{correction.source} (checked {correction.checked})"
    rates = [replace(one, origin=origin, since=since) for one in correction.prices]
    parts = tuple(one for one in rates if one.unit not in ("input_tokens", "output_tokens"))
    inputs = tuple(one.unit for one in parts if not one.unit.startswith("output_"))
    outputs = tuple(one.unit for one in parts if one.unit.startswith("output_"))
    whole = [
        replace(one, within=inputs if one.unit == "input_tokens" else outputs) for one in rates if one not in parts
    ]
    return Rates((*parts, *whole), "catalogue")


def _rates_of(prices: "ModelPrice", model: "ModelInfo", origin: str, since: date | None) -> Rates | None:
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
        tiers: tuple[tuple[int, Decimal], ...] = ()
        if isinstance(price, TieredPrices):
            tiers = tuple((tier.start, tier.price) for tier in price.tiers)
            price = price.base
        priced.append((unit, Rate(unit.usage_key, price, unit.per, tiers, origin=origin, since=since)))
    if not priced:
        # OpenRouter's free models stand in the list without any price.
        return FREE if model.id.endswith(FREE_SUFFIX) else None
    # Most specific first: a unit's count is what its priced parts leave of it.
    priced.sort(key=lambda pair: (-len(pair[0].dimensions), pair[0].usage_key))
    return Rates(
        tuple(
            replace(rate, within=tuple(part.usage_key for part, _ in priced if _contains(unit, part)))
            for unit, rate in priced
        ),
        "catalogue",
    )


def _contains(whole: "UnitDef", part: "UnitDef") -> bool:
    return part is not whole and whole.dimensions.items() <= part.dimensions.items()


def load_catalogue(folder: Path | None = None) -> Catalogue:
    """The catalogue: the price list kept in a folder (`price update`), else the library's own; nothing is fetched.

    Takes about 0.2 s.
    """
    from genai_prices import __version__
    from genai_prices.data_snapshot import get_snapshot

    kept = None if folder is None else load_saved(folder)
    if kept is not None:
        saved, price_list = kept
        return Catalogue(
            price_list.snapshot, load_corrections(), title=f"genai-prices list of {saved.saved_at:%Y-%m-%d}"
        )
    return Catalogue(get_snapshot(), load_corrections(), title=f"genai-prices {__version__}")
