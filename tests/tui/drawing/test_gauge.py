"""Gauges: sign and word for trouble, and what gives way first where room is short."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenmon.tui.drawing.gauge import Gauge, draw
from tokenmon.tui.texts import Marks, plain

WARNING = Gauge(Decimal("8.9"), Decimal(10), "usd", "warning", 80, Decimal("12.5"))


def line(gauge: Gauge, width: int, marks: Marks = "blocks") -> str:
    return plain(draw(gauge, width=width, marks=marks)[0])


@pytest.mark.parametrize(
    ("width", "drawn"),
    [
        (90, "━━━━━━━━━━━━━━━━━━━━━━━━╂━━───▶  89 % ! warning    $8.90 of $10.00          ! → $12.50"),
        (60, "━━━━━━━━━━━━━╂━─▶  89 % ! warning    $8.90 of $10.00"),
        (30, "━━━━━━━━━╂─▶  89 % ! warning"),
        (14, "━━━━━━╂▶  89 %"),
        (5, "89 %"),
    ],
)
def test_the_bar_shrinks_then_amounts_go_then_the_word(width: int, drawn: str) -> None:
    assert line(WARNING, width) == drawn


def test_a_gauge_of_signs_alone_says_the_same() -> None:
    assert line(WARNING, 60, "ascii") == "=============!=->  89 % ! warning    $8.90 of $10.00"


def test_more_than_the_limit_shows_how_much_more() -> None:
    over = Gauge(Decimal(15), Decimal(10), "usd", "exceeded", 80)

    assert line(over, 30, "ascii") == "========|=== 150 % !! exceeded"


def test_a_forecast_within_the_limit_is_a_mark_in_the_bar() -> None:
    calm = Gauge(Decimal(2), Decimal(10), "usd", "ok", None, Decimal(5))

    drawn = draw(calm, width=38, marks="ascii")

    assert plain(drawn[0]) == "====-----o----------  20 % ok"
    assert "warning" not in {part.tone for part in drawn[0]}


def test_counts_say_what_they_count() -> None:
    tokens = Gauge(Decimal(120_000), Decimal(5_000_000), "tokens", "ok")

    assert "120k of 5.0M tokens" in line(tokens, 80)


def test_trouble_is_told_by_a_word_as_well_as_a_colour() -> None:
    drawn = draw(WARNING, width=80)[0]

    words = "".join(part.text for part in drawn if part.tone == "warning")
    assert "! warning" in words
    assert "! →" in words


@given(
    st.decimals(min_value=0, max_value=10**9, places=2),
    st.decimals(min_value=0, max_value=10**9, places=2),
    st.integers(0, 120),
    st.sampled_from(["blocks", "braille", "ascii"]),
)
def test_a_gauge_is_never_wider_than_asked(used: Decimal, limit: Decimal, width: int, marks: Marks) -> None:
    gauge = Gauge(used, limit, "requests", "ok", 80, used * 2)

    lines = draw(gauge, width=width, marks=marks)

    assert all(len(plain(one)) <= width for one in lines)
    assert marks != "ascii" or all(plain(one).isascii() for one in lines)


@given(st.decimals(min_value=0, max_value=100, places=2), st.decimals(min_value=0, max_value=100, places=2))
def test_more_use_never_fills_less_of_the_bar(one: Decimal, other: Decimal) -> None:
    low, high = (line(Gauge(used, Decimal(100), "usd", "ok"), 30, "ascii").count("=") for used in sorted((one, other)))

    assert low <= high
