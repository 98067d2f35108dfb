"""A list of any length with a line of titles above and a line of sums below, both always in sight.

Only the lines in sight are ever formatted, so that a list of thousands costs what a screenful costs; the cursor belongs
to a row's key, not to its place, and so stays where its reader put it when rows come, go or change places.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.binding import BindingType
from textual.cache import LRUCache
from textual.events import Click, Resize
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tokenmon.tui.table_columns import GAP, Column, sort_at, title_part
from tokenmon.tui.texts import Line, fitted, padded, plain
from tokenmon.tui.widgets.row_keys import ROW_KEYS
from tokenmon.tui.widgets.tones import tone_style

Key = tuple[str | None, ...]
# What a click on the mark before a row's name may miss by.
MARK_CELLS = 2
# Lines that are kept as they were drawn: more than any terminal shows.
KEPT_LINES = 300


@dataclass(frozen=True, slots=True)
class Grid:
    """The columns of a list; `cells` gives a row's lines, one a column, `totals` are those of the sums, if any."""

    columns: tuple[Column, ...]
    cells: Callable[[int], tuple[Line, ...]]
    totals: tuple[Line, ...] = ()


@dataclass(frozen=True, slots=True)
class Listing:
    """What a list shows: the keys of its rows, and its grid in a room of so many cells."""

    keys: tuple[Key, ...]
    grid: Callable[[int], Grid]
    sort: str = ""
    is_descending: bool = True


EMPTY = Grid((), lambda _: ())
NOTHING = Listing((), lambda _: EMPTY)


