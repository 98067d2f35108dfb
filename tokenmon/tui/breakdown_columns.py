"""The breakdown's columns and cells, and the same values in full for export and copy."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from tokenmon.core.query import Totals
from tokenmon.core.record_json import totals_json
from tokenmon.tui.bars import bar_text
from tokenmon.tui.breakdown_view import CHANGE, NAME, Row, View, cached_share, has_list_value, leaves
from tokenmon.tui.dimensions import TITLES, value_text
from tokenmon.tui.measures import (
    MEASURE_TITLES,
    MEASURES,
    Measure,
    change,
    change_text,
    measure_text,
    measured,
    share,
)
from tokenmon.tui.numbers import Numbers
from tokenmon.tui.reading.breakdown import BreakdownSnapshot
from tokenmon.tui.sheet import Cell, Sheet
from tokenmon.tui.table_columns import Column, Stretch, fitting
from tokenmon.tui.texts import Line, Marks, Part, Tone

# A model's name with its date, behind the mark of unfolding.
NAME_CELLS, NARROW_NAME_CELLS, MOST_NAME_CELLS = 26, 12, 44
NARROW = 60
BAR_CELLS, MOST_BAR_CELLS = 8, 24
FOLDED, UNFOLDED = ("▸ ", "▾ "), ("+ ", "- ")
# What is shown first where there is not room for all; the name and the measure always are.
IMPORTANCE = (
    "value",
    "share",
    CHANGE,
    "cost",
    "requests",
    "bar",
    "errors",
    "tokens",
    "cached",
    "input output",
    "unpriced",
)
# From this share of failed calls on it is trouble.
TROUBLE_PERCENT = 5
SHEET_SUMS = (
    "requests", "input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens",
    "reasoning_output_tokens", "unpriced_requests", "estimated_requests", "error_requests",
)  # fmt: skip
SHEET_MEASURES = {"cost": "cost_usd", "value": "subscription_value_usd", "tokens": "total_tokens",
                  "requests": "requests", "errors": "error_requests"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Drawing:
    """How a snapshot's rows are drawn: the columns, and what each cell needs to know of the whole."""

    found: BreakdownSnapshot
    measure: Measure
    columns: tuple[Column, ...]
    numbers: Numbers
    marks: Marks
    largest: Decimal | None

    def cells(self, row: Row) -> tuple[Line, ...]:
        """A row's cells."""
        return tuple(self._cell(column, row) for column in self.columns)

    def totals(self) -> tuple[Line, ...]:
        """The cells of the sums."""
        texts = {NAME: "  Total", "share": "", "bar": "", CHANGE: self._change(self.found.totals, self.found.before)}
        return tuple(
            (Part(texts[one.key] if one.key in texts else self._number(one.key, self.found.totals).text),)
            for one in self.columns
        )

    def _cell(self, column: Column, row: Row) -> Line:
        if column.key == NAME:
            return (self._name(row),)
        if row.share.now is None:
            return (Part("gone" if column.key == CHANGE else "", "muted"),)
        if column.key == "bar":
            amount = measured(row.now, self.measure)
            return (Part(bar_text(amount, self.largest, cells=column.width, marks=self.marks), _bar_tone(row)),)
        if column.key == "share":
            part = share(row.now, self.found.totals, self.measure)
            return (Part("-", "muted") if part is None else Part(self.numbers.percent(part)),)
        if column.key == CHANGE:
            text = self._change(row.now, row.share.before)
            return (Part(text, "muted" if text == "-" else "plain"),)
        found = self._number(column.key, row.now)
        return (Part(found.text, "muted") if row.depth and found.tone == "plain" else found,)

    def _name(self, row: Row) -> Part:
        name = value_text(row.share.key[-1])
        tone: Tone = "muted" if row.share.key[-1] is None or row.share.now is None else "plain"
        if row.depth:
            return Part("    " + name, tone)
        if not row.share.parts:
            return Part("  " + name, tone)
        marks = UNFOLDED if self.marks == "ascii" else FOLDED
        return Part(marks[1 if row.is_open else 0] + name, tone)

    def _change(self, now: Totals, before: Totals | None) -> str:
        return change_text(change(now, before, self.measure), self.numbers)

    def _number(self, key: str, totals: Totals) -> Part:
        numbers = self.numbers
        if key == "errors":
            return errors_part(totals, numbers)
        if key in ("value", "unpriced"):
            amount = totals.subscription_value if key == "value" else totals.unpriced_requests
            text = numbers.money(Decimal(amount)) if key == "value" else numbers.count(int(amount))
            return Part(text) if amount else Part("-", "muted")
        if key in ("input", "output"):
            return Part(numbers.tokens(totals.input_tokens if key == "input" else totals.output_tokens))
        if key == "cached":
            cached = cached_share(totals)
            return Part("-", "muted") if cached is None else Part(numbers.percent(cached))
        return _measure_part(key, totals, numbers)


def errors_part(totals: Totals, numbers: Numbers) -> Part:
    """How many calls failed; with a sign where it is trouble."""
    count = totals.error_requests
    if not count:
        return Part("-", "muted")
    is_trouble = count * 100 >= totals.requests * TROUBLE_PERCENT
    return Part(f"! {numbers.count(count)}", "error") if is_trouble else Part(numbers.count(count))


