"""What the overview says beside totals and quotas: the pulse of the last minutes, and the dearest models."""

from datetime import datetime
from decimal import Decimal

from rich.cells import cell_len

from tokenmon.core.period import zone
from tokenmon.core.query import Group
from tokenmon.tui import texts
from tokenmon.tui.drawing.sparkline import Sparkline, draw
from tokenmon.tui.measures import measure_text
from tokenmon.tui.names import name_text
from tokenmon.tui.numbers import DOLLARS, Numbers
from tokenmon.tui.official_texts import official_lines, running
from tokenmon.tui.pace_texts import month_facts, tokens_per_minute
from tokenmon.tui.snapshot import Snapshot
from tokenmon.tui.texts import Line, Marks, Part, padded, totals_lines

NO_MODEL = "(no model)"
BAR = {"blocks": "━", "braille": "━", "ascii": "="}
# A model's name, its bar, its cost, its share: below this the bar gives way, then the share.
ROOM_FOR_BAR, ROOM_FOR_SHARE = 44, 32
LEAST_NAME = 12
ROOM_FOR_LAST_CALL = 100


def pulse_line(found: Snapshot, *, width: int, numbers: Numbers = DOLLARS, marks: Marks = "blocks") -> Line:
    """Tokens a minute now, the last minutes as a sparkline, what the last hour cost, and when the last call was."""
    words = f" tokens a minute{'' if width < 90 else ', last 30 minutes'} "
    pace = numbers.tokens(tokens_per_minute(found))
    last = f"{numbers.money(found.burn)} in the last hour"
    if width >= ROOM_FOR_LAST_CALL and found.calls:
        last += f", last call {_ago(found.as_of, found.calls[0].occurred_at)}"
    spare = width - len(pace) - len(words) - len(last) - 2
    cells = min(len(found.minutes), spare)
    spark: Line = ()
    if cells >= LEAST_NAME:
        values = tuple(Decimal(one.tokens) for one in found.minutes)
        spark = draw(Sparkline(values), width=cells, marks=marks)[0]
    return (Part(pace, "strong"), Part(words, "muted"), *spark, Part(f"  {last}", "muted"))


def _ago(now: datetime, then: datetime) -> str:
    """How long ago, to the minute, since the line is drawn anew each minute and at each call."""
    minutes = max(0, int((now - then).total_seconds() // 60))
    if minutes < 1:
        return "just now"
    if minutes < 120:
        return f"{minutes} min ago"
    return f"{minutes // 60} h ago" if minutes < 48 * 60 else f"{minutes // 1440} days ago"


def today_lines(found: Snapshot, width: int, *, numbers: Numbers = DOLLARS) -> list[Line]:
    """What today came to."""
    return totals_lines(found.today, width=width, numbers=numbers)


def month_lines(found: Snapshot, width: int, *, numbers: Numbers = DOLLARS) -> list[Line]:
    """What this month came to, and where it will end."""
    more = month_facts(found, width=width, numbers=numbers)
    return totals_lines(found.month, width=width, numbers=numbers, more=more)


def quota_lines(found: Snapshot, width: int, *, most: int, numbers: Numbers = DOLLARS) -> list[Line]:
    """A line a quota, and a line an official limit; where all do not fit into `most`, each has its half."""
    place = zone(found.timezone)
    limits = len(running(found.official, found.as_of))
    room = most - min(limits, max(1, most // 2, most - len(found.quotas)))
    quotas = texts.quota_lines(found.quotas, width=width, most=max(1, room), numbers=numbers, rest="key 5")
    left = most - len(quotas)
    return [*quotas, *official_lines(found.official, now=found.as_of, place=place, width=width, most=left)]


def model_lines(
    found: Snapshot, width: int, *, most: int, numbers: Numbers = DOLLARS, marks: Marks = "blocks"
) -> list[Line]:
    """This month's models, the dearest first, each with its share of what was spent; what does not fit is counted.

    A model that only subscriptions call stands with its list-price value, which is no share of anything.
    """
    models, count = found.models, found.model_count
    if most < 1 or not models:
        return []
    shown = models if count <= most else models[: max(1, most - 1)]
    spent = found.month.cost
    dearest = max((one.totals.cost for one in models), default=Decimal(0))
    rows = [_model_row(one, spent, numbers) for one in shown]
    money_cells = max(cell_len(row[1]) for row in rows)
    share_cells = max(len(row[2]) for row in rows) + 1 if width >= ROOM_FOR_SHARE else 0
    bar_cells = width // 4 if width >= ROOM_FOR_BAR and dearest else 0
    name_cells = max(LEAST_NAME, width - money_cells - 1 - share_cells - (bar_cells + 1 if bar_cells else 0))
    lines: list[Line] = []
    for one, (name, money, share) in zip(shown, rows, strict=True):
        filled = int(one.totals.cost * bar_cells / dearest) if dearest else 0
        bar = (Part(" "), Part(BAR[marks] * filled, "series-1"), Part(" " * (bar_cells - filled))) if bar_cells else ()
        amount = Part(" " + padded(money, money_cells, right=True), "plain" if one.totals.cost else "muted")
        lines.append((Part(padded(name, name_cells)), *bar, amount, Part(share.rjust(share_cells), "muted")))
    if len(shown) < count:
        lines.append((Part(f"and {count - len(shown)} more, 3 shows them", "muted"),))
    return lines


def _model_row(one: Group, spent: Decimal, numbers: Numbers) -> tuple[str, str, str]:
    """A model's name, what it cost, and its share of what was spent."""
    name, totals = name_text(dict(one.key)["model"], NO_MODEL), one.totals
    if totals.cost:
        return name, numbers.money(totals.cost), numbers.percent(totals.cost * 100 / spent)
    if totals.subscription_value:
        return name, numbers.money(totals.subscription_value), "value"
    return name, measure_text(totals, "cost", numbers), ""


def narrowed_lines(where: str) -> list[str]:
    """What to do when the filter leaves nothing."""
    return ["No call matches the filter:", f"  {where}", "", "esc clears it, / changes it."]
