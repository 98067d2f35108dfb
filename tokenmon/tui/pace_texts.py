"""How fast things go, in words: tokens a minute, where the month will end."""

from decimal import Decimal

from tokenmon.tui.numbers import DOLLARS, Numbers
from tokenmon.tui.snapshot import Snapshot
from tokenmon.tui.texts import Fact, Part

# How many whole minutes give the pace, together with what has passed of the present one.
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
    """The tokens of a minute, as the mean over the last few and what has passed of the present one: what begins shows
    at once, what ends fades."""
    last = found.minutes[-1 - PACE_MINUTES :]
    if not last:
        return 0
    seconds = Decimal((found.as_of - last[0].start).total_seconds())
    # A moment after the minute began there is no time to divide by.
    return round(sum(one.tokens for one in last) * 60 / max(seconds, Decimal(60)))
