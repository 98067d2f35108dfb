"""Usage by conversation, below the five-hour blocks in which plans count and what providers say is used of them."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import ClassVar

from rich.text import Text
from textual import on, work
from textual.app import ComposeResult, SystemCommand
from textual.binding import Binding, BindingType
from textual.containers import Container, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.worker import get_current_worker

from tokenmon.core.condition import Condition
from tokenmon.core.span import Span, period_title
from tokenmon.errors import TokenmonError
from tokenmon.tui.asking import Asking
from tokenmon.tui.block_lines import block_drawing, block_lines, block_sheet, block_title
from tokenmon.tui.dimensions import narrowed
from tokenmon.tui.messages import OpenScreen
from tokenmon.tui.reading.emptiness import empty_words
from tokenmon.tui.reading.sessions import Conversation, Course, SessionsSnapshot, read_course, read_sessions
from tokenmon.tui.screens.spanned import SpannedScreen
from tokenmon.tui.session_columns import (
    ORDERS,
    STEPS,
    copied_session,
    ordered,
    session_drawing,
    session_sheet,
    short_id,
)
from tokenmon.tui.session_detail import detail_lines
from tokenmon.tui.shared import Shared
from tokenmon.tui.sheet import Exporting
from tokenmon.tui.widgets.lines_view import LinesView
from tokenmon.tui.widgets.list_table import Grid, Key, Listing, ListTable

LOOSE: Key = (None,)


class CourseReady(Message):
    """A conversation's calls have been read."""

    def __init__(self, course: Course) -> None:
        super().__init__()
        self.course = course


