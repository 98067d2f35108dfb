"""The columns of all calls: as many as fit, never more, and texts that cannot break their alignment."""

from decimal import Decimal

import pytest
from rich.cells import cell_len

from tests.tui.sample import call
from tokenmon.core.period import zone
from tokenmon.core.usage import TokenUsage
from tokenmon.storage.read_order import SORT_KEYS
from tokenmon.tui.call_columns import Writing, call_cell, call_columns
from tokenmon.tui.numbers import DOLLARS
from tokenmon.tui.texts import padded

WRITING = Writing(zone("Europe/Berlin"), DOLLARS)


def keys(room: int, sort: str = "time") -> list[str]:
    return [one.key for one in call_columns(room, DOLLARS, sort=sort)[0]]


@pytest.mark.parametrize("sort", SORT_KEYS)
@pytest.mark.parametrize("numbers", [DOLLARS, DOLLARS.exact()], ids=["thin", "exact"])
def test_the_columns_never_need_more_than_the_room(sort: str, numbers: object) -> None:
    for room in range(39, 260):
        columns, gap = call_columns(room, numbers, sort=sort)  # type: ignore[arg-type]
        assert sum(one.width for one in columns) + gap * (len(columns) - 1) <= room


def test_the_core_columns_stand_on_the_shortest_line() -> None:
    assert keys(39) == ["time", "model", "cost", "status"]


def test_a_wide_line_has_everything() -> None:
    assert keys(195) == [
        "time", "platform", "model", "project", "in", "cached", "out", "tokens", "cost", "latency", "ttfc", "status",
        "source", "key", "session",
    ]  # fmt: skip


def test_what_is_sorted_by_is_among_the_columns() -> None:
    assert "ttfc" not in keys(79)
    assert "ttfc" in keys(79, "ttfc")


@pytest.mark.parametrize(("room", "time"), [(39, "11-23 16:29"), (79, "11-23 16:29:00"), (120, "2026-11-23 16:29:00")])
def test_a_moment_is_local_and_as_full_as_there_is_room_for(room: int, time: str) -> None:
    column = call_columns(room, DOLLARS, sort="time")[0][0]

    assert call_cell(call(0), column, WRITING).text == time


@pytest.mark.parametrize(
    ("changes", "width", "text"),
    [
        ({}, 8, "ok"),
        ({"billing": "subscription"}, 24, "ok, list-price value"),
        ({"billing": "subscription"}, 8, "ok"),
        ({"usage_source": "estimated"}, 10, "estimated"),
        ({"status": 429, "error_type": "rate_limit"}, 20, "! 429 rate_limit"),
        ({"status": 429, "error_type": "rate_limit"}, 8, "! 429"),
        ({"status": 500}, 20, "! 500"),
        ({"status": 200, "error_type": "overloaded"}, 20, "! overloaded"),
        ({"status": None, "error_type": "timeout"}, 20, "! timeout"),
    ],
)
def test_a_status_says_what_fits(changes: dict[str, object], width: int, text: str) -> None:
    columns, _ = call_columns(120, DOLLARS, sort="time")
    status = next(one for one in columns if one.key == "status")

    found = call_cell(call(0, **changes), type(status)("status", "Status", width), WRITING)

    assert found.text == text
    assert (found.tone == "error") is text.startswith("!")


@pytest.mark.parametrize(
    "name",
    [
        "模型" * 30, "\x1b[31mred\x1b[0m", "a\u200db\ufe0f", "👩\u200d💻 model", "[bold]x[/bold]", "e\u0301" * 40,
        "\u202eabc", "",
    ],
)  # fmt: skip
def test_no_name_breaks_the_alignment(name: str) -> None:
    columns, _ = call_columns(120, DOLLARS, sort="time")
    model = next(one for one in columns if one.key == "model")

    text = padded(call_cell(call(0, request_model=name), model, WRITING).text, model.width)

    assert cell_len(text) == model.width
    assert not any(ord(one) < 32 or one in "\u200d\ufe0f\u202e" for one in text)


@pytest.mark.parametrize(
    ("changes", "text", "tone"),
    [
        ({}, "$0.0123", "plain"),
        ({"cost": None, "cost_source": "unpriced"}, "unpriced", "muted"),
        ({"cost": None, "cost_source": "unpriced", "usage": None, "usage_source": "none"}, "-", "muted"),
        ({"billing": "subscription"}, "$0.0123", "muted"),
        ({"cost": Decimal(0), "cost_source": "free"}, "$0.00", "plain"),
    ],
)
def test_a_cost_that_is_not_spent_stands_back(changes: dict[str, object], text: str, tone: str) -> None:
    columns, _ = call_columns(120, DOLLARS, sort="time")
    cost = next(one for one in columns if one.key == "cost")

    found = call_cell(call(0, **changes), cost, WRITING)

    assert (found.text, found.tone) == (text, tone)


def test_exact_numbers_fit_their_columns() -> None:
    exact = Writing(WRITING.place, DOLLARS.exact())
    record = call(0, usage=TokenUsage(123_456_789, 1, 123_456_789), cost=Decimal("123.123456789"), latency_ms=9_345_678)

    for column in call_columns(220, exact.numbers, sort="time")[0]:
        if column.is_number:
            assert cell_len(call_cell(record, column, exact).text) <= column.width
