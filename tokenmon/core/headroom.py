"""Headroom: how much of a provider's rate limit a platform has left, as the provider's answers state it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tokenmon.core.number_text import duration_text
from tokenmon.core.record_json import time_text

# The one dimension that is no limit: the provider asks to wait until `resets_at`.
RETRY = "retry"
# Larger than any limit that a provider grants, and within 64 bits with room for sums.
MAX_LIMIT = 10**15
# What a person would not notice: a reset that moves with each call, and an "as of" of less than a minute.
UNNOTICED = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Headroom:
    """One limit of a platform as of one answer.

    `dimension` is what is limited: `requests`, `tokens`, `input_tokens`, `output_tokens`, with the provider's own
    window where it names one (`requests_day`), or a subscription's window (`5h`, `7d`), of which only a share is
    stated: its limit is 100, per cent. `retry` has neither limit nor remaining; until `resets_at` the provider asks to
    wait.
    """

    platform: str
    dimension: str
    limit: int | None
    remaining: int | None
    resets_at: datetime | None
    as_of: datetime

    def __post_init__(self) -> None:
        if any(number is not None and not 0 <= number <= MAX_LIMIT for number in (self.limit, self.remaining)):
            raise ValueError(f"a limit is a whole number from 0 to {MAX_LIMIT}")

    @property
    def percent_left(self) -> int | None:
        """How much of the limit is left, in whole per cent rounded down; None where that is not known."""
        if self.limit is None or self.remaining is None:
            return None
        return min(100, self.remaining * 100 // self.limit) if self.limit else 0

    @property
    def title(self) -> str:
        """The dimension as a person would say it."""
        return f"{self.dimension} window" if self.is_share else self.dimension.replace("_", " ")

    @property
    def is_share(self) -> bool:
        """Whether limit and remaining are per cent and no counts."""
        return self.dimension[:1].isdigit()

    def looks_like(self, older: "Headroom") -> bool:
        """Whether a person who sees the older statement of the same limit misses nothing."""
        if self.as_of - older.as_of >= UNNOTICED or (self.resets_at is None) != (older.resets_at is None):
            return False
        if self.resets_at is not None and older.resets_at is not None:
            moved = abs(self.resets_at - older.resets_at)
            if moved >= (timedelta(seconds=1) if self.dimension == RETRY else UNNOTICED):
                return False
        if self.percent_left is None:
            return (self.limit, self.remaining) == (older.limit, older.remaining)
        return (self.limit, self.percent_left) == (older.limit, older.percent_left)


def in_force(stated: Iterable[Headroom], *, now: datetime) -> list[Headroom]:
    """What still tells something: without the waits that are over."""
    return [one for one in stated if one.dimension != RETRY or (one.resets_at is not None and one.resets_at > now)]


def headroom_json(one: Headroom) -> dict[str, Any]:
    """One limit as JSON, without its platform; of a share only `percent_left` is known."""
    return {
        "dimension": one.dimension,
        "limit": None if one.is_share else one.limit,
        "remaining": None if one.is_share else one.remaining,
        "percent_left": one.percent_left,
        "resets_at": time_text(one.resets_at),
        "as_of": time_text(one.as_of),
    }


def headroom_text(one: Headroom, *, now: datetime) -> str:
    """One limit as a person would say it, such as `4,999 of 5,000 left (99 %), resets in 12s; 2m ago`."""
    reset = "" if one.resets_at is None or one.resets_at <= now else duration_text(one.resets_at - now)
    if one.dimension == RETRY:
        return f"the provider asks to wait {reset or 'no longer'}"
    said = [_left_text(one)]
    if reset:
        said.append(f"resets in {reset}")
    elif one.resets_at is not None:
        said.append("was reset since")
    return f"{', '.join(said)}; {duration_text(now - one.as_of)} ago"


def _left_text(one: Headroom) -> str:
    if one.is_share:
        return "unknown" if one.percent_left is None else f"{one.percent_left} % left"
    if one.remaining is None:
        return f"limit {one.limit:,}"
    if one.limit is None:
        return f"{one.remaining:,} left"
    return f"{one.remaining:,} of {one.limit:,} left ({one.percent_left} %)"
