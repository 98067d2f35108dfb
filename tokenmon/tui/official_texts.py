"""Official limits in the dashboard's words: a bar and a percentage a window, like the quotas above them."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from rich.cells import cell_len

from tokenmon.core.limit_text import percent_text, resets_text, window_text
from tokenmon.core.official_limit import ALL_USED, OfficialLimit
from tokenmon.core.text import clean
from tokenmon.tui.texts import BAR_CELLS, NAME_CELLS, Line, Part, Tone, bar_parts, padded

SHORT_NAMES = {"claude-code": "claude"}
# " 100 % "
PERCENT_CELLS = 7


def running(limits: Iterable[OfficialLimit], now: datetime) -> list[OfficialLimit]:
    """The limits whose windows have not been reset since."""
    return [one for one in limits if not one.is_over(now)]


def official_lines(
    limits: Sequence[OfficialLimit], *, now: datetime, place: ZoneInfo, width: int, most: int
) -> list[Line]:
    """What providers say is used of the windows that still run: name, bar, percentage and reset, the fullest first."""
    shown = sorted(running(limits, now), key=lambda one: (-one.used_percent, one.key))[:most]
    names = [_name(one) for one in shown]
    name_cells = min(NAME_CELLS, max(map(cell_len, names), default=0))
    resets = [_resets(one, now, place) for one in shown]
    spare = width - name_cells - 1 - PERCENT_CELLS - max(map(len, resets), default=0)
    if spare < BAR_CELLS[0]:
        # Where there is no room for the moment, the sign stays.
        resets = [text[:1] if text.startswith("!") else "" for text in resets]
        spare = width - name_cells - 1 - PERCENT_CELLS - 1
    bar_cells = max(BAR_CELLS[0], min(BAR_CELLS[1], spare))
    lines: list[Line] = []
    for limit, name, reset in zip(shown, names, resets, strict=True):
        tone: Tone = "good"
        if limit.is_near(now):
            tone = "error" if limit.used_percent >= ALL_USED else "warning"
        bar = bar_parts(int(limit.used_percent * bar_cells / 100), bar_cells, tone)
        percent = Part(f" {percent_text(limit.used_percent):>5} ")
        lines.append((Part(padded(name, name_cells + 1)), *bar, percent, Part(reset, _tone(tone))))
    return lines


def _tone(tone: Tone) -> Tone:
    return "muted" if tone == "good" else tone


def _name(limit: OfficialLimit) -> str:
    return clean(f"{SHORT_NAMES.get(limit.tool, limit.tool)} {window_text(limit.window)}") or "-"


def _resets(limit: OfficialLimit, now: datetime, place: ZoneInfo) -> str:
    mark = "! " if limit.is_near(now) else ""
    return f"{mark}{resets_text(limit, now, place) or ''}".rstrip()
