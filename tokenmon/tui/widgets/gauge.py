"""A gauge as a widget: how much of a limit is used, in one line."""

from collections.abc import Callable
from decimal import Decimal

from rich.text import Text
from textual.widget import Widget

from tokenmon.tui.drawing import gauge as drawing
from tokenmon.tui.widgets.panels import drawn_text


class Gauge(Widget):
    """One limit and what is used of it."""

    _shown: tuple[drawing.Gauge, Callable[[Decimal], str] | None] | None = None

    def show(self, gauge: drawing.Gauge, *, amount: Callable[[Decimal], str] | None = None) -> None:
        """Draw another gauge; `amount` names amounts in another currency."""
        if (gauge, amount) != self._shown:
            self._shown = gauge, amount
            self.refresh()

    def render(self) -> Text:
        """The line in the present width."""
        if self._shown is None:
            return Text()
        gauge, amount = self._shown
        return drawn_text(self, drawing.draw(gauge, width=self.content_size.width, amount=amount))
