"""Records come back as they were given, each call once, whatever the database."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.core.sample import NOON, call
from tokenmon.core.period import Period
from tokenmon.core.query import Filter
from tokenmon.core.record import UsageRecord, id_time
from tokenmon.core.usage import TokenUsage
from tokenmon.errors import TokenmonError
from tokenmon.storage import schema
from tokenmon.storage.store import Added, Store

ALL = Filter(Period(None, None))
EVERYTHING = call(
    operation_name="responses",
    conversation_id="session-7",
    project="search",
    client_key="ci",
    stream=True,
    error_type="rate_limit",
    usage=TokenUsage(
        1 << 33, 1 << 34, 900, 800, 700, 600, 500, 400, units=(("audio_seconds", 12), ("web_searches", 3))
    ),
    usage_source="partial",
    cost=Decimal("1234567.123456789"),
    cost_source="override",
    latency_ms=1 << 35,
    time_to_first_chunk_ms=0,
    service_tier="priority",
    processing="batch",
    server_address="api.example.com",
    billing="subscription",
    tags=(("team", "search"), ("user", "Ωmega")),
)
RECORDS: dict[str, UsageRecord] = {
    "every field": EVERYTHING,
    "the least": UsageRecord(
        id=call().id,
        occurred_at=call().occurred_at,
        platform="p",
        provider_name="gemini",
        operation_name="chat",
        source="report",
        usage=None,
    ),
    "an error without usage": call(
        usage=None, usage_source="none", cost=None, cost_source="unpriced", status=503, error_type="overloaded"
    ),
    "a free call": call(cost=Decimal(0), cost_source="free"),
    "zero tokens": call(usage=TokenUsage(0, 0)),
    "cached parts larger than the input": call(usage=TokenUsage(10, 5, cache_read_input_tokens=99)),
    "the largest count": call(usage=TokenUsage(2**63 - 1, 0), latency_ms=2**63 - 1),
    "texts in other scripts": call(response_id="响应-🙂", conversation_id="разговор", project="Zoë"),
}


@pytest.mark.parametrize("record", RECORDS.values(), ids=RECORDS)
def test_a_record_comes_back_as_it_was_given(store: Store, record: UsageRecord) -> None:
    assert store.add([record]) == Added(added=1)

    assert store.records(ALL) == [record]


def test_a_record_comes_back_from_another_connection(store: Store, address: str) -> None:
    store.add([EVERYTHING])

    with Store.open(address) as other:
        assert other.records(ALL) == [EVERYTHING]


def test_the_first_moment_is_that_of_the_oldest_call_which_is_meant(store: Store) -> None:
    store.add([call("new", project="web"), call("old", at=NOON - timedelta(days=3))])

    assert store.first_moment(ALL) == NOON - timedelta(days=3)
    assert store.first_moment(Filter(Period(None, None), projects=("web",))) == NOON
    assert store.first_moment(Filter(Period(None, None), projects=("other",))) is None


def test_a_repeated_batch_changes_nothing(store: Store) -> None:
    batch = [call(f"chatcmpl-{number}", NOON + timedelta(seconds=number)) for number in range(30)]
    store.add(batch)
    before = (store.records(ALL), store.totals(ALL))

    assert store.add(batch) == Added(repeated=30)

    assert (store.records(ALL), store.totals(ALL)) == before


def test_the_same_call_at_another_time_is_one_call_at_its_first_time(store: Store) -> None:
    store.add([call(at=NOON)])

    assert store.add([call(at=NOON + timedelta(hours=3))]) == Added(repeated=1)

    assert [record.occurred_at for record in store.records(ALL)] == [NOON]


@pytest.mark.parametrize("apart", [True, False], ids=["one after the other", "in one batch"])
@pytest.mark.parametrize("other_time", [timedelta(0), timedelta(hours=-3), timedelta(days=2)])
def test_the_stronger_statement_stays_at_the_time_first_seen(store: Store, apart: bool, other_time: timedelta) -> None:
    weak = call(usage_source="partial", usage=TokenUsage(5, 5), cost=Decimal(1), project="seen first")
    strong = call(at=NOON + other_time, usage_source="provider", usage=TokenUsage(9, 1), cost=Decimal(2))

    if apart:
        store.add([weak])
        added = store.add([strong])
    else:
        added = store.add([weak, strong])

    assert added == (Added(replaced=1) if apart else Added(added=1, repeated=1))
    assert store.records(ALL) == [replace(strong, id=weak.id, occurred_at=weak.occurred_at, project="seen first")]
    assert store.totals(ALL).cost == 2


@pytest.mark.parametrize("apart", [True, False], ids=["one after the other", "in one batch"])
def test_a_later_sight_keeps_the_labels_that_only_the_first_had(store: Store, apart: bool) -> None:
    first = call(
        usage=None, usage_source="none", cost=None, cost_source="unpriced", conversation_id="c", project="search",
        client_key="ci", tags=(("team", "a"),), time_to_first_chunk_ms=7,
    )  # fmt: skip
    later = call(request_model=None, latency_ms=None, time_to_first_chunk_ms=None)

    for batch in ([first], [later]) if apart else ([first, later],):
        store.add(batch)

    (record,) = store.records(ALL)
    assert record == replace(
        first, usage=later.usage, usage_source="provider", cost=later.cost, cost_source="catalogue"
    )
    assert store.groups(ALL, ("project", "key"))[0].key == (("project", "search"), ("key", "ci"))


def test_a_later_sight_goes_before_where_both_tell(store: Store) -> None:
    store.add([call(usage_source="estimated", project="first", tags=(("a", "1"),), conversation_id="one")])
    later = call(project="second", tags=(("b", "2"),), conversation_id="two", latency_ms=1)

    store.add([later])

    assert store.records(ALL) == [later]


def test_what_is_stored_of_a_call_is_found_by_any_sight_of_it(store: Store) -> None:
    strong, other = call(project="p"), call("chatcmpl-2")
    weak = call(at=NOON + timedelta(hours=1), usage_source="estimated", usage=TokenUsage(1, 1))
    store.add([strong, other])
    store.add([weak])

    assert store.stored([other, weak, call("never seen"), weak]) == [other, strong, strong]
    assert store.stored([]) == []


def test_a_weaker_statement_changes_nothing(store: Store) -> None:
    strong = call(usage_source="provider")
    store.add([strong])

    assert store.add([call(usage_source="estimated", usage=TokenUsage(10**6, 10**6))]) == Added(repeated=1)

    assert store.records(ALL) == [strong]


def test_a_batch_with_duplicates_of_itself_stores_the_largest_once(store: Store) -> None:
    batch = [call(usage=TokenUsage(count, 1)) for count in (10, 30, 20, 30)]

    assert store.add(batch) == Added(added=1, repeated=3)

    assert [record.usage for record in store.records(ALL)] == [TokenUsage(30, 1)]


def test_an_empty_batch_is_no_change(store: Store) -> None:
    assert store.add([]) == Added()


UNSTORABLE = {"\x00": "", "\ud800": "?", "a\x00b": "ab"}


@pytest.mark.parametrize("field", ["response_id", "conversation_id", "project", "response_model", "error_type"])
def test_what_no_database_stores_is_taken_out_of_texts(store: Store, field: str) -> None:
    changes: list[dict[str, Any]] = [{field: f"x{bad}"} for bad in UNSTORABLE]
    store.add([call(f"chatcmpl-{number}", **one) for number, one in enumerate(changes)])

    assert sorted(getattr(record, field) for record in store.records(ALL)) == sorted(
        f"x{good}" for good in UNSTORABLE.values()
    )


def test_names_that_differ_only_in_what_cannot_be_stored_share_one_batch(store: Store) -> None:
    store.add([call("one", project="a", conversation_id="c"), call("two", project="a\x00", conversation_id="c\x00")])

    assert {(one.project, one.conversation_id) for one in store.records(ALL)} == {("a", "c")}
    assert [dict(group.key) for group in store.groups(ALL, ("session",))] == [{"session": "c"}]


def test_tags_keep_what_no_database_stores_of_a_plain_text_but_lone_surrogates(store: Store) -> None:
    store.add([call(tags=(("team", "a\x00b\ud800"),))])

    assert store.records(ALL)[0].tags == (("team", "a\x00b?"),)


def test_a_batch_that_fails_leaves_nothing_behind(store: Store) -> None:
    good, bad = call("good"), call("bad", latency_ms=2**70)

    with pytest.raises((TokenmonError, OverflowError)):
        store.add([good, bad])

    assert store.info().records == store.info().rollups == store.info().series == 0
    assert store.add([good]) == Added(added=1)
    assert store.records(ALL) == [good]


def test_pages_of_records_run_newest_first_without_gap_or_repeat(store: Store) -> None:
    batch = [call(f"chatcmpl-{number}", NOON + timedelta(milliseconds=number // 3)) for number in range(20)]
    store.add(batch)
    pages: list[UsageRecord] = []

    while page := store.records(ALL, limit=7, before=pages[-1].id if pages else None):
        pages.extend(page)

    assert pages == sorted(batch, key=lambda record: record.id, reverse=True)


def test_iteration_runs_oldest_first_over_many_pages(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tokenmon.storage.store.PAGE", 6)
    batch = [call(f"chatcmpl-{number}", NOON + timedelta(seconds=number)) for number in range(18)]
    store.add(batch)

    assert list(store.iter_records(ALL)) == batch


def test_iteration_holds_one_page_at_a_time(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tokenmon.storage.store.PAGE", 5)
    store.add([call(f"chatcmpl-{number}", NOON + timedelta(seconds=number)) for number in range(10)])
    records = store.iter_records(ALL)
    next(records)

    store.add([call("later", NOON + timedelta(seconds=30))])

    assert len(list(records)) == 10


FILTERS: dict[str, tuple[dict[str, Any], set[str]]] = {
    "a name": ({"platforms": ("a",)}, {"1", "2"}),
    "any of two": ({"platforms": ("a", "b")}, {"1", "2", "3"}),
    "a pattern": ({"models": ("gpt-*",)}, {"1", "3"}),
    "a question mark": ({"models": ("o?",)}, {"2"}),
    "the model asked for": ({"models": ("alias",)}, {"3"}),
    "a name that looks like a pattern": ({"projects": ("[x]",)}, {"1"}),
    "an underscore is no wildcard": ({"projects": ("p_1",)}, set()),
    "a percent sign is no wildcard": ({"projects": ("p%",)}, set()),
    "case matters": ({"platforms": ("A",)}, set()),
    "no label is no name": ({"projects": ("*",)}, {"1", "2"}),
    "two fields": ({"platforms": ("a",), "sources": ("report",)}, {"2"}),
    "nobody": ({"keys": ("nobody",)}, set()),
}


@pytest.mark.parametrize(("names", "expected"), FILTERS.values(), ids=FILTERS)
def test_filters_mean_the_same_for_records_and_sums(store: Store, names: dict[str, Any], expected: set[str]) -> None:
    store.add(
        [
            call("1", platform="a", response_model="gpt-5", project="[x]"),
            call("2", platform="a", request_model=None, response_model="o3", source="report", project="p-1"),
            call("3", platform="b", request_model="alias", response_model="gpt-4o"),
        ]
    )
    wanted = Filter(Period(None, None), **names)

    assert {record.response_id for record in store.records(wanted)} == expected
    assert {record.response_id for record in store.iter_records(wanted)} == expected
    assert store.totals(wanted).requests == len(expected)


def test_periods_cut_records_to_the_millisecond(store: Store) -> None:
    store.add([call(str(number), NOON + timedelta(milliseconds=number)) for number in range(5)])
    start, end = NOON + timedelta(microseconds=500), NOON + timedelta(microseconds=3001)

    found = store.records(Filter(Period(start, end)))

    assert [record.response_id for record in found] == ["3", "2", "1"]
    assert store.totals(Filter(Period(start, end))).requests == 3


def test_repricing_changes_costs_and_sums_and_tells_how_many(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tokenmon.storage.store.PAGE", 4)
    store.add(
        [call(str(number), NOON + timedelta(hours=number), project="p" if number % 2 else None) for number in range(11)]
    )

    changed = store.reprice(
        lambda record: replace(record, cost=Decimal(3), cost_source="override"),
        Filter(Period(None, None), projects=("p",)),
    )

    assert changed == 5
    assert {record.cost for record in store.records(Filter(Period(None, None), projects=("p",)))} == {Decimal(3)}
    assert store.totals(ALL).cost == 5 * 3 + 6 * Decimal("0.0041")


def test_a_cost_may_become_unknown_again(store: Store) -> None:
    store.add([call()])

    store.reprice(lambda record: replace(record, cost=None, cost_source="unpriced"), ALL)

    totals = store.totals(ALL)
    assert (totals.cost, totals.unpriced_requests, totals.unpriced_tokens) == (Decimal(0), 1, 1200)


def test_the_time_of_a_record_is_the_time_in_its_id(store: Store) -> None:
    store.add([call(at=NOON + timedelta(milliseconds=123))])

    (record,) = store.records(ALL)
    assert record.occurred_at == id_time(record.id) == NOON + timedelta(milliseconds=123)


def test_info_tells_what_is_stored(store: Store, kind: str) -> None:
    store.add([call("1", NOON), call("2", NOON + timedelta(days=1))])

    info = store.info()

    assert (info.kind, info.schema, info.records, info.rollups, info.series) == (kind, schema.HEAD, 2, 2, 1)
    assert (info.first, info.last) == (NOON, NOON + timedelta(days=1))
    assert info.size_bytes > 1000


def test_label_caches_start_anew_when_they_are_full(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tokenmon.storage.labels.MAX_CACHED", 3)

    for number in range(20):
        store.add([call(str(number), project=f"p{number}", conversation_id=f"c{number % 7}")])

    assert len(store._book.series_numbers._cached) <= 4
    assert {record.project for record in store.records(ALL)} == {f"p{number}" for number in range(20)}
    assert len(store.groups(ALL, ("session",))) == 7
