"""The platforms: how their calls go, what they cost, what is left of their rate limits; forms add and change them."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult, SystemCommand
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll

from tokenmon.core.platform_check import CheckResult
from tokenmon.errors import TokenmonError
from tokenmon.tui.asking import Asking
from tokenmon.tui.platform_columns import (
    DESCENDING,
    HEALTH_WORDS,
    STEPS,
    WORST_FIRST,
    drawing,
    ordered,
    platform_sheet,
    sheet_row,
)
from tokenmon.tui.platform_detail import Tested, detail_lines
from tokenmon.tui.reading.platforms import PlatformRow, PlatformsSnapshot, read_platforms
from tokenmon.tui.screens.accounts import AccountsScreen, hidden_words, row_text
from tokenmon.tui.shared import Shared
from tokenmon.tui.sheet import Exporting
from tokenmon.tui.texts import Line, Part
from tokenmon.tui.widgets.lines_view import LinesView
from tokenmon.tui.widgets.list_table import Grid, Listing, ListTable

TEST = "test"
DETAIL_LINES = 24


class PlatformsScreen(AccountsScreen[PlatformsSnapshot]):
    """A table of platforms, and a pane that tells all of one."""

    NAME = "platforms"
    CSS_PATH = "platforms.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "add", "Add", id="add-platform"),
        Binding("E", "edit", "Edit", id="edit-platform"),
        Binding("T", "test", "Test", id="test-platform"),
        Binding("x,delete", "remove", "Remove the platform", key_display="x", show=False, id="remove-platform"),
        Binding("enter", "details", "Details", show=False, id="details"),
        Binding("o", "breakdown", "Where its month went", show=False, id="platform-breakdown"),
        Binding("s", "sort", "Sort by name, health, cost, calls, last call, least left", show=False, id="sort"),
        Binding("S", "reverse", "Sort the other way round", show=False, id="reverse"),
    ]

    def __init__(self, shared: Shared) -> None:
        super().__init__(shared)
        self._sort, self._is_descending = STEPS[0], False
        # Until somebody decides, the pane is open where there are lines for it.
        self._is_detailed: bool | None = None
        self._tests: dict[str, Tested] = {}
        self._shown: tuple[PlatformRow, ...] = ()
        self._wish = ""

    def question(self) -> Callable[[Asking], PlatformsSnapshot]:
        """All platforms."""
        return read_platforms

    def compose_content(self) -> ComposeResult:
        """The table, the pane below or beside."""
        yield ListTable(id="platforms")
        with VerticalScroll(id="platform-scroll"):
            yield LinesView(id="platform-detail")

    def instead(self, found: PlatformsSnapshot) -> list[str]:
        """The first steps while there is no platform."""
        if found.rows:
            return []
        if found.hidden:
            return hidden_words(found.hidden, "platform")
        return [
            "No platform yet: an account at a provider, with its key and its prices.", "", "  a    adds one",
            "       or: tokenmon platform add openai --provider openai",
        ]  # fmt: skip

    def headline(self) -> Line:
        """How many platforms, and which are in trouble."""
        found: PlatformsSnapshot | None = self.snapshot
        if found is None or not found.rows:
            return ()
        count = len(found.rows)
        line: Line = (Part(f"{count} platform{'' if count == 1 else 's'}", "strong"),)
        states = [row.health.state for row in found.rows]
        for state in WORST_FIRST[:2]:
            if bad := states.count(state):
                word, tone = HEALTH_WORDS[state]
                line = (*line, Part("   "), Part(f"{word.split()[0]} {bad} {state}", tone))
        if found.hidden:
            line = (*line, Part(f"   the filter hides {found.hidden}", "muted"))
        return line

    def show(self, found: PlatformsSnapshot) -> None:
        """Bring table and pane to the snapshot."""
        table, shared = self.query_one(ListTable), self.shared
        shown = self._shown = ordered(found, self._sort, is_descending=self._is_descending)
        table.marks, table.border_title = shared.marks, "Platforms, this month"

        def grid(room: int) -> Grid:
            drawn = drawing(found, room=room, numbers=shared.numbers, place=shared.place)
            return Grid(drawn.columns, lambda at: drawn.cells(shown[at]))

        table.show(Listing(tuple((row.name,) for row in shown), grid, self._sort, self._is_descending))
        if self._wish and (self._wish,) in table.keys:
            table.follow((self._wish,))
            self._wish = ""
        self._show_detail()
        if self.focused is None:
            table.focus()

    # The platform under the cursor

    def _held(self) -> PlatformRow | None:
        key = self.query_one(ListTable).cursor_key
        return None if key is None else next((row for row in self._shown if row.name == key[0]), None)

    def _show_detail(self) -> None:
        found: PlatformsSnapshot | None = self.snapshot
        held = self._held()
        has_room = self.cells.height >= DETAIL_LINES
        is_open = held is not None and (has_room if self._is_detailed is None else self._is_detailed)
        self.set_class(is_open, "detailed")
        if held is None or found is None or not is_open:
            return
        pane, shared, tested = self.query_one("#platform-scroll"), self.shared, self._tests.get(held.name)
        pane.border_title = held.name
        self.query_one("#platform-detail", LinesView).show(
            lambda width: detail_lines(
                held, found, tested, numbers=shared.numbers, place=shared.place, marks=shared.marks, width=width
            )
        )

    @on(ListTable.Moved)
    def moved(self) -> None:
        """The pane tells of the row under the cursor."""
        self._show_detail()
        self.query_one("#platform-scroll").scroll_home(animate=False)

    @on(ListTable.Chosen)
    def chosen(self) -> None:
        """A second click."""
        self.action_details()

    def action_details(self) -> None:
        """Open the pane, or close it."""
        self._is_detailed = not self.has_class("detailed")
        self._show_detail()

    def go_back(self) -> bool:
        """Close a pane that was opened."""
        if not (self._is_detailed and self.has_class("detailed")):
            return False
        self._is_detailed = False
        self._show_detail()
        self.query_one(ListTable).focus()
        return True

    def action_breakdown(self) -> None:
        """Go to what this month's calls of the platform were."""
        held = self._held()
        if held is not None:
            self.open_month(held.name)

    def copied(self) -> str | None:
        """The platform under the cursor."""
        held, found = self._held(), self.snapshot
        if held is None:
            return None
        return row_text(sheet_row(held, found.as_of))

    def exporting(self) -> Exporting | None:
        """All platforms, in the order shown."""
        found: PlatformsSnapshot | None = self.snapshot
        return Exporting("platforms", platform_sheet(found, self._shown).write) if found and found.rows else None

    # The order

    def action_sort(self) -> None:
        """Sort by the next column."""
        at = STEPS.index(self._sort) if self._sort in STEPS else -1
        self._sort_by(STEPS[(at + 1) % len(STEPS)])

    def action_reverse(self) -> None:
        """Sort the other way round."""
        self._is_descending = not self._is_descending
        self.draw()

    @on(ListTable.TitleClicked)
    def title_clicked(self, event: ListTable.TitleClicked) -> None:
        """Sort by a column; the other way round where it was that already."""
        if event.sort == self._sort:
            self.action_reverse()
        else:
            self._sort_by(event.sort)

    def _sort_by(self, sort: str) -> None:
        self._sort, self._is_descending = sort, sort in DESCENDING
        self.draw()

    # Testing

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A test needs somebody who can make the call."""
        return action != "test" or self.shared.check is not None

    def action_test(self) -> None:
        """Make one free call, and say in the pane how it went."""
        held = self._held()
        if held is None or self.shared.check is None:
            return
        known = self._tests.get(held.name)
        if known is None or known.result is not None:
            self._tests[held.name] = Tested(self.shared.session.now())
            self._test(held.name)
        self._is_detailed = True
        self._show_detail()
        self.query_one("#platform-scroll").scroll_home(animate=False)

    @work(thread=True, group=TEST, exit_on_error=False)
    def _test(self, name: str) -> None:
        check = self.shared.check
        assert check is not None  # noqa: S101  (the key does nothing without)
        try:
            result = check(name)
        except TokenmonError as error:
            result = CheckResult(False, error.message, error.hint)
        except OSError as error:
            result = CheckResult(False, f"it could not be tried ({type(error).__name__})")
        self.app.call_from_thread(self._tested, name, result)

    def _tested(self, name: str, result: CheckResult) -> None:
        self._tests[name] = Tested(self.shared.session.now(), result)
        self._show_detail()

    # Changing

    def action_add(self) -> None:
        """Ask for a platform."""
        from tokenmon.tui.screens.platform_form import PlatformForm

        self.app.push_screen(PlatformForm(self.shared.session), self._stored)

    def action_edit(self) -> None:
        """Change the platform under the cursor."""
        from tokenmon.tui.screens.platform_form import PlatformForm

        held = self._held()
        if held is not None:
            form = PlatformForm(self.shared.session, held.platform, key_words=held.key_words)
            self.app.push_screen(form, self._stored)

    def _stored(self, name: str | None) -> None:
        if name is not None:
            self._tests.pop(name, None)
            self._wish = name
            self.reload()
            tests = "" if self.shared.check is None else "; T tests it"
            self.notify(f"{name} is stored{tests}.", markup=False)

    def action_remove(self) -> None:
        """Remove the platform under the cursor, once that is agreed to."""
        held, store = self._held(), self.shared.session.store
        if held is None:
            return
        lost = [word for word, has in (("its key", held.has_key), ("its quota", held.quota), ("its own prices",
                not held.platform.prices.is_empty)) if has]  # fmt: skip
        with_it = f" with {' and '.join(lost)}" if lost else ""
        lines = [f"The platform {held.name} is removed{with_it}.", "Its calls and their costs stay in all sums.",
                 f"Callers of /{held.name} are refused from then on."]  # fmt: skip
        self.ask_to_remove(
            f"Remove {held.name}",
            lines,
            remove=partial(store.remove_platform, held.name),
            done=partial(self._removed, held.name),
        )

    def _removed(self, name: str) -> None:
        self._tests.pop(name, None)
        self.reload()
        self.notify(f"{name} is removed; its calls stay.", markup=False)

    def palette(self) -> Iterable[SystemCommand]:
        """What can be done here."""
        yield SystemCommand("Add a platform", "An account at a provider", self.action_add)
        if self._held() is None:
            return
        yield SystemCommand("Edit this platform", "Address, key, prices, quota", self.action_edit)
        yield SystemCommand("Remove this platform", "Its calls stay", self.action_remove)
        if self.shared.check is not None:
            yield SystemCommand("Test this platform", "One free call", self.action_test)
