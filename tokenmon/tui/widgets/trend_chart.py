"""The chart of the Trends screen and the facts above it."""

from collections.abc import Sequence

from rich.text import Text
from textual.content import Content
from textual.events import Click, Resize
from textual.message import Message
from textual.widget import Widget

from tokenmon.tui.chart import TimeChart, draw, merged_buckets
from tokenmon.tui.numbers import Numbers
from tokenmon.tui.texts import Line, Marks
from tokenmon.tui.trend_drawing import buckets_at, tick_amount
from tokenmon.tui.widgets.panels import LinesPanel, drawn_text


class TrendChart(Widget):
    """One metric over time; its title says what stands as one where not every bucket has room."""

    _shown: tuple[TimeChart, str, Numbers, Marks] | None = None
    _drawn: Sequence[Line] = ()

    class Picked(Message):
        """A bucket was picked, by its number from the left."""

        def __init__(self, at: int) -> None:
            super().__init__()
            self.at = at

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
        self.border_title = Content(title if count == 1 else f"{title}, {count} {chart.bucket}s as one")

    def render(self) -> Text:
        """The chart in the present size."""
        width, height = self.content_size
        if self._shown is None or not width or not height:
            return Text()
        chart, _, numbers, marks = self._shown
        self._drawn = draw(chart, width=width, height=height, marks=marks, amount=tick_amount(chart.unit, numbers))
        return drawn_text(self, self._drawn)

    def on_click(self, event: Click) -> None:
        """A click picks the newest bucket of the bar under it."""
        place = event.get_content_offset(self)
        if place is None or self._shown is None:
            return
        found = buckets_at(self._shown[0], self._drawn, place.x, width=self.content_size.width)
        if found:
            self.post_message(self.Picked(found[-1]))


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
