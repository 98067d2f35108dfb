"""Five-hour blocks, counted by hand."""

from datetime import datetime, timedelta, timezone
from decimal import Decimal

import pytest

from tests.core.sample import NOON
from tokenmon.analytics.blocks import Block, active_block, block_until, blocks
from tokenmon.core.query import Totals

D = Decimal
HOUR = timedelta(hours=1)
LATER = NOON + timedelta(days=9)


def quarter(hours: float, cost: str = "1", **more: int | Decimal) -> tuple[datetime, Totals]:
    """The sums of a quarter, so many hours after noon."""
    totals = Totals(requests=1, input_tokens=1000, output_tokens=200, cost=D(cost))
    return NOON + hours * HOUR, totals + Totals(**more)  # type: ignore[arg-type]


def spans(*hours: float) -> list[tuple[float, float, int]]:
    """Start and end of each block in hours after noon, and its calls."""
    found = blocks([quarter(one) for one in hours], now=LATER)
    return [((one.start - NOON) / HOUR, (one.end - NOON) / HOUR, one.totals.requests) for one in found]


CASES: dict[str, tuple[tuple[float, ...], list[tuple[float, float, int]]]] = {
    "nothing": ((), []),
    "one call": ((0,), [(0, 5, 1)]),
    "the start is the full hour": ((0.75, 1), [(0, 5, 2)]),
    "the last quarter belongs to it": ((0, 4.75), [(0, 5, 2)]),
    "the next hour does not": ((0, 5), [(0, 5, 1), (5, 10, 1)]),
    "the second begins with its first call": ((0.5, 5.25, 6), [(0, 5, 1), (5, 10, 2)]),
    "a gap belongs to none": ((0, 1, 12.5), [(0, 5, 2), (12, 17, 1)]),
    "steady work makes blocks end to end": (tuple(range(11)), [(0, 5, 5), (5, 10, 5), (10, 15, 1)]),
}


@pytest.mark.parametrize(("hours", "expected"), CASES.values(), ids=CASES)
def test_calls_fall_into_blocks(hours: tuple[float, ...], expected: list[tuple[float, float, int]]) -> None:
    assert spans(*hours) == expected


def test_full_hours_are_those_of_utc() -> None:
    kathmandu = timezone(timedelta(hours=5, minutes=45))
    start, totals = quarter(0.25)

    (block,) = blocks([(start.astimezone(kathmandu), totals)], now=NOON)

    assert (block.start, block.end) == (NOON, NOON + 5 * HOUR)


@pytest.mark.parametrize(("hours", "expected"), [(-0.01, False), (0, True), (4.99, True), (5, False)])
def test_a_block_is_active_until_its_end(hours: float, expected: bool) -> None:
    now = NOON + hours * HOUR

    assert [one.is_active for one in blocks([quarter(0.25)], now=now)] == [expected]
    assert (active_block([quarter(0.25)], now=now) is not None) is expected


def test_only_the_last_block_can_be_active() -> None:
    found = blocks([quarter(0), quarter(7)], now=NOON + 8 * HOUR)

    assert [one.is_active for one in found] == [False, True]
    assert active_block([quarter(0), quarter(7)], now=NOON + 8 * HOUR) == found[1]


def test_rates_are_over_the_time_in_which_calls_were_made() -> None:
    (block,) = blocks([quarter(1, "2"), quarter(1.75, "4")], now=NOON + 3 * HOUR)

    assert (block.first, block.last) == (NOON + HOUR, NOON + 1.75 * HOUR)
    assert block.burn_per_hour(NOON + 3 * HOUR) == 6
    assert block.tokens_per_minute(NOON + 3 * HOUR) == 40
    assert block.time_left(NOON + 3 * HOUR) == 3 * HOUR
    assert block.projected_cost(NOON + 3 * HOUR) == 6 + 6 * 3


def test_the_quarter_that_runs_counts_as_far_as_it_is_gone() -> None:
    (block,) = blocks([quarter(1, "3")], now=NOON + 1.1 * HOUR)

    assert block.burn_per_hour(NOON + 1.1 * HOUR) == 30


def test_there_is_no_rate_over_moments() -> None:
    now = NOON + timedelta(minutes=4)
    (block,) = blocks([quarter(0)], now=now)

    assert (block.burn_per_hour(now), block.tokens_per_minute(now), block.projected_cost(now)) == (None, None, None)


def test_a_block_that_is_over_has_no_time_left() -> None:
    (block,) = blocks([quarter(4.75, "2")], now=LATER)

    assert block.time_left(LATER) == timedelta()
    assert block.burn_per_hour(LATER) == 8
    assert block.projected_cost(LATER) == 2


def test_spend_and_list_price_value_are_never_added_up() -> None:
    mixed = Totals(requests=2, cost=D(1), subscription_value=D(5))
    value = Totals(requests=1, subscription_value=D(5))
    unpriced = Totals(requests=1, unpriced_requests=1)

    found = [Block(NOON, NOON + 5 * HOUR, NOON, totals, True) for totals in (mixed, value, unpriced)]

    assert [(one.amount, one.is_value) for one in found] == [(D(1), False), (D(5), True), (None, False)]
    assert found[2].burn_per_hour(NOON + HOUR) is None


def test_blocks_may_have_another_length() -> None:
    found = blocks([quarter(0), quarter(1), quarter(3)], now=LATER, hours=2)

    assert [(one.start - NOON) / HOUR for one in found] == [0, 3]


@pytest.mark.parametrize(
    ("hours", "expected"),
    [((), None), ((-5.25,), None), ((-4.75, -1, 1), (-4.75, 2)), ((-5, -4), (-4.9, 2)), ((0.25,), None)],
)
def test_the_providers_word_says_which_calls_are_in_a_block(
    hours: tuple[float, ...], expected: tuple[float, int] | None
) -> None:
    end = NOON + 0.1 * HOUR

    found = block_until(end, [quarter(one) for one in hours], now=NOON)

    if expected is None:
        assert found is None
    else:
        assert found is not None
        assert (found.start, found.end, found.is_active) == (end - 5 * HOUR, end, True)
        assert (found.first, found.totals.requests) == (NOON + expected[0] * HOUR, expected[1])
