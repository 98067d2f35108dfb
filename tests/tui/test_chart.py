"""Charts over time: within their cells at every size, and nothing that was spent goes unseen."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tokenmon.tui.chart import AXIS_ROWS, Kind, Series, TimeChart, draw, merged_buckets
from tokenmon.tui.chart_axis import bar_spans
from tokenmon.tui.texts import Line, Marks, Tone, plain

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
BLOCKS = " ▁▂▃▄▅▆▇█"
VALUES = st.lists(
    st.one_of(st.none(), st.decimals(min_value=-10, max_value=10**9, places=6), st.just(Decimal("1e-9"))),
    min_size=1,
    max_size=120,
)
KINDS = st.sampled_from(["bars", "stacked", "lines"])
AMOUNTS = st.decimals(min_value=0, max_value=1000, places=2)
# A drawing takes some milliseconds.
QUICK = settings(max_examples=40, deadline=None)
MARKS = st.sampled_from(["blocks", "braille", "ascii"])


def chart(*rows: list[Decimal | None], kind: Kind = "bars", previous: tuple[Decimal | None, ...] = ()) -> TimeChart:
    hours = tuple(NOON + timedelta(hours=at) for at in range(len(rows[0])))
    tones: tuple[Tone, ...] = ("series-1", "series-2", "series-3")
    series = tuple(
        Series(f"model-{at}", tuple(row), tone) for at, (row, tone) in enumerate(zip(rows, tones, strict=False))
    )
    return TimeChart(hours, "hour", series, kind, "usd", previous)


def dollars(*amounts: str) -> list[Decimal | None]:
    return [Decimal(amount) for amount in amounts]


def text(lines: list[Line]) -> list[str]:
    return [plain(line).rstrip() for line in lines]


def test_bars_stand_on_an_axis_of_round_dollars_and_hours() -> None:
    drawn = text(draw(chart(dollars("1", "2.25", "0", "0.01", "4")), width=33, height=8))

    assert drawn == [
        "$4┤                        █████",
        "  │                        █████",
        "  │      ▃▃▃▃▃             █████",
        "$2┤      █████             █████",
        "  │▄▄▄▄▄ █████             █████",
        "  │█████ █████       ▁▁▁▁▁ █████",
        " 0└──┬─────┬─────┬─────┬─────┬───",
        "     12    13    14    15    16",
    ]


def test_segments_of_a_stacked_bar_meet_inside_a_cell() -> None:
    drawn = draw(chart(dollars("1.25"), dollars("2.75"), kind="stacked"), width=20, height=6)

    cells = [(part.text, part.tone, part.under) for line in drawn[:4] for part in line[1:]]
    assert [(sign[0], tone, under) for sign, tone, under in cells] == [
        ("█", "series-2", "plain"),
        ("█", "series-2", "plain"),
        ("▂", "series-1", "series-2"),
        ("█", "series-1", "plain"),
    ]


def test_signs_tell_segments_apart_without_colours() -> None:
    drawn = text(draw(chart(dollars("2"), dollars("2"), kind="stacked"), width=20, height=6, marks="ascii"))

    assert [line.strip(" $0123456789|+")[:1] for line in drawn[:4]] == ["=", "=", "#", "#"]


def test_a_line_breaks_off_where_nothing_is_known() -> None:
    known, gap = Decimal(2), None

    drawn = text(draw(chart([known, known, gap, known, known], kind="lines"), width=23, height=6, marks="ascii"))

    assert drawn[0] == "$2+  #####      #####"


def test_the_previous_period_is_a_line_above_or_across_a_bar() -> None:
    shown = chart(dollars("1", "4"), previous=(Decimal(3), Decimal(2)))

    drawn = draw(shown, width=24, height=6)

    tones = [[part.tone for part in line] for line in drawn[:4]]
    assert any("previous" in row for row in tones)
    assert any(part.tone == "previous" and part.under == "series-1" for line in drawn for part in line)


@QUICK
@given(st.lists(VALUES, min_size=1, max_size=3), KINDS, MARKS, st.integers(0, 160), st.integers(0, 30))
def test_nothing_is_drawn_outside_its_cells(
    rows: list[list[Decimal | None]], kind: Kind, marks: Marks, width: int, height: int
) -> None:
    size = min(map(len, rows))
    shown = chart(*(row[:size] for row in rows), kind=kind, previous=tuple(rows[0]))

    lines = draw(shown, width=width, height=height, marks=marks)

    assert len(lines) <= height
    assert all(len(plain(line)) <= width for line in lines)
    assert marks != "ascii" or all(plain(line).isascii() for line in lines)


def bar_heights(shown: TimeChart, width: int, height: int) -> list[int]:
    """The height of each bar as it is drawn, in eighths of a cell."""
    lines = draw(shown, width=width, height=height)[:-AXIS_ROWS]
    columns: list[int] = [0] * width
    left = len(lines[0][0].text)
    for line in lines:
        signs = [(sign, part.under) for part in line for sign in part.text]
        for at, (sign, under) in enumerate(signs):
            columns[at] += (8 if under != "plain" else BLOCKS.index(sign)) if at >= left else 0
    count = -(-len(shown.starts) // merged_buckets(shown, width))
    return [columns[left + start] for start, _ in bar_spans(count, width - left)]


def sums(shown: TimeChart, width: int) -> list[Decimal]:
    count = merged_buckets(shown, width)
    totals = [
        sum(filter(None, column), Decimal(0)) for column in zip(*(one.values for one in shown.series), strict=True)
    ]
    return [sum(totals[at : at + count], Decimal(0)) for at in range(0, len(totals), count)]


@QUICK
@given(VALUES, st.integers(20, 120), st.integers(4, 20))
def test_every_amount_is_seen_and_a_larger_one_is_never_lower(
    values: list[Decimal | None], width: int, height: int
) -> None:
    shown = chart([*values, Decimal(1)])

    heights = bar_heights(shown, width, height)

    pairs = sorted(zip(sums(shown, width), heights, strict=True))
    assert all((amount > 0) == (height > 0) for amount, height in pairs)
    assert [height for _, height in pairs] == sorted(heights)


@QUICK
@given(st.lists(st.tuples(AMOUNTS, AMOUNTS, AMOUNTS), min_size=1, max_size=60), st.integers(20, 90))
def test_a_stacked_bar_is_as_high_as_its_total(rows: list[tuple[Decimal, Decimal, Decimal]], width: int) -> None:
    stacked = chart(*(list(column) for column in zip(*rows, strict=True)), kind="stacked")
    whole = chart([sum(row, Decimal(0)) for row in rows])
    assume(any(map(any, rows)))

    assert bar_heights(stacked, width, 12) == bar_heights(whole, width, 12)


def test_an_amount_below_zero_is_not_drawn() -> None:
    shown = chart(dollars("-5", "1"))

    assert bar_heights(shown, 30, 8) == [0, 48]


def test_a_series_without_a_value_for_each_bucket_is_refused() -> None:
    with pytest.raises(ValueError, match="each bucket"):
        TimeChart((NOON,), "hour", (Series("short", (), "series-1"),), "bars", "usd")


@pytest.mark.parametrize("values", [[], [None, None], dollars("0", "0")])
@pytest.mark.parametrize("kind", ["bars", "stacked"])
def test_nothing_to_draw_is_said_in_the_middle(values: list[Decimal | None], kind: Kind) -> None:
    drawn = text(draw(chart(values, kind=kind), width=41, height=9, empty="No calls."))

    assert drawn == ["", "", "", "", " " * 16 + "No calls."]


def test_a_small_room_has_marks_and_no_axes() -> None:
    shown = chart(dollars("2", "2", "2", "2"), kind="lines")

    assert text(draw(shown, width=12, height=2, marks="ascii")) == [" ##########", ""]


def test_no_errors_are_a_line_on_the_axis() -> None:
    shown = chart(dollars("0", "0", "0"), kind="lines")

    drawn = text(draw(shown, width=24, height=7, marks="ascii"))

    assert "#####" in drawn[4]


def test_a_share_above_the_whole_is_named_only_where_there_is_one() -> None:
    hours = tuple(NOON + timedelta(hours=at) for at in range(2))

    def names(*shares: int) -> str:
        series = (Series("errors", tuple(map(Decimal, shares)), "series-1"),)
        return "".join(text(draw(TimeChart(hours, "hour", series, "lines", "percent"), width=40, height=9)))

    assert "120%" not in names(90, 100)
    assert "150%" in names(90, 150)


def test_other_currencies_name_the_ticks() -> None:
    drawn = text(draw(chart(dollars("1", "4")), width=40, height=8, amount=lambda value: f"€{value * 2}"))

    assert drawn[0].startswith("€8┤")


@pytest.mark.parametrize(("count", "width", "merged"), [(24, 40, 1), (31, 40, 1), (32, 40, 2), (10_000, 40, 323)])
def test_more_buckets_than_columns_are_merged_and_it_can_be_told(count: int, width: int, merged: int) -> None:
    shown = chart([Decimal(1)] * count)

    assert merged_buckets(shown, width) == merged
    assert max(bar_heights(shown, width, 10)) > 0


@pytest.mark.parametrize("amount", ["0.000000000001", "1", "123456789012345678"])
def test_one_amount_of_any_size_fills_a_chart(amount: str) -> None:
    lines = draw(chart(dollars(amount)), width=40, height=8)

    assert all(len(plain(line)) <= 40 for line in lines)
    assert sum(plain(line).count("█") for line in lines) > 10
