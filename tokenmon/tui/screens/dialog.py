"""What the dialogs have in common: a box in the middle over the screen, its title, and a line for what is wrong."""

from typing import ClassVar, TypeVar

from textual.app import ComposeResult
from textual.await_complete import AwaitComplete
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.css.query import NoMatches
from textual.screen import ModalScreen
from textual.widgets import Label

ResultT = TypeVar("ResultT")


class Dialog(ModalScreen[ResultT]):
    """A box over the screen; `esc` closes it without a result."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "close", "Close", id="close")]
    BOX_TITLE: ClassVar[str] = ""

    def compose(self) -> ComposeResult:
        """The box around what each dialog has of its own."""
        with VerticalScroll(id="box", can_focus=False) as box:
            box.border_title = self.BOX_TITLE
            yield from self.compose_box()
            yield Label("", id="wrong", markup=False)

    def compose_box(self) -> ComposeResult:
        """What is in the box."""
        raise NotImplementedError

    def say_wrong(self, words: str) -> None:
        """Say what is wrong with what was typed; empty takes it back."""
        try:
            label = self.query_one("#wrong", Label)
        except NoMatches:
            return
        label.update(f"! {words}" if words else "")
        label.display = bool(words)

    def on_mount(self) -> None:
        """Nothing is wrong yet."""
        self.say_wrong("")

    def dismiss(self, result: ResultT | None = None) -> AwaitComplete:
        """Close with a result, once: a second key that was on its way must not close what lies below."""
        return super().dismiss(result) if self.is_current else AwaitComplete()

    def action_close(self) -> None:
        """Close without a result."""
        self.dismiss(None)