def _measure_part(key: str, totals: Totals, numbers: Numbers) -> Part:
    measure = next(one for one in MEASURES if one == key)
    amount = measured(totals, measure)
    if measure == "cost" and not amount and totals.subscription_value:
        # Nothing was to be paid for these calls; $0.00 would say that they were free.
        return Part("-", "muted")
    return Part(measure_text(totals, measure, numbers), "muted" if amount is None else "plain")


def _bar_tone(row: Row) -> Tone:
    return "muted" if row.depth else "series-1"


def drawing(found: BreakdownSnapshot, view: View, *, room: int, numbers: Numbers, marks: Marks) -> Drawing:
    """The drawing of a snapshot in a room of so many cells."""
    measure = view.counted(found)
    amounts = [measured(one.now, measure) for one in found.shares if one.now is not None]
    largest = max((amount for amount in amounts if amount is not None), default=None)
    columns = _columns(found, measure, room=room, numbers=numbers)
    return Drawing(found, measure, columns, numbers, marks, largest)


def _columns(found: BreakdownSnapshot, measure: Measure, *, room: int, numbers: Numbers) -> tuple[Column, ...]:
    money = _money_cells(found, numbers)
    tokens, percent = numbers.token_cells + 1, 8 if numbers.is_exact else 5
    name = NARROW_NAME_CELLS if room < NARROW else NAME_CELLS
    sums = {
        "cost": Column("cost", "Cost", money, True, "cost"),
        "value": Column("value", MEASURE_TITLES["value"], max(money, 11), True, "value"),
        "requests": Column("requests", "Calls", 7, True, "requests"),
        "tokens": Column("tokens", "Tokens", max(tokens, 7), True, "tokens"),
        "errors": Column("errors", "Errors", 8, True, "errors"),
    }
    others = [one for key, one in sums.items() if key != measure and (key != "value" or has_list_value(found))]
    behind = ("tokens", "errors")
    wide = [
        Column(NAME, TITLES[found.first], name, sort=NAME),
        Column("bar", "", BAR_CELLS),
        Column("share", "Share", percent, True),
        sums[measure],
        *[one for one in others if one.key not in behind],
        *[one for one in others if one.key == "tokens"],
        Column("input", "In", tokens, True, "input"),
        Column("output", "Out", tokens, True, "output"),
        Column("cached", "Cached", 7, True, "cached"),
        *[one for one in others if one.key == "errors"],
        Column("unpriced", "Unpriced", 9, True, "unpriced"),
        *([Column(CHANGE, "Change", 10 if numbers.is_exact else 7, True, CHANGE)] if found.has_before else []),
    ]
    return fitting(
        wide,
        room=room,
        importance=[one for one in IMPORTANCE if one != measure],
        stretches=(Stretch(NAME, MOST_NAME_CELLS), Stretch("bar", MOST_BAR_CELLS)),
    )


def _money_cells(found: BreakdownSnapshot, numbers: Numbers) -> int:
    """What a column of money needs: room for thousands, more only for an amount that needs it."""
    amounts = [found.totals.cost, found.totals.subscription_value]
    if numbers.is_exact:
        amounts += [one.now.cost for one in found.shares if one.now is not None]
    return max(numbers.money_cells, *(len(numbers.money(amount)) for amount in amounts))


def sheet(found: BreakdownSnapshot, view: View) -> Sheet:
    """The rows in full, which add up to the totals: by both dimensions where anything is unfolded."""
    measure = view.counted(found)
    shown = leaves(found, view)
    depth = max((len(row.share.key) for row in shown), default=1)
    names = [found.first, found.second or ""][:depth]
    past = f"previous_{SHEET_MEASURES[measure]}"
    sums = (*SHEET_SUMS, "cost_usd", "subscription_value_usd")
    return Sheet(
        (*names, *sums, "share_percent", past, "change_percent"),
        tuple((*row.share.key, *_sums(row.now, sums), *_compared(row, found, measure)) for row in shown),
    )


def _sums(totals: Totals, names: Sequence[str]) -> list[Cell]:
    exact = totals_json(totals)
    money: dict[str, Cell] = {
        "cost_usd": measured(totals, "cost"),
        "subscription_value_usd": totals.subscription_value,
    }
    return [money[name] if name in money else exact[name] for name in names]


def _compared(row: Row, found: BreakdownSnapshot, measure: Measure) -> list[Cell]:
    before = None if row.share.before is None else measured(row.share.before, measure)
    moved = change(row.share.now, row.share.before, measure)
    return [
        _two_digits(share(row.now, found.totals, measure)),
        before,
        _two_digits(moved) if isinstance(moved, Decimal) else None,
    ]


def _two_digits(found: Decimal | None) -> Decimal | None:
    return None if found is None else round(found, 2)


def copied(drawn: Drawing, row: Row) -> str:
    """A row's exact values, between tabs, in the order of its columns."""
    exact = Drawing(drawn.found, drawn.measure, drawn.columns, drawn.numbers.exact(), drawn.marks, drawn.largest)
    shown = [
        (column, line) for column, line in zip(drawn.columns, exact.cells(row), strict=True) if column.key != "bar"
    ]
    values = [" / ".join(map(value_text, row.share.key))]
    values += ["".join(part.text for part in line) for column, line in shown if column.key != NAME]
    return "\t".join(values)
