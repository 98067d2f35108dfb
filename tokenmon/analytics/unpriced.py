"""Models whose calls have no price: what `price missing` lists."""

from dataclasses import dataclass
from typing import Any

from tokenmon.core.query import Filter
from tokenmon.storage.store import Store


@dataclass(frozen=True, slots=True)
class UnpricedModel:
    """A model at a provider, as one platform calls it, with its calls and tokens that have no price."""

    model: str | None
    provider_name: str | None
    platform: str | None
    calls: int
    tokens: int


def unpriced_models(store: Store, wanted: Filter) -> list[UnpricedModel]:
    """The models of unpriced calls, most tokens first; failed calls are left out, for they cost nothing."""
    found = []
    for group in store.groups(wanted, ("model", "provider", "platform", "status", "error")):
        key, totals = dict(group.key), group.totals
        if totals.unpriced_requests and not totals.error_requests:
            found.append(
                UnpricedModel(
                    key["model"], key["provider"], key["platform"], totals.unpriced_requests, totals.unpriced_tokens
                )
            )
    return sorted(_merged(found), key=lambda one: (-one.tokens, -one.calls, one.model or ""))


def _merged(models: list[UnpricedModel]) -> list[UnpricedModel]:
    """One entry a model and platform, whatever the calls' status was."""
    sums: dict[tuple[str | None, str | None, str | None], tuple[int, int]] = {}
    for one in models:
        key = (one.model, one.provider_name, one.platform)
        calls, tokens = sums.get(key, (0, 0))
        sums[key] = (calls + one.calls, tokens + one.tokens)
    return [UnpricedModel(*key, *counts) for key, counts in sums.items()]


def unpriced_json(one: UnpricedModel) -> dict[str, Any]:
    """A model without a price."""
    return {
        "model": one.model,
        "provider_name": one.provider_name,
        "platform": one.platform,
        "calls": one.calls,
        "tokens": one.tokens,
    }
