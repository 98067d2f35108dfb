"""Sparklines: now at the right end, nothing used and nothing known told apart."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenmon.tui.drawing.sparkline import Sparkline, draw
from tokenmon.tui.texts import Marks, plain

AMOUNTS = st.one_of(st.none(), st.decimals(min_value=0, max_value=10**6, places=4))


def sparkline(*amounts: str | None) -> Sparkline:
    return Sparkline(tuple(None if amount is None else Decimal(amount) for amount in amounts))


def line(shown: Sparkline, width: int, marks: Marks = "blocks") -> str:
    return plain(draw(shown, width=width, marks=marks)[0])


@pytest.mark.parametrize(("marks", "drawn"), [("blocks", "  ▁ .▄█"), ("ascii", "  . _=#")])
def test_the_newest_value_stands_at_the_right_end(marks: Marks, drawn: str) -> None:
    shown = sparkline("0.0001", None, "0", "50", "100")

    assert line(shown, 7, marks) == drawn


def test_braille_holds_two_values_in_a_cell() -> None:
    shown = sparkline("0", "100", None, "40")

    assert line(shown, 3, "braille") == " ⣸⢠"


def test_the_oldest_values_go_where_there_is_no_room() -> None:
    assert line(sparkline("9", "1", "2"), 2) == "▄█"


@given(st.lists(AMOUNTS, max_size=80), st.integers(1, 60), st.sampled_from(["blocks", "braille", "ascii"]))
def test_a_sparkline_has_exactly_its_width(values: list[Decimal | None], width: int, marks: Marks) -> None:
    assert len(line(Sparkline(tuple(values)), width, marks)) == width


@given(st.lists(AMOUNTS, min_size=1, max_size=40))
def test_values_above_zero_nothing_and_unknown_have_marks_of_their_own(values: list[Decimal | None]) -> None:
    drawn = line(Sparkline(tuple(values)), len(values))

    kinds = ["." if sign == "." else " " if sign == " " else "x" for sign in drawn]
    assert kinds == [" " if value is None else "." if value == 0 else "x" for value in values]
