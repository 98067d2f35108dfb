"""The dimensions by which usage is distributed: their titles, the way down from each, and a value as a filter."""

from collections.abc import Collection, Mapping
from decimal import Decimal

from tokenmon.core.condition import Condition
from tokenmon.core.filter_language import filter_text
from tokenmon.tui.names import name_text

# In the order in which keys step through them: what most people ask for first.
TITLES: Mapping[str, str] = {
    "model": "Model",
    "platform": "Platform",
    "provider": "Provider",
    "project": "Project",
    "key": "Client key",
    "source": "Source",
    "machine": "Machine",
    "operation": "Operation",
    "status": "Status",
    "error": "Error",
    "tier": "Service tier",
    "billing": "Billing",
}
DIMENSIONS = tuple(TITLES)
# What somebody asks next of a part of the whole; from any other dimension, which model it was.
BELOW: Mapping[str, str] = {"platform": "model", "provider": "model", "model": "project", "project": "model"}
NO_VALUE = "(none)"


def next_dimension(present: str, settled: Collection[str]) -> str | None:
    """The next dimension down from the present one, none of those that the filter has settled; None at the end."""
    seen = {present, *settled}
    below = BELOW.get(present, "model")
    while below in seen:
        seen.add(below)
        following = BELOW[below]
        if following in seen:
            return None
        below = following
    return below


def stepped(present: str | None, steps: int, *, without: str | None, may_be_none: bool) -> str | None:
    """The dimension so many steps on from the present one, leaving one out; None is one of them where it may be."""
    names: list[str | None] = [name for name in DIMENSIONS if name != without]
    if may_be_none:
        names.append(None)
    at = names.index(present) if present in names else -1
    return names[(at + steps) % len(names)]


def value_text(value: str | None) -> str:
    """A value as it is shown: cleaned, `(none)` for calls without one."""
    return name_text(value, NO_VALUE)


def condition_of(dimension: str, value: str | None) -> Condition:
    """The condition that calls of one value of a dimension meet."""
    if value is None:
        return Condition(dimension, ":", (None,))
    return Condition(dimension, "=", (Decimal(value) if dimension == "status" else value,))


def narrowed(where: str, *conditions: Condition) -> str:
    """A filter's text with more conditions."""
    return f"{where} {filter_text(conditions)}".strip()
