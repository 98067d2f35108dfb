"""Every call there is: a table over any number of them, and a pane that tells one in full."""

import json
import threading
from collections.abc import Iterable
from functools import partial
from typing import ClassVar, TextIO

from textual import on, work
from textual.app import ComposeResult, SystemCommand
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.worker import get_current_worker

from tokenmon.analytics.export import WRITERS
from tokenmon.core.condition import Condition
from tokenmon.core.filter_language import parse_filter
from tokenmon.core.record import UsageRecord
from tokenmon.core.record_json import record_json
from tokenmon.core.span import period_title
from tokenmon.errors import ConfigError, TokenmonError
from tokenmon.ingest.cost_origin import CostOrigin, cost_origin
from tokenmon.ingest.pricing import Pricer
from tokenmon.storage.read_order import SORT_KEYS
from tokenmon.tui.call_columns import Writing
from tokenmon.tui.call_detail import call_lines
from tokenmon.tui.call_words import SORTS, similar, summary_line
from tokenmon.tui.dimensions import condition_of, narrowed
from tokenmon.tui.messages import FilterWanted
from tokenmon.tui.names import name_text
from tokenmon.tui.reading.calls import CallsSnapshot
from tokenmon.tui.reading.emptiness import empty_words
from tokenmon.tui.screens.call_listing import CallListing
from tokenmon.tui.screens.choice_dialog import ChoiceDialog
from tokenmon.tui.shared import Shared
from tokenmon.tui.sheet import Exporting
from tokenmon.tui.texts import Line, Part
from tokenmon.tui.widgets.call_pane import CallPane
from tokenmon.tui.widgets.virtual_table import VirtualTable


class OriginReady(Message):
    """It is known how the cost of a call comes about."""

    def __init__(self, record: UsageRecord, origin: CostOrigin) -> None:
        super().__init__()
        self.record, self.origin = record, origin


