"""The dialog that asks for a range: one of those offered, or any period's word."""

from datetime import datetime

from textual import on
from textual.app import ComposeResult
from textual.widgets import Input, OptionList
from textual.widgets.option_list import Option

from tokenmon.core.period import named_period
from tokenmon.core.span import Span, period_title
from tokenmon.errors import ConfigError
from tokenmon.tui.ranges import RANGES
from tokenmon.tui.screens.dialog import Dialog


class RangeDialog(Dialog[Span | None]):
    """Gives the span that was chosen."""

    BOX_TITLE = "Range"

    def __init__(self, present: Span, *, now: datetime, timezone: str) -> None:
        super().__init__()
        self._present = present
        self._now, self._timezone = now, timezone

    def compose_box(self) -> ComposeResult:
        """The ranges offered, and a line for any other."""
        width = max(len(title) for _, title in RANGES) + 2
        options = [Option(f"{title:<{width}}{self._dates(word)}", id=f"range-{word}") for word, title in RANGES]
        yield OptionList(*options, id="ranges", markup=False, compact=True)
        yield Input(placeholder="or any other, such as 6w, 2026-11 or 2026-11-01", id="range-word", compact=True)

    def on_mount(self) -> None:
        """Begin at the present range."""
        super().on_mount()
        words = [word for word, _ in RANGES]
        if self._present.word in words:
            self.query_one(OptionList).highlighted = words.index(self._present.word)
        else:
            self.query_one(Input).value = self._present.word

    def _dates(self, word: str) -> str:
        if word == "all":
            return ""
        return period_title(named_period(word, now=self._now, timezone=self._timezone), now=self._now)

    @on(OptionList.OptionSelected)
    def chosen(self, event: OptionList.OptionSelected) -> None:
        """One of those offered."""
        self.dismiss(Span(str(event.option_id).removeprefix("range-")))

    @on(Input.Changed)
    def changed(self) -> None:
        """What was wrong is being mended."""
        self.say_wrong("")

    @on(Input.Submitted)
    def typed(self, event: Input.Submitted) -> None:
        """Any other period."""
        word = event.value.strip()
        word = word.lower() if word.isalnum() else word
        try:
            named_period(word, now=self._now, timezone=self._timezone)
        except ConfigError as error:
            self.say_wrong(f"{error.message}; {error.hint}")
            return
        self.dismiss(Span(word))
