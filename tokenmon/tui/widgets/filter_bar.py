"""The line in which the filter is typed: it offers how a word may go on, and says what it does not mean."""

from collections.abc import Iterable
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.suggester import Suggester
from textual.widget import Widget
from textual.widgets import Input, Label

from tokenmon.core.condition import ANY, FIELDS, NUMBER_KINDS, WORDS
from tokenmon.core.filter_language import parse_filter
from tokenmon.errors import ConfigError
from tokenmon.tui.messages import FilterWanted

EXAMPLE = "model:opus cost>0.10 status:error project:web"
HINT = "enter filters, right completes, esc closes"


class FilterBar(Vertical):
    """Hidden until it is opened; enter posts `FilterWanted`."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "app.back", "Close", id="close-filter")]
    _before: Widget | None = None

    def compose(self) -> ComposeResult:
        """The line, and a word on how it is used or what is wrong with it."""
        yield Label(HINT, id="filter-note", markup=False)
        yield Input(
            placeholder=EXAMPLE, id="filter-input", compact=True, select_on_focus=False, suggester=FilterSuggester()
        )

    def on_mount(self) -> None:
        """Take no room yet."""
        self.display = False

    def open(self, where: str) -> None:
        """Let a filter be typed, from the present one."""
        if not self.display:
            self._before = self.screen.focused
            self.query_one(Input).value = where
        self.display = True
        line = self.query_one(Input)
        line.cursor_position = len(line.value)
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
        """Say what is wrong so far, but not with the word that is being typed."""
        event.stop()
        finished, _, _ = event.value.rpartition(" ")
        self._say(_problem(event.value) and _problem(finished))

    @on(Input.Submitted)
    def _done(self, event: Input.Submitted) -> None:
        """Filter, if that can be done."""
        event.stop()
        problem = _problem(event.value)
        self._say(problem)
        if not problem and self.close():
            self.post_message(FilterWanted(event.value))

    def _say(self, problem: str) -> None:
        note = self.query_one("#filter-note", Label)
        note.update(f"! {problem}" if problem else HINT)
        note.set_class(bool(problem), "-wrong")


def _problem(text: str) -> str:
    """What is wrong with a filter, and what would be right; empty for one that means something."""
    try:
        parse_filter(text)
    except ConfigError as error:
        return f"{error.message}; {error.hint}" if error.hint else error.message
    return ""


class FilterSuggester(Suggester):
    """Offers the rest of a field's name, or of a word that the field knows."""

    def __init__(self) -> None:
        super().__init__(case_sensitive=True)

    async def get_suggestion(self, value: str) -> str | None:
        """The whole line with its last word gone on; None where nothing fits."""
        before, space, last = value.rpartition(" ")
        sign = last[:1] if last[:1] in ("-", "!") else ""
        found = _continued(last.removeprefix(sign))
        return None if found is None else f"{before}{space}{sign}{found}"


def _continued(word: str) -> str | None:
    field, colon, start = word.partition(":")
    if colon:
        *chosen, last = start.split(",")
        rest = _first(last, (one for one in WORDS.get(field.lower(), ()) if one not in chosen))
        return None if rest is None else f"{field}:{','.join([*chosen, rest])}"
    name = _first(word, (one for one in FIELDS if one != ANY)) if word else None
    # What is compared is typed after a name, which may be `>` as well as `:`.
    return name if name is None or FIELDS[name] in NUMBER_KINDS else f"{name}:"


def _first(start: str, words: Iterable[str]) -> str | None:
    """The first word that begins so and is longer."""
    return next((word for word in words if word != start and word.startswith(start.lower())), None)
