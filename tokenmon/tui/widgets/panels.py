"""The dashboard's widgets: each takes values and draws; none asks the database.

Colours come from the stylesheet, by tone, at the moment of drawing, so that another theme shows at once.
"""

from collections.abc import Sequence
from typing import ClassVar, get_args

from rich.style import Style
from rich.text import Text
from textual.widget import Widget

from tokenmon.core.period import zone
from tokenmon.core.query import Totals
from tokenmon.tui import texts
from tokenmon.tui.hour_chart import chart_lines, chart_title
from tokenmon.tui.official_texts import official_lines
from tokenmon.tui.snapshot import Snapshot
from tokenmon.tui.texts import Line, Part, Tone

TONES = frozenset(f"tone--{tone}" for tone in get_args(Tone) if tone != "plain")


def tone_style(widget: Widget, tone: Tone) -> Style:
    """The colour of a tone on a widget that declares TONES; it leaves the background alone."""
    return Style.null() if tone == "plain" else widget.get_component_rich_style(f"tone--{tone}", partial=True)


def part_style(widget: Widget, part: Part) -> Style:
    """The colours of a part on a widget that declares TONES."""
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

    COMPONENT_CLASSES: ClassVar[set[str]] = set(TONES)

    def lines(self, width: int) -> Sequence[Line]:
        """What to draw in a width; each panel has its own."""
        raise NotImplementedError

    def render(self) -> Text:
        """The lines in their tones."""
        drawn = [Text.assemble(*(part_text(self, part) for part in line)) for line in self.lines(self._room())]
        return Text("\n", no_wrap=True, overflow="ellipsis").join(drawn)

    def _room(self) -> int:
        return self.content_size.width or self.app.size.width


class TotalsPanel(LinesPanel):
    """One period's totals."""

    _totals: Totals | None = None
    _height = 0

    def show(self, totals: Totals, *, height: int) -> None:
        """Draw other totals; two panels side by side get one `height`."""
        is_taller = height != self._height
        self._totals, self._height = totals, height
        self.refresh(layout=is_taller)

    def lines(self, width: int) -> Sequence[Line]:
        """The totals, and empty lines up to the height."""
        found = [] if self._totals is None else texts.totals_lines(self._totals, width=width)
        return [*found, *[()] * (self._height - len(found))]


class QuotaPanel(LinesPanel):
    """Quotas with their bars, and below them the official limits; takes no room without any."""

    _snapshot: Snapshot | None = None
    _most = 3
    _height = 0

    def show(self, snapshot: Snapshot, *, most: int) -> None:
        """Draw those of another snapshot, at most so many of each."""
        self._snapshot, self._most = snapshot, most
        height, self._height = self._height, len(self.lines(self._room()))
        self.display = bool(self._height)
        self.refresh(layout=height != self._height)

    def lines(self, width: int) -> Sequence[Line]:
        """A line a quota, a line an official limit."""
        found = self._snapshot
        if found is None:
            return []
        place = zone(found.timezone)
        official = official_lines(found.official, now=found.as_of, place=place, width=width, most=self._most)
        return [*texts.quota_lines(found.quotas, width=width, most=self._most), *official]


class CostChart(Widget):
    """The last hours as bars."""

    COMPONENT_CLASSES: ClassVar[set[str]] = set(TONES)
    _snapshot: Snapshot | None = None

    def show(self, snapshot: Snapshot) -> None:
        """Draw the hours of a snapshot."""
        if self._snapshot is not None and self._snapshot.hours == snapshot.hours:
            return
        self._snapshot = snapshot
        self.border_title = f"{chart_title(snapshot)}, last {len(snapshot.hours)} hours"
        self.refresh()

    def render(self) -> Text:
        """The chart in the present size."""
        width, height = self.content_size
        if self._snapshot is None:
            return Text()
        return drawn_text(self, chart_lines(self._snapshot, width=width, height=height))
