"""The table of the last calls: rows are changed in place, by record id, so that the cursor stays on its call."""

from typing import ClassVar

from rich.text import Text
from textual.events import Resize
from textual.theme import Theme
from textual.widgets import DataTable

from tokenmon.core.period import zone
from tokenmon.tui import texts
from tokenmon.tui.columns import GAP, CallColumn, call_columns
from tokenmon.tui.messages import OpenScreen
from tokenmon.tui.numbers import DOLLARS, Numbers
from tokenmon.tui.snapshot import Snapshot
from tokenmon.tui.texts import Part
from tokenmon.tui.widgets.panels import TONES, part_text

MAX_ROWS = 100
SCROLLBAR = 1


class TimeCell(Text):
    """The first cell of a row; it carries the record's id, which sorts by time."""

    __slots__ = ("record_id",)

    def __init__(self, text: Text, record_id: str) -> None:
        super().__init__(text.plain, spans=text.spans)
        self.record_id = record_id


class CallTable(DataTable[Text]):
    """The last calls, newest first."""

    COMPONENT_CLASSES: ClassVar[set[str]] = set(TONES)
    _snapshot: Snapshot | None = None
    _numbers: Numbers = DOLLARS
    _columns: tuple[CallColumn, ...] = ()

    def __init__(self) -> None:
        super().__init__(id="calls", cursor_type="row", cell_padding=0)

    def on_mount(self) -> None:
        """Follow the theme: cells carry their colours."""
        self.border_title = "Last calls"
        self.app.theme_changed_signal.subscribe(self, self._recolour)

    def on_resize(self, _: Resize) -> None:
        """Lay out the columns anew when the room for them changed."""
        self._lay_out()

    def _lay_out(self) -> None:
        room = self.scrollable_content_region.width if not self.show_vertical_scrollbar else self.size.width
        wanted = call_columns(max(1, self.content_size.width - SCROLLBAR), self._numbers)
        if wanted == self._columns or room <= 0:
            return
        self._columns = wanted
        self.clear(columns=True)
        for at, column in enumerate(wanted):
            gap = GAP if at < len(wanted) - 1 else 0
            title = texts.padded(column.title, column.width, right=column.is_number)
            self.add_column(Text(title), key=column.key, width=column.width + gap)
        self._fill()

    def show(self, snapshot: Snapshot, *, numbers: Numbers = DOLLARS) -> None:
        """Bring the rows to the snapshot's calls: new ones in, the oldest out, changed cells updated."""
        self._snapshot = snapshot
        if numbers != self._numbers:
            self._numbers = numbers
            self._columns = ()
            self._lay_out()
        else:
            self._fill()

    def on_data_table_row_selected(self, event: DataTable.RowSelected) -> None:
        """Go to the call."""
        event.stop()
        self.post_message(OpenScreen("calls", where=f"id:{event.row_key.value}"))

    def _recolour(self, _: Theme) -> None:
        self._fill()

    def _fill(self) -> None:
        if self._snapshot is None or not self._columns:
            return
        place = zone(self._snapshot.timezone)
        wanted = {one.id.hex(): texts.call_parts(one, place, self._numbers) for one in self._snapshot.calls[:MAX_ROWS]}
        known = {str(key.value) for key in self.rows}
        followed = self._call_under_cursor()
        for key in known - wanted.keys():
            self.remove_row(key)
        for key, parts in wanted.items():
            cells = self._cells(key, parts)
            if key not in known:
                self.add_row(*cells, key=key)
                continue
            for column, cell in zip(self._columns, cells, strict=True):
                if self.get_cell(key, column.key) != cell:
                    self.update_cell(key, column.key, cell)
        if known != wanted.keys():
            self.sort("time", key=_record_id, reverse=True)
            if followed in wanted:
                self.move_cursor(row=self.get_row_index(followed), scroll=False)

    def _call_under_cursor(self) -> str:
        """The call that the cursor was moved to; none while it rests at the top, where the newest is."""
        if not self.row_count or self.cursor_row == 0:
            return ""
        return str(self.coordinate_to_cell_key(self.cursor_coordinate).row_key.value)

    def _cells(self, record_id: str, parts: dict[str, Part]) -> list[Text]:
        cells = []
        for column in self._columns:
            part = parts[column.key]
            shown = Part(texts.padded(part.text, column.width, right=column.is_number), part.tone)
            cells.append(part_text(self, shown))
        return [TimeCell(cells[0], record_id), *cells[1:]]


def _record_id(cell: TimeCell) -> str:
    return cell.record_id
