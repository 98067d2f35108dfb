"""One frame as plain text, for `dash --once`: no application, no escape sequences, any width from 40."""

from typing import Any

from tokenmon.core.period import zone
from tokenmon.session import Session
from tokenmon.tui import texts
from tokenmon.tui.chart import bars
from tokenmon.tui.snapshot import Snapshot, read_snapshot
from tokenmon.tui.snapshot import snapshot_json as read_snapshot_json

CHART_HEIGHT = 10
FIXED_CELLS = 10


def snapshot_json(session: Session) -> dict[str, Any]:
    """The object of `dash --once --json`."""
    return read_snapshot_json(session)


def render_frame(session: Session, *, width: int, height: int = 36) -> str:
    """The dashboard's content now, no line wider than `width`; about `height` lines."""
    snapshot = read_snapshot(session)
    head = f"tokenmon   {snapshot.as_of.astimezone(zone(snapshot.timezone)):%Y-%m-%d %H:%M:%S} {snapshot.timezone}"
    if snapshot.is_empty:
        return "\n".join(line[:width] for line in (head, "", *texts.EMPTY_LINES))
    left, right = texts.totals_lines("Today", snapshot.today), texts.totals_lines("This month", snapshot.month)
    lines = [head, "", *texts.columns_text(left, right, width)]
    name_width = max((len(state.platform) for state in snapshot.quotas), default=0)
    lines += [texts.quota_line(state, name_width=name_width) for state in snapshot.quotas]
    lines += ["", _chart(snapshot, width), ""]
    rows = max(5, height - sum(line.count("\n") + 1 for line in lines))
    lines += _calls(snapshot, width, rows)
    return "\n".join(part[:width].rstrip() for line in lines for part in line.split("\n"))


def _chart(snapshot: Snapshot, width: int) -> str:
    labels = [hour.label for hour in snapshot.hours]
    values = [float(hour.cost) for hour in snapshot.hours]
    return bars(labels, values, width=width, height=CHART_HEIGHT, title=texts.chart_title(snapshot))


def _calls(snapshot: Snapshot, width: int, count: int) -> list[str]:
    place = zone(snapshot.timezone)
    rows = [texts.CALL_TITLES, *(texts.call_cells(record, place) for record in snapshot.calls[:count])]
    if width < 70:
        # A narrow terminal gets what matters: when, which model, what it cost.
        rows = [(row[0], row[2], row[5]) for row in rows]
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    model = 1 if width < 70 else 2
    spare = width - sum(widths) - 2 * (len(widths) - 1)
    widths[model] = max(FIXED_CELLS, widths[model] + min(0, spare))
    return [_line(row, widths, numeric=range(2, 3) if width < 70 else range(3, 6)) for row in rows]


def _line(cells: tuple[str, ...], widths: list[int], *, numeric: range) -> str:
    parts = []
    for at, (cell, width) in enumerate(zip(cells, widths, strict=True)):
        text = cell if len(cell) <= width else cell[: width - 1] + "…"
        parts.append(f"{text:>{width}}" if at in numeric else f"{text:<{width}}")
    return "  ".join(parts)
