"""Which columns fit into a room."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenmon.tui.table_columns import GAP, Column, Stretch, fitting, sort_at, title_part

COLUMNS = tuple(
    Column(key, key.title(), width)
    for key, width in (("name", 10), ("cost", 8), ("input", 5), ("output", 5), ("calls", 6))
)
IMPORTANCE = ("calls", "input output")


def chosen(room: int) -> list[str]:
    return [one.key for one in fitting(COLUMNS, room=room, importance=IMPORTANCE)]


def test_what_is_needed_stays_in_any_room() -> None:
    assert chosen(1) == ["name", "cost"]


def test_the_more_important_comes_first_and_columns_keep_their_order() -> None:
    assert chosen(28) == ["name", "cost", "calls"]
    assert chosen(60) == ["name", "cost", "input", "output", "calls"]


def test_a_pair_comes_together_or_not_at_all() -> None:
    assert chosen(20 + 8 + 13) == ["name", "cost", "calls"]
    assert chosen(20 + 8 + 14) == ["name", "cost", "input", "output", "calls"]


@given(st.integers(min_value=20, max_value=200))
def test_columns_never_take_more_than_their_room(room: int) -> None:
    found = fitting(COLUMNS, room=room, importance=IMPORTANCE, stretches=(Stretch("name", 40),))

    assert sum(one.width + GAP for one in found) - GAP <= room
    assert found[0].width <= 40


def test_a_click_sorts_by_the_title_under_it_and_by_none_beside_them() -> None:
    columns = (
        Column("time", "Time", 4, sort="time"),
        Column("note", "Note", 3),
        Column("cost", "Cost", 5, True, "cost"),
    )

    assert [sort_at(columns, x, gap=1) for x in (0, 4, 5, 9, 14, 15)] == ["time", "time", "", "cost", "cost", ""]


@pytest.mark.parametrize(
    ("sort", "marks", "is_descending", "title"),
    [("cost", "blocks", True, "▼Cost"), ("cost", "ascii", False, "^Cost"), ("time", "blocks", True, "Cost")],
)
def test_a_title_tells_the_order_where_it_is_its_own(sort: str, marks: str, is_descending: bool, title: str) -> None:
    column = Column("cost", "Cost", 5, True, "cost")

    assert title_part(column, sort, is_descending=is_descending, marks=marks).text == title
