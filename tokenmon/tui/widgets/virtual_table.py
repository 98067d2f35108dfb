"""A table over any number of rows, of which only those in sight are ever asked for, and drawn once each.

Apart from `list_table.py`, whose rows are all there: here a row may be elsewhere until somebody has fetched it. The
table says which rows it lacks, draws a shadow in their place, and never waits.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol

from rich.segment import Segment
from rich.style import Style
from textual.binding import BindingType
from textual.events import Click, Resize
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tokenmon.tui.table_columns import Column, sort_at, title_part
from tokenmon.tui.texts import Part, Tone, padded
from tokenmon.tui.widgets.row_keys import ROW_KEYS
from tokenmon.tui.widgets.tones import tone_style

TITLES = 1
# Drawn rows that are kept: what a few screenfuls need.
MAX_DRAWN = 2000
# How many different shadows there are.
SHADOWS = 9


@dataclass(frozen=True, slots=True)
class Look:
    """The columns, the cells between them, and the order that the titles tell."""

    columns: tuple[Column, ...] = ()
    gap: int = 2
    sort: str = ""
    is_descending: bool = True


class Rows(Protocol):
    """What the table shows, by row number from 0."""

    @property
    def count(self) -> int:
        """How many rows there are."""

    def key(self, row: int) -> Hashable | None:
        """What decides the texts of a row, such as the value behind it; None while it is not there yet."""

    def cells(self, row: int, columns: Sequence[Column]) -> tuple[Part, ...]:
        """The texts of a row that is there; the same for an equal key until `forget` is called."""


class NoRows:
    """The rows of a table that was shown none."""

    count = 0

    def key(self, row: int) -> Hashable | None:
        """No row is there."""
        return None

    def cells(self, row: int, columns: Sequence[Column]) -> tuple[Part, ...]:
        """No row has texts."""
        return ()


class VirtualTable(ScrollView, can_focus=True, inherit_bindings=False):
    """The table; it posts what it lacks and what is clicked, the screen decides what that means."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"virtual-table--titles", "virtual-table--cursor"}
    BINDINGS: ClassVar[list[BindingType]] = ROW_KEYS
    marks: reactive[str] = reactive("blocks")

    class Lacks(Message):
        """Rows in sight or next to it are not there: those from `first` to before `after`."""

        def __init__(self, first: int, after: int) -> None:
            super().__init__()
            self.first, self.after = first, after

    class Moved(Message):
        """The cursor was moved."""

    class Chosen(Message):
        """The row under the cursor was clicked."""

    class TitleClicked(Message):
        """A column's title was clicked; `sort` is what it sorts by."""

        def __init__(self, sort: str) -> None:
            super().__init__()
            self.sort = sort

    class RoomChanged(Message):
        """There is more room for columns, or less."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._rows: Rows = NoRows()
        self._look = Look()
        self._cursor = 0
        self._drawn: dict[Hashable, Strip] = {}
        self._bases: dict[str, _Base] = {}
        self._known_room = 0

    def on_mount(self) -> None:
        """Follow the theme: drawn rows carry its colours."""
        self.app.theme_changed_signal.subscribe(self, lambda _: self.forget())

    # What is shown

    def show_rows(self, rows: Rows, look: Look, *, cursor: int, top: int) -> None:
        """Draw other rows, with the cursor on one of them and another at the top, which may be out of its sight."""
        if look != self._look:
            self._look = look
            self._drawn.clear()
        self._rows = rows
        self._cursor = max(0, min(cursor, rows.count - 1))
        self._measure()
        if top != self.top:
            self.scroll_to(y=top, animate=False)
        self.refresh()
        self._ask()

    def forget(self) -> None:
        """Draw everything anew: the way to write rows, or their colours, have changed."""
        self._drawn.clear()
        self.refresh()

    def arrived(self) -> None:
        """Draw rows that have come, and ask for those that are still lacking."""
        self.refresh()
        self._ask()

    @property
    def cursor(self) -> int:
        """The number of the row under the cursor."""
        return self._cursor

    @property
    def top(self) -> int:
        """The number of the first row in sight."""
        return self.scroll_offset.y

    @property
    def lines(self) -> int:
        """How many rows are in sight."""
        return max(1, self.scrollable_content_region.height - TITLES)

    @property
    def room(self) -> int:
        """The cells for columns."""
        return max(1, self.scrollable_content_region.width)

    # Moving

    def action_move(self, steps: int) -> None:
        """Move the cursor by rows."""
        self.go(self._cursor + steps)

    def action_page(self, pages: int) -> None:
        """Move the cursor by what is in sight."""
        self.scroll_to(y=self.top + pages * max(1, self.lines - 1), animate=False)
        self.go(self._cursor + pages * max(1, self.lines - 1))

    def action_edge(self, end: int) -> None:
        """Move the cursor to the first row or the last."""
        self.scroll_to(y=self._rows.count if end else 0, animate=False)
        self.go(self._rows.count - 1 if end else 0)

    def go(self, row: int) -> None:
        """Put the cursor on a row, in sight."""
        if self._rows.count:
            self._cursor = max(0, min(row, self._rows.count - 1))
            self._keep_in_sight()
            self.refresh()
            self.post_message(self.Moved())

    def on_click(self, event: Click) -> None:
        """A title sorts; a row gets the cursor, and is chosen if it had it."""
        at = event.get_content_offset(self)
        if at is None:
            return
        row = self.top + at.y - TITLES
        if at.y < TITLES:
            sort = sort_at(self._look.columns, at.x, gap=self._look.gap)
            if sort:
                self.post_message(self.TitleClicked(sort))
        elif at.y <= self.lines and row < self._rows.count:
            had_it = row == self._cursor
            self.go(row)
            if had_it:
                self.post_message(self.Chosen())

    def on_resize(self, _: Resize) -> None:
        """The cursor stays in sight; columns may be others."""
        self._measure()
        self._keep_in_sight()
        self._ask()
        if self.room != self._known_room:
            self._known_room = self.room
            self._drawn.clear()
            self.post_message(self.RoomChanged())

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Other rows come into sight."""
        super().watch_scroll_y(old_value, new_value)
        self._ask()

    def _ask(self) -> None:
        """Tell which rows are lacking, a screenful around those in sight included."""
        first = max(0, self.top - self.lines)
        after = min(self._rows.count, self.top + 2 * self.lines)
        # Pages are fetched whole, so looking at the edges and at what is in sight is enough.
        seen = {first, *range(self.top, min(after, self.top + self.lines)), after - 1}
        if first < after and any(self._rows.key(row) is None for row in seen):
            self.post_message(self.Lacks(first, after))

    def _measure(self) -> None:
        self.virtual_size = Size(0, self._rows.count + TITLES)

    def _keep_in_sight(self) -> None:
        if self._cursor < self.top:
            self.scroll_to(y=self._cursor, animate=False)
        elif self._cursor >= self.top + self.lines:
            self.scroll_to(y=self._cursor - self.lines + 1, animate=False)

    # Drawing

    def render_lines(self, crop: Region) -> list[Strip]:
        """Lines of the widget; the styles are looked up once for all of them."""
        self._bases = {}
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        """A line of the widget: the titles, a row, or nothing."""
        if y < TITLES:
            return self._strip(self._titles(), "virtual-table--titles")
        row = self.top + y - TITLES
        if row >= self._rows.count or not self._look.columns:
            return Strip.blank(self.size.width, self._base("").style)
        key = self._rows.key(row)
        if row == self._cursor:
            # Its colours change with the focus, so it is not kept.
            cells = self._shadow(row) if key is None else self._rows.cells(row, self._look.columns)
            return self._strip(cells, "virtual-table--cursor")
        drawn = (VirtualTable, row % SHADOWS) if key is None else key
        strip = self._drawn.get(drawn)
        if strip is None:
            strip = self._strip(self._shadow(row) if key is None else self._rows.cells(row, self._look.columns), "")
            if len(self._drawn) >= MAX_DRAWN:
                self._drawn.clear()
            self._drawn[drawn] = strip
        return strip

    def _shadow(self, row: int) -> list[Part]:
        """What stands in the place of a row that is not there yet."""
        return [
            Part("·" * min(one.width, 1 + (row * 7 + at * 5) % SHADOWS), "muted")
            for at, one in enumerate(self._look.columns)
        ]

    def _base(self, name: str) -> "_Base":
        """The styles of a kind of line, ordinary rows where it has no name."""
        if name not in self._bases:
            self._bases[name] = _Base(self.get_component_rich_style(name) if name else self.rich_style)
        return self._bases[name]

    def _titles(self) -> list[Part]:
        look = self._look
        return [title_part(one, look.sort, is_descending=look.is_descending, marks=self.marks) for one in look.columns]

    def _strip(self, cells: Sequence[Part], name: str) -> Strip:
        base, gap = self._base(name), " " * self._look.gap
        segments: list[Segment] = []
        length = 0
        for column, part in zip(self._look.columns, cells, strict=True):
            style = base.toned.get(part.tone)
            if style is None:
                style = base.toned[part.tone] = base.style + tone_style(self, part.tone)
            segments.append(Segment(padded(part.text, column.width, right=column.is_number) + gap, style))
            length += column.width + len(gap)
        return Strip(segments, length).adjust_cell_length(self.size.width, base.style)


class _Base:
    """The style of a kind of line, and with each tone in it."""

    def __init__(self, style: Style) -> None:
        self.style = style
        self.toned: dict[Tone, Style] = {}
