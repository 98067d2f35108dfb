"""A panel of lines that somebody else writes, in whatever width it has."""

from collections.abc import Callable, Sequence

from tokenmon.tui.texts import Line
from tokenmon.tui.widgets.panels import LinesPanel

Write = Callable[[int], Sequence[Line]]


class LinesView(LinesPanel):
    """It draws what `write` gives for its width."""

    _write: Write | None = None
    _shown: Sequence[Line] = ()

    def show(self, write: Write) -> None:
        """Draw other lines; nothing happens where they are the same."""
        self._write = write
        before, self._shown = self._shown, write(self._room())
        if self._shown != before:
            self.refresh(layout=len(self._shown) != len(before))

    def lines(self, width: int) -> Sequence[Line]:
        """The lines for a width."""
        return () if self._write is None else self._write(width)
