"""One frame as plain text, for `dash --once`: no application, no escape sequences, any width from 40."""

import sys
from typing import Any
from zoneinfo import ZoneInfo

from tokenmon.analytics.quotas import quota_json
from tokenmon.core.official_limit import limit_json
from tokenmon.core.period import zone
from tokenmon.core.query import Totals
from tokenmon.core.record import UsageRecord
from tokenmon.core.record_json import period_json, record_json, time_text, totals_json
from tokenmon.session import Session
from tokenmon.tui import texts
from tokenmon.tui.asking import Asking
from tokenmon.tui.columns import call_columns
from tokenmon.tui.hour_chart import chart_lines, chart_title
from tokenmon.tui.official_texts import official_lines
from tokenmon.tui.snapshot import Snapshot, read_snapshot, with_period
from tokenmon.tui.table_columns import GAP, Column

CALLS_IN_JSON = 10
# Two periods side by side need this much.
TWO_COLUMNS = 70
QUOTAS = 6
CHART_ROWS = (5, 14)
FEWEST_CALLS = 3
# Cell for cell, for a terminal that cannot show more.
ASCII = str.maketrans("━─│┤└┬…", "=-|+++.") | str.maketrans(dict.fromkeys("▁▂▃▄▅▆▇█", "#"))


def snapshot_json(session: Session, *, period: str | None = None) -> dict[str, Any]:
    """The object of `dash --once --json`; with a period, its sums and its calls."""
    found = _snapshot(session, period)
    named = {} if found.named is None else {
        "period": {**period_json(found.named.period), "totals": totals_json(found.named.totals)}
    }  # fmt: skip
    return {
        "as_of": time_text(found.as_of),
        "today": totals_json(found.today),
        "month": totals_json(found.month),
        **named,
        "quotas": [quota_json(state) for state in found.quotas],
        "official_limits": [limit_json(one, found.as_of) for one in found.official],
        "calls": [record_json(record) for record in found.calls[:CALLS_IN_JSON]],
    }


def render_frame(session: Session, *, width: int, height: int = 24, period: str | None = None) -> str:
    """The dashboard now: no line wider than `width`, about `height` lines (calls fill what is left).

    A period takes the place of the month, and the calls are its own.
    """
    snapshot = _snapshot(session, period)
    lines = [_head(snapshot, width), ""]
    if snapshot.is_empty:
        lines += texts.empty_lines(snapshot.platforms)
    else:
        lines += _totals(snapshot, width)
        lines += map(texts.plain, texts.quota_lines(snapshot.quotas, width=width, most=QUOTAS))
        place = zone(snapshot.timezone)
        official = official_lines(snapshot.official, now=snapshot.as_of, place=place, width=width, most=QUOTAS)
        lines += map(texts.plain, official)
        lines += ["", chart_title(snapshot.hours)]
        rows = max(CHART_ROWS[0], min(CHART_ROWS[1], height // 4))
        lines += map(texts.plain, chart_lines(snapshot.hours, width=width, height=rows))
        lines.append("")
        lines += _calls(snapshot, width, max(FEWEST_CALLS, height - len(lines) - 1))
    return _encodable("\n".join(texts.fitted(line.rstrip(), width) for line in lines))


def _snapshot(session: Session, period: str | None) -> Snapshot:
    snapshot = read_snapshot(Asking(session.store, session.settings, session.now()))
    return snapshot if period is None else with_period(snapshot, session.store, period)


def _head(snapshot: Snapshot, width: int) -> str:
    clock = f"{snapshot.as_of.astimezone(zone(snapshot.timezone)):%Y-%m-%d %H:%M:%S %Z}"
    return "tokenmon" + clock.rjust(width - len("tokenmon"))


def _totals(snapshot: Snapshot, width: int) -> list[str]:
    """Both periods, side by side where they fit."""
    room = width // 2 - GAP if width >= TWO_COLUMNS else width
    today, month = (
        [title, *map(texts.plain, texts.totals_lines(totals, width=room))]
        for title, totals in (("Today", snapshot.today), _second(snapshot))
    )
    if width < TWO_COLUMNS:
        return [*today, *month]
    rows = max(len(today), len(month))
    today += [""] * (rows - len(today))
    month += [""] * (rows - len(month))
    return [texts.padded(one, room + GAP) + texts.fitted(other, room) for one, other in zip(today, month, strict=True)]


def _second(snapshot: Snapshot) -> tuple[str, Totals]:
    named = snapshot.named
    return ("This month", snapshot.month) if named is None else (f"Period {named.word}", named.totals)


def _calls(snapshot: Snapshot, width: int, count: int) -> list[str]:
    columns, place = call_columns(width), zone(snapshot.timezone)
    titles = {column.key: column.title for column in columns}
    return [_row(titles, columns), *(_call(record, columns, place) for record in snapshot.calls[:count])]


def _call(record: UsageRecord, columns: tuple[Column, ...], place: ZoneInfo) -> str:
    return _row({key: part.text for key, part in texts.call_parts(record, place).items()}, columns)


def _row(cells: dict[str, str], columns: tuple[Column, ...]) -> str:
    return (" " * GAP).join(texts.padded(cells[column.key], column.width, right=column.is_number) for column in columns)


def _encodable(frame: str) -> str:
    """The frame in characters that stdout can take."""
    try:
        frame.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        return frame.translate(ASCII).encode("ascii", "replace").decode()
    return frame
