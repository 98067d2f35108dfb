"""A table that is drawn from values: any number of rows, columns as wide as what is in them, a cursor on a row.

Apart from Textual's own because that is filled cell by cell, which takes longer than a tick where rows change often.
"""

from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from textual.binding import Binding, BindingType
from textual.events import Click
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tokenmon.tui.texts import Line, Part, fitted, plain
from tokenmon.tui.widgets.panels import part_style

GAP = 2
HEADER = 1
# Less of a name than this says nothing: a column of numbers gives way.
LEAST_NAME = 12


@dataclass(frozen=True, slots=True)
class Column:
    """One column; all but the first give way where there is no room, the last one first."""

    title: str
    is_number: bool = True


@dataclass(frozen=True, slots=True)
class Row:
    """One row: what it is about, its cells, and its exact words for the clipboard."""

    key: str
    cells: tuple[Line, ...]
    copied: str


class RowTable(ScrollView, can_focus=True, inherit_bindings=False):
    """Rows under a line of titles; enter or a click posts `Chosen`."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"rows--cursor"}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", "Row above", show=False, id="row-above"),
        Binding("down", "move(1)", "Row below", show=False, id="row-below"),
        Binding("pageup", "page(-1)", "Page up", show=False, id="rows-page-up"),
        Binding("pagedown", "page(1)", "Page down", show=False, id="rows-page-down"),
        Binding("home", "first", "First row", show=False, id="first-row"),
        Binding("end", "last", "Last row", show=False, id="last-row"),
        Binding("enter", "choose", "Show the calls of the row", show=False, id="choose-row"),
    ]

    cursor: reactive[int] = reactive(0)
    _columns: tuple[Column, ...] = ()
    _rows: tuple[Row, ...] = ()
    _widths: tuple[int, ...] = ()

    class Chosen(Message):
        """A row was chosen."""

        def __init__(self, table: "RowTable", key: str) -> None:
            super().__init__()
            self.table = table
            self.key = key

        @property
        def control(self) -> "RowTable":
            """The table it is in."""
            return self.table

    def show(self, columns: tuple[Column, ...], rows: tuple[Row, ...]) -> None:
        """Draw other rows; the cursor stays on what its row is about, or at the top where it rests."""
        if (columns, rows) == (self._columns, self._rows):
            return
        followed = self.row.key if self.row is not None and self.cursor else None
        self._columns, self._rows = columns, rows
        self._widths = tuple(
            max([cell_len(column.title), *(cell_len(plain(row.cells[at])) for row in rows)])
            for at, column in enumerate(columns)
        )
        self.virtual_size = Size(0, len(rows) + HEADER)
        keys = [row.key for row in rows]
        self.cursor = keys.index(followed) if followed in keys else min(self.cursor, max(0, len(rows) - 1))
        self.refresh()

    @property
    def row(self) -> Row | None:
        """The row under the cursor."""
        return self._rows[self.cursor] if self.cursor < len(self._rows) else None

    def go_to(self, key: str) -> None:
        """Move the cursor to the row of a key, if there is one."""
        self.cursor = next((at for at, row in enumerate(self._rows) if row.key == key), self.cursor)

    @property
    def words(self) -> list[str]:
        """What its rows say, cell by cell."""
        return ["  ".join(plain(cell) for cell in row.cells) for row in self._rows]

    def validate_cursor(self, cursor: int) -> int:
        """The cursor stays on a row."""
        return max(0, min(cursor, len(self._rows) - 1))

    def watch_cursor(self) -> None:
        """The row under the cursor is in sight."""
        shown = self.size.height - HEADER
        top = round(self.scroll_y)
        if self.cursor < top:
            self.scroll_to(y=self.cursor, animate=False)
        elif shown > 0 and self.cursor >= top + shown:
            self.scroll_to(y=self.cursor - shown + 1, animate=False)
        self.refresh()

    def action_move(self, rows: int) -> None:
        """Move the cursor."""
        self.cursor += rows

    def action_page(self, pages: int) -> None:
        """Move the cursor by what is in sight."""
        self.cursor += pages * max(1, self.size.height - HEADER - 1)

    def action_first(self) -> None:
        """Move the cursor to the first row."""
        self.cursor = 0

    def action_last(self) -> None:
        """Move the cursor to the last row."""
        self.cursor = len(self._rows) - 1

    def action_choose(self) -> None:
        """Choose the row under the cursor."""
        if self.row is not None:
            self.post_message(self.Chosen(self, self.row.key))

    def on_click(self, event: Click) -> None:
        """A click chooses the row under it."""
        place = event.get_content_offset(self)
        if place is None:
            return
        at = place.y - HEADER + round(self.scroll_y)
        if place.y >= HEADER and at < len(self._rows):
            self.cursor = at
            self.action_choose()

    def render_line(self, y: int) -> Strip:
        """The titles on top, then the rows in sight."""
        width = self.scrollable_content_region.width
        widths = self._fitting(width)
        base = self.rich_style
        if y < HEADER:
            cells: tuple[Line, ...] = tuple((Part(column.title, "muted"),) for column in self._columns)
        else:
            at = y - HEADER + round(self.scroll_y)
            if at >= len(self._rows):
                return Strip.blank(width, base)
            cells = self._rows[at].cells
            if at == self.cursor:
                base += self.get_component_rich_style("rows--cursor")
        segments = [
            Segment(part.text, base + part_style(self, part)) for part in _laid_out(cells, self._columns, widths)
        ]
        return Strip(segments).adjust_cell_length(width, base)

    def _fitting(self, width: int) -> list[int]:
        """The widths of the columns that have room; the first takes what is left, up to what it needs."""
        widths = list(self._widths)
        while len(widths) > 1 and width - sum(widths[1:]) - GAP * (len(widths) - 1) < min(LEAST_NAME, widths[0]):
            widths.pop()
        if widths:
            widths[0] = min(widths[0], max(1, width - sum(widths[1:]) - GAP * (len(widths) - 1)))
        return widths


def _laid_out(cells: tuple[Line, ...], columns: tuple[Column, ...], widths: list[int]) -> list[Part]:
    parts: list[Part] = []
    for at, width in enumerate(widths):
        if at:
            parts.append(Part(" " * GAP))
        cell = _cut(cells[at], width)
        space = Part(" " * (width - cell_len(plain(cell))))
        parts.extend([space, *cell] if columns[at].is_number else [*cell, space])
    return parts


def _cut(cell: Line, width: int) -> Line:
    """A cell in at most a width; the part that is too long is cut."""
    kept: list[Part] = []
    for part in cell:
        text = fitted(part.text, width)
        kept.append(Part(text, part.tone))
        width -= cell_len(text)
        if width <= 0:
            break
    return tuple(kept)
