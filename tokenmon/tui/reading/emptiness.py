"""Why a screen over a period has nothing to show, read only when it has nothing: the next step depends on it."""

from dataclasses import dataclass, replace

from tokenmon.core.period import Period
from tokenmon.core.query import Filter
from tokenmon.tui import texts
from tokenmon.tui.asking import Asking


@dataclass(frozen=True, slots=True)
class Emptiness:
    """`is_new` tells that nothing was ever recorded; `filtered_away` counts the period's calls without the filter."""

    is_new: bool
    platforms: int
    filtered_away: int


def read_emptiness(asking: Asking, period: Period) -> Emptiness:
    """Why a period has no calls that the dashboard's filter means."""
    everything = replace(asking, conditions=()).filter(period)
    away = asking.store.totals(everything).requests if asking.conditions else 0
    is_new = not away and not asking.store.records(Filter(Period(None, None, period.timezone)), limit=1)
    return Emptiness(is_new, len(asking.store.platforms()), away)


def empty_words(found: Emptiness, dates: str) -> list[str]:
    """What stands in the place of the numbers, with the keys that lead on."""
    if found.is_new:
        return texts.empty_lines(found.platforms)
    if found.filtered_away:
        calls = "1 call" if found.filtered_away == 1 else f"{found.filtered_away:,} calls"
        return [
            f"The filter hides all {calls} of this range ({dates}).",
            "",
            "  esc  goes back, or clears the filter",
            "  /    changes it",
        ]
    return [
        f"No calls in this range ({dates}).",
        "",
        "  r    takes another range",
        "  [    goes to the one before",
    ]
