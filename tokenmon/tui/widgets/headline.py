"""The line below the tabs: what is being looked at."""

from rich.text import Text
from textual.widget import Widget

from tokenmon.tui.texts import Line
from tokenmon.tui.widgets.panels import part_text


class Headline(Widget):
    """One line of parts; without any it takes no room."""

    _line: Line = ()

    def show(self, line: Line) -> None:
        """Say something else."""
        if line != self._line:
            self._line = line
            self.refresh()
        self.display = bool(line)

    @property
    def words(self) -> str:
        """What it says."""
        return "".join(part.text for part in self._line)

    def render(self) -> Text:
        """The line in its tones, cut at the end where it is too long."""
        text = Text.assemble(*(part_text(self, part) for part in self._line))
        text.no_wrap, text.overflow = True, "ellipsis"
        return text
