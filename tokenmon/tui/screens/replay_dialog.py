"""The dialog that asks for a past day to replay."""

from datetime import date, timedelta

from textual import on
from textual.app import ComposeResult
from textual.widgets import Input, Label

from tokenmon.core.text import clean
from tokenmon.tui.screens.dialog import Dialog

NOTES = (
    "enter begins; the day passes at 300 times its speed",
    "p holds it, + and - change the speed",
    "ctrl+left and ctrl+right move half an hour, esc ends it",
)
# Days that have a name of their own.
DAYS_BACK = {"today": 0, "yesterday": 1}


class ReplayDialog(Dialog[date | None]):
    """Gives the day that was typed."""

    BOX_TITLE = "Replay a past day"

    def __init__(self, *, today: date) -> None:
        super().__init__()
        self._today = today

    def compose_box(self) -> ComposeResult:
        """A line for the day, and what the keys will do."""
        day = self._today - timedelta(days=1)
        yield Input(value=day.isoformat(), id="replay-day", compact=True, select_on_focus=False)
        yield Label("\n".join(NOTES), classes="note")

    @on(Input.Submitted)
    def typed(self, event: Input.Submitted) -> None:
        """The day, if it is one that has been."""
        word = event.value.strip().lower()
        try:
            day = self._today - timedelta(days=DAYS_BACK[word]) if word in DAYS_BACK else date.fromisoformat(word)
        except ValueError:
            shown = clean(word[:20]) or ""
            self.say_wrong(f"not a day: {shown!r}; write it as {self._today.isoformat()}, or yesterday")
            return
        if day > self._today:
            self.say_wrong("that day has not been yet")
            return
        self.dismiss(day)
