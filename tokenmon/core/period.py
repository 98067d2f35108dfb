"""Periods: from words such as `7d` or `2026-11` to exact moments in a time zone.

Days, weeks and months are calendar ones in the asker's time zone; a week starts on Monday.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from tokenmon.errors import ConfigError

Bucket = Literal["hour", "day", "week", "month"]
WORDS = "today, 7d, 24h, week, month, 2026-11, 2026-11-01, 20261101 or all"
BUCKETS: tuple[Bucket, ...] = ("hour", "day", "week", "month")


@dataclass(frozen=True, slots=True)
class Period:
    """From `start` (inclusive) to `end` (exclusive), both aware UTC or None for open; seen in a time zone."""

    start: datetime | None
    end: datetime | None
    timezone: str = "UTC"

    def __post_init__(self) -> None:
        if self.start is not None and self.end is not None and self.start > self.end:
            raise ConfigError("the period ends before it starts", hint="check --since and --until")


def zone(name: str) -> ZoneInfo:
    """The time zone of an IANA name, or ConfigError."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise ConfigError(
            f"unknown time zone {name[:60]!r}", hint="use an IANA name such as Europe/Berlin or UTC"
        ) from error


def midnight(day: date, timezone: ZoneInfo) -> datetime:
    """The moment a local day begins, as UTC (where midnight is skipped, the first moment that exists)."""
    return datetime.combine(day, time(), timezone).astimezone(UTC)


def _first_of_next_month(day: date) -> date:
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1)


def _span(word: str, *, now: datetime, timezone: ZoneInfo) -> tuple[datetime | None, datetime | None]:
    """Start and end of one period word; the end of a span that reaches today is open."""
    try:
        return _ends(word, now=now, timezone=timezone)
    except (ValueError, OverflowError):
        raise ConfigError(f"cannot read the period {word[:60]!r}", hint=f"use {WORDS}") from None


def _ends(word: str, *, now: datetime, timezone: ZoneInfo) -> tuple[datetime | None, datetime | None]:
    today = now.astimezone(timezone).date()
    if word == "all":
        return None, None
    if word == "today":
        return midnight(today, timezone), None
    if word == "yesterday":
        return midnight(today - timedelta(days=1), timezone), midnight(today, timezone)
    if word == "week":
        return midnight(today - timedelta(days=today.weekday()), timezone), None
    if word == "month":
        return midnight(today.replace(day=1), timezone), None
    if match := re.fullmatch(r"(\d{1,4})([hdwm])", word):
        return _back(int(match[1]), match[2], now=now, timezone=timezone), None
    if match := re.fullmatch(r"(\d{4})-(\d{2})", word):
        first = date(int(match[1]), int(match[2]), 1)
        return midnight(first, timezone), midnight(_first_of_next_month(first), timezone)
    if match := re.fullmatch(r"(\d{4})(-?)(\d{2})\2(\d{2})", word):
        day = date(int(match[1]), int(match[3]), int(match[4]))
        return midnight(day, timezone), midnight(day + timedelta(days=1), timezone)
    moment = datetime.fromisoformat(word)
    aware = moment if moment.tzinfo else moment.replace(tzinfo=timezone)
    return aware.astimezone(UTC), aware.astimezone(UTC)


def _back(count: int, unit: str, *, now: datetime, timezone: ZoneInfo) -> datetime:
    """`7d` is today and the six days before it; `24h` is the last 24 hours to the second."""
    if unit == "h":
        return now - timedelta(hours=count)
    today = now.astimezone(timezone).date()
    if unit == "m":
        months = max(1970 * 12, today.year * 12 + today.month - 1 - max(0, count - 1))
        return midnight(date(months // 12, months % 12 + 1, 1), timezone)
    days = count * (7 if unit == "w" else 1)
    return midnight(today - timedelta(days=max(0, days - 1)), timezone)


def parse_period(
    *,
    since: str | None = None,
    until: str | None = None,
    period: str | None = None,
    now: datetime,
    timezone: str = "UTC",
) -> Period:
    """The period that one word names, or from the start of `since` to the end of `until`, either None for open.

    All take the same words. A `since` that names one closed day or month, with no `until`, still runs to now.
    """
    if period:
        if since or until:
            raise ConfigError("period names both ends, so since and until have no place", hint="--period 2026-11")
        return named_period(period, now=now, timezone=timezone)
    place = zone(timezone)
    start = _span(since, now=now, timezone=place)[0] if since else None
    end = _span(until, now=now, timezone=place)[1] if until else None
    return Period(start=start, end=end, timezone=timezone)


def named_period(word: str, *, now: datetime, timezone: str = "UTC") -> Period:
    """The period that one word names: a whole day, month or span."""
    start, end = _span(word, now=now, timezone=zone(timezone))
    return Period(start=start, end=end if end != start else None, timezone=timezone)


def bucket_start(moment: datetime, bucket: Bucket, timezone: ZoneInfo) -> datetime:
    """The start, as UTC, of the local hour, day, week or month that holds a moment."""
    if bucket == "hour":
        return _hour_start(moment, timezone)
    day = moment.astimezone(timezone).date()
    if bucket == "week":
        day -= timedelta(days=day.weekday())
    elif bucket == "month":
        day = day.replace(day=1)
    return midnight(day, timezone)


def _hour_start(moment: datetime, timezone: ZoneInfo) -> datetime:
    local = moment.astimezone(timezone)
    # Reckoned in UTC: arithmetic on a local time forgets which of two repeated hours it was.
    start = moment.astimezone(UTC) - timedelta(
        minutes=local.minute, seconds=local.second, microseconds=local.microsecond
    )
    # Where the clocks change within the hour (Lord Howe Island, by 30 minutes), it begins with the change.
    while start < moment and start.astimezone(timezone).utcoffset() != local.utcoffset():
        start += timedelta(minutes=15)
    return start


def next_bucket(start: datetime, bucket: Bucket, timezone: ZoneInfo) -> datetime:
    """The start, as UTC, of the bucket after the one that starts at `start`."""
    if bucket == "hour":
        # A repeated local hour in autumn is a bucket of its own.
        return _hour_start(start + timedelta(minutes=60 - start.astimezone(timezone).minute), timezone)
    day = start.astimezone(timezone).date()
    if bucket == "day":
        return midnight(day + timedelta(days=1), timezone)
    if bucket == "week":
        return midnight(day + timedelta(days=7), timezone)
    return midnight(_first_of_next_month(day), timezone)


def bucket_label(start: datetime, bucket: Bucket, timezone: ZoneInfo) -> str:
    """How a bucket is called in keys and tables: `2026-11-23T14:00+01:00`, `2026-11-23`, or `2026-11`."""
    local = start.astimezone(timezone)
    if bucket == "hour":
        return local.isoformat(timespec="minutes")
    return local.strftime("%Y-%m" if bucket == "month" else "%Y-%m-%d")


def buckets_between(
    start: datetime, end: datetime, bucket: Bucket, timezone: str
) -> Iterator[tuple[datetime, datetime, str]]:
    """Every bucket that touches the span, as (start, end, label), in order."""
    place = zone(timezone)
    current = bucket_start(start, bucket, place)
    while current < end:
        following = next_bucket(current, bucket, place)
        yield current, following, bucket_label(current, bucket, place)
        current = following


def month_of(moment: datetime, timezone: str) -> Period:
    """The calendar month, in a time zone, that holds a moment."""
    place = zone(timezone)
    start = bucket_start(moment, "month", place)
    return Period(start=start, end=next_bucket(start, "month", place), timezone=timezone)
