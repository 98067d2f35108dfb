"""The first line: the screens with their keys, how the feed is, and the time."""

from collections.abc import Iterator
from typing import ClassVar

from rich.style import Style
from rich.text import Text
from textual.widget import Widget

from tokenmon.tui.tabs import TABS
from tokenmon.tui.texts import Part
from tokenmon.tui.widgets.panels import TONES, part_text, tone_style

GAP = 2


class StatusLine(Widget):
    """The screens, the one that is open marked; what does not fit is shortened, the state of the feed last of all."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {*TONES, "status--open"}
    _shown: tuple[Part, str] = (Part("", "muted"), "")

    def __init__(self, open_name: str) -> None:
        super().__init__()
        self._open = open_name

    def show(self, state: Part, clock: str) -> None:
        """Draw another state or time."""
        if (state, clock) != self._shown:
            self._shown = state, clock
            self.refresh()

    @property
    def words(self) -> str:
        """What it says of the feed."""
        return self._shown[0].text

    def render(self) -> Text:
        """The fullest form that fits."""
        width = self.content_size.width
        state = part_text(self, self._shown[0])
        for tabs, clock in self._forms():
            spare = width - tabs.cell_len - state.cell_len - clock.cell_len - 2 * GAP
            if spare >= 0:
                return _line(tabs, " " * GAP, state, " " * (spare + GAP), clock)
        tabs, _ = list(self._forms())[-1]
        return _line(tabs, " " * GAP, state)

    def _forms(self) -> Iterator[tuple[Text, Text]]:
        name = Text("tokenmon  ", tone_style(self, "strong"))
        full, short = self._tabs(is_full=True), self._tabs(is_full=False)
        clock = self._shown[1]
        # "Wed 25 Nov 15:30:00 CET" without the date and the zone, then without the seconds.
        time = next((word for word in clock.split() if ":" in word), clock)
        muted = tone_style(self, "muted")
        yield Text.assemble(name, full), Text(clock, muted)
        yield full, Text(time, muted)
        yield full, Text(time[:5], muted)
        yield short, Text(time, muted)
        yield short, Text(time[:5], muted)
        yield short, Text("")

    def _tabs(self, *, is_full: bool) -> Text:
        words = Text()
        for tab in TABS:
            is_open = tab.name == self._open
            label = f" {tab.key} {tab.title} " if is_full or is_open else f" {tab.key} "
            style = self.get_component_rich_style("status--open") if is_open else tone_style(self, "muted")
            words.append(label, style + Style(meta={"@click": f"app.open('{tab.name}')"}))
        return words


def _line(*parts: Text | str) -> Text:
    text = Text.assemble(*parts)
    text.no_wrap, text.overflow = True, "ellipsis"
    return text
