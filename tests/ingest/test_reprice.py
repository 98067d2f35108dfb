"""Re-pricing: what is shown before is what is done, in batches, and billing kinds never add up to one sum."""

from datetime import timedelta
from decimal import Decimal

import pytest

from tests.core.sample import NOON, call
from tokenmon.core.period import Period
from tokenmon.core.price_rule import PriceOverride, PriceRule
from tokenmon.core.query import Filter
from tokenmon.core.record import UsageRecord
from tokenmon.core.usage import TokenUsage
from tokenmon.ingest.pricing import OwnPrices, Pricer
from tokenmon.ingest.reprice import preview, reprice, totals
from tokenmon.providers.catalogue import Catalogue
from tokenmon.storage.records import PAGE
from tokenmon.storage.store import Store

D = Decimal
ALL = Filter(Period(None, None))
DEARER = PriceRule("*", PriceOverride(D(10), D(10)), NOON)


@pytest.fixture
def pricer(catalogue: Catalogue) -> Pricer:
    own = OwnPrices(rules=(DEARER,))
    return Pricer(lambda: catalogue, lambda: own)


def calls(count: int, **changes: object) -> list[UsageRecord]:
    return [
        call(str(number), NOON + timedelta(seconds=number), usage=TokenUsage(1_000_000, 0), **changes)
        for number in range(count)
    ]


def test_what_is_shown_is_what_is_done(store: Store, pricer: Pricer) -> None:
    store.add(calls(PAGE + 5))

    seen = preview(store, pricer, ALL)
    untouched = store.totals(ALL).cost
    changed = reprice(store, pricer, ALL)

    assert (seen.calls, seen.changed, changed) == (PAGE + 5,) * 3
    assert untouched == seen.changes[0].before
    assert store.totals(ALL).cost == seen.changes[0].after == 10 * (PAGE + 5)


def test_sums_of_records_and_rollups_agree_afterwards(store: Store, pricer: Pricer) -> None:
    store.add(calls(50))

    reprice(store, pricer, ALL)
    summed = store.totals(ALL)
    store.rebuild_rollups()

    assert store.totals(ALL) == summed


def test_only_models_whose_calls_change_are_shown(store: Store, catalogue: Catalogue) -> None:
    own = OwnPrices(rules=(PriceRule("gpt-9*", DEARER.prices, NOON),))
    same = Pricer(lambda: catalogue, lambda: own)
    store.add([same.price(one) for one in calls(3)])
    store.add([call("other", response_model="gpt-99", request_model=None, cost=None, cost_source="unpriced")])

    seen = preview(store, same, ALL)

    assert [(one.model, one.calls, one.unpriced_before, one.unpriced_after) for one in seen.changes] == [
        ("gpt-99", 1, 1, 0)
    ]


def test_spend_and_value_are_never_added(store: Store, pricer: Pricer) -> None:
    store.add(calls(2))
    store.add([call("plan", billing="subscription", usage=TokenUsage(1_000_000, 0))])

    seen = preview(store, pricer, ALL)

    assert {one.billing: one.after for one in seen.changes} == {"metered": D(20), "subscription": D(10)}
    assert totals(seen.changes).after == 20


def test_calls_with_a_stated_cost_are_counted_and_left(store: Store, pricer: Pricer) -> None:
    store.add(calls(1, cost=D("0.5"), cost_source="provider"))

    seen = preview(store, pricer, ALL)

    assert (seen.stated, seen.changed) == (1, 0)
    assert reprice(store, pricer, ALL) == 0
    assert store.totals(ALL).cost == D("0.5")
