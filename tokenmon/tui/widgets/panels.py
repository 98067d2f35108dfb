"""The dashboard's widgets: each takes values and draws; none asks the database.

What is trouble has a sign besides its colour.
"""

from collections.abc import Callable, Sequence

from rich.style import Style
from rich.text import Text
from textual.content import Content
from textual.widget import Widget

from tokenmon.tui.hour_chart import chart_lines, chart_title
from tokenmon.tui.messages import OpenScreen
from tokenmon.tui.numbers import Numbers
from tokenmon.tui.snapshot import HourCost, Snapshot
from tokenmon.tui.texts import Line, Marks, Part, Tone
from tokenmon.tui.widgets.tones import tone_style


def part_style(widget: Widget, part: Part) -> Style:
    """The colours of a part."""
    style = tone_style(widget, part.tone)
    if part.under == "plain":
        return style
    return style + Style(bgcolor=tone_style(widget, part.under).color)


def part_text(widget: Widget, part: Part) -> Text:
    """A part in its tone; never markup, since some of it comes from outside."""
    text = Text(part.text, no_wrap=True, overflow="ellipsis")
    if part.tone != "plain" or part.under != "plain":
        text.stylize(part_style(widget, part))
    return text


def drawn_text(widget: Widget, lines: Sequence[Line]) -> Text:
    """Lines of a drawing in their tones, cut at the widget's edge."""
    text = Text(no_wrap=True, overflow="crop")
    styles: dict[tuple[Tone, Tone], Style] = {}
    for order, line in enumerate(lines):
        if order:
            text.append("\n")
        for part in line:
            tones = part.tone, part.under
            if tones not in styles:
                styles[tones] = part_style(widget, part)
            text.append(part.text, styles[tones])
    return text


class LinesPanel(Widget):
    """A panel of lines whose number may change."""

    def lines(self, width: int) -> Sequence[Line]:
        """What to draw in a width; each panel has its own."""
        raise NotImplementedError

    def render(self) -> Text:
        """The lines in their tones."""
        drawn = [Text.assemble(*(part_text(self, part) for part in line)) for line in self.lines(self._room())]
        return Text("\n", no_wrap=True, overflow="ellipsis").join(drawn)

    def _room(self) -> int:
        return self.content_size.width or self.app.size.width


LinesOf = Callable[[int], Sequence[Line]]


def _nothing(_: int) -> Sequence[Line]:
    return ()


class FactsPanel(LinesPanel):
    """A titled panel of facts; it takes no room without any. `goes_to` is the screen behind it."""

    def __init__(self, *, id: str, title: str, goes_to: str = "") -> None:
        super().__init__(id=id)
        self.border_title = Content(title)
        self._goes_to = goes_to
        self._make: LinesOf = _nothing
        # What was drawn last, and the width that it was made for.
        self._drawn: tuple[int, tuple[Line, ...]] = (0, ())
        self._height = 0

    def show(self, make: LinesOf, *, height: int = 0) -> None:
        """Draw what `make` gives for the panel's width; panels side by side get one least `height`."""
        width = self._room()
        drawn, before = tuple(make(width)), self._drawn[1]
        is_taller = (len(drawn), height) != (len(before), self._height)
        self.display = bool(drawn)
        self._make, self._drawn, self._height = make, (width, drawn), height
        if drawn != before or is_taller:
            self.refresh(layout=is_taller)

    def lines(self, width: int) -> Sequence[Line]:
        """The facts, and empty lines up to the height."""
        if width != self._drawn[0]:
            self._drawn = width, tuple(self._make(width))
        found = self._drawn[1]
        return [*found, *[()] * (self._height - len(found))]

    def on_click(self) -> None:
        """Go to where there is more."""
        if self._goes_to:
            self.post_message(OpenScreen(self._goes_to))


class CostChart(Widget):
    """The last hours as bars."""

    _shown: tuple[tuple[HourCost, ...], Numbers, Marks] | None = None

    def show(self, snapshot: Snapshot, *, numbers: Numbers, marks: Marks) -> None:
        """Draw the hours of a snapshot."""
        shown = snapshot.hours, numbers, marks
        if shown == self._shown:
            return
        self._shown = shown
        self.border_title = f"{chart_title(snapshot.hours, numbers)}, last {len(snapshot.hours)} hours"
        self.refresh()

    def on_click(self) -> None:
        """Go to where there is more."""
        self.post_message(OpenScreen("trends"))

    def render(self) -> Text:
        """The chart in the present size."""
        width, height = self.content_size
        if self._shown is None:
            return Text()
        hours, numbers, marks = self._shown
        return drawn_text(self, chart_lines(hours, width=width, height=height, numbers=numbers, marks=marks))
