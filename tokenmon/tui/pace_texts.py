"""How fast things go, in words: tokens a minute, where the month will end."""

from decimal import Decimal

from tokenmon.tui.numbers import DOLLARS, Numbers
from tokenmon.tui.snapshot import Snapshot
from tokenmon.tui.texts import Fact, Part

# The present minute is not over; the ones before it give the pace.
PACE_MINUTES = 5


def month_facts(found: Snapshot, *, width: int, numbers: Numbers = DOLLARS) -> list[Fact]:
    """Where the month will end, and by which rule."""
    if found.forecast is None or not found.forecast.expected:
        return []
    last = "expected by the month's end"
    full = f"{last}, {found.forecast.rule}"
    value = numbers.money(found.forecast.expected)
    return [(Part(value), (Part(full if len(full) + len(value) + 4 <= width else last, "muted"),))]


def tokens_per_minute(found: Snapshot) -> int:
    """The tokens of a minute, as the mean of the last few that are over."""
    whole = found.minutes[-1 - PACE_MINUTES : -1]
    return round(Decimal(sum(one.tokens for one in whole)) / len(whole)) if whole else 0
