"""A calendar heatmap as a widget: arrows or the mouse select a day."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.events import Click
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from tokenmon.tui.drawing import heatmap as drawing
from tokenmon.tui.texts import Marks
from tokenmon.tui.widgets.panels import drawn_text


class Heatmap(Widget, can_focus=True):
    """Days as cells, of which one can be selected."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "move(-7)", "Week before", show=False, id="heatmap-week-before"),
        Binding("right", "move(7)", "Week after", show=False, id="heatmap-week-after"),
        Binding("up", "move(-1)", "Day before", show=False, id="heatmap-day-before"),
        Binding("down", "move(1)", "Day after", show=False, id="heatmap-day-after"),
        Binding("home", "move_to_first", "First day", show=False, id="heatmap-first"),
        Binding("end", "move_to_last", "Last day", show=False, id="heatmap-last"),
        Binding("enter", "select", "Show the day", show=False, id="heatmap-select"),
    ]

    selected: reactive[date | None] = reactive(None)
    _heatmap: drawing.Heatmap | None = None
    _amount: Callable[[Decimal], str] | None = None
    _marks: Marks = "blocks"

    class DaySelected(Message):
        """A day was chosen."""

        def __init__(self, heatmap: "Heatmap", day: date) -> None:
            super().__init__()
            self.heatmap = heatmap
            self.day = day

        @property
        def control(self) -> "Heatmap":
            """The heatmap it was chosen on."""
            return self.heatmap

    def show(
        self, heatmap: drawing.Heatmap, *, amount: Callable[[Decimal], str] | None = None, marks: Marks = "blocks"
    ) -> None:
        """Draw other days; the selected one stays while it is among them."""
        if (heatmap, amount, marks) == (self._heatmap, self._amount, self._marks):
            return
        self._heatmap, self._amount, self._marks = heatmap, amount, marks
        if self.selected is not None and not heatmap.first <= self.selected <= heatmap.end:
            self.selected = None
        self.refresh()

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Months, seven weekdays and the key."""
        return drawing.HEIGHT

    def render(self) -> Text:
        """The newest weeks that fit."""
        width, height = self.content_size
        if self._heatmap is None:
            return Text()
        lines = drawing.draw(
            self._heatmap, width=width, height=height, selected=self.selected, marks=self._marks, amount=self._amount
        )
        return drawn_text(self, lines)

    def on_focus(self) -> None:
        """Whoever comes by keyboard starts at the last day."""
        if self.selected is None and self._heatmap is not None:
            self.selected = self._heatmap.end

    def on_click(self, event: Click) -> None:
        """A click chooses the day under it."""
        place = event.get_content_offset(self)
        if self._heatmap is None or place is None:
            return
        day = drawing.day_at(self._heatmap, place.x, place.y, width=self.content_size.width)
        if day is not None:
            self._choose(day)

    def action_move(self, days: int) -> None:
        """Select another day, within those that are shown."""
        if self._heatmap is not None:
            self._move_to((self.selected or self._heatmap.end) + timedelta(days))

    def action_move_to_first(self) -> None:
        """Select the first day shown."""
        self._move_to(date.min)

    def action_move_to_last(self) -> None:
        """Select the last day."""
        self._move_to(date.max)

    def action_select(self) -> None:
        """Choose the selected day."""
        if self.selected is not None:
            self._choose(self.selected)

    def _move_to(self, day: date) -> None:
        if self._heatmap is not None:
            first = drawing.first_day(self._heatmap, width=self.content_size.width)
            self.selected = min(max(day, first), max(first, self._heatmap.end))

    def _choose(self, day: date) -> None:
        self.selected = day
        self.post_message(self.DaySelected(self, day))
