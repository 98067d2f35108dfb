"""Spans: calendar lengths, and like compared with like."""

from datetime import UTC, datetime, timedelta

import pytest

from tokenmon.core.period import Period
from tokenmon.core.span import Span, fitting_bucket, period_title
from tokenmon.errors import ConfigError

NOW = datetime(2026, 11, 25, 15, 30, tzinfo=UTC)
BERLIN = "Europe/Berlin"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("word", "steps", "start", "end"),
    [
        ("today", 1, "2026-11-24", "2026-11-25"),
        ("yesterday", 1, "2026-11-23", "2026-11-24"),
        ("week", 1, "2026-11-16", "2026-11-23"),
        ("7d", 2, "2026-11-05", "2026-11-12"),
        ("4w", 1, "2026-10-01", "2026-10-29"),
        ("month", 1, "2026-10-01", "2026-11-01"),
        ("month", 11, "2025-12-01", "2026-01-01"),
        ("3m", 1, "2026-06-01", "2026-09-01"),
        ("2026-03", 1, "2026-02-01", "2026-03-01"),
        ("2026-03-01", 1, "2026-02-28", "2026-03-01"),
        ("24h", 2, "2026-11-22T15:30", "2026-11-23T15:30"),
    ],
)
def test_a_span_moves_by_its_own_length(word: str, steps: int, start: str, end: str) -> None:
    found = Span(word).shifted(steps).period(now=NOW, timezone="UTC")

    assert (found.start, found.end) == (at(start), at(end))


def test_a_day_in_local_time_keeps_its_borders_over_a_clock_change() -> None:
    found = Span("today", 31).period(now=NOW, timezone=BERLIN)

    assert (found.start, found.end) == (at("2026-10-24T22:00"), at("2026-10-25T23:00"))


def test_a_span_is_never_shifted_into_the_future() -> None:
    assert Span("week", 1).shifted(-3) == Span("week", 0)


def test_all_time_has_no_other_page() -> None:
    assert Span("all").shifted(2) == Span("all")
    assert Span("all").previous(now=NOW, timezone="UTC") is None


def test_a_running_period_is_compared_with_as_much_of_the_one_before() -> None:
    found = Span("month").previous(now=NOW, timezone="UTC")

    assert found == Period(at("2026-10-01"), at("2026-10-25T15:30"), "UTC")


def test_a_closed_period_is_compared_with_the_whole_one_before() -> None:
    found = Span("month", 1).previous(now=NOW, timezone="UTC")

    assert found == Period(at("2026-09-01"), at("2026-10-01"), "UTC")


def test_a_longer_month_does_not_reach_beyond_the_shorter_one_before() -> None:
    found = Span("month").previous(now=at("2026-03-31T12:00"), timezone="UTC")

    assert found is not None
    assert found.end == at("2026-03-01")


def test_a_span_that_reaches_before_time_says_so() -> None:
    with pytest.raises(ConfigError, match="nothing lies"):
        Span("month", 10**6).period(now=NOW, timezone="UTC")


@pytest.mark.parametrize(
    ("days", "bucket"), [(1, "hour"), (3, "hour"), (4, "day"), (92, "day"), (366, "week"), (1500, "month")]
)
def test_a_bucket_fits_its_period(days: int, bucket: str) -> None:
    period = Period(NOW - timedelta(days=days), None)

    assert fitting_bucket(period, first=None, now=NOW) == bucket


def test_the_bucket_of_all_time_fits_what_there_is() -> None:
    assert fitting_bucket(Period(None, None), first=NOW - timedelta(hours=5), now=NOW) == "hour"


@pytest.mark.parametrize(
    ("word", "steps", "title"),
    [
        ("today", 0, "Wed 25 Nov 2026"),
        ("month", 1, "1 to 31 Oct 2026"),
        ("90d", 0, "28 Aug to 25 Nov 2026"),
        ("12m", 1, "1 Dec 2024 to 30 Nov 2025"),
        ("6h", 0, "Wed 25 Nov 2026 09:30 to 15:30"),
        ("all", 0, "all time"),
    ],
)
def test_a_title_is_what_a_person_would_write(word: str, steps: int, title: str) -> None:
    assert period_title(Span(word, steps).period(now=NOW, timezone="UTC"), now=NOW) == title
