"""What a distribution counts: the measure of sums, its share of the whole, its change since the period before."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Literal

from tokenmon.core.query import Totals
from tokenmon.tui.numbers import Numbers

Measure = Literal["cost", "value", "tokens", "requests", "errors"]
MEASURES: tuple[Measure, ...] = ("cost", "value", "tokens", "requests", "errors")
# What a subscription's calls would cost stands apart under this name, and is never added to a cost.
MEASURE_TITLES: Mapping[Measure, str] = {
    "cost": "Cost",
    "value": "List value",
    "tokens": "Tokens",
    "requests": "Calls",
    "errors": "Errors",
}
# `new`: nothing of it before; `gone`: nothing of it now; None: neither, or nothing to compare with.
Change = Decimal | Literal["new", "gone"] | None
MANIFOLD = 1000


def is_unpriced(totals: Totals) -> bool:
    """Whether no call has a price."""
    return 0 < totals.requests <= totals.unpriced_requests


def measured(totals: Totals, measure: Measure) -> Decimal | None:
    """What is counted of sums; None for the cost of calls none of which has a price."""
    if measure == "cost":
        return None if is_unpriced(totals) else totals.cost
    if measure == "value":
        return totals.subscription_value
    if measure == "tokens":
        return Decimal(totals.total_tokens)
    return Decimal(totals.requests if measure == "requests" else totals.error_requests)


def share(part: Totals, whole: Totals, measure: Measure) -> Decimal | None:
    """A part's percentage of the whole; None where either is unknown or the whole is nothing."""
    amount, total = measured(part, measure), measured(whole, measure)
    return None if amount is None or not total else amount * 100 / total


def change(now: Totals | None, before: Totals | None, measure: Measure) -> Change:
    """How a measure moved since the period before, in percent; `now` is None for what is gone, `before` for the new.

    None where either is unknown: calls without a price neither cost nothing before nor have become free.
    """
    if now is None or before is None:
        return "gone" if now is None else "new"
    amount, was = measured(now, measure), measured(before, measure)
    if amount is None or was is None:
        return None
    if not was:
        return "new" if amount else None
    return (amount - was) * 100 / was


def change_order(found: Change) -> tuple[int, Decimal]:
    """Where a change stands among others, from the steepest fall to what is new; what has none stands at rest."""
    if found == "new":
        return 1, Decimal(0)
    return (-1, Decimal(0)) if found == "gone" else (0, found or Decimal(0))


def change_text(found: Change, numbers: Numbers) -> str:
    """A change as it is shown: `+12 %`, `x34`, `new`, `gone`, `-` for none."""
    if not isinstance(found, Decimal):
        return found or "-"
    if found >= MANIFOLD:
        return f"x{numbers.tokens(int(found / 100) + 1)}"
    text = numbers.percent(found)
    return f"+{text}" if found > 0 else text


def measure_text(totals: Totals, measure: Measure, numbers: Numbers) -> str:
    """A measure as it is shown; `unpriced` for tokens without a price, `-` where there was nothing to price."""
    amount = measured(totals, measure)
    if amount is None:
        return numbers.money(None) if totals.unpriced_tokens else "-"
    if measure in ("cost", "value"):
        return numbers.money(amount)
    return numbers.tokens(int(amount)) if measure == "tokens" else numbers.count(int(amount))
