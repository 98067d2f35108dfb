"""Costs in US dollars that providers state in their usage objects, by rule; a rule is chosen by the registry.

Only providers that charge what they state have one: Azure repeats xAI's field with 0 in it, which is no price.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any

from tokenmon.providers.counts import count, members_of

# No call comes near; a larger number is damage or an attack.
MAX_COST = 1_000_000
# xAI states costs in ticks: https://docs.x.ai/docs/key-information/consumption-and-rate-limits
TICKS_PER_USD = Decimal(10) ** 10

AMOUNT = re.compile(r"\d{1,12}(?:\.\d{1,24})?", re.ASCII)
UPSTREAM_PARTS = ("upstream_inference_prompt_cost", "upstream_inference_completions_cost")

CostRule = Callable[[Mapping[str, Any]], Decimal | None]


def amount(value: object) -> Decimal | None:
    """A stated amount, exactly as written, also in a text; None for anything that is no amount from 0."""
    if isinstance(value, str):
        return _written_amount(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= MAX_COST:
        return None
    # The shortest text of a float is what the provider wrote.
    return Decimal(str(value))


def _written_amount(text: str) -> Decimal | None:
    if not AMOUNT.fullmatch(text):
        return None
    written = Decimal(text)
    return written if written <= MAX_COST else None


def _sum_of(members: Mapping[str, Any], names: Iterable[str]) -> Decimal | None:
    """The sum of those members that are amounts; None when none is."""
    found = [one for name in names if (one := amount(members.get(name))) is not None]
    return sum(found, Decimal(0)) if found else None


def openrouter_cost(usage: Mapping[str, Any]) -> Decimal | None:
    """The credits charged; with a caller's own key at the provider, what that provider charges for the call.

    Then `cost` is OpenRouter's fee alone, often 0: https://openrouter.ai/docs/use-cases/usage-accounting
    """
    if usage.get("is_byok") is True:
        details = members_of(usage.get("cost_details"))
        whole = amount(details.get("upstream_inference_cost"))
        return _sum_of(details, UPSTREAM_PARTS) if whole is None else whole
    return amount(usage.get("cost"))


def tick_cost(usage: Mapping[str, Any]) -> Decimal | None:
    """xAI's ticks; none at all is no statement."""
    ticks = count(usage.get("cost_in_usd_ticks"), maximum=10**16)
    return Decimal(ticks) / TICKS_PER_USD if ticks else None


def total_cost(usage: Mapping[str, Any]) -> Decimal | None:
    """Perplexity's `cost.total_cost`, with the request's fee in it: https://docs.perplexity.ai/api-reference

    Without a total, the sum of the parts; a bare number is the total.
    """
    cost = usage.get("cost")
    if not isinstance(cost, dict):
        return amount(cost)
    whole = amount(cost.get("total_cost"))
    return _sum_of(cost, (name for name in cost if name.endswith("_cost"))) if whole is None else whole


COST_RULES: Mapping[str, CostRule] = {"openrouter": openrouter_cost, "ticks": tick_cost, "total_cost": total_cost}
