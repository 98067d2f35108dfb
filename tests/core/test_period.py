"""Periods: words become exact moments, in the time zone of whoever asks."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tokenmon.core.period import (
    BUCKETS,
    Bucket,
    Period,
    bucket_label,
    bucket_start,
    buckets_between,
    midnight,
    month_of,
    named_period,
    next_bucket,
    parse_period,
    zone,
)
from tokenmon.errors import ConfigError

MILLISECOND = timedelta(milliseconds=1)
# A Monday, one in the morning in Berlin: still Sunday in New York, already half past five in Kolkata.
NOW = datetime(2026, 11, 23, 0, 0, 30, tzinfo=UTC)


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


STARTS = {
    ("today", "UTC"): "2026-11-23T00:00Z",
    ("today", "Europe/Berlin"): "2026-11-22T23:00Z",
    ("today", "America/New_York"): "2026-11-22T05:00Z",
    ("yesterday", "Asia/Kolkata"): "2026-11-21T18:30Z",
    ("week", "UTC"): "2026-11-23T00:00Z",
    ("week", "America/New_York"): "2026-11-16T05:00Z",
    ("month", "Asia/Kathmandu"): "2026-10-31T18:15Z",
    ("7d", "UTC"): "2026-11-17T00:00Z",
    ("1d", "UTC"): "2026-11-23T00:00Z",
    ("0d", "UTC"): "2026-11-23T00:00Z",
    ("2w", "UTC"): "2026-11-10T00:00Z",
    ("24h", "UTC"): "2026-11-22T00:00:30Z",
    ("1m", "UTC"): "2026-11-01T00:00Z",
    ("12m", "UTC"): "2025-12-01T00:00Z",
    ("9999m", "UTC"): "1970-01-01T00:00Z",
    ("2026-11", "Europe/Berlin"): "2026-10-31T23:00Z",
    ("2026-11-01", "UTC"): "2026-11-01T00:00Z",
    ("20261101", "America/St_Johns"): "2026-11-01T02:30Z",
    ("2026-11-23T10:30", "Asia/Kolkata"): "2026-11-23T05:00Z",
    ("2026-11-23T10:30:00.5+02:00", "Asia/Kolkata"): "2026-11-23T08:30:00.5Z",
}


@pytest.mark.parametrize(("asked", "start"), STARTS.items(), ids=[" ".join(one) for one in STARTS])
def test_since_starts_where_the_word_does(asked: tuple[str, str], start: str) -> None:
    word, timezone = asked

    assert parse_period(since=word, now=NOW, timezone=timezone) == Period(moment(start), None, timezone)


ENDS = {
    ("2026-11", "UTC"): "2026-12-01T00:00Z",
    ("2024-02", "UTC"): "2024-03-01T00:00Z",
    ("2026-12", "Europe/Berlin"): "2026-12-31T23:00Z",
    ("2026-11-01", "UTC"): "2026-11-02T00:00Z",
    ("2026-11-01", "America/New_York"): "2026-11-02T05:00Z",
    ("yesterday", "UTC"): "2026-11-23T00:00Z",
    ("2026-11-23T10:30", "UTC"): "2026-11-23T10:30Z",
    ("today", "UTC"): None,
    ("7d", "UTC"): None,
    ("all", "UTC"): None,
}


@pytest.mark.parametrize(("asked", "end"), ENDS.items(), ids=[" ".join(one) for one in ENDS])
def test_until_runs_to_the_end_of_what_the_word_names(asked: tuple[str, str], end: str | None) -> None:
    word, timezone = asked

    period = parse_period(until=word, now=NOW, timezone=timezone)

    assert period == Period(None, None if end is None else moment(end), timezone)


def test_seven_days_are_today_and_the_six_before() -> None:
    period = parse_period(since="7d", now=NOW, timezone="Europe/Berlin")

    days = list(buckets_between(period.start or NOW, NOW, "day", "Europe/Berlin"))
    assert [label for _, _, label in days] == [f"2026-11-{day}" for day in range(17, 24)]


def test_nothing_and_all_are_open() -> None:
    assert parse_period(now=NOW) == parse_period(since="all", until="all", now=NOW) == Period(None, None, "UTC")


def test_a_closed_since_without_until_runs_to_now() -> None:
    assert parse_period(since="2026-10", now=NOW).end is None


NAMED = {
    "2026-11": ("2026-11-01T00:00Z", "2026-12-01T00:00Z"),
    "2026-11-22": ("2026-11-22T00:00Z", "2026-11-23T00:00Z"),
    "yesterday": ("2026-11-22T00:00Z", "2026-11-23T00:00Z"),
    "today": ("2026-11-23T00:00Z", None),
    "2026-11-22T10:00Z": ("2026-11-22T10:00Z", None),
}


@pytest.mark.parametrize(("word", "ends"), NAMED.items(), ids=NAMED)
def test_a_named_period_is_whole(word: str, ends: tuple[str, str | None]) -> None:
    start, end = ends

    assert named_period(word, now=NOW) == Period(moment(start), None if end is None else moment(end))


CONTRACT = ("today", "7d", "2026-11", "2026-11-01", "20261101", "month", "all")


@pytest.mark.parametrize("word", CONTRACT)
def test_every_word_of_the_contract_is_a_start_an_end_and_a_whole(word: str) -> None:
    whole = parse_period(period=word, now=NOW)

    assert parse_period(since=word, now=NOW) == Period(whole.start, None)
    assert parse_period(until=word, now=NOW) == Period(None, whole.end)
    assert whole == named_period(word, now=NOW)


def test_a_day_is_the_same_with_and_without_dashes() -> None:
    assert parse_period(period="20261101", now=NOW) == parse_period(period="2026-11-01", now=NOW)


@pytest.mark.parametrize("other", ["since", "until"])
def test_a_whole_period_has_both_its_ends(other: str) -> None:
    with pytest.raises(ConfigError, match="period names both ends"):
        parse_period(period="2026-11", now=NOW, **{other: "today"})


UNREADABLE = (
    "tomorrow", "7", "7y", "-7d", "2026-13", "2026-00", "2026-02-30", "2026-1101", "20261301", "0001-01-01",
    "9999-12", "9999-12-31", "2026-11-23T25:00", "\x00", "seit gestern",
)  # fmt: skip


@pytest.mark.parametrize("word", UNREADABLE)
def test_a_word_that_names_no_period_is_told_with_examples(word: str) -> None:
    for asked in ({"since": word}, {"until": word}):
        with pytest.raises(ConfigError, match="cannot read the period") as caught:
            parse_period(now=NOW, timezone="Asia/Kolkata", **asked)
        assert "2026-11-01" in str(caught.value.hint)


def test_a_period_that_ends_before_it_starts_is_refused() -> None:
    with pytest.raises(ConfigError, match="ends before it starts"):
        parse_period(since="2026-11-02", until="2026-10-31", now=NOW)


@pytest.mark.parametrize("name", ["Mars/Olympus", "", "../etc/passwd", "America", "\x00", "Europe/Berlin\n"])
def test_an_unknown_time_zone_is_told(name: str) -> None:
    with pytest.raises(ConfigError, match="unknown time zone"):
        zone(name)


def test_a_day_has_23_or_25_hours_where_clocks_change() -> None:
    def hours(day: str) -> int:
        period = named_period(day, now=NOW, timezone="Europe/Berlin")
        assert period.start is not None
        assert period.end is not None
        return len(list(buckets_between(period.start, period.end, "hour", "Europe/Berlin")))

    assert [hours(day) for day in ("2026-03-28", "2026-03-29", "2026-10-25")] == [24, 23, 25]


def test_a_day_whose_midnight_is_skipped_begins_with_its_first_moment() -> None:
    # In Beirut the clocks go from 00:00 to 01:00 on 29 March 2026.
    assert midnight(date(2026, 3, 29), ZoneInfo("Asia/Beirut")) == moment("2026-03-29T01:00+03:00")


def test_a_repeated_hour_is_two_hours_of_two_names() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    found = [
        bucket_label(bucket_start(moment(one), "hour", berlin), "hour", berlin)
        for one in ("2026-10-25T00:30Z", "2026-10-25T01:30Z", "2026-10-25T02:30Z")
    ]

    assert found == ["2026-10-25T02:00+02:00", "2026-10-25T02:00+01:00", "2026-10-25T03:00+01:00"]


def test_an_hour_ends_where_clocks_change_by_half_an_hour() -> None:
    # On Lord Howe Island 02:00 becomes 01:30 on 5 April 2026, and on 4 October 02:00 becomes 02:30.
    def labels(start: str) -> list[str]:
        first = moment(start)
        return [one[2] for one in buckets_between(first, first + timedelta(hours=3), "hour", "Australia/Lord_Howe")]

    assert labels("2026-04-04T14:00Z") == [
        "2026-04-05T01:00+11:00", "2026-04-05T01:30+10:30", "2026-04-05T02:00+10:30", "2026-04-05T03:00+10:30",
    ]  # fmt: skip
    assert labels("2026-10-03T14:30Z") == [
        "2026-10-04T01:00+10:30", "2026-10-04T02:30+11:00", "2026-10-04T03:00+11:00", "2026-10-04T04:00+11:00",
    ]  # fmt: skip


LABELS = {"hour": "2026-12-31T23:00-05:00", "day": "2026-12-31", "week": "2026-12-28", "month": "2026-12"}


@pytest.mark.parametrize("bucket", BUCKETS)
def test_a_bucket_is_named_in_the_askers_time_zone(bucket: Bucket) -> None:
    newyork = ZoneInfo("America/New_York")

    start = bucket_start(moment("2027-01-01T04:59:59.999Z"), bucket, newyork)

    assert bucket_label(start, bucket, newyork) == LABELS[bucket]


@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(
    at=st.integers(0, 20 * 366 * 86_400_000).map(lambda count: datetime(2015, 1, 1, tzinfo=UTC) + count * MILLISECOND),
    bucket=st.sampled_from(BUCKETS),
    name=st.sampled_from([
        "UTC", "Asia/Kathmandu", "Asia/Kolkata", "Australia/Lord_Howe", "America/St_Johns", "Europe/Berlin",
        "America/Havana", "Pacific/Chatham", "Africa/Cairo", "Asia/Beirut", "Africa/Casablanca", "America/Sao_Paulo",
    ]),
)  # fmt: skip
def test_every_moment_lies_in_one_bucket_and_buckets_follow_without_gap(
    at: datetime, bucket: Bucket, name: str
) -> None:
    timezone = ZoneInfo(name)

    start = bucket_start(at, bucket, timezone)
    end = next_bucket(start, bucket, timezone)

    assert start <= at < end
    assert bucket_start(start, bucket, timezone) == start
    assert bucket_start(end - timedelta(microseconds=1), bucket, timezone) == start
    assert bucket_start(end, bucket, timezone) == end


def test_the_month_of_a_moment_is_the_local_one() -> None:
    late = moment("2026-11-30T23:30Z")

    assert month_of(late, "UTC").start == moment("2026-11-01T00:00Z")
    assert month_of(late, "Europe/Berlin") == Period(
        moment("2026-11-30T23:00Z"), moment("2026-12-31T23:00Z"), "Europe/Berlin"
    )
