"""Heatmaps: weeks as columns, levels by quarters of the days, and the same day under mouse and eye."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenmon.tui.drawing.heatmap import Heatmap, day_at, draw, first_day
from tokenmon.tui.texts import Marks, plain

TODAY = date(2026, 11, 25)
DAYS = {
    date(2026, 11, 2): Decimal(1),
    date(2026, 11, 3): Decimal(2),
    date(2026, 11, 11): Decimal(3),
    date(2026, 11, 20): Decimal(4),
    date(2026, 11, 22): None,
}
MONTH = Heatmap(DAYS, date(2026, 11, 1), date(2026, 11, 30), TODAY)


def text(heatmap: Heatmap, width: int, marks: Marks = "blocks", selected: date | None = None) -> list[str]:
    return [plain(line).rstrip() for line in draw(heatmap, width=width, marks=marks, selected=selected)]


def test_weeks_are_columns_that_begin_on_monday_and_end_today() -> None:
    assert text(MONTH, 60) == [
        "    Nov",
        "Mon   ░░· · ·",
        "      ▒▒· · ·",
        "Wed   · ▓▓· ·",
        "      · · ·",
        "Fri   · · ██",
        "      · · ·",
        "    · · · ?",
        "    less ·  ░ $1.00  ▒ $2.00  ▓ $3.00  █ $4.00  more",
    ]


def test_signs_alone_tell_the_levels() -> None:
    assert text(MONTH, 60, "ascii")[1:4] == ["Mon   ::. . .", "      ++. . .", "Wed   . **. ."]


def test_a_day_has_one_cell_where_two_do_not_fit() -> None:
    assert text(MONTH, 12)[1] == "Mon  ░···"


def test_the_newest_weeks_stay_where_not_all_fit() -> None:
    drawn = text(MONTH, 6)

    assert drawn[5] == "Fri █"
    assert first_day(MONTH, width=6) == date(2026, 11, 16)


def test_the_selected_day_is_marked_and_told() -> None:
    drawn = text(MONTH, 90, selected=date(2026, 11, 11))

    assert drawn[3] == "Wed   · []· ·"
    assert drawn[8].endswith("more  Wed 11 Nov 2026  $3.00")


def test_the_selected_day_is_told_before_the_key() -> None:
    assert text(MONTH, 34, selected=date(2026, 11, 22))[8].strip() == "Sun 22 Nov 2026  unknown"


def test_months_are_named_where_they_begin() -> None:
    year = Heatmap({}, date(2026, 1, 1), date(2026, 12, 31), date(2026, 12, 31))

    assert text(year, 64)[0].split() == [
        "Jan",
        "Feb",
        "Mar",
        "Apr",
        "May",
        "Jun",
        "Jul",
        "Aug",
        "Sep",
        "Oct",
        "Nov",
        "Dec",
    ]


def test_equal_days_all_have_the_highest_level() -> None:
    equal = Heatmap({TODAY - timedelta(at): Decimal(5) for at in range(7)}, TODAY - timedelta(6), TODAY, TODAY)

    assert "".join(text(equal, 40)[1:8]).count("█") == 14


@pytest.mark.parametrize(
    ("x", "y", "width", "day"),
    [
        (6, 1, 60, date(2026, 11, 2)),
        (7, 1, 60, date(2026, 11, 2)),
        (8, 3, 60, date(2026, 11, 11)),
        (12, 3, 60, TODAY),
        (12, 4, 60, None),
        (4, 1, 60, None),
        (3, 2, 60, None),
        (6, 0, 60, None),
        (6, 8, 60, None),
        (40, 2, 60, None),
        (5, 3, 6, TODAY),
    ],
)
def test_a_cell_leads_to_its_day(x: int, y: int, width: int, day: date | None) -> None:
    assert day_at(MONTH, x, y, width=width) == day


@given(st.integers(1, 800), st.integers(0, 150), st.integers(0, 9), st.sampled_from(["blocks", "ascii"]))
def test_a_heatmap_stays_within_its_cells(count: int, width: int, height: int, marks: Marks) -> None:
    days: dict[date, Decimal | None] = {TODAY - timedelta(at): Decimal(at * at % 97) for at in range(count)}
    heatmap = Heatmap(days, TODAY - timedelta(count), TODAY, TODAY)

    lines = draw(heatmap, width=width, height=height, selected=TODAY, marks=marks)

    assert len(lines) <= height
    assert all(len(plain(line)) <= width for line in lines)


@given(
    st.dictionaries(st.dates(date(2026, 1, 1), TODAY), st.decimals(min_value=0, max_value=100, places=2), min_size=1)
)
def test_a_larger_day_is_never_fainter(days: dict[date, Decimal]) -> None:
    heatmap = Heatmap(dict(days), date(2026, 1, 1), TODAY, TODAY)

    lines = text(heatmap, 60, "ascii")

    levels = {
        day: ".:+*#".index(lines[y][x])
        for y in range(1, 8)
        for x in range(4, len(lines[y]))
        if (day := day_at(heatmap, x, y, width=60)) is not None
    }
    ordered = sorted((amount, levels[day]) for day, amount in days.items())
    assert [level for _, level in ordered] == sorted(level for _, level in ordered)
    assert all((amount > 0) == (level > 0) for amount, level in ordered)
