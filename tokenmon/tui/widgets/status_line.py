"""The first line: the screens with their keys, how the feed is, and the time."""

from collections.abc import Iterator
from typing import ClassVar

from rich.style import Style
from rich.text import Text
from textual.events import Click
from textual.widget import Widget

from tokenmon.tui.messages import OpenScreen
from tokenmon.tui.tabs import TABS
from tokenmon.tui.texts import Part
from tokenmon.tui.widgets.panels import part_text
from tokenmon.tui.widgets.tones import tone_style

GAP = 2


class StatusLine(Widget):
    """The screens, the one that is open marked; what does not fit is shortened, the state of the feed last of all."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"status--open"}
    _shown: tuple[Part, Part, str] = (Part(""), Part(""), "")
    _needs_clock = False

    def __init__(self, open_name: str) -> None:
        super().__init__()
        self._open = open_name

    def show(self, state: Part, clock: str, *, short: Part | None = None, needs_clock: bool = False) -> None:
        """Draw another state or time; `short` is the state in few words, for a narrow terminal.

        `needs_clock` is a time that is not the present: it gives way after the other screens, not before.
        """
        self._needs_clock = needs_clock
        shown = (state, state if short is None else short, clock)
        if shown != self._shown:
            self._shown = shown
            self.refresh()

    @property
    def words(self) -> str:
        """What it says of the feed."""
        return self._shown[0].text

    def render(self) -> Text:
        """The fullest form that fits."""
        width = self.content_size.width
        for tabs, state, clock in self._forms():
            # Without a clock nothing stands right of the state.
            spare = width - tabs.cell_len - state.cell_len - clock.cell_len - (2 if clock else 1) * GAP
            if spare >= 0:
                break
        space = " " * (max(0, spare) + GAP) if clock else ""
        return _line(tabs, " " * GAP, state, space, clock)

    def _forms(self) -> Iterator[tuple[Text, Text, Text]]:
        """Tabs, state and clock, from the fullest to the shortest."""
        full, short = (part_text(self, part) for part in self._shown[:2])
        muted = tone_style(self, "muted")
        clock = self._shown[2]
        # "Wed 25 Nov 15:30:00 CET" without the date and the zone, then without the seconds.
        time = next((word for word in clock.split() if ":" in word), clock)
        seconds, minutes, nothing = Text(time, muted), Text(time[:5], muted), Text("")
        titles, keys, here = self._tabs(full=True), self._tabs(), self._tabs(others=False)
        yield Text.assemble(Text("tokenmon  ", tone_style(self, "strong")), titles), full, Text(clock, muted)
        yield titles, full, seconds
        yield titles, full, minutes
        yield keys, full, seconds
        yield keys, full, minutes
        without_clock, without_tabs = (keys, full, nothing), (here, full, minutes)
        yield from (without_tabs, without_clock) if self._needs_clock else (without_clock, without_tabs)
        yield here, full, nothing
        yield keys, short, minutes
        yield keys, short, nothing
        yield here, short, minutes
        yield here, short, nothing

    def _tabs(self, *, full: bool = False, others: bool = True) -> Text:
        words = Text()
        for tab in TABS:
            is_open = tab.name == self._open
            if not (is_open or others):
                continue
            label = f" {tab.key} {tab.title} " if full or is_open else f" {tab.key} "
            style = self.get_component_rich_style("status--open") if is_open else tone_style(self, "muted")
            words.append(label, style + Style(meta={"tab": tab.name}))
        return words

    def on_click(self, event: Click) -> None:
        """A click on a screen's word opens it."""
        name = event.style.meta.get("tab")
        if name:
            self.post_message(OpenScreen(name))


def _line(*parts: Text | str) -> Text:
    text = Text.assemble(*parts)
    text.no_wrap, text.overflow = True, "ellipsis"
    return text
