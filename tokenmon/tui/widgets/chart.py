"""A chart over time as a widget, with its legend."""

from collections.abc import Callable
from decimal import Decimal

from rich.text import Text
from textual.widget import Widget

from tokenmon.tui.chart import TimeChart, draw, legend
from tokenmon.tui.texts import Line, Marks
from tokenmon.tui.widgets.panels import drawn_text

Amount = Callable[[Decimal], str]
# One row of so many may go to the legend.
LEGEND_SHARE = 5


class ChartView(Widget):
    """A chart over time; nothing is drawn anew while its values stay."""

    _chart: TimeChart | None = None
    _amount: Amount | None = None
    _empty = ""

    def show(self, chart: TimeChart, *, amount: Amount | None = None, empty: str = "No calls in this period.") -> None:
        """Draw another chart; `amount` names amounts in another currency, `empty` is said in place of nothing."""
        if (chart, amount, empty) != (self._chart, self._amount, self._empty):
            self._chart, self._amount, self._empty = chart, amount, empty
            self.refresh()

    def render(self) -> Text:
        """The chart, and below it the legend where there is more than one series and room for it."""
        width, height = self.content_size
        if self._chart is None or not width or not height:
            return Text()
        marks = self._marks(self._chart)
        names = self._legend(self._chart, width, marks)
        # Where names need more than their share, those of the largest series stay.
        names = names[: height // LEGEND_SHARE]
        rows = height - len(names)
        lines = draw(self._chart, width=width, height=rows, marks=marks, amount=self._amount, empty=self._empty)
        return drawn_text(self, [*lines, *[()] * (rows - len(lines)), *names])

    def _legend(self, chart: TimeChart, width: int, marks: Marks) -> list[Line]:
        return legend(chart, width, marks=marks) if len(chart.series) > 1 or chart.previous else []

    def _marks(self, chart: TimeChart) -> Marks:
        """Blocks; signs where several series have no colours to tell them apart."""
        return "ascii" if self.app.no_color and len(chart.series) > 1 else "blocks"
