"""The chart of the last hours: of cost, or of tokens where no call had a cost."""

from collections.abc import Sequence
from decimal import Decimal

from tokenmon.tui.chart import Series, TimeChart, draw
from tokenmon.tui.numbers import DOLLARS, Numbers
from tokenmon.tui.snapshot import HourCost
from tokenmon.tui.texts import Line, Marks

CURRENCIES = {"$": "US dollars", "€": "euros", "£": "pounds"}


def chart_title(hours: Sequence[HourCost], numbers: Numbers = DOLLARS) -> str:
    """What the chart shows, with its unit."""
    if _has_cost(hours) or not any(hour.tokens for hour in hours):
        return f"Cost per hour, {CURRENCIES.get(numbers.symbol, numbers.symbol.strip())}"
    return "Tokens per hour, no cost to show"


def chart_lines(
    hours: Sequence[HourCost], *, width: int, height: int, numbers: Numbers = DOLLARS, marks: Marks = "blocks"
) -> list[Line]:
    """The last hours as bars; a sentence where there was no call."""
    empty = f"No calls in the last {len(hours)} hours."
    # Only another currency needs its own names: an axis of dollars has shorter ones.
    amount = None if numbers.symbol == "$" or not _has_cost(hours) else numbers.money
    return draw(_chart(hours), width=width, height=height, marks=marks, empty=empty, amount=amount)


def _chart(hours: Sequence[HourCost]) -> TimeChart:
    starts = tuple(hour.start for hour in hours)
    if _has_cost(hours):
        costs = tuple(hour.cost for hour in hours)
        return TimeChart(starts, "hour", (Series("cost", costs, "series-1"),), "bars", "usd")
    counts = tuple(Decimal(hour.tokens) for hour in hours)
    return TimeChart(starts, "hour", (Series("tokens", counts, "series-1"),), "bars", "tokens")


def _has_cost(hours: Sequence[HourCost]) -> bool:
    return any(hour.cost for hour in hours)