class CallsScreen(CallListing):
    """Calls one by one, with all that can be done with one."""

    NAME = "calls"
    CSS_PATH = "calls.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "details", "Details", id="details"),
        Binding("s", "sort", "Sort", id="sort"),
        Binding("r", "range", "Range", id="range"),
        Binding("left_square_bracket", "shift(1)", "Earlier", key_display="[", show=False, id="earlier"),
        Binding("right_square_bracket", "shift(-1)", "Later", key_display="]", show=False, id="later"),
        Binding("S", "reverse", "Sort the other way round", show=False, id="reverse"),
        Binding("i", "similar", "More calls like this one", show=False, id="similar"),
        Binding("m", "same_model", "More calls of this model", show=False, id="same-model"),
        Binding("shift+up", "scroll_pane(-1)", "Details: scroll up", show=False, id="pane-up"),
        Binding("shift+down", "scroll_pane(1)", "Details: scroll down", show=False, id="pane-down"),
    ]

    def __init__(self, shared: Shared) -> None:
        super().__init__(shared)
        self._is_detailed = False
        self._told: UsageRecord | None = None
        self._origin: OriginReady | None = None
        self._pricer: Pricer | None = None
        self._pricing = threading.Lock()
        # Filters that were narrowed here: what each was before, and what it became.
        self._steps: list[tuple[str, str]] = []

    def compose_content(self) -> ComposeResult:
        """The table and the pane."""
        yield VirtualTable(id="call-list")
        yield CallPane(id="call-pane")

    def headline(self) -> Line:
        """The range, how many calls, their sums; or that a long reading is under way."""
        range_line, found = super().headline(), self.snapshot
        if found is None:
            return range_line
        if found.asked != self.asked():
            is_sorting = (found.asked.sort, found.asked.is_descending) != (self.sort, self.is_descending)
            word = f"sorting by {SORTS[self.sort]} ...  esc leaves it" if is_sorting else "reading ..."
            return (*range_line[:1], Part(f"   {word}", "strong"))
        where = self.shared.where
        # The frame writes the filter after this line.
        used = len(f"   filter {where}  esc clears") if where else 0
        return summary_line(found, range_line, self.shared.numbers, width=self.cells.width - 2 - used)

    def instead(self, found: CallsSnapshot) -> list[str]:
        """Why nothing is shown."""
        if found.emptiness is None:
            return []
        period = self.span.period(now=self.shared.now(), timezone=self.shared.timezone)
        return empty_words(found.emptiness, period_title(period, now=self.shared.now()))

    def show(self, found: CallsSnapshot) -> None:
        """Bring table and pane to the snapshot."""
        super().show(found)
        self.set_class(self._is_detailed, "detailed")
        self._tell_call()
        if self.focused is None:
            self._focus()

    def _focus(self) -> None:
        # Where the pane takes the table's place, its own arrows lead from call to call.
        (self.query_one(CallPane) if self._is_detailed and self.has_class("narrow") else self.table).focus()

    # One call

    @property
    def is_looked_at(self) -> bool:
        """Whether the pane is open: its call stays."""
        return self._is_detailed

    @property
    def chosen(self) -> UsageRecord | None:
        """The call under the cursor; None where there is none, or it was not fetched yet."""
        return self.rows.record(self.table.cursor)

    @on(VirtualTable.Moved)
    def _follow(self) -> None:
        self._tell_call()
        self.let_in()

    def rows_arrived(self) -> None:
        """The call under the cursor may be among them."""
        self._tell_call()

    @on(CallPane.Step)
    def _step(self, event: CallPane.Step) -> None:
        self.table.action_move(event.rows)

    def _tell_call(self) -> None:
        """Let the pane tell of the call under the cursor."""
        record = self.chosen if self._is_detailed else None
        if record is None:
            return
        is_other = self._told is None or self._told.id != record.id
        if record != self._told:
            self._told = record
            self._read_origin(record)
        held = self._origin
        origin = held.origin if held is not None and held.record == record else None
        writing = Writing(self.shared.place, self.shared.numbers)
        self.query_one(CallPane).show(
            name_text(record.model), partial(_lines, record, origin, writing), is_other=is_other
        )

    @work(thread=True, exclusive=True, group="origin", exit_on_error=False)
    def _read_origin(self, record: UsageRecord) -> None:
        worker = get_current_worker()
        try:
            # A pricer is for one thread; the first look takes it a sixth of a second.
            with self._pricing:
                if worker.is_cancelled:
                    return
                self._pricer = self._pricer or self.shared.session.pricer()
                origin = cost_origin(self._pricer, record)
        except TokenmonError:
            # The feed asks the same database and says what is wrong with it.
            return
        if not worker.is_cancelled:
            self.post_message(OriginReady(record, origin))

    def on_origin_ready(self, message: OriginReady) -> None:
        """Draw how a cost comes about."""
        self._origin = message
        self._tell_call()

    @on(VirtualTable.Chosen)
    def action_details(self) -> None:
        """Tell the call under the cursor in full, or close the pane."""
        if self.go_back_from_details():
            return
        self._is_detailed = True
        # Prices may have changed since the pane was last open.
        self._told = None
        self.draw()
        self._focus()

    def go_back_from_details(self) -> bool:
        """Close the pane; False where it was not open."""
        if not self._is_detailed:
            return False
        self._is_detailed = False
        self.draw()
        self._focus()
        return True

    def go_back(self) -> bool:
        """Give up a long sorting, close the pane, undo a step into the filter."""
        if self.leave_sorting() or self.go_back_from_details():
            return True
        if self._steps and self._steps[-1][1] == self.shared.where:
            self.post_message(FilterWanted(self._steps.pop()[0]))
            return True
        return False

    def action_scroll_pane(self, lines: int) -> None:
        """Scroll the pane while the arrows are the table's."""
        self.query_one(CallPane).scroll_relative(y=lines, animate=False)

    # What can be done

    def action_sort(self) -> None:
        """Ask by what to sort."""

        def chosen(at: int | None) -> None:
            if at is not None:
                self.sort_by(SORT_KEYS[at])

        titles = [SORTS[one].capitalize() for one in SORT_KEYS]
        self.app.push_screen(ChoiceDialog("Sort by", titles, present=SORT_KEYS.index(self.sort)), chosen)

    def action_similar(self) -> None:
        """Ask which of the call's values to filter by."""
        record = self.chosen
        if record is None:
            return
        offered = similar(record)

        def chosen(at: int | None) -> None:
            if at is not None:
                self._narrow(offered[at][1])

        self.app.push_screen(ChoiceDialog("More calls with the same", [words for words, _ in offered]), chosen)

    def action_same_model(self) -> None:
        """Filter by the call's model."""
        if self.chosen is not None:
            self._narrow(condition_of("model", self.chosen.model))

    def _narrow(self, condition: Condition) -> None:
        before = self.shared.where
        after = narrowed(before, condition)
        try:
            if condition in parse_filter(before):
                return
            parse_filter(after)
        except ConfigError as error:
            self.notify(error.message, markup=False)
            return
        self._steps.append((before, after))
        self.post_message(FilterWanted(after))

    def palette(self) -> Iterable[SystemCommand]:
        """The orders, and what can be done with the call under the cursor."""
        for sort in SORT_KEYS:
            yield SystemCommand(f"Sort by {SORTS[sort]}", "Calls, key s", partial(self.sort_by, sort))
        yield SystemCommand("Sort the other way round", "Calls, key S", self.action_reverse)
        yield SystemCommand("Details of the call", "Calls, key enter", self.action_details)
        yield SystemCommand("More calls like this one", "Calls, key i", self.action_similar)

    def exporting(self) -> Exporting | None:
        """Every call of the range that the filter means, the oldest first, read as it is written."""
        if self.snapshot is None or not self.snapshot.count:
            return None
        store, wanted = self.shared.session.store, self.shared.asking().span_filter(self.span)

        def write(kind: str, out: TextIO) -> int:
            return WRITERS[kind](store.iter_records(wanted), out)

        return Exporting("calls", write)

    def copied(self) -> str | None:
        """The call's id; with the pane open the whole call, as `logs --json` writes it."""
        record = self.chosen
        if record is None or self.snapshot is None or self.snapshot.emptiness is not None:
            return None
        return json.dumps(record_json(record), ensure_ascii=False) if self._is_detailed else record.id.hex()


def _lines(record: UsageRecord, origin: CostOrigin | None, writing: Writing, width: int) -> list[Line]:
    return call_lines(record, origin, writing=writing, width=width)
