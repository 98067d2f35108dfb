"""Where a stored cost came from: the rates that hold for the call, what they make of its usage, and if both agree.

Apart from `pricing.py`, which every record passes: this is asked of one call at a time, by somebody who reads it.
"""

from dataclasses import dataclass
from decimal import Decimal

from tokenmon.core.pricing import CostItem, Rates, cost_items
from tokenmon.core.record import CostSource, UsageRecord
from tokenmon.core.usage import TokenUsage
from tokenmon.ingest.pricing import Pricer


@dataclass(frozen=True, slots=True)
class PricedPass:
    """One pass of a call: its items; `model` is None for the record's own, `has_rates` False where nobody knows any."""

    model: str | None
    items: tuple[CostItem, ...]
    has_rates: bool


@dataclass(frozen=True, slots=True)
class CostOrigin:
    """What today's knowledge of prices makes of a call, whatever its provider stated.

    `is_outdated` tells that `price reprice` would change what is stored.
    """

    passes: tuple[PricedPass, ...]
    cost: Decimal | None
    source: CostSource
    is_outdated: bool


def cost_origin(pricer: Pricer, record: UsageRecord) -> CostOrigin:
    """How the cost of a record comes about, by the prices in force now for the time of its call."""
    pricer.refresh()
    today, kept = pricer.price(record), pricer.reprice(record)
    is_outdated = (kept.cost, kept.cost_source) != (record.cost, record.cost_source)
    usage = record.usage
    if usage is None:
        return CostOrigin((), today.cost, today.cost_source, is_outdated)
    own = pricer.rates(record)
    passes = [_pass(None, usage, own)]
    for model, part in usage.parts:
        passes.append(_pass(model, part, own if model is None else pricer.rates_of_part(record, model)))
    return CostOrigin(tuple(passes), today.cost, today.cost_source, is_outdated)


def _pass(model: str | None, usage: TokenUsage, rates: Rates | None) -> PricedPass:
    return PricedPass(model, () if rates is None else cost_items(usage, rates), rates is not None)
