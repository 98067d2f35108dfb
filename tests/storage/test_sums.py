"""Sums: whatever is asked, groups add up to the totals, and both to the records."""

import itertools
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from tests.core.sample import NOON, call
from tests.storage.calls import CLOCK_CHANGES, ZONES, calls, forget_records, keep_days, label_of, moments, sums_of
from tokenmon.core.period import BUCKETS, Period
from tokenmon.core.query import GROUPINGS, TOTAL_FIELDS, Filter, Group, Totals
from tokenmon.core.record import UsageRecord
from tokenmon.errors import ConfigError
from tokenmon.storage.engine import reading
from tokenmon.storage.store import Store

PROPERTY = settings(
    max_examples=20,
    deadline=None,
    derandomize=True,
    database=None,
    # The store is emptied by each example.
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
ALL = Filter(Period(None, None))
groupings = st.lists(st.sampled_from(GROUPINGS), max_size=3, unique=True).filter(
    lambda by: sum(word in BUCKETS for word in by) <= 1
)


@st.composite
def filters(draw: st.DrawFn) -> Filter:
    ends = sorted(draw(st.lists(moments, min_size=2, max_size=2)))
    return Filter(
        Period(
            draw(st.sampled_from([ends[0], None])), draw(st.sampled_from([ends[1], None])), draw(st.sampled_from(ZONES))
        ),
        platforms=draw(st.sampled_from([(), ("a",)])),
        models=draw(st.sampled_from([(), ("gpt-*",)])),
    )


def is_meant(record: UsageRecord, wanted: Filter) -> bool:
    start, end = wanted.period.start, wanted.period.end
    return (
        (start is None or record.occurred_at >= start)
        and (end is None or record.occurred_at < end)
        and (not wanted.platforms or record.platform in wanted.platforms)
        and (not wanted.models or "gpt-" in f"{record.response_model} {record.request_model}")
    )


@PROPERTY
@given(batch=st.lists(calls(), max_size=12), wanted=filters(), by=groupings, kept=st.sampled_from(ZONES))
def test_groups_add_up_to_the_totals_and_to_the_records(
    store: Store, batch: list[UsageRecord], wanted: Filter, by: list[str], kept: str
) -> None:
    keep_days(store, kept)
    store.add(batch)

    groups = store.groups(wanted, tuple(by))

    expected = sums_of(record for record in batch if is_meant(record, wanted))
    assert sum((group.totals for group in groups), Totals()) == store.totals(wanted) == expected
    assert len({group.key for group in groups}) == len(groups)
    assert all(group.totals.requests for group in groups)


LABELLED = [word for word in GROUPINGS if word in ("platform", "project", "status", "error", "billing", "session")]


@PROPERTY
@given(
    batch=st.lists(calls(), max_size=10),
    timezone=st.sampled_from(ZONES),
    labels=st.lists(st.sampled_from(LABELLED), min_size=1, max_size=3, unique=True),
    bucket=st.sampled_from(BUCKETS),
    at=st.integers(0, 3),
    kept=st.sampled_from(ZONES),
)
def test_each_group_holds_its_own_records(
    store: Store, batch: list[UsageRecord], timezone: str, labels: list[str], bucket: str, at: int, kept: str
) -> None:
    keep_days(store, kept)
    store.add(batch)
    by = (*labels[:at], bucket, *labels[at:])
    expected: dict[tuple[str | None, ...], list[UsageRecord]] = {}
    for record in batch:
        expected.setdefault(tuple(label_of(record, word, timezone) for word in by), []).append(record)

    groups = store.groups(Filter(Period(None, None, timezone)), by)

    found = {tuple(value for _, value in group.key): group.totals for group in groups}
    assert found == {key: sums_of(records) for key, records in expected.items()}


@pytest.mark.parametrize("timezone", ZONES)
def test_hours_and_days_over_a_change_of_clocks_hold_every_call_once(store: Store, timezone: str) -> None:
    for change in CLOCK_CHANGES:
        store.add([call(f"{change}{minute}", change + timedelta(minutes=minute)) for minute in range(-180, 181, 10)])

    for change, bucket in itertools.product(CLOCK_CHANGES[:-3], BUCKETS):
        ends = change - timedelta(minutes=95), change + timedelta(minutes=95, seconds=1)
        groups = store.groups(Filter(Period(*ends, timezone)), (bucket,))
        assert sum(group.totals.requests for group in groups) == 19
        assert len({group.key for group in groups}) == len(groups)


def test_time_runs_forward_and_within_it_the_dearest_comes_first(store: Store) -> None:
    store.add(
        [
            call("1", NOON, platform="cheap", cost=call().cost),
            call("2", NOON, platform="dear", usage=None, usage_source="none"),
            call("3", NOON - timedelta(days=1), platform="cheap"),
            call("4", NOON, platform="dear"),
        ]
    )

    keys = [tuple(dict(group.key).values()) for group in store.groups(ALL, ("day", "platform"))]

    assert keys == [("2026-11-22", "cheap"), ("2026-11-23", "dear"), ("2026-11-23", "cheap")]


def test_a_label_that_is_absent_is_a_group_without_a_name(store: Store) -> None:
    store.add([call("1", project=None), call("2", project="p")])

    assert {dict(group.key)["project"]: group.totals.requests for group in store.groups(ALL, ("project",))} == {
        None: 1,
        "p": 1,
    }


def test_conversations_of_one_name_are_one_session_and_others_do_not_meet(store: Store) -> None:
    store.add(
        [
            call("1", conversation_id="s", platform="a"),
            call("2", conversation_id="s", platform="b", tags=(("s", "s"),)),
            call("3", conversation_id='{"s": "s"}'),
            call("4", conversation_id="1"),
            call("5", conversation_id=None),
        ]
    )

    found = {dict(group.key)["session"]: group.totals.requests for group in store.groups(ALL, ("session",))}

    assert found == {"s": 2, '{"s": "s"}': 1, "1": 1, None: 1}


def test_no_records_are_no_groups_and_empty_totals(store: Store) -> None:
    assert store.groups(ALL, ("day", "model")) == []
    assert store.totals(ALL) == Totals()


@pytest.mark.parametrize("by", [("nonsense",), ("day", "day"), ("day", "hour")])
def test_groupings_that_make_no_sense_are_refused(store: Store, by: tuple[str, ...]) -> None:
    with pytest.raises(ConfigError, match="group by"):
        store.groups(ALL, by)


def test_a_day_in_the_askers_time_zone_is_exact(store: Store) -> None:
    # 2026-11-23 in Kathmandu (+05:45) runs from 18:15 to 18:15 UTC.
    starts = NOON.replace(day=22, hour=18, minute=15)
    store.add(
        [
            call("before", starts - timedelta(milliseconds=1)),
            call("first", starts),
            call("last", starts + timedelta(days=1, milliseconds=-1)),
            call("after", starts + timedelta(days=1)),
        ]
    )

    groups = store.groups(Filter(Period(None, None, "Asia/Kathmandu")), ("day",))

    assert [(dict(group.key)["day"], group.totals.requests) for group in groups] == [
        ("2026-11-22", 1),
        ("2026-11-23", 2),
        ("2026-11-24", 1),
    ]


@PROPERTY
@given(
    batch=st.lists(calls(), max_size=10),
    by=groupings,
    fields=st.lists(st.sampled_from(TOTAL_FIELDS), max_size=4, unique=True),
)
def test_named_fields_are_what_they_are_among_all(
    store: Store, batch: list[UsageRecord], by: list[str], fields: list[str]
) -> None:
    forget_records(store)
    store.add(batch)
    named = {*fields, "requests", "cost"}

    few, all_of_them = store.groups(ALL, tuple(by), fields=fields), store.groups(ALL, tuple(by))

    assert [(one.key, [getattr(one.totals, name) for name in named]) for one in _by_key(few)] == [
        (one.key, [getattr(one.totals, name) for name in named]) for one in _by_key(all_of_them)
    ]


def _by_key(groups: list[Group]) -> list[Group]:
    return sorted(groups, key=lambda one: [value or "" for _, value in one.key])


def test_more_labels_than_a_byte_can_count_are_groups_of_their_own(store: Store) -> None:
    store.add([call(str(number), response_model=f"model-{number}") for number in range(300)])

    groups = store.groups(ALL, ("day", "model"))

    assert {group.key[1][1]: group.totals.requests for group in groups} == {f"model-{one}": 1 for one in range(300)}


def test_a_few_series_of_many_are_told_apart(store: Store) -> None:
    store.add([call(str(number), response_model=f"model-{number}", project=f"p{number % 9}") for number in range(40)])

    groups = store.groups(Filter(ALL.period, projects=("p3", "p8")), ("hour", "model"))

    assert sorted(int(str(group.key[1][1]).partition("-")[2]) for group in groups) == [3, 8, 12, 17, 21, 26, 30, 35, 39]


@pytest.mark.parametrize("bucket", BUCKETS)
def test_the_last_years_that_a_date_can_have_are_summed_too(store: Store, bucket: str) -> None:
    late = datetime(9995, 6, 2, 12, tzinfo=UTC)
    store.add([call(str(number), late + timedelta(hours=number), project=f"p{number}") for number in range(6)])

    groups = store.groups(ALL, (bucket, "project"))

    assert [group.totals.requests for group in groups] == [1] * 6


def test_many_buckets_are_summed_in_several_statements(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tokenmon.storage.spans.MAX_QUARTERS", 40)
    store.add([call(str(hour), NOON + timedelta(hours=hour)) for hour in range(0, 60, 3)])

    groups = store.groups(ALL, ("hour",))

    assert [group.totals.requests for group in groups] == [1] * 20


def test_all_questions_of_one_answer_see_one_state(store: Store, address: str) -> None:
    count = text("SELECT COUNT(*) FROM records")
    store.add([call("1")])

    with Store.open(address) as other, reading(store._engine) as connection:
        before = connection.execute(count).scalar_one()
        other.add([call("2")])
        after = connection.execute(count).scalar_one()

    assert before == after == 1


def test_a_conversation_lasts_from_its_first_call_to_its_last(store: Store) -> None:
    times = [NOON + timedelta(minutes=minutes) for minutes in range(4)]
    store.add([
        call("1", times[2], conversation_id="a"), call("2", times[0], conversation_id="a", project="p"),
        call("3", times[1]), call("4", times[3], conversation_id="a", platform="other"),
    ])  # fmt: skip

    assert store.sessions(ALL) == {"a": (times[0], times[3]), None: (times[1], times[1])}
    assert store.sessions(Filter(ALL.period, projects=("p",))) == {"a": (times[0], times[0])}
    assert store.sessions(Filter(Period(times[1], times[3]))) == {"a": (times[2], times[2]), None: (times[1],) * 2}
