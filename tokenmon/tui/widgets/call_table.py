"""The table of the last calls, the newest first; the cursor stays on its call when others come."""

from collections.abc import Sequence
from typing import ClassVar
from zoneinfo import ZoneInfo

from textual import on
from textual.binding import Binding, BindingType

from tokenmon.core.period import zone
from tokenmon.core.record import UsageRecord
from tokenmon.core.span import Span
from tokenmon.tui import texts
from tokenmon.tui.columns import GAP, call_columns
from tokenmon.tui.messages import OpenScreen
from tokenmon.tui.numbers import DOLLARS, Numbers
from tokenmon.tui.snapshot import Snapshot
from tokenmon.tui.table_columns import Column
from tokenmon.tui.texts import Part
from tokenmon.tui.widgets.virtual_table import Look, VirtualTable

MAX_ROWS = 100


class LastCalls:
    """The rows of the table."""

    def __init__(self, calls: Sequence[UsageRecord], place: ZoneInfo, numbers: Numbers) -> None:
        self.calls = calls
        self.count = len(calls)
        self.writing = place, numbers

    def key(self, row: int) -> UsageRecord:
        """A row's call."""
        return self.calls[row]

    def cells(self, row: int, columns: Sequence[Column]) -> tuple[Part, ...]:
        """The texts of a row's call."""
        parts = texts.call_parts(self.calls[row], *self.writing)
        return tuple(parts[one.key] for one in columns)


class CallTable(VirtualTable):
    """The last calls; `enter` leads to the one under the cursor."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "open_call", "Open the call", show=False, id="open-call")]

    def __init__(self) -> None:
        super().__init__(id="calls")
        self._last = LastCalls((), ZoneInfo("UTC"), DOLLARS)

    def on_mount(self) -> None:
        """Name the panel."""
        super().on_mount()
        self.border_title = "Last calls"

    def show(self, snapshot: Snapshot, *, numbers: Numbers = DOLLARS) -> None:
        """Bring the rows to the snapshot's calls; at the top the cursor stays with the newest."""
        last = LastCalls(snapshot.calls[:MAX_ROWS], zone(snapshot.timezone), numbers)
        if last.writing != self._last.writing:
            self.forget()
        ids = [one.id for one in last.calls]
        held = self.call.id if self.cursor and self.call is not None else None
        shift = ids.index(held) - self.cursor if held in ids else 0
        self._last = last
        self._lay_out(shift)

    @property
    def calls(self) -> Sequence[UsageRecord]:
        """The calls, in the order of their rows."""
        return self._last.calls

    @property
    def call(self) -> UsageRecord | None:
        """The call under the cursor."""
        return self.calls[self.cursor] if self.cursor < len(self.calls) else None

    @on(VirtualTable.RoomChanged)
    def _fit_columns(self) -> None:
        self._lay_out(0)

    def _lay_out(self, shift: int) -> None:
        columns = tuple(
            Column(one.key, one.title, one.width, one.is_number)
            for one in call_columns(self.room, self._last.writing[1])
        )
        top = self.top + shift if self.top else 0
        self.show_rows(self._last, Look(columns, GAP), cursor=self.cursor + shift, top=top)

    @on(VirtualTable.Chosen)
    def action_open_call(self) -> None:
        """Go to the call."""
        if self.call is not None:
            self.post_message(OpenScreen("calls", where=f"id:{self.call.id.hex()}", span=Span("all")))
