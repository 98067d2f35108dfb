"""The chart of the Trends screen and the facts above it."""

from collections.abc import Sequence
from typing import ClassVar

from rich.text import Text
from textual.events import Resize
from textual.widget import Widget

from tokenmon.tui.chart import TimeChart, draw, merged_buckets
from tokenmon.tui.numbers import Numbers
from tokenmon.tui.texts import Line, Marks
from tokenmon.tui.trend_drawing import tick_amount
from tokenmon.tui.widgets.panels import TONES, LinesPanel, drawn_text


class TrendChart(Widget):
    """One metric over time; its title says what stands as one where not every bucket has room."""

    COMPONENT_CLASSES: ClassVar[set[str]] = set(TONES)
    _shown: tuple[TimeChart, str, Numbers, Marks] | None = None

    def show(self, chart: TimeChart, title: str, numbers: Numbers, marks: Marks) -> None:
        """Draw another chart."""
        if (chart, title, numbers, marks) != self._shown:
            self._shown = chart, title, numbers, marks
            self._entitle()
            self.refresh()

    def on_resize(self, _: Resize) -> None:
        """Another width may hold more buckets."""
        self._entitle()

    def _entitle(self) -> None:
        if self._shown is None:
            return
        chart, title, _, _ = self._shown
        count = merged_buckets(chart, self.content_size.width) if self.content_size.width else 1
        self.border_title = title if count == 1 else f"{title}, {count} {chart.bucket}s as one"

    def render(self) -> Text:
        """The chart in the present size."""
        width, height = self.content_size
        if self._shown is None or not width or not height:
            return Text()
        chart, _, numbers, marks = self._shown
        amount = tick_amount(chart.unit, numbers)
        return drawn_text(self, draw(chart, width=width, height=height, marks=marks, amount=amount))


class TrendSummary(LinesPanel):
    """The span in facts; as many lines as they need."""

    _lines: Sequence[Line] = ()

    def show(self, lines: Sequence[Line]) -> None:
        """Say other facts."""
        if lines != self._lines:
            is_other_size = len(lines) != len(self._lines)
            self._lines = lines
            self.refresh(layout=is_other_size)

    def lines(self, width: int) -> Sequence[Line]:
        """The facts as they were wrapped."""
        return self._lines
