"""A sparkline as a widget: one line, now at its right end."""

from collections.abc import Callable
from decimal import Decimal

from rich.text import Text
from textual.widget import Widget

from tokenmon.tui.drawing import sparkline as drawing
from tokenmon.tui.widgets.panels import drawn_text


class Sparkline(Widget):
    """The last values of something."""

    _shown: tuple[drawing.Sparkline, Callable[[Decimal], str] | None] | None = None

    def show(self, sparkline: drawing.Sparkline, *, amount: Callable[[Decimal], str] | None = None) -> None:
        """Draw other values; with `amount` the least and the most are told."""
        if (sparkline, amount) != self._shown:
            self._shown = sparkline, amount
            self.refresh()

    def render(self) -> Text:
        """The line in the present width."""
        if self._shown is None:
            return Text()
        sparkline, amount = self._shown
        return drawn_text(self, drawing.draw(sparkline, width=self.content_size.width, amount=amount))
