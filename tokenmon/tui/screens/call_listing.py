"""The reading behind the table of calls: when a listing is made anew, where its reader then stands, what is fetched.

Apart from `calls.py`, which says what can be done with a call.
"""

from collections.abc import Callable
from functools import partial
from typing import ClassVar

from textual import on, work
from textual.message import Message
from textual.worker import Worker, WorkerState

from tokenmon.core.span import Span
from tokenmon.errors import TokenmonError
from tokenmon.storage.listing import Listing
from tokenmon.storage.read_order import SortKey
from tokenmon.tui.asking import Asking
from tokenmon.tui.call_columns import Writing, call_columns
from tokenmon.tui.call_rows import CallRows, Page
from tokenmon.tui.call_words import TEXTS, sort_title
from tokenmon.tui.messages import ReadFailed
from tokenmon.tui.reading.calls import Anchor, Asked, CallsSnapshot, read_calls, read_fresh, read_pages
from tokenmon.tui.screens.live import FEED
from tokenmon.tui.screens.spanned import SpannedScreen
from tokenmon.tui.shared import Shared
from tokenmon.tui.widgets.virtual_table import Look, VirtualTable

PAGES = "pages"


class PagesReady(Message):
    """Pages of a listing have been read; none where the database did not answer."""

    def __init__(self, listing: Listing, pages: tuple[tuple[int, Page], ...]) -> None:
        super().__init__()
        self.listing, self.pages = listing, pages


