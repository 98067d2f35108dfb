"""Official limits: what is credible, when a statement stops to hold, and how it reads."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from tests.core.sample import NOON
from tokenmon.core.limit_text import limit_text, moment_text, span_text, window_text
from tokenmon.core.official_limit import OfficialLimit, is_credible, limit_json, newest, percent_of, window_name

D = Decimal
LIMIT = OfficialLimit(
    "anthropic", "claude-code", "laptop", "five_hour", 300, D("41.3"), NOON + timedelta(hours=2), NOON, "max"
)
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(("minutes", "expected"), [(119, False), (120, True), (121, True)])
def test_a_limit_is_over_from_its_reset_on(minutes: int, expected: bool) -> None:
    assert LIMIT.is_over(NOON + timedelta(minutes=minutes)) is expected


@pytest.mark.parametrize(("hours", "expected"), [(4, False), (5, True)])
def test_a_limit_without_a_reset_is_over_when_its_window_has_passed(hours: int, expected: bool) -> None:
    assert replace(LIMIT, resets_at=None).is_over(NOON + timedelta(hours=hours)) is expected


def test_a_limit_without_reset_and_length_is_never_known_to_be_over() -> None:
    assert not replace(LIMIT, resets_at=None, window_minutes=None).is_over(NOON + timedelta(days=400))


@pytest.mark.parametrize(("percent", "expected"), [("79.99", False), ("80", True), ("100", True)])
def test_a_limit_warns_from_eighty_percent_on_until_it_is_over(percent: str, expected: bool) -> None:
    limit = replace(LIMIT, used_percent=D(percent))

    assert limit.is_near(NOON) is expected
    assert not limit.is_near(NOON + timedelta(hours=3))


@pytest.mark.parametrize("percent", ["-0.01", "100.01", "NaN", "Infinity"])
def test_no_window_is_used_by_less_than_nothing_or_more_than_all(percent: str) -> None:
    with pytest.raises(ValueError, match="percent"):
        replace(LIMIT, used_percent=D(percent))


PERCENTAGES: dict[object, str | None] = {
    41: "41", 41.3: "41.3", "41.3": "41.3", 0: "0", "100.0": "100", 99.999: "100", 33.333333: "33.33", " 7 ": "7",
    -1: None, 100.01: None, 1e300: None, float("nan"): None, "NaN": None, "": None, "4" * 50: None, 10**50: None,
    "many": None, None: None,
}  # fmt: skip


@pytest.mark.parametrize(("value", "expected"), PERCENTAGES.items())
def test_a_percentage_is_read_from_numbers_and_texts(value: object, expected: str | None) -> None:
    assert percent_of(value) == (None if expected is None else D(expected))


@pytest.mark.parametrize("value", [True, [41], {"used": 41}])
def test_what_is_no_number_is_no_percentage(value: object) -> None:
    assert percent_of(value) is None


@pytest.mark.parametrize(
    ("minutes", "name"),
    [(300, "five_hour"), (299, "five_hour"), (10080, "weekly"), (10079, "weekly"), (90, "90_minutes")],
)
def test_windows_have_names_by_their_length(minutes: int, name: str) -> None:
    assert window_name(minutes) == name


@pytest.mark.parametrize(
    ("hours", "expected"), [(-1, False), (0, False), (1, True), (5, True), (29, True), (30, False)]
)
def test_a_reset_is_credible_within_a_windows_length_and_a_day(hours: int, expected: bool) -> None:
    assert is_credible(NOON, NOON + timedelta(hours=hours), 300) is expected


def test_the_newest_statement_of_each_window_counts() -> None:
    later = replace(LIMIT, used_percent=D(50), as_of=NOON + timedelta(minutes=1))
    week = replace(LIMIT, window="weekly", window_minutes=10080)

    assert newest([later, week, LIMIT]) == newest([LIMIT, later, week]) == [later, week]


def test_a_limit_as_json_holds_texts_and_says_whether_it_holds() -> None:
    assert limit_json(LIMIT, NOON) == {
        "provider_name": "anthropic", "tool": "claude-code", "machine": "laptop", "window": "five_hour",
        "window_minutes": 300, "used_percent": "41.3", "resets_at": "2026-11-23T14:00:00Z",
        "as_of": "2026-11-23T12:00:00Z", "plan": "max", "is_over": False,
    }  # fmt: skip
    assert limit_json(LIMIT, NOON + timedelta(hours=2))["is_over"] is True


def test_a_limit_reads_in_a_few_words() -> None:
    near = replace(LIMIT, window="weekly Spark", used_percent=D("99.99"), resets_at=NOON + timedelta(days=2))

    assert limit_text(LIMIT, NOON, BERLIN) == "5h 41 % resets 15:00"
    assert limit_text(near, NOON, BERLIN) == "! week Spark 99 % resets Wed 13:00"
    assert limit_text(replace(LIMIT, resets_at=None), NOON, BERLIN) == "5h 41 %"
    assert limit_text(LIMIT, NOON + timedelta(hours=2), BERLIN) == "5h 41 % reset since"


@pytest.mark.parametrize(("days", "text"), [(0, "12:00"), (3, "Thu 12:00"), (8, "2026-12-01 12:00"), (-3, "Fri 12:00")])
def test_a_moment_is_as_short_as_it_is_clear(days: int, text: str) -> None:
    assert moment_text(NOON + timedelta(days=days), NOON, ZoneInfo("UTC")) == text


@pytest.mark.parametrize(
    ("minutes", "text"), [(-5, "0m"), (12.9, "12m"), (60, "1h 00m"), (125, "2h 05m"), (4560, "3d 4h")]
)
def test_a_span_is_told_in_its_two_largest_units(minutes: float, text: str) -> None:
    assert span_text(timedelta(minutes=minutes)) == text


def test_windows_of_other_lengths_are_named_by_them() -> None:
    assert [window_text(name) for name in ("five_hour", "weekly", "90_minutes")] == ["5h", "week", "90 min"]


def test_moments_of_two_days_within_twenty_hours_need_no_date() -> None:
    evening = datetime(2026, 11, 23, 23, tzinfo=UTC)

    assert moment_text(evening + timedelta(hours=4), evening, ZoneInfo("UTC")) == "03:00"
