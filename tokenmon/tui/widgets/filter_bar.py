"""The line in which the filter is typed; what it does not mean is said while it is typed."""

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widget import Widget
from textual.widgets import Input, Label

from tokenmon.core.filter_language import parse_filter
from tokenmon.errors import ConfigError
from tokenmon.tui.messages import FilterWanted

EXAMPLE = "model:opus cost>0.10 status:error project:web"


class FilterBar(Vertical):
    """Hidden until it is opened; enter posts `FilterWanted`."""

    _before: Widget | None = None

    def compose(self) -> ComposeResult:
        """The line, and a word on what is wrong with it."""
        yield Label("", id="filter-wrong", markup=False)
        yield Input(placeholder=EXAMPLE, id="filter-input", compact=True)

    def on_mount(self) -> None:
        """Take no room yet."""
        self.display = False

    def open(self, where: str) -> None:
        """Let a filter be typed, from the present one."""
        if not self.display:
            self._before = self.screen.focused
        self.display = True
        line = self.query_one(Input)
        line.value = where
        line.focus()
        self._say("")

    def close(self) -> bool:
        """Hide, and give the focus back; False where it was hidden."""
        if not self.display:
            return False
        self.display = False
        if self._before is not None and self._before.is_attached:
            self._before.focus()
        else:
            self.screen.focus_next()
        return True

    @on(Input.Changed)
    def _check(self, event: Input.Changed) -> None:
        """Say what is wrong so far, but not while a word is being begun."""
        try:
            parse_filter(event.value)
        except ConfigError as error:
            self._say(f"{error.message}; {error.hint}" if error.hint else error.message)
        else:
            self._say("")

    @on(Input.Submitted)
    def _done(self, event: Input.Submitted) -> None:
        """Filter, if that can be done."""
        event.stop()
        try:
            parse_filter(event.value)
        except ConfigError:
            return
        self.close()
        self.post_message(FilterWanted(event.value))

    def _say(self, words: str) -> None:
        label = self.query_one("#filter-wrong", Label)
        label.update(f"! {words}" if words else "")
        label.display = bool(words)
