"""How official limits look: the table below the quotas, JSON, and the warning of a window that is nearly used."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from tokenmon.core.limit_text import limit_text, moment_text, percent_text, span_text, window_text
from tokenmon.core.official_limit import OfficialLimit, limit_json
from tokenmon.core.period import zone
from tokenmon.output import Column, number, print_json, print_line, print_table, say

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo


def print_limits(limits: Sequence[OfficialLimit], *, now: datetime, timezone: str, as_json: bool) -> None:
    """Print what providers say is used of their plans' windows."""
    if as_json:
        print_json([limit_json(one, now) for one in limits])
        return
    if not limits:
        return
    place = zone(timezone)
    machines = {one.machine for one in limits}
    columns = [Column("tool"), Column("plan"), Column("window"), number("used"), Column("resets"), Column("as of")]
    rows = [_cells(one, now, place) for one in limits]
    if len(machines) > 1:
        columns.append(Column("machine", shrinks=True))
        rows = [[*row, one.machine] for row, one in zip(rows, limits, strict=True)]
    print_line("what the provider says is used of a plan")
    print_table(columns, rows)


def _cells(limit: OfficialLimit, now: datetime, place: "ZoneInfo") -> list[str]:
    as_of = f"{moment_text(limit.as_of, now, place)} ({span_text(now - limit.as_of)} ago)"
    mark = "! " if limit.is_near(now) else ""
    used = f"{mark}{percent_text(limit.used_percent)}"
    return [limit.tool, limit.plan or "-", window_text(limit.window), used, _resets(limit, now, place), as_of]


def _resets(limit: OfficialLimit, now: datetime, place: "ZoneInfo") -> str:
    if limit.is_over(now):
        return "has been reset since"
    if limit.resets_at is None:
        return "-"
    return f"{moment_text(limit.resets_at, now, place)} (in {span_text(limit.resets_at - now)})"


def warn_of_limits(limits: Sequence[OfficialLimit], *, now: datetime, timezone: str) -> None:
    """Say which windows are nearly used, on stderr."""
    place = zone(timezone)
    for one in limits:
        if one.is_near(now):
            say(f"warning: the provider says of {one.tool}: {limit_text(one, now, place).removeprefix('! ')}")