class ListTable(ScrollView, can_focus=True, inherit_bindings=False):
    """The list; it posts what is clicked, the screen decides what that means."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "list-table--row", "list-table--titles", "list-table--cursor", "list-table--totals",
    }  # fmt: skip
    BINDINGS: ClassVar[list[BindingType]] = ROW_KEYS
    marks: reactive[str] = reactive("blocks")
    _listing: Listing = NOTHING
    _cursor = 0
    # What the cursor was moved to; it follows nothing until somebody moves it.
    _followed: Key | None = None
    # The grid in the room that there was when it was last asked for.
    _grid: tuple[int, Grid] = (0, EMPTY)
    # The columns and the width that the kept lines were drawn in.
    _drawn_in: tuple[tuple[Column, ...], int] = ((), 0)

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        # Rows that only change places, as calls do when others come above them, are not drawn again.
        self._drawn: LRUCache[tuple[tuple[Line, ...], Style], Strip] = LRUCache(KEPT_LINES)

    class Chosen(Message):
        """The row under the cursor was clicked."""

        def __init__(self, key: Key) -> None:
            super().__init__()
            self.key = key

    class MarkClicked(Message):
        """The mark before a row's name was clicked."""

        def __init__(self, key: Key) -> None:
            super().__init__()
            self.key = key

    class TitleClicked(Message):
        """A column's title was clicked; `sort` is what it sorts by."""

        def __init__(self, sort: str) -> None:
            super().__init__()
            self.sort = sort

    class Moved(Message):
        """The cursor stands on another row."""

        def __init__(self, key: Key) -> None:
            super().__init__()
            self.key = key

    def show(self, listing: Listing) -> None:
        """Draw another list; the cursor stays on its row, as far from the top as it stood."""
        keys = listing.keys
        before = self._cursor
        self._listing, self._grid = listing, (0, EMPTY)
        if self._followed is not None and self._followed in keys:
            self._cursor = keys.index(self._followed)
        else:
            self._cursor = max(0, min(self._cursor, len(keys) - 1))
        self._measure()
        if self._cursor != before and self._followed is not None:
            self.scroll_to(y=self.scroll_offset.y + self._cursor - before, animate=False)
        self._keep_in_sight()
        self.refresh()

    @property
    def cursor_key(self) -> Key | None:
        """The key of the row under the cursor; None on an empty list."""
        keys = self._listing.keys
        return keys[self._cursor] if self._cursor < len(keys) else None

    @property
    def keys(self) -> tuple[Key, ...]:
        """The keys of the rows, in their order."""
        return self._listing.keys

    @property
    def grid(self) -> Grid:
        """The list in the room that it has; the scrollbar's is always kept free."""
        room = self.scrollable_content_region.width
        if self._grid[0] != room:
            self._grid = room, self._listing.grid(room)
        return self._grid[1]

    def row_text(self, key: Key) -> str:
        """The words of a row, as they are shown."""
        return "  ".join(plain(line) for line in self.grid.cells(self._listing.keys.index(key)))

    def follow(self, key: Key) -> None:
        """Put the cursor on a row, if it is there."""
        if key in self._listing.keys:
            self._go(self._listing.keys.index(key))

    def forget(self) -> None:
        """Put the cursor on the first row: the list is about something else now."""
        self._followed, self._cursor = None, 0
        self.scroll_to(y=0, animate=False)

    # Moving

    def action_move(self, steps: int) -> None:
        """Move the cursor by rows."""
        self._go(self._cursor + steps)

    def action_page(self, pages: int) -> None:
        """Move the cursor by what is in sight."""
        self._go(self._cursor + pages * max(1, self._lines - 1))

    def action_edge(self, end: int) -> None:
        """Move the cursor to the first row or the last."""
        self._go(len(self._listing.keys) - 1 if end else 0)

    def _go(self, row: int) -> None:
        keys = self._listing.keys
        if not keys:
            return
        self._cursor = max(0, min(row, len(keys) - 1))
        self._followed = keys[self._cursor]
        self._keep_in_sight()
        self.refresh()
        self.post_message(self.Moved(self._followed))

    def on_click(self, event: Click) -> None:
        """A title sorts; a row gets the cursor, and is chosen if it had it."""
        at = event.get_content_offset(self)
        if at is None:
            return
        row = self.scroll_offset.y + at.y - 1
        if at.y == 0:
            sort = sort_at(self.grid.columns, at.x)
            if sort:
                self.post_message(self.TitleClicked(sort))
        elif at.y <= self._lines and row < len(self._listing.keys):
            had_it = row == self._cursor
            self._go(row)
            key = self._listing.keys[row]
            if at.x < MARK_CELLS:
                self.post_message(self.MarkClicked(key))
            elif had_it:
                self.post_message(self.Chosen(key))

    # Drawing

    def on_resize(self, _: Resize) -> None:
        """The cursor stays in sight."""
        self._measure()
        self._keep_in_sight()

    @property
    def _frame(self) -> int:
        """The lines of titles and sums."""
        return 2 if self.grid.totals else 1

    @property
    def _lines(self) -> int:
        """The rows in sight."""
        return max(1, self.scrollable_content_region.height - self._frame)

    def _measure(self) -> None:
        self.virtual_size = Size(0, len(self._listing.keys) + self._frame)

    def _keep_in_sight(self) -> None:
        top = self.scroll_offset.y
        if self._cursor < top:
            self.scroll_to(y=self._cursor, animate=False)
        elif self._cursor >= top + self._lines:
            self.scroll_to(y=self._cursor - self._lines + 1, animate=False)

    def render_line(self, y: int) -> Strip:
        """A line of the widget: titles, a row, sums, or nothing."""
        listing, grid, height = self._listing, self.grid, self.scrollable_content_region.height
        if y == 0:
            return self._strip(self._titles(), self._style("list-table--titles"))
        if grid.totals and y == height - 1:
            return self._strip(grid.totals, self._style("list-table--totals"))
        row = self.scroll_offset.y + y - 1
        if row >= len(listing.keys) or not grid.columns:
            return Strip.blank(self.size.width, self._style("list-table--row"))
        return self._strip(grid.cells(row), self._style(f"list-table--{'cursor' if row == self._cursor else 'row'}"))

    def _style(self, name: str) -> Style:
        return self.get_component_rich_style(name)

    def _titles(self) -> tuple[Line, ...]:
        sort, is_descending = self._listing.sort, self._listing.is_descending
        return tuple(
            (title_part(one, sort, is_descending=is_descending, marks=self.marks),) for one in self.grid.columns
        )

    def notify_style_update(self) -> None:
        """Other colours: nothing that is kept has them."""
        super().notify_style_update()
        self._drawn.clear()

    def _strip(self, cells: tuple[Line, ...], base: Style) -> Strip:
        drawn_in = self.grid.columns, self.size.width
        if drawn_in != self._drawn_in:
            self._drawn_in = drawn_in
            self._drawn.clear()
        known = self._drawn.get((cells, base))
        if known is None:
            known = self._drawn[cells, base] = self._draw(cells, base)
        return known

    def _draw(self, cells: tuple[Line, ...], base: Style) -> Strip:
        segments: list[Segment] = []
        for column, line in zip(self.grid.columns, cells, strict=True):
            segments += self._segments(column, line, base)
            segments.append(Segment(" " * GAP, base))
        return Strip(segments).adjust_cell_length(self.size.width, base)

    def _segments(self, column: Column, line: Line, base: Style) -> Iterable[Segment]:
        if len(line) == 1:
            text = padded(line[0].text, column.width, right=column.is_number)
            return [Segment(text, base + tone_style(self, line[0].tone))]
        segments, spare = [], column.width
        for part in line:
            text = fitted(part.text, spare)
            strip = Segment(text, base + tone_style(self, part.tone))
            spare -= strip.cell_length
            segments.append(strip)
        blank = Segment(" " * max(0, spare), base)
        return [blank, *segments] if column.is_number else [*segments, blank]
