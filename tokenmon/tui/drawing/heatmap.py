"""A calendar heatmap: a column a week, a row a weekday, five levels that a sign tells as well as a colour."""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from rich.cells import cell_len

from tokenmon.tui.amounts import Unit, amount_text
from tokenmon.tui.texts import Line, Marks, Part, Tone, joined

# Months, the weekdays, and the key.
HEIGHT = 9
WEEKDAYS = 7
WEEKDAY_NAMES = ("Mon", "", "Wed", "", "Fri", "", "")
NAME_CELLS = 4
SIGNS = {"blocks": "·░▒▓█", "braille": "⠄⠤⠶⠿⣿", "ascii": ".:+*#"}
TONES: tuple[Tone, ...] = ("heat-0", "heat-1", "heat-2", "heat-3", "heat-4")
UNKNOWN = "?"
# The selected day in two cells, and in one.
SELECTED = {"blocks": ("[]", "◆"), "braille": ("[]", "◆"), "ascii": ("[]", "@")}


@dataclass(frozen=True, slots=True)
class Heatmap:
    """Amounts of the days from `first` to `last`; a day that is missing had none, None is unknown."""

    days: Mapping[date, Decimal | None]
    first: date
    last: date
    today: date
    unit: Unit = "usd"

    @property
    def end(self) -> date:
        """The last day that can have an amount."""
        return min(self.last, self.today)

    @property
    def borders(self) -> tuple[Decimal, ...]:
        """The least amounts of the four levels above none: quarters of the days that have one."""
        known = sorted(value for day, value in self.days.items() if value and self.first <= day <= self.end)
        return tuple(known[len(known) * quarter // 4] for quarter in range(4)) if known else ()


@dataclass(frozen=True, slots=True)
class _Grid:
    """Where days lie: the Monday of the first column, how many columns, and how many cells each."""

    monday: date
    weeks: int
    cells: int

    def day(self, week: int, weekday: int) -> date:
        return self.monday + timedelta(week * WEEKDAYS + weekday)


def draw(
    heatmap: Heatmap,
    *,
    width: int,
    height: int = HEIGHT,
    selected: date | None = None,
    marks: Marks = "blocks",
    amount: Callable[[Decimal], str] | None = None,
) -> list[Line]:
    """The newest weeks that fit, with months above, weekdays at the left and the key below."""
    grid = _grid(heatmap, width)
    if grid is None:
        return []
    borders = heatmap.borders
    lines: list[Line] = [(Part(" " * NAME_CELLS + _months(heatmap, grid), "muted"),)]
    for weekday in range(WEEKDAYS):
        cells = [_cell(heatmap, grid.day(week, weekday), borders, selected, marks, grid) for week in range(grid.weeks)]
        lines.append((Part(WEEKDAY_NAMES[weekday].ljust(NAME_CELLS), "muted"), *joined(cells)))
    name = amount or (lambda value: amount_text(value, heatmap.unit))
    lines.append(_key(heatmap, borders, width, marks, name, selected))
    return lines[:height]


def day_at(heatmap: Heatmap, x: int, y: int, *, width: int) -> date | None:
    """The day under a cell of the drawing of that width; None beside the days."""
    grid = _grid(heatmap, width)
    if grid is None or x < NAME_CELLS or not 1 <= y <= WEEKDAYS:
        return None
    week = (x - NAME_CELLS) // grid.cells
    day = grid.day(week, y - 1)
    return day if week < grid.weeks and heatmap.first <= day <= heatmap.end else None


def first_day(heatmap: Heatmap, *, width: int) -> date:
    """The first day that is drawn at a width."""
    grid = _grid(heatmap, width)
    return heatmap.first if grid is None else max(heatmap.first, grid.monday)


def _grid(heatmap: Heatmap, width: int) -> _Grid | None:
    room = width - NAME_CELLS
    if room < 1 or heatmap.end < heatmap.first:
        return None
    monday = heatmap.first - timedelta(heatmap.first.weekday())
    weeks = (heatmap.end - monday).days // WEEKDAYS + 1
    cells = 2 if weeks * 2 <= room else 1
    shown = min(weeks, room // cells)
    return _Grid(monday + timedelta((weeks - shown) * WEEKDAYS), shown, cells)


def _months(heatmap: Heatmap, grid: _Grid) -> str:
    """Each month's name above the week that holds its first day."""
    row = ""
    for column, name in _month_names(heatmap, grid):
        if column >= len(row) + (1 if row else 0) and column + len(name) <= grid.weeks * grid.cells:
            row = row.ljust(column) + name
    return row


def _month_names(heatmap: Heatmap, grid: _Grid) -> Iterator[tuple[int, str]]:
    turns = [
        (week, grid.day(week, WEEKDAYS - 1))
        for week in range(grid.weeks)
        if grid.day(week, WEEKDAYS - 1).day <= WEEKDAYS and grid.day(week, WEEKDAYS - 1).replace(day=1) <= heatmap.end
    ]
    if not turns or turns[0][0] * grid.cells > len("Nov"):
        yield 0, f"{max(grid.monday, heatmap.first):%b}"
    for week, day in turns:
        yield week * grid.cells, f"{day:%b}"


def _cell(
    heatmap: Heatmap, day: date, borders: tuple[Decimal, ...], selected: date | None, marks: Marks, grid: _Grid
) -> Part:
    if not heatmap.first <= day <= heatmap.end:
        return Part(" " * grid.cells)
    if day == selected:
        return Part(SELECTED[marks][0 if grid.cells == 2 else 1], "strong")
    value = heatmap.days.get(day, Decimal(0))
    if value is None:
        return Part(UNKNOWN.ljust(grid.cells), "muted")
    level = bisect_right(borders, value) if value > 0 else 0
    # An empty day is a point, not a pair.
    sign = SIGNS[marks][level].ljust(grid.cells) if level == 0 else SIGNS[marks][level] * grid.cells
    return Part(sign, TONES[level])


def _key(
    heatmap: Heatmap,
    borders: tuple[Decimal, ...],
    width: int,
    marks: Marks,
    name: Callable[[Decimal], str],
    selected: date | None,
) -> Line:
    """The signs from less to more with the least amount of each, and the selected day; what does not fit goes."""
    signs = [Part(sign, tone) for sign, tone in zip(SIGNS[marks], TONES, strict=True)]
    less, more = Part("less ", "muted"), Part("more", "muted")
    plain_key = (less, *(part for sign in signs for part in (sign, Part(" "))), more)
    told = [Part(f" {name(border)}  ", "muted") for border in borders]
    full_key = (
        less,
        signs[0],
        Part("  "),
        *(part for pair in zip(signs[1:], told, strict=False) for part in pair),
        more,
    )
    day = (
        ()
        if selected is None
        else (Part(f"  {selected:%a} {selected.day} {selected:%b %Y}"), *_told(heatmap, selected, name))
    )
    for key in ((*full_key, *day) if borders else (*plain_key, *day), (*plain_key, *day), day, plain_key):
        line = (Part(" " * NAME_CELLS), *key)
        if key and sum(cell_len(part.text) for part in line) <= width:
            return line
    return ()


def _told(heatmap: Heatmap, day: date, name: Callable[[Decimal], str]) -> Line:
    value = heatmap.days.get(day, Decimal(0))
    return (Part("  unknown", "muted"),) if value is None else (Part(f"  {name(value)}", "strong"),)
