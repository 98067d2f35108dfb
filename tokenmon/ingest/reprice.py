"""Re-pricing: what today's prices would make of past calls, shown by model before anything changes."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from tokenmon.core.money import decimal_text
from tokenmon.core.query import Filter
from tokenmon.core.record import Billing, UsageRecord
from tokenmon.ingest.pricing import Pricer
from tokenmon.storage.store import Store


@dataclass(slots=True)
class ModelChange:
    """What re-pricing does to the calls of one model, of one kind of billing: the two never add up to one sum."""

    model: str
    billing: Billing
    calls: int = 0
    changed: int = 0
    before: Decimal = Decimal(0)
    after: Decimal = Decimal(0)
    unpriced_before: int = 0
    unpriced_after: int = 0

    def add(self, old: UsageRecord, new: UsageRecord) -> None:
        """Count one call."""
        self.calls += 1
        self.changed += (old.cost, old.cost_source) != (new.cost, new.cost_source)
        self.before += old.cost or 0
        self.after += new.cost or 0
        self.unpriced_before += old.cost is None
        self.unpriced_after += new.cost is None


@dataclass(frozen=True, slots=True)
class Preview:
    """What re-pricing would do: the models whose calls change, the largest difference first."""

    changes: tuple[ModelChange, ...]
    calls: int
    stated: int

    @property
    def changed(self) -> int:
        """How many calls get another cost, or another source of it."""
        return sum(one.changed for one in self.changes)


def preview(store: Store, pricer: Pricer, wanted: Filter) -> Preview:
    """Price the calls that a filter means anew and compare; nothing changes. Costs of the provider's own stay."""
    by_model: dict[tuple[str, Billing], ModelChange] = {}
    stated = 0
    pricer.refresh()
    for record in store.iter_records(wanted):
        if record.cost_source == "provider":
            stated += 1
            continue
        key = (record.model or "", record.billing)
        change = by_model.get(key)
        if change is None:
            change = by_model[key] = ModelChange(*key)
        change.add(record, pricer.reprice(record))
    changes = [one for one in by_model.values() if one.changed]
    changes.sort(key=lambda one: (-abs(one.after - one.before), one.model))
    return Preview(tuple(changes), sum(one.calls for one in by_model.values()) + stated, stated)


def reprice(store: Store, pricer: Pricer, wanted: Filter) -> int:
    """Give the calls that a filter means today's cost, with their rollups; how many changed."""
    pricer.refresh()
    return store.reprice(pricer.reprice, wanted)


def preview_json(seen: Preview, *, applied: bool, changed: int) -> dict[str, object]:
    """What re-pricing would do, or did."""
    return {
        "applied": applied,
        "calls": seen.calls,
        "changed": changed,
        "kept_provider_stated": seen.stated,
        "models": [_change_json(one) for one in seen.changes],
    }


def _change_json(one: ModelChange) -> dict[str, object]:
    return {
        "model": one.model or None,
        "billing": one.billing,
        "calls": one.calls,
        "changed": one.changed,
        "before_usd": decimal_text(one.before),
        "after_usd": decimal_text(one.after),
        "unpriced_before": one.unpriced_before,
        "unpriced_after": one.unpriced_after,
    }


def totals(changes: Iterable[ModelChange]) -> ModelChange:
    """The sum over models of metered calls alone."""
    total = ModelChange("total", "metered")
    for one in changes:
        if one.billing == "metered":
            total.calls += one.calls
            total.changed += one.changed
            total.before += one.before
            total.after += one.after
            total.unpriced_before += one.unpriced_before
            total.unpriced_after += one.unpriced_after
    return total
