"""The axes of charts: round steps, round times, and a column for every bucket."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenmon.core.period import Bucket, buckets_between
from tokenmon.tui.amounts import Unit
from tokenmon.tui.chart_axis import bar_spans, line_places, merged, time_ticks, value_scale

BERLIN = ZoneInfo("Europe/Berlin")
AMOUNTS = st.decimals(min_value=Decimal("1e-12"), max_value=Decimal("1e18"), allow_nan=False, allow_infinity=False)


def starts(first: str, last: str, bucket: Bucket) -> list[datetime]:
    begin, end = (datetime.fromisoformat(text).replace(tzinfo=BERLIN) for text in (first, last))
    found = buckets_between(begin.astimezone(UTC), end.astimezone(UTC), bucket, "Europe/Berlin")
    return [start.astimezone(BERLIN) for start, _, _ in found]


def labels(moments: Sequence[datetime], bucket: Bucket, room: int) -> list[str]:
    places = [int(place) for place in line_places(len(moments), room)]
    return [label for _, label in time_ticks(moments, bucket, places.__getitem__, room)]


@given(AMOUNTS, st.integers(1, 60), st.sampled_from(["usd", "tokens", "ms"]))
def test_a_scale_holds_the_most_and_its_steps_are_round(most: Decimal, rows: int, unit: Unit) -> None:
    scale = value_scale(most, rows, unit=unit)

    digits = scale.step.normalize().as_tuple().digits
    assert scale.top >= most
    assert digits in {(1,), (2,), (2, 5), (5,)}
    assert all(0 < tick <= scale.top for tick in scale.ticks)
    assert scale.ticks


@given(AMOUNTS, st.integers(4, 60))
def test_an_axis_has_from_two_to_six_ticks_and_more_where_it_is_tall(most: Decimal, rows: int) -> None:
    ticks = value_scale(most, rows, unit="usd").ticks

    assert (4 if rows >= 20 else 2) <= len(ticks) <= 6


@given(st.integers(1, 60))
def test_counts_have_whole_steps(rows: int) -> None:
    scale = value_scale(Decimal(3), rows, unit="requests")

    assert scale.step == int(scale.step)


@given(AMOUNTS, AMOUNTS, st.integers(1, 40), st.sampled_from([1, 4, 8]))
def test_a_larger_amount_is_never_lower(one: Decimal, other: Decimal, rows: int, levels: int) -> None:
    scale = value_scale(max(one, other), rows, unit="usd")

    low, high = (scale.height(value, levels) for value in sorted((one, other)))

    assert 1 <= low <= high <= rows * levels


def test_a_sum_of_money_and_a_mean_of_time_stand_for_merged_buckets() -> None:
    values = [Decimal(1), None, Decimal(3), None, None, Decimal(5)]

    assert merged(values, 2, unit="usd") == [1, 3, 5]
    assert merged(values, 3, unit="ms") == [2, 5]
    assert merged([None, None], 2, unit="usd") == [None]


@given(st.integers(1, 300), st.integers(0, 200))
def test_bars_have_a_column_each_and_stay_apart_and_inside(count: int, more: int) -> None:
    room = count + more

    spans = bar_spans(count, room)

    assert len(spans) == count
    assert all(start < end for start, end in spans)
    assert all(one[1] <= other[0] for one, other in pairwise(spans))
    assert spans[-1][1] <= room


@pytest.mark.parametrize(
    ("first", "last", "bucket", "room", "told"),
    [
        ("2026-11-22T20:00", "2026-11-23T02:00", "hour", 60, ["20", "21", "22", "23", "Mon 23", "01"]),
        ("2026-11-30T20:00", "2026-12-01T03:00", "hour", 70, ["20", "21", "22", "23", "1 Dec", "01", "02"]),
        ("2026-11-17", "2026-11-21", "day", 40, ["Tue 17", "Wed 18", "Thu 19", "Fri 20"]),
        ("2026-12-30", "2027-01-03", "day", 60, ["Wed 30", "Thu 31", "1 Jan 2027", "Sat 2"]),
        ("2026-10-25", "2026-11-24", "day", 34, ["2 Nov", "9", "16", "23"]),
        ("2026-10-05", "2026-11-22", "week", 60, ["5 Oct", "12", "19", "26", "2 Nov", "9", "16"]),
        ("2026-10-01", "2027-02-01", "month", 50, ["Oct", "Nov", "Dec", "Jan 2027"]),
        ("2026-01-01", "2026-04-01", "month", 50, ["Jan 2026", "Feb", "Mar"]),
        ("2016-01-01", "2026-01-01", "month", 40, ["2016", "2018", "2020", "2022", "2024"]),
    ],
)
def test_ticks_stand_at_round_times_and_tell_a_turn_once(
    first: str, last: str, bucket: Bucket, room: int, told: list[str]
) -> None:
    assert labels(starts(first, last, bucket), bucket, room) == told


@pytest.mark.parametrize(
    ("first", "last", "told"),
    [
        ("2026-03-29", "2026-03-29T06:00", ["Sun 29", "01", "03", "04", "05"]),
        ("2026-10-25", "2026-10-25T05:00", ["Sun 25", "01", "02", "02", "03", "04"]),
    ],
)
def test_a_changing_clock_skips_or_repeats_an_hour(first: str, last: str, told: list[str]) -> None:
    moments = starts(first, last, "hour")

    assert labels(moments, "hour", 100) == told


@given(st.integers(1, 2000), st.integers(20, 200), st.sampled_from(["hour", "day", "week", "month"]))
def test_labels_never_touch(count: int, room: int, bucket: Bucket) -> None:
    size = {"hour": timedelta(hours=1), "day": timedelta(1), "week": timedelta(7), "month": timedelta(31)}[bucket]
    moments = [datetime(2026, 1, 5, tzinfo=UTC) + at * size for at in range(count)]
    places = [at * room // count for at in range(count)]

    ticks = time_ticks(moments, bucket, places.__getitem__, room)

    spans = [(min(max(0, at - (len(text) - 1) // 2), room - len(text)), len(text)) for at, text in ticks]
    assert ticks
    assert all(start + cells < other for (start, cells), (other, _) in pairwise(spans))
    assert all(start >= 0 and start + cells <= room for start, cells in spans)
