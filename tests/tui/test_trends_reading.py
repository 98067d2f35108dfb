"""What the Trends screen reads: sums that add up, means that are means, like compared with like."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from tests.tui.sample import NOW, call
from tests.tui.trend_stage import metric_named
from tokenmon.core.filter_language import parse_filter
from tokenmon.core.query import TOTAL_FIELDS, Totals
from tokenmon.core.record import UsageRecord, identified_id
from tokenmon.core.span import Span
from tokenmon.core.usage import TokenUsage
from tokenmon.session import Session
from tokenmon.tui.asking import Asking
from tokenmon.tui.reading.trend_metric import COST, METRICS, VALUE, TrendMetric
from tokenmon.tui.reading.trends import (
    MOST_BUCKETS,
    TrendsQuestion,
    TrendsSnapshot,
    bucket_count,
    bucket_span,
    read_trends,
)


def on(days_ago: int, number: int = 0, **changes: object) -> UsageRecord:
    at = NOW - timedelta(days=days_ago, minutes=number + 1)
    key = identified_id(at, "openai", f"day-{days_ago}-{number}-{sorted(changes.items(), key=str)}")
    return call(0, id=key, occurred_at=at, **changes)


def read(session: Session, asked: TrendsQuestion, where: str = "", now: datetime = NOW) -> TrendsSnapshot:
    asking = Asking(session.store, session.settings, now, parse_filter(where))
    return read_trends(asking, asked=asked)


def test_each_bucket_has_its_own_sum_and_the_empty_ones_have_none_left_out(session: Session) -> None:
    session.store.add([on(0), on(0, 5), on(2)])

    found = read(session, TrendsQuestion(Span("3d"), bucket="day"))

    assert found.labels == ("2026-11-21", "2026-11-22", "2026-11-23")
    assert found.whole.values == (Decimal("0.0123"), Decimal(0), Decimal("0.0246"))
    assert found.whole.total == Decimal("0.0369")


def test_series_and_the_rest_add_up_to_the_whole(session: Session) -> None:
    session.store.add([on(n % 3, n, request_model=f"model-{n:02}", cost=Decimal(n + 1)) for n in range(12)])

    found = read(session, TrendsQuestion(Span("3d"), by="model"))

    assert [one.name for one in found.series] == [f"model-{n:02}" for n in range(11, 4, -1)] + [None]
    assert [one.is_rest for one in found.series] == [False] * 7 + [True]
    for at, value in enumerate(found.whole.values):
        assert sum(one.values[at] or 0 for one in found.series) == value
    assert sum(one.total or 0 for one in found.series) == found.whole.total == Decimal(78)


def test_an_eighth_series_is_named_rather_than_called_the_rest(session: Session) -> None:
    session.store.add([on(0, n, request_model=f"model-{n}") for n in range(8)])

    found = read(session, TrendsQuestion(Span("3d"), by="model"))

    assert len(found.series) == 8
    assert not any(one.is_rest for one in found.series)


def test_calls_without_the_label_are_a_series_of_their_own(session: Session) -> None:
    session.store.add([on(0, project="web", cost=Decimal(2)), on(0, 1, cost=Decimal(1))])

    found = read(session, TrendsQuestion(Span("3d"), by="project"))

    assert [(one.name, one.is_rest) for one in found.series] == [("web", False), (None, False)]


def test_a_bucket_of_unpriced_calls_alone_has_no_known_cost(session: Session) -> None:
    session.store.add([on(0), on(1, cost=None, cost_source="unpriced")])

    found = read(session, TrendsQuestion(Span("2d")))

    assert found.whole.values[-1] == Decimal("0.0123")
    priced = read(session, TrendsQuestion(Span("2d"), bucket="day"))
    assert priced.whole.values == (None, Decimal("0.0123"))
    assert priced.unpriced_tokens > 0


def test_a_latency_is_the_mean_over_calls_and_unknown_without_any(session: Session) -> None:
    session.store.add([on(0, latency_ms=100), on(0, 1, latency_ms=400), on(0, 2, latency_ms=None), on(2, latency_ms=1)])

    found = read(session, TrendsQuestion(Span("3d"), metric=metric_named("latency"), bucket="day"))

    assert found.whole.values == (Decimal(1), None, Decimal(250))
    assert found.whole.total == Decimal(167)


def test_a_mean_of_the_rest_is_over_its_calls_and_busy_series_come_first(session: Session) -> None:
    session.store.add([on(0, n, request_model=f"m{n // 3}", latency_ms=100) for n in range(21)])
    session.store.add([on(0, 50, request_model="slow", latency_ms=9000), on(0, 51, request_model="x", latency_ms=1000)])

    found = read(session, TrendsQuestion(Span("today"), metric=metric_named("latency"), by="model", bucket="day"))

    assert found.series[-1].is_rest
    assert found.series[-1].total == Decimal(5000)


@pytest.mark.parametrize(("name", "expected"), [("errors", 1), ("requests", 4), ("tokens", 4500), ("error share", 25)])
def test_every_metric_counts_what_its_name_says(session: Session, name: str, expected: int) -> None:
    session.store.add([on(0), on(0, 1), on(0, 2)])
    session.store.add([on(0, 3, status=500, error_type="server", usage=None, usage_source="none", cost=None,
                          cost_source="unpriced")])  # fmt: skip

    found = read(session, TrendsQuestion(Span("today"), metric=metric_named(name)))

    assert found.whole.total == expected


def test_the_cache_share_is_of_the_input_and_at_most_all_of_it(session: Session) -> None:
    usage = TokenUsage(1000, 10, cache_read_input_tokens=250)
    session.store.add([on(0, usage=usage)])

    found = read(session, TrendsQuestion(Span("today"), metric=metric_named("cache share")))

    assert found.whole.total == Decimal(25)


def test_the_span_before_is_cut_to_the_part_that_this_one_has_lived(session: Session) -> None:
    yesterday_early = NOW - timedelta(days=1, hours=1)
    yesterday_late = NOW - timedelta(days=1) + timedelta(hours=1)
    session.store.add([
        call(0, id=identified_id(at, "openai", str(at)), occurred_at=at, cost=Decimal(1))
        for at in (NOW - timedelta(hours=1), yesterday_early, yesterday_late)
    ])  # fmt: skip

    found = read(session, TrendsQuestion(Span("today"), bucket="hour"))

    assert found.previous is not None
    assert found.previous.total == Decimal(1)
    assert len(found.previous.values) == len(found.starts) == 16
    assert found.previous.values[14] == Decimal(1)


def test_all_time_begins_at_the_first_call_and_has_nothing_before_it(session: Session) -> None:
    session.store.add([on(0), on(40)])

    found = read(session, TrendsQuestion(Span("all")))

    assert found.bucket == "day"
    assert found.labels[0] == "2026-10-14"
    assert len(found.labels) == 41
    assert found.previous is None


def test_a_bucket_too_fine_for_the_span_gives_way_to_one_that_fits(session: Session) -> None:
    session.store.add([on(0)])

    found = read(session, TrendsQuestion(Span("12m"), bucket="hour"))

    assert found.bucket == "week"
    assert len(found.labels) <= MOST_BUCKETS
    assert bucket_count(NOW - timedelta(days=365), NOW, "hour", "UTC") == MOST_BUCKETS + 1


def test_a_month_that_is_not_over_ends_now(session: Session) -> None:
    session.store.add([on(0)])

    found = read(session, TrendsQuestion(Span("2026-11"), bucket="day"))

    assert found.labels[-1] == "2026-11-23"


def test_subscription_calls_alone_show_their_value_and_never_add_to_cost(session: Session) -> None:
    paid, covered = on(0, cost=Decimal(1)), on(0, 1, cost=Decimal(5), billing="subscription", platform="max")
    session.store.add([paid, covered])

    both = read(session, TrendsQuestion(Span("today")))
    alone = read(session, TrendsQuestion(Span("today")), where="billing:subscription")

    assert (both.metric, both.whole.total, both.subscription_value) == (COST, Decimal(1), Decimal(5))
    assert (alone.metric, alone.whole.total) == (VALUE, Decimal(5))
    assert alone.is_value
    assert not both.is_value


def test_the_calendar_spans_a_year_whatever_the_span_and_heeds_the_filter(session: Session) -> None:
    session.store.add([on(0, project="web"), on(200, project="web"), on(200, 1, project="api"), on(400)])

    found = read(session, TrendsQuestion(Span("today"), metric=metric_named("requests")), where="project:web").calendar

    assert found is not None
    assert dict(found.days) == {date(2026, 11, 23): Decimal(1), date(2026, 5, 7): Decimal(1)}
    assert found.first.weekday() == 0
    assert (found.today - found.first).days >= 364


def test_past_days_of_the_calendar_are_read_again_after_a_minute(session: Session) -> None:
    asked = TrendsQuestion(Span("today"), metric=metric_named("requests"))
    session.store.add([on(5)])
    held = read(session, asked).calendar
    session.store.add([on(5, 1), on(0)])

    soon = read(session, replace(asked, held=held), now=NOW + timedelta(seconds=30)).calendar
    later = read(session, replace(asked, held=held), now=NOW + timedelta(seconds=61)).calendar

    assert soon is not None
    assert later is not None
    assert dict(soon.days) == {date(2026, 11, 18): Decimal(1), date(2026, 11, 23): Decimal(1)}
    assert dict(later.days) == {date(2026, 11, 18): Decimal(2), date(2026, 11, 23): Decimal(1)}


def test_another_filter_reads_the_whole_calendar(session: Session) -> None:
    asked = TrendsQuestion(Span("today"), metric=metric_named("requests"))
    session.store.add([on(5, project="web"), on(5, 1)])
    held = read(session, asked).calendar

    found = read(session, replace(asked, held=held), where="project:web").calendar

    assert found is not None
    assert dict(found.days) == {date(2026, 11, 18): Decimal(1)}


def test_an_empty_span_says_what_hides_its_calls(session: Session) -> None:
    nothing = read(session, TrendsQuestion(Span("today"))).hidden
    session.store.add([on(0, project="web"), on(9, project="api")])
    filtered = read(session, TrendsQuestion(Span("today")), where="project:api").hidden

    assert nothing is not None
    assert nothing.is_empty
    assert filtered is not None
    assert not filtered.is_empty
    assert filtered.by_filter == 1
    assert filtered.last is not None
    assert filtered.last.date() == date(2026, 11, 14)
    assert read(session, TrendsQuestion(Span("today"))).hidden is None


@pytest.mark.parametrize(
    ("bucket", "start", "span"),
    [
        ("hour", datetime(2026, 11, 3, 7, tzinfo=UTC), Span("2026-11-03")),
        ("day", datetime(2026, 11, 3, tzinfo=UTC), Span("2026-11-03")),
        ("week", datetime(2026, 11, 9, tzinfo=UTC), Span("week", 2)),
        ("month", datetime(2026, 10, 1, tzinfo=UTC), Span("2026-10")),
    ],
)
def test_a_bucket_leads_to_the_span_of_its_calls(bucket: str, start: datetime, span: Span) -> None:
    assert bucket_span(start, bucket, NOW) == span  # type: ignore[arg-type]


@pytest.mark.parametrize("metric", [*METRICS, VALUE])
def test_a_metric_reads_no_field_of_totals_but_those_it_names(metric: TrendMetric) -> None:
    whole = Totals()
    for number, name in enumerate(TOTAL_FIELDS, 1):
        whole = replace(whole, **{name: number})  # type: ignore[arg-type]

    named = replace(Totals(), **{name: getattr(whole, name) for name in metric.fields})

    assert (metric.amount(named), metric.weight(named)) == (metric.amount(whole), metric.weight(whole))
