"""The recorder: records go in priced, each call once, and at the prices that hold when they come."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.sample import NOON
from tests.ingest.entries import entry
from tests.storage.calls import calls, forget_records, sums_of
from tests.storage.test_sums import ALL, PROPERTY
from tokenmon.core.platform import Platform
from tokenmon.core.price_rule import PriceOverride
from tokenmon.core.record import UsageRecord
from tokenmon.core.usage import TokenUsage
from tokenmon.errors import TemporaryError
from tokenmon.ingest.pricing import OwnPrices, Pricer
from tokenmon.ingest.recorder import Recorder
from tokenmon.providers.catalogue import Catalogue
from tokenmon.storage.store import Added, Store

WORK = Platform(id="1", name="openai-work", provider_name="openai", created_at=NOON)
FIRST, SECOND = entry(1).record, entry(2).record


def pricer_of(store: Store, catalogue: Catalogue) -> Pricer:
    return Pricer(lambda: catalogue, lambda: OwnPrices({one.name: one for one in store.platforms()}))


def pricer_at(own: PriceOverride, catalogue: Catalogue) -> Pricer:
    """A pricer for both platforms of the random calls, at the same prices of their own."""
    prices = OwnPrices({name: replace(WORK, name=name, prices=own) for name in ("a", "b")})
    return Pricer(lambda: catalogue, lambda: prices)


@pytest.fixture
def recorder(store: Store, catalogue: Catalogue) -> Recorder:
    return Recorder(store, pricer_of(store, catalogue))


def test_a_call_is_stored_with_its_cost(recorder: Recorder, store: Store) -> None:
    assert recorder.record([FIRST]) == Added(added=1)

    assert store.records(ALL) == [replace(FIRST, cost=Decimal("0.004"), cost_source="catalogue")]


def test_a_call_that_comes_again_is_stored_once(recorder: Recorder, store: Store) -> None:
    recorder.record([FIRST, SECOND])

    assert recorder.record([SECOND, FIRST]) == Added(repeated=2)

    assert store.totals(ALL).requests == 2


def test_a_stated_cost_belongs_to_its_own_call(recorder: Recorder, store: Store) -> None:
    recorder.record([FIRST, SECOND], {SECOND.id: Decimal("0.7")})

    costs = {record.id: (record.cost, record.cost_source) for record in store.records(ALL)}
    assert costs == {FIRST.id: (Decimal("0.004"), "catalogue"), SECOND.id: (Decimal("0.7"), "provider")}


@pytest.mark.parametrize("count", [10**12, 2**62])
def test_a_cost_that_nobody_would_believe_is_not_known(store: Store, catalogue: Catalogue, count: int) -> None:
    store.add_platform(replace(WORK, prices=PriceOverride(Decimal(2), Decimal(10))))

    Recorder(store, pricer_of(store, catalogue)).record([replace(FIRST, usage=TokenUsage(count, 0))])

    totals = store.totals(ALL)
    assert (totals.requests, totals.unpriced_requests, totals.unpriced_tokens) == (1, 1, count)
    assert totals.cost == 0


def test_who_may_only_correct_its_own_reports_changes_no_other(recorder: Recorder, store: Store) -> None:
    mine = replace(FIRST, source="report", client_key="me", usage_source="reported")
    more = TokenUsage(5000, 5000)
    recorder.record([FIRST])
    recorder.record([replace(mine, id=SECOND.id, occurred_at=SECOND.occurred_at)])

    assert recorder.record_own([replace(mine, usage=more, usage_source="provider")]) == Added(repeated=1)
    second = replace(mine, id=SECOND.id, occurred_at=SECOND.occurred_at, usage=more)
    assert recorder.record_own([replace(second, client_key="you")]) == Added(repeated=1)
    assert recorder.record_own([second]) == Added(replaced=1)


def test_prices_of_a_platform_count_from_the_next_call_on(recorder: Recorder, store: Store) -> None:
    recorder.record([FIRST])
    store.add_platform(replace(WORK, prices=PriceOverride(Decimal(10), Decimal(10))))

    recorder.record([SECOND])

    assert [record.cost for record in store.records(ALL)] == [Decimal("0.012"), Decimal("0.004")]


def test_a_locked_database_takes_nothing_and_everything_later(recorder: Recorder, store: Store, database: Path) -> None:
    with closing(sqlite3.connect(database, isolation_level=None)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        with pytest.raises(TemporaryError):
            recorder.record([FIRST, SECOND])
        held_back = store.records(ALL)

    assert held_back == []
    assert recorder.record([FIRST, SECOND]) == Added(added=2)


@PROPERTY
@given(
    before=st.lists(calls(), max_size=6),
    after=st.lists(calls(), max_size=6),
    prices=st.lists(
        st.builds(
            PriceOverride, *(st.sampled_from([None, Decimal(0), Decimal("0.3"), Decimal(1000)]) for _ in range(4))
        ),
        min_size=2,
        max_size=2,
    ),
)
def test_repricing_leaves_what_recording_at_the_new_prices_would_have_made(
    store: Store, catalogue: Catalogue, before: list[UsageRecord], after: list[UsageRecord], prices: list[PriceOverride]
) -> None:
    forget_records(store)
    old, new = (pricer_at(own, catalogue) for own in prices)

    Recorder(store, old).record(before)
    Recorder(store, new).record(after)
    store.reprice(new.reprice, ALL)

    found = store.records(ALL)
    assert len(found) == len(before) + len(after)
    assert found == [new.price(record) for record in found]
    assert store.totals(ALL) == sums_of(found)
