"""Bars in a line."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenmon.tui.bars import bar_text

AMOUNTS = st.decimals(min_value=0, max_value=10**9, allow_nan=False, allow_infinity=False)


@pytest.mark.parametrize(
    ("part", "expected"),
    [("0", ""), ("0.001", "▏"), ("1", "█"), ("1.5", "█▌"), ("8", "████████"), ("9", "████████")],
)
def test_a_bar_by_eighths(part: str, expected: str) -> None:
    assert bar_text(Decimal(part), Decimal(8), cells=8, marks="blocks") == expected


def test_what_is_unknown_has_no_bar() -> None:
    assert bar_text(None, Decimal(8), cells=8, marks="blocks") == ""
    assert bar_text(Decimal(1), None, cells=8, marks="blocks") == ""


def test_a_bar_in_ascii_has_nothing_else() -> None:
    assert bar_text(Decimal(4), Decimal(8), cells=8, marks="ascii") == "####"


@given(AMOUNTS, AMOUNTS, st.integers(min_value=1, max_value=40))
def test_a_bar_is_seen_and_keeps_to_its_cells(part: Decimal, whole: Decimal, cells: int) -> None:
    found = bar_text(part, whole, cells=cells, marks="blocks")

    assert len(found) <= cells
    assert bool(found) is bool(part and whole)
