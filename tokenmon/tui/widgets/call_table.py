"""The table of the last calls: the newest on top, the cursor stays on the call that it was moved to."""

from functools import partial
from typing import ClassVar

from textual.binding import Binding, BindingType

from tokenmon.core.period import zone
from tokenmon.core.span import Span
from tokenmon.tui import texts
from tokenmon.tui.columns import call_columns
from tokenmon.tui.messages import OpenScreen
from tokenmon.tui.numbers import DOLLARS, Numbers
from tokenmon.tui.snapshot import Snapshot
from tokenmon.tui.widgets.list_table import Grid, Key, Listing, ListTable


class CallTable(ListTable):
    """The last calls, newest first; a click on the call under the cursor opens it."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "open_call", "Open the call", show=False, id="open-call")]

    def __init__(self) -> None:
        super().__init__(id="calls")
        self.border_title = "Last calls"

    def show_calls(self, snapshot: Snapshot, *, numbers: Numbers = DOLLARS) -> None:
        """Draw a snapshot's calls."""
        keys: tuple[Key, ...] = tuple((one.id.hex(),) for one in snapshot.calls)
        self.show(Listing(keys, partial(_grid, snapshot, numbers)))

    def action_open_call(self) -> None:
        """Go to the call under the cursor."""
        if self.cursor_key is not None:
            self.post_message(OpenScreen("calls", where=f"id:{self.cursor_key[0]}", span=Span("all")))

    def on_list_table_chosen(self, event: ListTable.Chosen) -> None:
        """Go to the call that was clicked."""
        event.stop()
        self.action_open_call()


def _grid(snapshot: Snapshot, numbers: Numbers, room: int) -> Grid:
    """The columns that have room, and a row's cells in their order."""
    place, columns = zone(snapshot.timezone), call_columns(room, numbers)

    def cells(row: int) -> tuple[texts.Line, ...]:
        parts = texts.call_parts(snapshot.calls[row], place, numbers)
        return tuple((parts[column.key],) for column in columns)

    return Grid(columns, cells)
