"""The dialog that asks before something is removed, and says what stays."""

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import Button, Label, Static

from tokenmon.tui.screens.dialog import Dialog


class ConfirmDialog(Dialog[bool]):
    """Gives True when it is agreed to; enter alone keeps everything."""

    CSS_PATH = "form.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "agree", "Yes", id="agree"),
        Binding("n", "close", "No", id="disagree"),
    ]

    def __init__(self, title: str, lines: Sequence[str], *, verb: str) -> None:
        super().__init__()
        self._title, self._lines, self._verb = title, lines, verb

    def compose_box(self) -> ComposeResult:
        """What will happen, and two buttons; the harmless one has the focus."""
        yield Static("\n".join(self._lines), markup=False)
        with Horizontal(id="form-buttons"):
            yield Button("Keep", id="confirm-keep", compact=True)
            yield Button(self._verb, id="confirm-agree", compact=True, variant="error")
            yield Label("y or n", id="form-keys")

    def on_mount(self) -> None:
        """Name what is asked."""
        super().on_mount()
        self.query_one("#box").border_title = self._title

    def action_agree(self) -> None:
        """Go ahead."""
        self.dismiss(True)

    @on(Button.Pressed, "#confirm-agree")
    def pressed_agree(self) -> None:
        """The mouse."""
        self.action_agree()

    @on(Button.Pressed, "#confirm-keep")
    def pressed_keep(self) -> None:
        """The mouse, or enter."""
        self.action_close()