class SessionsScreen(SpannedScreen[SessionsSnapshot]):
    """Conversations, or with `k` the blocks; a pane tells of one conversation."""

    NAME = "sessions"
    CSS_PATH = "sessions.tcss"
    FIRST_SPAN: ClassVar[Span] = Span("7d")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "details", "Details", id="details"),
        Binding("o", "calls", "Calls", id="calls"),
        Binding("k", "blocks", "Blocks", id="blocks"),
        Binding("left_square_bracket", "shift(1)", "Earlier", key_display="[", show=False, id="earlier"),
        Binding("right_square_bracket", "shift(-1)", "Later", key_display="]", show=False, id="later"),
        Binding("r", "range", "Range", show=False, id="range"),
        Binding("s", "sort(1)", "Sort by the next: last call, cost, tokens, length", show=False, id="sort"),
        Binding("S", "reverse", "Sort the other way round", show=False, id="reverse"),
    ]

    def __init__(self, shared: Shared) -> None:
        super().__init__(shared)
        self._sort = "last"
        self._is_descending = True
        self._shows_blocks = False
        self._is_detailed = False
        self._course: Course | None = None
        self._shown: tuple[Conversation, ...] = ()

    def question(self) -> Callable[[Asking], SessionsSnapshot]:
        """Everything of the screen but the course of one conversation."""
        return partial(read_sessions, span=self.span)

    def compose_content(self) -> ComposeResult:
        """The blocks above, the list below, the pane beside it."""
        yield LinesView(id="blocks")
        with Container(id="lists"):
            yield ListTable(id="sessions")
            with VerticalScroll(id="detail-scroll"):
                yield LinesView(id="detail")

    def instead(self, found: SessionsSnapshot) -> list[str]:
        """Why nothing is shown."""
        if found.emptiness is None:
            return []
        period = self.span.period(now=self.shared.now(), timezone=self.shared.timezone)
        return empty_words(found.emptiness, period_title(period, now=self.shared.now()))

    def show(self, found: SessionsSnapshot) -> None:
        """Bring panels and list to the snapshot."""
        shared, panel, table = self.shared, self.query_one("#blocks", LinesView), self.query_one(ListTable)
        panel.border_title = Content(block_title(found))
        panel.show(lambda width: block_lines(found, shared.numbers, shared.place, width=width, marks=shared.marks))
        table.marks = shared.marks
        if self._shows_blocks:
            self._list_blocks(found, table)
        else:
            self._list_conversations(found, table)
        self._show_detail()
        if self.focused is None:
            table.focus()

    def _list_conversations(self, found: SessionsSnapshot, table: ListTable) -> None:
        shown = self._shown = ordered(found, self._sort, is_descending=self._is_descending)
        count = self.shared.numbers.count(len(shown))
        table.border_title = "1 conversation" if len(shown) == 1 else f"{count} conversations"
        if found.hidden:
            every = self.shared.numbers.count(len(shown) + found.hidden)
            table.border_title = f"The newest {count} of {every} conversations"
        keys: tuple[Key, ...] = tuple((one.id,) for one in shown)
        rows: tuple[Conversation | None, ...] = shown
        if found.loose.requests:
            keys, rows = (*keys, LOOSE), (*rows, None)

        def grid(room: int) -> Grid:
            drawn = session_drawing(found, room=room, numbers=self.shared.numbers, place=self.shared.place)
            return Grid(drawn.columns, lambda at: drawn.cells(rows[at]), drawn.totals())

        table.show(Listing(keys, grid, self._sort, self._is_descending))

    def _list_blocks(self, found: SessionsSnapshot, table: ListTable) -> None:
        shown = found.blocks[::-1]
        table.border_title = "1 block" if len(shown) == 1 else f"{len(shown)} blocks"
        keys: tuple[Key, ...] = tuple((one.start.isoformat(),) for one in shown)

        def grid(room: int) -> Grid:
            shared = self.shared
            drawn = block_drawing(found, room=room, numbers=shared.numbers, place=shared.place, marks=shared.marks)
            return Grid(drawn.columns, lambda at: drawn.cells(shown[at]))

        table.show(Listing(keys, grid))

    # One conversation

    def _chosen(self) -> Conversation | None:
        """The conversation under the cursor."""
        key = None if self._shows_blocks else self.query_one(ListTable).cursor_key
        return None if key is None else next((one for one in self._shown if one.id == key[0]), None)

    def _show_detail(self) -> None:
        one = self._chosen() if self._is_detailed else None
        self.set_class(one is not None, "detailed")
        if one is None:
            return
        pane, shared = self.query_one("#detail", LinesView), self.shared
        course = self._course if self._course is not None and self._course.id == one.id else None
        # A plain string would be taken for markup.
        pane.border_title = Text(f"Session {short_id(one.id, cells=40)}")
        pane.show(
            lambda width: detail_lines(
                one, course, numbers=shared.numbers, place=shared.place, width=width, marks=shared.marks
            )
        )

    def watch_snapshot(self) -> None:
        """A conversation that is looked at may have gone on."""
        super().watch_snapshot()
        self._follow()

    @on(ListTable.Moved)
    def _follow(self) -> None:
        """Let the pane tell of the conversation under the cursor."""
        one = self._chosen() if self._is_detailed else None
        if one is not None:
            self._show_detail()
            self._read_course(one)

    @work(thread=True, exclusive=True, group="course", exit_on_error=False)
    def _read_course(self, one: Conversation) -> None:
        worker = get_current_worker()
        try:
            course = self.shared.read(partial(read_course, one=one), lambda: worker.is_cancelled)
        except TokenmonError:
            # The feed asks the same database and says what is wrong with it.
            return
        if not worker.is_cancelled:
            self.post_message(CourseReady(course))

    def on_course_ready(self, message: CourseReady) -> None:
        """Draw how a conversation went."""
        self._course = message.course
        self._show_detail()

    @on(ListTable.Chosen)
    def action_details(self) -> None:
        """Tell of the conversation under the cursor, or close the pane."""
        if self._is_detailed:
            self.go_back()
            return
        if self._chosen() is None:
            self.notify("Choose a conversation; k lists them." if self._shows_blocks else "No conversation to tell of.")
            return
        self._is_detailed = True
        self._follow()
        self.draw()
        if not self.query_one(ListTable).display:
            # Where the pane takes the list's place, the arrows are for the pane.
            self.query_one("#detail-scroll").focus()

    def go_back(self) -> bool:
        """Close the pane."""
        if not self._is_detailed:
            return False
        self._is_detailed = False
        self.draw()
        self.query_one(ListTable).focus()
        return True

    def action_calls(self) -> None:
        """Look at the calls of the row under the cursor."""
        key = None if self._shows_blocks else self.query_one(ListTable).cursor_key
        if key is not None:
            operator, value = (":", None) if key[0] is None else ("=", key[0])
            where = narrowed(self.shared.where, Condition("session", operator, (value,)))  # type: ignore[arg-type]
            self.post_message(OpenScreen("calls", where=where, span=self.span))

    # How it is looked at

    def action_blocks(self) -> None:
        """List the blocks, or the conversations again."""
        self._shows_blocks = not self._shows_blocks
        self._is_detailed = False
        self.query_one(ListTable).forget()
        self.draw()

    def action_sort(self, steps: int) -> None:
        """Sort by the next of the orders."""
        at = STEPS.index(self._sort) if self._sort in STEPS else -1
        self._sort, self._is_descending = STEPS[(at + steps) % len(STEPS)], True
        self.draw()

    def action_reverse(self) -> None:
        """Sort the other way round."""
        self._is_descending = not self._is_descending
        self.draw()

    @on(ListTable.TitleClicked)
    def _sort_by_title(self, event: ListTable.TitleClicked) -> None:
        if event.sort == self._sort:
            self._is_descending = not self._is_descending
        elif event.sort in ORDERS:
            self._sort, self._is_descending = event.sort, event.sort not in ("id", "project", "source", "models")
        self.draw()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Blocks have no details, calls or other orders."""
        if action in ("details", "calls", "sort", "reverse"):
            return not self._shows_blocks
        return True

    # What leaves the screen

    def exporting(self) -> Exporting | None:
        """The list in full."""
        found: SessionsSnapshot | None = self.snapshot
        if found is None or found.emptiness is not None:
            return None
        if self._shows_blocks:
            return Exporting("blocks", block_sheet(found.blocks).write)
        return Exporting("sessions", session_sheet(found, self._shown).write)

    def copied(self) -> str | None:
        """The conversation under the cursor in full, or the row as it is shown."""
        one, table = self._chosen(), self.query_one(ListTable)
        if one is not None:
            return copied_session(one, self.shared.numbers)
        return None if table.cursor_key is None else table.row_text(table.cursor_key)

    def palette(self) -> Iterable[SystemCommand]:
        """The list of the other kind."""
        yield SystemCommand("List blocks or conversations", "Sessions, key k", self.action_blocks)
