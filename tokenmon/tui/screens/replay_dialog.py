"""The dialog that asks for a past day to replay."""

from datetime import date, timedelta

from textual import on
from textual.app import ComposeResult
from textual.widgets import Input, Label

from tokenmon.tui.screens.dialog import Dialog


class ReplayDialog(Dialog[date | None]):
    """Gives the day that was typed."""

    BOX_TITLE = "Replay a past day"

    def __init__(self, *, today: date) -> None:
        super().__init__()
        self._today = today

    def compose_box(self) -> ComposeResult:
        """A line for the day, and what the keys will do."""
        yield Input(value=(self._today - timedelta(days=1)).isoformat(), id="replay-day", compact=True)
        yield Label("enter begins, p holds, + and - change the speed, ctrl+left and ctrl+right move, esc ends it")

    @on(Input.Submitted)
    def typed(self, event: Input.Submitted) -> None:
        """The day, if it is one that has been."""
        try:
            day = date.fromisoformat(event.value.strip())
        except ValueError:
            self.say_wrong(f"not a day: {event.value.strip()[:20]!r}; write it as {self._today.isoformat()}")
            return
        if day > self._today:
            self.say_wrong("that day has not been yet")
            return
        self.dismiss(day)
