"""The help: every key that works here, by its present keymap, and the words of the filter."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from rich.style import Style
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import ActiveBinding, Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.events import Resize
from textual.screen import Screen
from textual.widgets import Static

from tokenmon.tui.screens.dialog import Dialog

FILTER_WORDS = (
    ("opus", "in model, project or platform"),
    ("model:opus", "the model's name holds opus"),
    ("project:web,api", "one of two projects"),
    ("-source:proxy", "all but the proxy's calls"),
    ("status:error", "calls that failed"),
    ("cost>0.10", "dearer than 10 cents"),
    ("tokens>=50k latency>2s", "long and slow"),
    ("price:unpriced", "calls without a price"),
    ('project:"two words"', "quotes hold spaces"),
)
REPLAY = ("replay", "slower", "faster", "replay-back", "replay-on")
# Columns from which two groups stand side by side, and from which the ids are named.
TWO_COLUMNS, WITH_IDS = 110, 60
# Enough for most keys: so the groups' columns stand below each other.
KEY_CELLS = 5


@dataclass(frozen=True, slots=True)
class KeyLine:
    """One binding: its keys as they are written, what it does, and its id."""

    keys: str
    words: str
    id: str


class HelpDialog(Dialog[None]):
    """Closes by the keys that open or close things; the arrows scroll it where it is longer than the terminal."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("question_mark,q", "close", "Close", key_display="?", show=False, id="close-help")
    ]
    COMPONENT_CLASSES: ClassVar[set[str]] = {"help-key", "help-id", "help-title"}
    BOX_TITLE = "Keys"

    def __init__(
        self, *, here: tuple[KeyLine, ...], focused: tuple[KeyLine, ...], everywhere: tuple[KeyLine, ...]
    ) -> None:
        super().__init__()
        self._here, self._focused = here, focused
        self._everywhere = tuple(line for line in everywhere if line.id not in REPLAY)
        self._replay = tuple(line for name in REPLAY for line in everywhere if line.id == name)
        self._width = 0

    @classmethod
    def of(cls, screen: Screen[Any]) -> "HelpDialog":
        """The help of a screen, with what is focused on it."""
        here: dict[str, KeyLine] = {}
        focused: dict[str, KeyLine] = {}
        everywhere: dict[str, KeyLine] = {}
        for active in screen.active_bindings.values():
            found = everywhere if active.node is screen.app else here if active.node is screen else focused
            _add(found, active, screen)
        return cls(here=tuple(here.values()), focused=tuple(focused.values()), everywhere=tuple(everywhere.values()))

    def on_mount(self) -> None:
        """The box takes the keys that scroll."""
        super().on_mount()
        box = self.query_one("#box", VerticalScroll)
        box.can_focus = True
        box.focus()

    def on_resize(self, event: Resize) -> None:
        """Another width may have another form."""
        before, self._width = self._width, event.size.width
        if before and _form(before) != _form(self._width):
            self.refresh(recompose=True)
            self.call_after_refresh(self.on_mount)

    def compose_box(self) -> ComposeResult:
        """What works here beside what works everywhere, or below each other."""
        width = self.app.size.width
        groups = [
            ("On this screen", _rows(self._here)),
            ("Where the focus is", _rows(self._focused)),
            ("Everywhere", _rows(self._everywhere)),
            ("Replay of a past day", _rows(self._replay)),
            ("Filter: all its terms must hold", [(*one, "") for one in FILTER_WORDS]),
        ]
        shown = [group for group in groups if group[1]]
        drawn = [self._group(title, rows, with_ids=width >= WITH_IDS) for title, rows in shown]
        if width >= TWO_COLUMNS:
            cut = _fairest_cut([len(rows) + 2 for _, rows in shown])
            with Horizontal(classes="help-columns"):
                yield Vertical(*drawn[:cut], classes="help-column")
                yield Vertical(*drawn[cut:], classes="help-column")
        else:
            yield from drawn
        names = ", by the grey names" if width >= WITH_IDS else ""
        yield Static(f"Other keys{names}: tokenmon config set dash.keys pause=f9", classes="note", markup=False)

    def _group(self, title: str, rows: Sequence[tuple[str, str, str]], *, with_ids: bool) -> Static:
        first = max(KEY_CELLS, *(len(row[0]) for row in rows))
        second = max(len(row[1]) for row in rows)
        strong, muted = self._style("help-key"), self._style("help-id")
        text = Text()
        text.append(title, self._style("help-title"))
        for key, words, name in rows:
            text.append("\n")
            text.append(f"{key:<{first}}", strong)
            text.append(f"  {words}")
            if with_ids and name:
                text.append(" " * (second - len(words)) + f"  {name}", muted)
        return Static(text, classes="help-group")

    def _style(self, name: str) -> Style:
        return self.get_component_rich_style(name, partial=True)


def _form(width: int) -> tuple[bool, bool]:
    return width >= TWO_COLUMNS, width >= WITH_IDS


def _fairest_cut(heights: Sequence[int]) -> int:
    """How many of the groups stand in the first of two columns."""
    return min(range(1, len(heights)), key=lambda cut: max(sum(heights[:cut]), sum(heights[cut:])))


def _rows(lines: Iterable[KeyLine]) -> list[tuple[str, str, str]]:
    return [(line.keys, line.words, line.id) for line in lines]


def _add(found: dict[str, KeyLine], active: ActiveBinding, screen: Screen[Any]) -> None:
    """A line by the binding's id; further keys of the same binding join it."""
    binding = active.binding
    # Those without an id are Textual's own: the focus, the selection of text.
    if not binding.description or not binding.id:
        return
    shown = screen.app.get_key_display(binding)
    before = found.get(binding.id)
    if before is None:
        found[binding.id] = KeyLine(shown, binding.description, binding.id)
    elif shown not in before.keys.split(" "):
        found[binding.id] = KeyLine(f"{before.keys} {shown}", binding.description, binding.id)
