"""The way down from a dimension, and values as filters."""

import pytest

from tokenmon.core.filter_language import filter_text, parse_filter
from tokenmon.tui.dimensions import (
    DIMENSIONS,
    condition_of,
    narrowed,
    next_dimension,
    stepped,
    value_text,
)


@pytest.mark.parametrize(
    ("present", "settled", "expected"),
    [
        ("platform", {"platform"}, "model"),
        ("model", {"platform", "model"}, "project"),
        ("project", {"platform", "model", "project"}, None),
        ("project", {"project"}, "model"),
        ("status", {"status"}, "model"),
        ("platform", {"platform", "model"}, "project"),
    ],
)
def test_the_way_down_ends_where_everything_is_settled(present: str, settled: set[str], expected: str | None) -> None:
    assert next_dimension(present, settled) == expected


@pytest.mark.parametrize("dimension", DIMENSIONS)
def test_every_way_down_comes_to_its_end(dimension: str) -> None:
    present: str | None = dimension
    settled: set[str] = set()
    while present is not None:
        assert present not in settled
        settled.add(present)
        present = next_dimension(present, settled)

    assert {"model", "project"} <= settled


@pytest.mark.parametrize(
    ("dimension", "value"),
    [("model", 'a "quoted" one'), ("project", None), ("status", "429"), ("status", None), ("platform", "none"),
     ("billing", "subscription"), ("model", "-x:y"), ("error", None)],
)  # fmt: skip
def test_a_value_as_a_filter_is_read_back_as_it_is(dimension: str, value: str | None) -> None:
    condition = condition_of(dimension, value)

    assert parse_filter(filter_text((condition,))) == (condition,)


def test_a_filter_is_narrowed_behind_what_it_says() -> None:
    assert narrowed("cost>1", condition_of("model", "x")) == "cost>1 model=x"
    assert narrowed("", condition_of("project", None)) == "project:none"


def test_stepping_leaves_out_the_other_dimension_and_comes_round() -> None:
    names = [stepped("platform", steps, without="model", may_be_none=True) for steps in range(len(DIMENSIONS))]

    assert "model" not in names
    assert None in names
    assert stepped(None, 1, without="model", may_be_none=True) == "platform"


def test_a_value_is_cleaned_of_what_steers_a_terminal() -> None:
    assert value_text("a\x1b[31mb") == "a[31mb"
    assert value_text(None) == "(none)"
