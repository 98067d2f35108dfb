"""Costs in US dollars that providers state in their usage objects, by rule; a rule is chosen by the registry.

Only providers that charge what they state have one: Azure repeats xAI's field with 0 in it, which is no price.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from tokenmon.providers.counts import count, members_of

# No call comes near; a larger number is damage or an attack.
MAX_COST = 1_000_000
# xAI states costs in ticks: https://docs.x.ai/docs/key-information/consumption-and-rate-limits
TICKS_PER_USD = Decimal(10) ** 10

CostRule = Callable[[Mapping[str, Any]], Decimal | None]


def amount(value: object) -> Decimal | None:
    """A stated amount, exactly as written; None for anything that is no amount from 0."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= MAX_COST:
        return None
    # The shortest text of a float is what the provider wrote.
    return Decimal(str(value))


def openrouter_cost(usage: Mapping[str, Any]) -> Decimal | None:
    """The credits charged; with a caller's own key at the provider, what that provider charges for the call.

    Then `cost` is OpenRouter's fee alone, often 0: https://openrouter.ai/docs/use-cases/usage-accounting
    """
    if usage.get("is_byok") is True:
        return amount(members_of(usage.get("cost_details")).get("upstream_inference_cost"))
    return amount(usage.get("cost"))


def tick_cost(usage: Mapping[str, Any]) -> Decimal | None:
    """xAI's ticks; none at all is no statement."""
    ticks = count(usage.get("cost_in_usd_ticks"), maximum=10**16)
    return Decimal(ticks) / TICKS_PER_USD if ticks else None


def total_cost(usage: Mapping[str, Any]) -> Decimal | None:
    """Perplexity's `cost.total_cost`, with the request's fee in it: https://docs.perplexity.ai/api-reference"""
    return amount(members_of(usage.get("cost")).get("total_cost"))


COST_RULES: Mapping[str, CostRule] = {"openrouter": openrouter_cost, "ticks": tick_cost, "total_cost": total_cost}
