"""The dialog that asks by which two dimensions usage is distributed."""

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Label, OptionList
from textual.widgets.option_list import Option

from tokenmon.tui.dimensions import DIMENSIONS, TITLES
from tokenmon.tui.screens.dialog import Dialog

Pair = tuple[str, str | None]


class DimensionDialog(Dialog[Pair | None]):
    """Gives the first dimension and the second, which may be none; `enter` takes what both lists point at."""

    BOX_TITLE = "Group by"

    def __init__(self, first: str, second: str | None) -> None:
        super().__init__()
        self._present: Pair = first, second

    def compose_box(self) -> ComposeResult:
        """The two lists side by side."""
        with Horizontal(id="dimensions"):
            with Vertical():
                yield Label("First", classes="help-title")
                yield OptionList(*_options("first", DIMENSIONS), id="first-dimension", compact=True)
            with Vertical():
                yield Label("Then", classes="help-title")
                yield OptionList(*_options("second", ("none", *DIMENSIONS)), id="second-dimension", compact=True)
        yield Label("tab changes the list, enter takes both", markup=False)

    def on_mount(self) -> None:
        """Begin at the present ones."""
        super().on_mount()
        first, second = self._present
        self.query_one("#first-dimension", OptionList).highlighted = DIMENSIONS.index(first)
        self.query_one("#second-dimension", OptionList).highlighted = (
            0 if second is None else DIMENSIONS.index(second) + 1
        )

    @on(OptionList.OptionSelected)
    def chosen(self) -> None:
        """Take both, if they differ."""
        first = DIMENSIONS[self.query_one("#first-dimension", OptionList).highlighted or 0]
        at = self.query_one("#second-dimension", OptionList).highlighted or 0
        second = DIMENSIONS[at - 1] if at else None
        if first == second:
            self.say_wrong(f"both are {TITLES[first].lower()}; take another for one of them")
            return
        self.dismiss((first, second))


def _options(name: str, dimensions: tuple[str, ...]) -> list[Option]:
    return [Option(TITLES.get(one, "(none)"), id=f"{name}-{one}") for one in dimensions]
