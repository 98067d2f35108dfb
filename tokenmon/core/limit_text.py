"""Official limits as people read them: the same words in the status line, in tables and on the dashboard."""

from datetime import datetime, timedelta
from decimal import ROUND_DOWN, Decimal
from zoneinfo import ZoneInfo

from tokenmon.core.official_limit import OfficialLimit

WINDOWS = {"five_hour": "5h", "weekly": "week"}
# Within these the hour, and the day of the week, say which moment is meant.
NEAR, THIS_WEEK = timedelta(hours=20), timedelta(days=6)


def window_text(window: str) -> str:
    """A window's name in short: `5h`, `week`, `90 min`, with the limit's own name behind it."""
    name, _, own = window.partition(" ")
    short = WINDOWS.get(name, name.replace("_minutes", " min"))
    return f"{short} {own}" if own else short


def percent_text(percent: Decimal) -> str:
    """A whole percentage, rounded down: 100 % means that all is used."""
    return f"{percent.to_integral_value(ROUND_DOWN):f} %"


def moment_text(moment: datetime, now: datetime, place: ZoneInfo) -> str:
    """A moment in local time, as short as it is clear: `14:00`, `Thu 14:00`, `2026-12-01 14:00`."""
    local, distance = moment.astimezone(place), abs(moment - now)
    if distance < NEAR:
        return f"{local:%H:%M}"
    return f"{local:%a %H:%M}" if distance < THIS_WEEK else f"{local:%Y-%m-%d %H:%M}"


def span_text(span: timedelta) -> str:
    """A span in its two largest units, rounded down: `3d 4h`, `2h 05m`, `12m`."""
    minutes = max(0, int(span.total_seconds() // 60))
    if minutes >= 24 * 60:
        return f"{minutes // 1440}d {minutes % 1440 // 60}h"
    return f"{minutes // 60}h {minutes % 60:02d}m" if minutes >= 60 else f"{minutes}m"


def resets_text(limit: OfficialLimit, now: datetime, place: ZoneInfo) -> str | None:
    """When a window is reset, None when the provider did not say."""
    if limit.is_over(now):
        return "reset since"
    return None if limit.resets_at is None else f"resets {moment_text(limit.resets_at, now, place)}"


def limit_text(limit: OfficialLimit, now: datetime, place: ZoneInfo) -> str:
    """A limit in a few words: `5h 41 % resets 14:00`, with a `!` before it from 80 % on."""
    mark = "! " if limit.is_near(now) else ""
    resets = resets_text(limit, now, place)
    return f"{mark}{window_text(limit.window)} {percent_text(limit.used_percent)}" + (f" {resets}" if resets else "")
