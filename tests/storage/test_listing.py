"""Listings: each row is where a plain sort of the records would put it, and stays there."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from tests.core.sample import NOON, call
from tests.storage.calls import ZONES, calls, keep_days, moments
from tokenmon.core.condition import matches_record
from tokenmon.core.filter_language import parse_filter
from tokenmon.core.period import Period
from tokenmon.core.query import LABELS, Filter
from tokenmon.core.record import UsageRecord
from tokenmon.errors import CancelledError, ConfigError
from tokenmon.storage.read_order import SORT_KEYS, SortKey
from tokenmon.storage.store import Store

PROPERTY = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    database=None,
    # The store is emptied by each example.
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
ALL = Filter(Period(None, None))
VALUES: dict[SortKey, Callable[[UsageRecord], Any]] = {
    "time": lambda one: one.id,
    "cost": lambda one: one.cost,
    "tokens": lambda one: None if one.usage is None else one.usage.total_tokens,
    "input": lambda one: None if one.usage is None else one.usage.input_tokens,
    "output": lambda one: None if one.usage is None else one.usage.output_tokens,
    "latency": lambda one: one.latency_ms,
    "ttfc": lambda one: one.time_to_first_chunk_ms,
    "model": lambda one: one.model,
    "platform": lambda one: one.platform,
    "project": lambda one: one.project,
    "status": lambda one: one.status,
}


def in_order(records: list[UsageRecord], sort: SortKey, *, descending: bool) -> list[UsageRecord]:
    """A plain sort: unknown values last, of equal ones the newest first."""
    newest = sorted(records, key=lambda one: one.id, reverse=True)
    value_of = VALUES[sort]
    known = sorted((one for one in newest if value_of(one) is not None), key=value_of, reverse=descending)
    return [*known, *(one for one in newest if value_of(one) is None)]


def many(count: int, **changes: Any) -> list[UsageRecord]:
    """Calls of a minute each, oldest first."""
    return [call(f"call-{number}", NOON + timedelta(minutes=number), **changes) for number in range(count)]


@PROPERTY
@given(
    batch=st.lists(calls(), max_size=12),
    ends=st.lists(moments, min_size=2, max_size=2).map(sorted),
    words=st.sampled_from(["", "platform:a", "model:gpt -project:p", "cost>0", "tokens>10 status:error", "nobody"]),
    sort=st.sampled_from(SORT_KEYS),
    descending=st.booleans(),
    place=st.tuples(st.integers(-1, 12), st.integers(0, 12)),
    kept=st.sampled_from(ZONES),
)
def test_rows_are_those_of_a_plain_sort(
    store: Store, batch: list[UsageRecord], ends: list[Any], words: str, sort: SortKey, descending: bool,
    place: tuple[int, int], kept: str,
) -> None:  # fmt: skip
    keep_days(store, kept)
    store.add(batch)
    wanted = Filter(Period(*ends), conditions=parse_filter(words))
    meant = [
        one for one in batch if ends[0] <= one.occurred_at < ends[1] and matches_record(wanted.conditions, one)
    ]  # fmt: skip
    expected = in_order(meant, sort, descending=descending)

    listing = store.listing(wanted, sort=sort, descending=descending)

    assert (listing.count, listing.is_cut) == (len(expected), False)
    assert listing.page(0, 100) == expected
    assert listing.page(*place) == expected[max(0, place[0]) : max(0, sum(place))]
    assert [listing.position(one.id) for one in expected] == list(range(len(expected)))
    assert {listing.position(one.id) for one in batch if one not in expected} <= {None}


@pytest.mark.parametrize("descending", [True, False])
def test_any_page_of_many_quarters_is_read_alone(
    store: Store, monkeypatch: pytest.MonkeyPatch, descending: bool
) -> None:
    monkeypatch.setattr("tokenmon.storage.time_order.MAX_KEPT", 3)
    monkeypatch.setattr("tokenmon.storage.time_order.MAX_SPANS", 2)
    batch = many(200)
    store.add(batch)
    expected = batch[::-1] if descending else batch

    listing = store.listing(ALL, descending=descending)

    assert [listing.page(at, 70) for at in (0, 65, 130, 195)] == [expected[at : at + 70] for at in (0, 65, 130, 195)]
    assert listing.position(expected[77].id) == 77


@pytest.mark.parametrize("words", ["", "latency>0"])
@pytest.mark.parametrize("sort", ["time", "cost", "model"])
def test_later_calls_shift_no_row(store: Store, sort: SortKey, words: str) -> None:
    batch = many(40)
    store.add(batch)
    wanted = Filter(ALL.period, conditions=parse_filter(words))

    listing = store.listing(wanted, sort=sort)
    before = listing.page(0, 5)
    store.add([
        call("newest", NOON + timedelta(days=1)), call("same quarter", batch[-1].occurred_at + timedelta(seconds=1)),
        call("oldest", NOON - timedelta(days=1)),
    ])  # fmt: skip

    assert listing.count == 40
    assert before == listing.page(0, 5) == batch[:-6:-1]
    assert listing.page(35, 100) == batch[4::-1]
    assert store.listing(wanted, sort=sort).count == 43


@pytest.mark.parametrize("sort", ["time", "cost"])
def test_rows_of_calls_that_are_gone_are_left_out(store: Store, sort: SortKey) -> None:
    batch = many(40)
    store.add(batch)
    listing = store.listing(ALL, sort=sort)

    with store._engine.begin() as connection:
        connection.execute(text("DELETE FROM records WHERE id = :id"), {"id": batch[10].id})

    assert listing.page(0, 100) == [*batch[:10:-1], *batch[9::-1]]
    assert len(listing.page(25, 8)) + len(listing.page(0, 25)) + len(listing.page(33, 7)) == 39


def test_a_listing_ends_where_its_ids_would_fill_the_memory(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tokenmon.storage.read_order.MOST", 7)
    store.add([replace(one, cost=Decimal(number)) for number, one in enumerate(many(20))])

    cut, whole = store.listing(ALL, sort="cost"), store.listing(ALL)

    assert (cut.count, cut.is_cut, cut.page(5, 10)[-1].cost) == (7, True, Decimal(13))
    assert cut.position(many(1)[0].id) is None
    assert (whole.count, whole.is_cut) == (20, False)


@pytest.mark.parametrize(("descending", "first"), [(True, "b"), (False, "a")])
def test_a_listing_by_label_that_is_cut_holds_what_comes_first(
    store: Store, monkeypatch: pytest.MonkeyPatch, descending: bool, first: str
) -> None:
    monkeypatch.setattr("tokenmon.storage.read_order.MOST", 12)
    monkeypatch.setattr("tokenmon.storage.read_order.PART", 3)
    batch = [replace(one, project="ab"[number % 2]) for number, one in enumerate(many(40))]
    store.add([*batch, *(replace(one, project=None) for one in [call("bare", NOON - timedelta(days=1))])])

    listing = store.listing(ALL, sort="project", descending=descending)

    assert (listing.count, listing.is_cut) == (12, True)
    assert listing.page(0, 20) == [one for one in batch[::-1] if one.project == first][:12]


def test_an_order_that_there_is_not_is_refused(store: Store) -> None:
    with pytest.raises(ConfigError, match="cannot sort by 'colour'"):
        store.listing(ALL, sort="colour")  # type: ignore[arg-type]


def test_a_listing_is_read_from_another_thread(store: Store) -> None:
    store.add(many(3))
    listing = store.listing(ALL)
    found: list[UsageRecord] = []

    thread = threading.Thread(target=lambda: found.extend(listing.page(0, 10)))
    thread.start()
    thread.join()

    assert found == many(3)[::-1]


def test_labels_are_the_distinct_values_that_calls_have(store: Store) -> None:
    store.add([call("1", project="b", status=503), call("2", project="a"), call("3", project=None)])

    assert store.labels("project") == ["a", "b"]
    assert store.labels("status") == ["200", "503"]
    assert all(store.labels(one) is not None for one in LABELS)
    with pytest.raises(ConfigError, match="no label 'colour'"):
        store.labels("colour")


def questions(store: Store) -> dict[str, Callable[[], object]]:
    dear = Filter(ALL.period, conditions=parse_filter("latency>0 cost<1"))
    return {
        "listing": lambda: store.listing(ALL, sort="cost"),
        "totals": lambda: store.totals(dear),
        "groups": lambda: store.groups(dear, ("session",)),
        "export": lambda: list(store.iter_records(dear)),
    }


@pytest.mark.parametrize("name", ["listing", "totals", "groups", "export"])
def test_a_reading_that_nobody_waits_for_is_not_begun(store: Store, name: str) -> None:
    store.add(many(3))

    with pytest.raises(CancelledError), store.cancellable(lambda: True):
        questions(store)[name]()

    assert questions(store)[name]()


@pytest.mark.parametrize("kind", ["sqlite"])
@pytest.mark.parametrize("name", ["listing", "totals", "groups", "export"])
def test_a_long_reading_is_given_up_midway(store: Store, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr("tokenmon.storage.cancelling.STEPS", 1)
    store.add(many(300))
    looks = iter(range(10**9))

    with pytest.raises(CancelledError), store.cancellable(lambda: next(looks) > 1000):
        questions(store)[name]()

    assert questions(store)[name]()


@pytest.mark.parametrize("kind", ["postgresql"])
def test_a_server_is_told_to_give_up_what_it_works_on(store: Store) -> None:
    looks = iter([False])

    with pytest.raises(CancelledError), store.cancellable(lambda: next(looks, True)), store._reading() as connection:
        connection.execute(text("SELECT pg_sleep(600)"))

    assert store.listing(ALL).count == 0
