"""A pane of lines beside a table: it scrolls by itself, and the arrows lead to the table's next row."""

from collections.abc import Callable, Sequence
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.events import Resize
from textual.message import Message
from textual.theme import Theme
from textual.widgets import Static

from tokenmon.tui.texts import Line
from tokenmon.tui.widgets.panels import part_text

Write = Callable[[int], Sequence[Line]]


class CallPane(VerticalScroll, can_focus=True, inherit_bindings=False):
    """It draws what `write` gives for its width."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "step(-1)", "The call above", show=False, id="call-above"),
        Binding("down", "step(1)", "The call below", show=False, id="call-below"),
        Binding("pageup", "page_up", "Scroll up", show=False, id="pane-page-up"),
        Binding("pagedown", "page_down", "Scroll down", show=False, id="pane-page-down"),
        Binding("home,g", "scroll_home", "First line", show=False, id="pane-home"),
        Binding("end,G", "scroll_end", "Last line", show=False, id="pane-end"),
    ]
    _write: Write | None = None
    _shown: Sequence[Line] = ()

    class Step(Message):
        """The call so many rows further down is wanted."""

        def __init__(self, rows: int) -> None:
            super().__init__()
            self.rows = rows

    def compose(self) -> ComposeResult:
        """The lines."""
        yield Static(id="pane-lines", markup=False)

    def on_mount(self) -> None:
        """Follow the theme: the lines carry its colours."""
        self.app.theme_changed_signal.subscribe(self, self._recolour)

    def show(self, title: str, write: Write, *, is_other: bool) -> None:
        """Draw lines under a title; about another thing than before, from their beginning."""
        # A model's name as a string would be read as markup.
        self.border_title = Content(title)
        self._write = write
        if is_other:
            self.scroll_to(y=0, animate=False)
        self._fill()

    def on_resize(self, _: Resize) -> None:
        """Another width may need other lines."""
        self._fill()

    def action_step(self, rows: int) -> None:
        """Ask for another call."""
        self.post_message(self.Step(rows))

    def _recolour(self, _: Theme) -> None:
        self._shown = ()
        self._fill()

    def _fill(self) -> None:
        # One cell stays free beside the bar.
        width = self.scrollable_content_region.width - 1
        if self._write is None or width <= 0:
            return
        lines = self._write(width)
        if lines != self._shown:
            self._shown = lines
            drawn = [Text.assemble(*(part_text(self, part) for part in line)) for line in lines]
            self.query_one("#pane-lines", Static).update(Text("\n", no_wrap=True, overflow="ellipsis").join(drawn))
