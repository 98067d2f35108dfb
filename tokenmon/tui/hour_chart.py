"""The chart of the last hours: of cost, or of tokens where no call had a cost."""

from decimal import Decimal

from tokenmon.tui.chart import Series, TimeChart, draw
from tokenmon.tui.snapshot import Snapshot
from tokenmon.tui.texts import Line, Marks


def chart_title(snapshot: Snapshot) -> str:
    """What the chart shows, with its unit."""
    if _has_cost(snapshot) or not any(hour.tokens for hour in snapshot.hours):
        return "Cost per hour, US dollars"
    return "Tokens per hour, no cost to show"


def chart_lines(snapshot: Snapshot, *, width: int, height: int, marks: Marks = "blocks") -> list[Line]:
    """The last hours as bars; a sentence where there was no call."""
    empty = f"No calls in the last {len(snapshot.hours)} hours."
    return draw(_chart(snapshot), width=width, height=height, marks=marks, empty=empty)


def _chart(snapshot: Snapshot) -> TimeChart:
    starts = tuple(hour.start for hour in snapshot.hours)
    if _has_cost(snapshot):
        costs = tuple(hour.cost for hour in snapshot.hours)
        return TimeChart(starts, "hour", (Series("cost", costs, "series-1"),), "bars", "usd")
    counts = tuple(Decimal(hour.tokens) for hour in snapshot.hours)
    return TimeChart(starts, "hour", (Series("tokens", counts, "series-1"),), "bars", "tokens")


def _has_cost(snapshot: Snapshot) -> bool:
    return any(hour.cost for hour in snapshot.hours)
