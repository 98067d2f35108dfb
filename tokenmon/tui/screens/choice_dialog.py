"""The dialog that offers a few choices, each a line."""

from collections.abc import Sequence

from textual import on
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from tokenmon.tui.screens.dialog import Dialog


class ChoiceDialog(Dialog[int | None]):
    """Gives the number of the choice that was made; choices are never markup."""

    def __init__(self, title: str, choices: Sequence[str], *, present: int = 0) -> None:
        super().__init__()
        self._title, self._choices, self._present = title, choices, present

    def compose_box(self) -> ComposeResult:
        """The choices."""
        yield OptionList(*(Option(one) for one in self._choices), id="choices", markup=False, compact=True)

    def on_mount(self) -> None:
        """Begin at the present choice."""
        super().on_mount()
        self.query_one("#box").border_title = Content(self._title)
        self.query_one(OptionList).highlighted = self._present

    @on(OptionList.OptionSelected)
    def chosen(self, event: OptionList.OptionSelected) -> None:
        """The choice under the cursor."""
        self.dismiss(event.option_index)
