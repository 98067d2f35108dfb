"""A list of cards, several lines each, with a cursor that belongs to a card's key and so stays on it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.binding import Binding, BindingType
from textual.events import Click, Resize
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tokenmon.tui.texts import Line, plain
from tokenmon.tui.widgets.tones import tone_style

# The cursor's mark and the space behind it.
MARK_CELLS = 2


@dataclass(frozen=True, slots=True)
class Card:
    """One card."""

    key: str
    lines: tuple[Line, ...]


Write = Callable[[int], Sequence[Card]]


class CardList(ScrollView, can_focus=True, inherit_bindings=False):
    """The cards that `write` gives for a width; between two of them `space` lines stay free."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"card-list--cursor"}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", "Card up", show=False, id="card-up"),
        Binding("down", "move(1)", "Card down", show=False, id="card-down"),
        Binding("pageup", "move(-5)", "Five cards up", show=False, id="cards-up"),
        Binding("pagedown", "move(5)", "Five cards down", show=False, id="cards-down"),
        Binding("home,g", "edge(0)", "First card", show=False, id="first-card"),
        Binding("end,G", "edge(1)", "Last card", show=False, id="last-card"),
    ]
    marks: reactive[str] = reactive("blocks")
    space: reactive[int] = reactive(1)
    _write: Write | None = None
    _cards: Sequence[Card] = ()
    # For each line the number of its card; the free ones belong to the card above.
    _owners: Sequence[int] = ()
    _cursor = 0
    _wish = ""

    class Chosen(Message):
        """The card under the cursor was clicked."""

        def __init__(self, key: str) -> None:
            super().__init__()
            self.key = key

    def show(self, write: Write) -> None:
        """Draw other cards; the cursor stays on its card."""
        self._write = write
        self._lay_out()

    @property
    def cursor_key(self) -> str | None:
        """The key of the card under the cursor; None on an empty list."""
        return self._cards[self._cursor].key if self._cursor < len(self._cards) else None

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of the cards, in their order."""
        return tuple(card.key for card in self._cards)

    def words(self, key: str) -> str:
        """The words of a card, line by line."""
        return "\n".join(plain(line) for line in self._cards[self.keys.index(key)].lines)

    def wish(self, key: str) -> None:
        """Put the cursor on a card as soon as it is there."""
        self._wish = key
        self._grant()

    def _grant(self) -> None:
        if self._wish in self.keys:
            self._go(self.keys.index(self._wish))
            self._wish = ""

    @property
    def _room(self) -> int:
        return max(1, self.scrollable_content_region.width - MARK_CELLS)

    def _lay_out(self) -> None:
        """Bring lines and cursor to the cards for the present width."""
        if self._write is None or not self.size.width:
            return
        held = self.cursor_key
        cards = tuple(self._write(self._room))
        if cards == self._cards:
            return
        self._cards = cards
        if held in self.keys:
            self._cursor = self.keys.index(held)
        self._cursor = max(0, min(self._cursor, len(cards) - 1))
        self._measure()
        self._grant()

    def _measure(self) -> None:
        owners: list[int] = []
        for number, card in enumerate(self._cards):
            is_last = number == len(self._cards) - 1
            owners += [number] * (len(card.lines) + (0 if is_last else self.space))
        self._owners = owners
        self.virtual_size = Size(0, len(owners))
        self._keep_in_sight()
        self.refresh(layout=True)

    def watch_space(self) -> None:
        """More or fewer free lines."""
        self._measure()

    def on_resize(self, _: Resize) -> None:
        """Another width may break lines elsewhere."""
        self._lay_out()

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """All lines, where the layout lets the list be as high as it needs."""
        return max(1, len(self._owners))

    # Moving

    def action_move(self, steps: int) -> None:
        """Move the cursor by cards."""
        self._go(self._cursor + steps)

    def action_edge(self, end: int) -> None:
        """Move the cursor to the first card or the last."""
        self._go(len(self._cards) - 1 if end else 0)

    def _go(self, number: int) -> None:
        self._cursor = max(0, min(number, len(self._cards) - 1))
        self._keep_in_sight()
        self.refresh()

    def _keep_in_sight(self) -> None:
        if self._cursor < len(self._cards):
            top = self._owners.index(self._cursor)
            self.scroll_to_region(Region(0, top, 1, len(self._cards[self._cursor].lines)), animate=False, x_axis=False)

    def on_click(self, event: Click) -> None:
        """A card gets the cursor, and is chosen if it had it."""
        at = event.get_content_offset(self)
        line = None if at is None else self.scroll_offset.y + at.y
        if line is None or line >= len(self._owners):
            return
        number = self._owners[line]
        had_it = number == self._cursor
        self._go(number)
        if had_it:
            self.post_message(self.Chosen(self._cards[number].key))

    # Drawing

    def render_line(self, y: int) -> Strip:
        """A line of a card, or a free one."""
        at = self.scroll_offset.y + y
        if at >= len(self._owners):
            return Strip.blank(self.size.width, self.rich_style)
        number = self._owners[at]
        lines, order = self._cards[number].lines, at - self._owners.index(number)
        if order >= len(lines):
            return Strip.blank(self.size.width, self.rich_style)
        is_held = number == self._cursor
        base = self.get_component_rich_style("card-list--cursor") if is_held else self.rich_style
        mark = (">" if self.marks == "ascii" else "▌") if is_held else " "
        return self._strip(mark, lines[order], base)

    def _strip(self, mark: str, line: Line, base: Style) -> Strip:
        segments = [Segment(mark.ljust(MARK_CELLS), base + tone_style(self, "series-1"))]
        segments += [Segment(part.text, base + tone_style(self, part.tone)) for part in line]
        return Strip(segments).adjust_cell_length(self.size.width, base)
