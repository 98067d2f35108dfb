"""Spans: a period's word, shifted back or forth by its own length, as a reader turns the pages of a calendar.

Apart from `period.py` because that reads words; this moves what they name.
"""

import re
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from tokenmon.core.period import Bucket, Period, bucket_start, midnight, named_period, zone
from tokenmon.errors import ConfigError

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
# Until this many of a bucket, a chart shows it.
MOST_HOURS, MOST_DAYS, MOST_WEEKS = 72, 120, 120


@dataclass(frozen=True, slots=True)
class Span:
    """A period by its word, `steps_back` of its own lengths before the present one."""

    word: str
    steps_back: int = 0

    def shifted(self, steps: int) -> "Span":
        """The span so many lengths further back; never beyond the present one."""
        if self.word == "all":
            return self
        return replace(self, steps_back=max(0, self.steps_back + steps))

    def period(self, *, now: datetime, timezone: str) -> Period:
        """The period that is meant; the end of one that reaches the present is open. ConfigError for no period."""
        whole = named_period(self.word, now=now, timezone=timezone)
        if self.steps_back == 0 or whole.start is None:
            return whole
        try:
            return _stepped(self.word, whole, self.steps_back, now)
        except (OverflowError, ValueError):
            raise ConfigError(
                f"nothing lies {self.steps_back} times {self.word} back", hint="go forward again"
            ) from None

    def previous(self, *, now: datetime, timezone: str) -> Period | None:
        """The period before, cut to the part that the span's own has already lived, so that like meets like."""
        whole = self.period(now=now, timezone=timezone)
        if whole.start is None:
            return None
        try:
            before = replace(self, steps_back=self.steps_back + 1).period(now=now, timezone=timezone)
        except ConfigError:
            return None
        if before.start is None or (whole.end is not None and whole.end <= now):
            return before
        lived = before.start + (now - whole.start)
        return replace(before, end=lived if before.end is None else min(before.end, lived))


def _stepped(word: str, whole: Period, steps: int, now: datetime) -> Period:
    start, place = whole.start, zone(whole.timezone)
    assert start is not None  # noqa: S101  (the caller has looked)
    if match := re.fullmatch(r"(\d+)h", word):
        length = int(match[1]) * HOUR
        return replace(whole, start=start - steps * length, end=start - (steps - 1) * length)
    first = start.astimezone(place).date()
    if months := _months(word):
        return replace(
            whole,
            start=midnight(_month_later(first, -steps * months), place),
            end=midnight(_month_later(first, -(steps - 1) * months), place),
        )
    days = _days(word, first, whole, now)
    return replace(
        whole,
        start=midnight(first - timedelta(days=steps * days), place),
        end=midnight(first - timedelta(days=(steps - 1) * days), place),
    )


def _months(word: str) -> int:
    """How many calendar months a word names; 0 for none."""
    if word == "month" or re.fullmatch(r"\d{4}-\d{2}", word):
        return 1
    match = re.fullmatch(r"(\d+)m", word)
    return max(1, int(match[1])) if match else 0


def _days(word: str, first: date, whole: Period, now: datetime) -> int:
    if word == "week":
        return 7
    end = now if whole.end is None else whole.end - timedelta(microseconds=1)
    return (end.astimezone(zone(whole.timezone)).date() - first).days + 1


def _month_later(first: date, months: int) -> date:
    count = first.year * 12 + first.month - 1 + months
    return date(count // 12, count % 12 + 1, 1)


def fitting_bucket(period: Period, *, first: datetime | None, now: datetime) -> Bucket:
    """The bucket in which a chart of a period reads well; `first` is the first call, where an open period begins."""
    start, end = period.start or first or now, period.end or now
    length = end - start
    if length <= MOST_HOURS * HOUR:
        return "hour"
    if length <= MOST_DAYS * DAY:
        return "day"
    return "week" if length <= MOST_WEEKS * 7 * DAY else "month"


def period_title(period: Period, *, now: datetime) -> str:
    """A period as a person would write it: `Mon 23 Nov 2026`, `1 to 30 Nov 2026`, `all time`."""
    if period.start is None:
        return "all time"
    place = zone(period.timezone)
    start = period.start.astimezone(place)
    end = ends = (period.end or now).astimezone(place)
    if period.end is not None or end.microsecond == 0:
        # The end is exclusive: a day that ends at midnight is that day, not the next.
        end = (end.astimezone(UTC) - timedelta(microseconds=1)).astimezone(place)
    if start.date() == end.date():
        whole_day = bucket_start(period.start, "day", place) == period.start
        times = "" if whole_day else f" {start:%H:%M} to {ends:%H:%M}"
        return f"{start:%a} {start.day} {start:%b %Y}{times}"
    if start.year != end.year:
        return f"{start.day} {start:%b %Y} to {end.day} {end:%b %Y}"
    if start.month != end.month:
        return f"{start.day} {start:%b} to {end.day} {end:%b %Y}"
    return f"{start.day} to {end.day} {end:%b %Y}"
