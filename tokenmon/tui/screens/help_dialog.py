"""The help: every key that works here, by its present keymap, and the words of the filter."""

from dataclasses import dataclass
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import ActiveBinding, Binding, BindingType
from textual.screen import Screen
from textual.widgets import Static

from tokenmon.tui.screens.dialog import Dialog

FILTER_WORDS = (
    ("model:opus", "the model's name holds opus"),
    ("project:web,api", "one of two projects"),
    ("-source:proxy", "all but the proxy's calls"),
    ("status:error", "calls that failed"),
    ("cost>0.10", "dearer than 10 cents"),
    ("tokens>=50k latency>2s", "long and slow"),
    ("price:unpriced", "calls without a price"),
)


@dataclass(frozen=True, slots=True)
class KeyLine:
    """One binding: its keys as they are written, what it does, and its id."""

    keys: str
    words: str
    id: str


class HelpDialog(Dialog[None]):
    """Closes by any of the keys that open or close things."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("question_mark,q", "close", "Close", key_display="?", show=False, id="close-help")
    ]
    BOX_TITLE = "Keys"

    def __init__(self, here: tuple[KeyLine, ...], everywhere: tuple[KeyLine, ...]) -> None:
        super().__init__()
        self._here, self._everywhere = here, everywhere

    @classmethod
    def of(cls, screen: Screen[Any]) -> "HelpDialog":
        """The help of a screen, with what is focused on it."""
        here: dict[str, KeyLine] = {}
        everywhere: dict[str, KeyLine] = {}
        for key, active in screen.active_bindings.items():
            found = everywhere if active.node is screen.app else here
            _add(found, key, active, screen)
        return cls(tuple(here.values()), tuple(everywhere.values()))

    def compose_box(self) -> ComposeResult:
        """The keys in two groups, then the filter."""
        lines = [*self._here, *self._everywhere]
        width = max((len(line.keys) for line in lines), default=0)
        name_width = max((len(line.words) for line in lines), default=0)
        if self._here:
            yield Static("On this screen", classes="help-title")
            yield Static(_text(self._here, width, name_width), markup=False)
        yield Static("Everywhere", classes="help-title")
        yield Static(_text(self._everywhere, width, name_width), markup=False)
        yield Static("Filter (/), terms with spaces between them all hold", classes="help-title")
        filter_width = max(len(word) for word, _ in FILTER_WORDS)
        yield Static("\n".join(f"{word:<{filter_width}}  {words}" for word, words in FILTER_WORDS), markup=False)
        yield Static(
            "Other keys: tokenmon config set dash.keys pause=space (the right column names them)", markup=False
        )


def _add(found: dict[str, KeyLine], key: str, active: ActiveBinding, screen: Screen[Any]) -> None:
    """A line by the binding's id; further keys of the same binding join it."""
    binding = active.binding
    if not binding.description or binding.system:
        return
    name = binding.id or binding.action
    shown = screen.app.get_key_display(binding)
    if name in found:
        if shown not in found[name].keys.split(" "):
            found[name] = KeyLine(f"{found[name].keys} {shown}", found[name].words, name)
        return
    found[name] = KeyLine(shown, binding.description, name)


def _text(lines: tuple[KeyLine, ...], width: int, name_width: int) -> str:
    return "\n".join(f"{line.keys:<{width}}  {line.words:<{name_width}}  {line.id}" for line in lines)
