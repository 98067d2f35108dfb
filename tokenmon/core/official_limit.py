"""Official limits: what a provider itself says is used of a plan's window, and when that window is reset.

Apart from quotas because nobody here sets them: they are heard from agents on this machine, never reckoned from calls.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from typing import Any

from tokenmon.core.record_json import time_text

# From here on a limit is worth a warning.
NEARLY_USED = 80
ALL_USED = 100
# Providers state as many digits as floats have; two are more than anybody reads.
DIGITS = Decimal("0.01")
FIVE_HOURS, WEEK = 300, 10080
# Some versions of Codex state a window less the minute that has begun.
NAMED = {299: "five_hour", FIVE_HOURS: "five_hour", 10079: "weekly", WEEK: "weekly"}
# Neither clock is exact: a reset further away than the window is long, by more than this, is a slip.
SLACK = timedelta(days=1)
LONGEST = timedelta(days=366)
LONGEST_MINUTES = LONGEST // timedelta(minutes=1)
# No float is written longer.
LONGEST_NUMBER = 40

Key = tuple[str, str, str, str]


@dataclass(frozen=True, slots=True)
class OfficialLimit:
    """How much of one window of an account's plan is used, as the provider said it at `as_of`.

    `tool` heard it, on `machine`. `window` is `five_hour`, `weekly` or `<N>_minutes`, behind it the limit's own name
    where a plan has several. `used_percent` is from 0 to 100, to two digits.
    """

    provider_name: str
    tool: str
    machine: str
    window: str
    window_minutes: int | None
    used_percent: Decimal
    resets_at: datetime | None
    as_of: datetime
    plan: str | None = None

    def __post_init__(self) -> None:
        if not (self.used_percent.is_finite() and 0 <= self.used_percent <= ALL_USED):
            raise ValueError(f"no window is used by {self.used_percent} percent")
        if self.window_minutes is not None and self.window_minutes <= 0:
            raise ValueError("a window has a length")

    @property
    def key(self) -> Key:
        """What tells limits apart: of each key the newest statement counts."""
        return self.provider_name, self.tool, self.machine, self.window

    @property
    def values(self) -> tuple[Any, ...]:
        """What it says, but for when."""
        return self.window_minutes, self.used_percent, self.resets_at, self.plan

    def is_over(self, now: datetime) -> bool:
        """Whether the window has been reset since: what was said does not hold any more."""
        if self.resets_at is not None:
            return self.resets_at <= now
        # Whenever a window began, it is over when its whole length has passed.
        return self.window_minutes is not None and now - self.as_of >= timedelta(minutes=self.window_minutes)

    def is_near(self, now: datetime) -> bool:
        """Whether it holds and is worth a warning."""
        return self.used_percent >= NEARLY_USED and not self.is_over(now)


def newest(limits: Iterable[OfficialLimit]) -> list[OfficialLimit]:
    """Of each key the newest statement, in the order of keys."""
    found: dict[Key, OfficialLimit] = {}
    for one in limits:
        held = found.get(one.key)
        if held is None or one.as_of > held.as_of:
            found[one.key] = one
    return [found[key] for key in sorted(found)]


def window_name(minutes: int) -> str:
    """The name of a window of some length."""
    return NAMED.get(minutes, f"{minutes}_minutes")


def percent_of(value: object) -> Decimal | None:
    """A percentage from 0 to 100 as logs state it, also as a text; None for anything else."""
    if value.__class__ not in (int, float, str):
        return None
    text = str(value).strip()
    try:
        found = Decimal(text if len(text) <= LONGEST_NUMBER else "NaN")
    except InvalidOperation:
        return None
    if not (found.is_finite() and 0 <= found <= ALL_USED):
        return None
    return found.quantize(DIGITS, ROUND_HALF_EVEN).normalize() + 0


def is_credible(as_of: datetime, resets_at: datetime, window_minutes: int | None) -> bool:
    """Whether a window can be reset then: not before it was spoken of, and no later than it is long."""
    length = LONGEST if window_minutes is None else timedelta(minutes=window_minutes) + SLACK
    return timedelta() < resets_at - as_of <= length


def limit_json(limit: OfficialLimit, now: datetime) -> dict[str, Any]:
    """A limit as JSON: the percentage is a decimal string, `is_over` tells a window that was reset since."""
    return {
        "provider_name": limit.provider_name,
        "tool": limit.tool,
        "machine": limit.machine,
        "window": limit.window,
        "window_minutes": limit.window_minutes,
        "used_percent": f"{limit.used_percent:f}",
        "resets_at": time_text(limit.resets_at, timespec="seconds"),
        "as_of": time_text(limit.as_of, timespec="seconds"),
        "plan": limit.plan,
        "is_over": limit.is_over(now),
    }
