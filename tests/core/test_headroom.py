"""Headroom: what is left in whole per cent, when a new statement looks like the old one, and how it is said."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.core.sample import NOON
from tokenmon.core.headroom import MAX_LIMIT, Headroom, headroom_json, headroom_text, in_force

SECOND = timedelta(seconds=1)
REQUESTS = Headroom("work", "requests", 5000, 4999, NOON + 12 * SECOND, NOON)
RETRY = Headroom("work", "retry", None, None, NOON + 31 * SECOND, NOON)


@pytest.mark.parametrize(
    ("limit", "remaining", "percent"),
    [
        (100, 58, 58), (5000, 4999, 99), (3, 2, 66), (5000, 1, 0), (10, 0, 0), (0, 0, 0),
        # Azure counts what remains in another span than the limit.
        (10, 12, 100), (None, 5, None), (5, None, None),
    ],
)  # fmt: skip
def test_what_is_left_is_rounded_down(limit: int | None, remaining: int | None, percent: int | None) -> None:
    assert replace(REQUESTS, limit=limit, remaining=remaining).percent_left == percent


@pytest.mark.parametrize("wrong", [{"limit": -1}, {"remaining": -1}, {"limit": MAX_LIMIT + 1}])
def test_a_limit_that_cannot_be_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="a limit is a whole number"):
        replace(REQUESTS, **wrong)


SAME: dict[str, dict[str, Any]] = {
    "again": {},
    "the same per cent": {"remaining": 4951},
    "seconds later, the reset too": {"as_of": NOON + 59 * SECOND, "resets_at": NOON + 71 * SECOND},
}
OTHER: dict[str, dict[str, Any]] = {
    "a per cent less": {"remaining": 4949},
    "another limit": {"limit": 4999},
    "a minute later": {"as_of": NOON + 60 * SECOND},
    "a reset a minute later": {"resets_at": NOON + 72 * SECOND},
    "no reset": {"resets_at": None},
    "nothing stated of what remains": {"remaining": None},
}


@pytest.mark.parametrize("change", SAME.values(), ids=SAME)
def test_a_person_would_see_no_difference(change: dict[str, Any]) -> None:
    assert replace(REQUESTS, **change).looks_like(REQUESTS)


@pytest.mark.parametrize("change", OTHER.values(), ids=OTHER)
def test_a_person_would_see_a_difference(change: dict[str, Any]) -> None:
    assert not replace(REQUESTS, **change).looks_like(REQUESTS)


def test_without_a_limit_each_number_is_another() -> None:
    bare = replace(REQUESTS, limit=None)

    assert bare.looks_like(bare)
    assert not replace(bare, remaining=4998).looks_like(bare)


def test_a_wait_that_moves_by_a_second_is_another() -> None:
    assert RETRY.looks_like(RETRY)
    assert not replace(RETRY, resets_at=NOON + 32 * SECOND).looks_like(RETRY)


def test_a_wait_that_is_over_tells_nothing_more() -> None:
    assert in_force([REQUESTS, RETRY], now=NOON + 30 * SECOND) == [REQUESTS, RETRY]
    assert in_force([REQUESTS, RETRY], now=NOON + 31 * SECOND) == [REQUESTS]


WORDS = [
    (REQUESTS, 2, "4,999 of 5,000 left (99 %), resets in 10s; 2s ago"),
    (REQUESTS, 180, "4,999 of 5,000 left (99 %), was reset since; 3m ago"),
    (replace(REQUESTS, resets_at=None), 7200, "4,999 of 5,000 left (99 %); 2h ago"),
    (replace(REQUESTS, limit=None, resets_at=None), 0, "4,999 left; 0s ago"),
    (replace(REQUESTS, remaining=None, resets_at=None), 0, "limit 5,000; 0s ago"),
    (Headroom("work", "7d", 100, 6, NOON + timedelta(days=3), NOON), 1, "6 % left, resets in 2d; 1s ago"),
    (RETRY, 1, "the provider asks to wait 30s"),
]


@pytest.mark.parametrize(("one", "seconds", "words"), WORDS)
def test_headroom_is_said_in_words(one: Headroom, seconds: int, words: str) -> None:
    assert headroom_text(one, now=NOON + seconds * SECOND) == words


def test_headroom_as_json_names_no_platform() -> None:
    assert headroom_json(REQUESTS) == {
        "dimension": "requests", "limit": 5000, "remaining": 4999, "percent_left": 99,
        "resets_at": "2026-11-23T12:00:12.000Z", "as_of": "2026-11-23T12:00:00.000Z",
    }  # fmt: skip


def test_of_a_share_only_the_per_cent_is_told() -> None:
    told = headroom_json(Headroom("work", "5h", 100, 58, None, NOON))

    assert (told["limit"], told["remaining"], told["percent_left"]) == (None, None, 58)


@pytest.mark.parametrize(
    ("dimension", "title"), [("input_tokens", "input tokens"), ("7d", "7d window"), ("retry", "retry")]
)
def test_a_dimension_has_a_title(dimension: str, title: str) -> None:
    assert replace(REQUESTS, dimension=dimension).title == title
