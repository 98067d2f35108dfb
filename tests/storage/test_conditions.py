"""Conditions in SQL: every question answers as the plain predicate over the records would."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.core.sample import NOON, call
from tests.storage.calls import calls, forget_records, sums_of
from tokenmon.core.condition import matches_record
from tokenmon.core.filter_language import parse_filter
from tokenmon.core.period import Period
from tokenmon.core.query import Filter, Totals
from tokenmon.core.record import UsageRecord
from tokenmon.storage.store import Store

PROPERTY = settings(
    # Each asks several questions of one batch, which is dearer to draw and to store than to ask.
    max_examples=20,
    deadline=None,
    derandomize=True,
    database=None,
    # The store is emptied by each example.
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
EVER = Period(None, None)
TERMS = (
    "gpt", "platform:a", "platform:b*", "model:gpt,o3", "model:none", "project:p", "project:none", "machine:top",
    "status:error", "status:ok", "status:5xx", "status>=200", "status:none", "error:over", "billing:subscription",
    "stream:no", "cost>0", "cost>=1", "cost<0.5", "cost:0", "cost:none", "cost>99999999999", "cost<0.0000000005",
    "input>25", "input<=1k", "output>=1B", "cached:0", "reasoning<1M", "cache>0", "tokens>50", "tokens:none",
    "tokens>1.5", "latency>0", "latency:900ms", "latency<0.9s", "latency:none", "ttfc>=120", "ttfc=none", "session:O",
    "session=one", "session=One", "session:none,one", "session:t*", "tag:team", "tag:team=ü*", "tag:none", "tag=team=ü",
    "usage:none", "usage:partial,estimated", "price:unpriced", "price:free,catalogue", "price:override", "id:0",
    "id:019,01a", "id:resp", "id=resp-Ü", "id=0", "id:" + "f" * 32,
)  # fmt: skip
terms = st.tuples(st.sampled_from(["", "", "-"]), st.sampled_from(TERMS)).map("".join)
conditions = st.lists(terms, min_size=1, max_size=3).map(" ".join)
tagged = st.tuples(
    calls(),
    st.sampled_from([(), (("team", "Ü-search"),), (("env", "x"), ("team", "ü"))]),
    st.sampled_from([None, "resp-Ü", "other"]),
).map(lambda drawn: replace(drawn[0], tags=drawn[1], response_id=drawn[2]))


def where(text: str) -> Filter:
    return Filter(EVER, conditions=parse_filter(text))


@PROPERTY
@given(batch=st.lists(tagged, max_size=12), texts=st.lists(conditions, min_size=3, max_size=3))
def test_every_question_means_the_records_that_meet_the_conditions(
    store: Store, batch: list[UsageRecord], texts: list[str]
) -> None:
    forget_records(store)
    store.add(batch)

    for text in texts:
        wanted = where(text)
        meant = sorted((one for one in batch if matches_record(wanted.conditions, one)), key=lambda one: one.id)

        assert store.records(wanted) == meant[::-1], text
        assert list(store.iter_records(wanted)) == meant, text
        assert store.totals(wanted) == sums_of(meant), text
        groups = store.groups(wanted, ("day", "platform"))
        assert sum((one.totals for one in groups), Totals()) == sums_of(meant), text
        sessions = store.groups(wanted, ("session",))
        assert sum((one.totals for one in sessions), Totals()) == sums_of(meant), text
        assert store.sessions(wanted).keys() == {one.conversation_id for one in meant}, text


@PROPERTY
@given(
    batch=st.lists(tagged, min_size=1, max_size=6),
    some=st.lists(st.sampled_from(TERMS), min_size=4, max_size=4, unique=True),
)
def test_a_term_and_its_denial_part_the_records(store: Store, batch: list[UsageRecord], some: list[str]) -> None:
    forget_records(store)
    store.add(batch)

    for term in some:
        parts = store.records(where(term)), store.records(where(f"-{term}"))

        assert sorted([*parts[0], *parts[1]], key=lambda one: one.id) == sorted(batch, key=lambda one: one.id), term


def test_conditions_hold_within_the_period_and_beside_names(store: Store) -> None:
    meant = call("meant", project="p", cost=Decimal(2))
    others = [
        call("early", NOON - timedelta(days=1), project="p", cost=Decimal(2)),
        call("cheap", project="p"),
        call("other", project="q", cost=Decimal(2)),
    ]
    store.add([meant, *others])

    wanted = Filter(Period(NOON, None), projects=("p",), conditions=parse_filter("cost>1"))

    assert store.records(wanted) == [meant]
    assert store.totals(wanted) == sums_of([meant])
    assert store.totals(replace(wanted, projects=("nobody",))) == Totals()


def test_pages_of_an_export_go_on_where_the_last_one_ended(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tokenmon.storage.store.PAGE", 3)
    batch = [call(str(number), NOON + timedelta(seconds=number), latency_ms=number % 2) for number in range(20)]
    store.add(batch)

    assert list(store.iter_records(where("latency:1"))) == batch[1::2]


def test_only_what_meets_the_conditions_is_repriced_and_followed(store: Store) -> None:
    dear, cheap = call("dear", cost=Decimal(2)), call("cheap")
    store.add([dear, cheap])

    changed = store.reprice(lambda one: one.priced(Decimal(1), "override"), where("cost>1"))
    with store.follow(where("cost<1 model:gpt")) as arrivals:
        newest = arrivals.newest(5)
        store.add([call("late", cost=Decimal(3)), call("later", NOON + timedelta(seconds=1))])
        fresh = list(arrivals.fresh())

    assert changed == 1
    assert store.totals(where("price:override")).cost == 1
    assert newest == [cheap]
    assert [one.response_id for one in fresh] == ["later"]


def test_conditions_on_labels_are_answered_from_rollups(store: Store) -> None:
    store.add([call("1"), call("2", status=500)])
    forgotten = store.totals(where("status:error"))
    with store._engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM records")

    assert store.totals(where("status:error")) == forgotten
    assert forgotten.requests == 1
