"""What is counted, its share and its change."""

from decimal import Decimal

import pytest

from tokenmon.core.query import Totals
from tokenmon.tui.measures import change, change_order, change_text, measure_text, measured, share
from tokenmon.tui.numbers import DOLLARS

TEN, FIVE, NOTHING = (Totals(requests=1, cost=Decimal(one)) for one in (10, 5, 0))
UNPRICED = Totals(requests=2, unpriced_requests=2, unpriced_tokens=7, input_tokens=7)


def test_the_cost_of_calls_without_a_price_is_unknown_not_nothing() -> None:
    assert measured(UNPRICED, "cost") is None
    assert measure_text(UNPRICED, "cost", DOLLARS) == "unpriced"


def test_calls_that_used_nothing_have_nothing_to_price() -> None:
    failed = Totals(requests=1, unpriced_requests=1, error_requests=1)

    assert measure_text(failed, "cost", DOLLARS) == "-"


def test_a_list_value_is_no_part_of_the_cost() -> None:
    plan = Totals(requests=1, subscription_value=Decimal(9))

    assert measured(plan, "cost") == 0
    assert measured(plan, "value") == 9


@pytest.mark.parametrize(
    ("part", "whole", "expected"), [(FIVE, TEN, Decimal(50)), (FIVE, NOTHING, None), (UNPRICED, TEN, None)]
)
def test_a_share_is_known_only_where_both_are(part: Totals, whole: Totals, expected: Decimal | None) -> None:
    assert share(part, whole, "cost") == expected


@pytest.mark.parametrize(
    ("now", "before", "expected"),
    [
        (TEN, FIVE, "+100 %"),
        (FIVE, TEN, "-50 %"),
        (TEN, TEN, "0 %"),
        (TEN, None, "new"),
        (TEN, NOTHING, "new"),
        (NOTHING, NOTHING, "-"),
        (None, TEN, "gone"),
        (TEN, Totals(requests=1, cost=Decimal("0.1")), "x100"),
        (NOTHING, TEN, "-100 %"),
        (UNPRICED, TEN, "-"),
        (TEN, UNPRICED, "-"),
        (UNPRICED, None, "new"),
    ],
)
def test_a_change_as_it_is_shown(now: Totals | None, before: Totals | None, expected: str) -> None:
    assert change_text(change(now, before, "cost"), DOLLARS) == expected


def test_changes_stand_in_order_from_gone_to_new() -> None:
    found = sorted(["new", Decimal(3), "gone", None, Decimal(-3)], key=change_order)  # type: ignore[arg-type]

    assert found == ["gone", Decimal(-3), None, Decimal(3), "new"]