class CallListing(SpannedScreen[CallsSnapshot]):
    """A table over a listing. A tick lets new calls in at the top while the cursor rests there, and else counts them;
    whoever asks for something gets a new listing, in which the call that was looked at stays where it was seen."""

    FIRST_SPAN: ClassVar[Span] = Span("all")

    def __init__(self, shared: Shared) -> None:
        super().__init__(shared)
        self.sort: SortKey = "time"
        self.is_descending = True
        self.rows = CallRows(0, Writing(shared.place, shared.numbers))
        self._wants_new = True
        self._taken: CallsSnapshot | None = None
        self._place: tuple[int, int] | None = None
        self._is_fetching = False

    @property
    def table(self) -> VirtualTable:
        """The table."""
        return self.query_one(VirtualTable)

    @property
    def is_looked_at(self) -> bool:
        """Whether a call is looked at so that no other may take its place."""
        return False

    # Reading

    def asked(self) -> Asked:
        """What is asked now, whatever was read."""
        replay = self.shared.clock.replay
        start = None if replay is None else replay.starts
        return Asked(self.span, self.sort, self.is_descending, self.shared.where, start)

    def question(self) -> Callable[[Asking], CallsSnapshot]:
        """A new listing if one is wanted or may flow in, else how many calls the present one does not hold."""
        asked, found, table = self.asked(), self._taken, self.table
        if found is None or found.asked != asked or found.emptiness is not None or self._flows():
            return partial(read_calls, asked=asked)
        if self._wants_new:
            return partial(read_calls, asked=asked, anchor=self._anchor())
        return partial(read_fresh, before=found, numbers=self.rows.present(table.top, table.top + table.lines))

    def reload(self, *, always: bool = True) -> None:
        """Read: a new listing where somebody asked for it."""
        self._wants_new = always
        super().reload(always=always)

    def tick(self) -> None:
        """The timer's turn; calls that were held back flow in as soon as they may."""
        if not self.let_in():
            super().tick()

    def let_in(self) -> bool:
        """Show the calls that were held back, if nothing else is looked at; whether they are read now."""
        has_fresh = self._taken is not None and self._taken.fresh > 0
        may_come = has_fresh and self._is_at_top() and not self.shared.is_paused and not self._is_reading()
        if may_come:
            self.reload()
        return may_come

    def _flows(self) -> bool:
        return self.sort == "time" and self.is_descending and self._is_at_top()

    def _is_at_top(self) -> bool:
        return not self.is_looked_at and self.table.cursor == 0 and self.table.top == 0

    def _anchor(self) -> Anchor | None:
        """The call that stays where it is seen: that under the cursor, or the first in sight where that is not.

        None at the top: there the first call is what its reader wants to see.
        """
        if self._is_at_top():
            return None
        table = self.table
        sees_cursor = table.top <= table.cursor < table.top + table.lines
        row = table.cursor if sees_cursor else table.top
        record = self.rows.record(row)
        return None if record is None else Anchor(record.id, row)

    # Drawing

    def show(self, found: CallsSnapshot) -> None:
        """Bring the table to the snapshot."""
        if found is not self._taken:
            self._take(found)
        table, writing = self.table, Writing(self.shared.place, self.shared.numbers)
        if writing != self.rows.writing:
            self.rows.writing = writing
            table.forget()
        table.marks = self.shared.marks
        table.border_title = f"Calls, {sort_title(found.asked.sort, is_descending=found.asked.is_descending)}"
        self._lay_out(found)

    def _take(self, found: CallsSnapshot) -> None:
        """Take in what was read: another listing with its rows, or the same one's pages as they are now."""
        before, self._taken = self._taken, found
        if before is not None and before.listing is found.listing:
            self.rows.keep(found.pages)
            return
        table = self.table
        self.rows = CallRows(found.listing.count, self.rows.writing)
        self.rows.keep(found.pages)
        is_same = before is not None and before.asked == found.asked and found.shift is not None
        shift = found.shift or 0
        self._place = (table.cursor + shift, table.top + shift) if is_same else (0, 0)

    def _lay_out(self, found: CallsSnapshot) -> None:
        table = self.table
        columns, gap = call_columns(table.room, self.shared.numbers, sort=found.asked.sort)
        cursor, top = self._place or (table.cursor, table.top)
        self._place = None
        table.show_rows(
            self.rows, Look(columns, gap, found.asked.sort, found.asked.is_descending), cursor=cursor, top=max(0, top)
        )

    @on(VirtualTable.RoomChanged)
    def _fit_columns(self) -> None:
        if self._taken is not None:
            self._lay_out(self._taken)

    # Pages

    @on(VirtualTable.Lacks)
    def _fetch(self, event: VirtualTable.Lacks) -> None:
        """Fetch what the table lacks, one reading after the other: it asks again for what it sees by then."""
        numbers = self.rows.lacking(event.first, event.after)
        if numbers and self._taken is not None and not self._is_fetching:
            self._is_fetching = True
            self._read_pages(self._taken.listing, tuple(numbers))

    @work(thread=True, group=PAGES, exit_on_error=False)
    def _read_pages(self, listing: Listing, numbers: tuple[int, ...]) -> None:
        pages: tuple[tuple[int, Page], ...] = ()
        try:
            pages = read_pages(listing, numbers)
        except TokenmonError as error:
            self.post_message(ReadFailed(error.message))
        self.post_message(PagesReady(listing, pages))

    def on_pages_ready(self, message: PagesReady) -> None:
        """Draw rows that have come."""
        self._is_fetching = False
        if self._taken is not None and message.listing is self._taken.listing and message.pages:
            self.rows.keep(message.pages)
            self.table.arrived()
            self.rows_arrived()
        elif message.pages:
            self.table.arrived()

    def rows_arrived(self) -> None:
        """Rows that were lacking are there."""

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """A fault in fetching must not look like a slow one."""
        super().on_worker_state_changed(event)
        if event.worker.group == PAGES and event.state == WorkerState.ERROR:
            self._is_fetching = False
            self.problem = f"reading failed ({type(event.worker.error).__name__})"

    # Orders

    def sort_by(self, sort: SortKey) -> None:
        """Sort by something, in the direction in which it is mostly wanted."""
        self.order(sort, is_descending=sort not in TEXTS)

    def order(self, sort: SortKey, *, is_descending: bool) -> None:
        """Sort, and say so while it lasts."""
        self.sort, self.is_descending = sort, is_descending
        self.reload()
        self.draw()

    def action_reverse(self) -> None:
        """Sort the other way round."""
        self.order(self.sort, is_descending=not self.is_descending)

    @on(VirtualTable.TitleClicked)
    def _sort_by_title(self, event: VirtualTable.TitleClicked) -> None:
        if event.sort == self.sort:
            self.action_reverse()
        else:
            self.sort_by(event.sort)  # type: ignore[arg-type]

    def leave_sorting(self) -> bool:
        """Give up a sorting that lasts; False where there is none."""
        found = self._taken
        if found is None or (found.asked.sort, found.asked.is_descending) == (self.sort, self.is_descending):
            return False
        self.workers.cancel_group(self, FEED)
        self.sort, self.is_descending = found.asked.sort, found.asked.is_descending
        self.draw()
        return True
