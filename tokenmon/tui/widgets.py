"""The dashboard's widgets: each takes values and draws; none asks the database."""

from rich.text import Text
from textual.widgets import DataTable, Static

from tokenmon.core.period import zone
from tokenmon.tui import texts
from tokenmon.tui.chart import bars
from tokenmon.tui.snapshot import Snapshot

MAX_ROWS = 50
# The model's name gives way on a narrow terminal: the cost must be seen.
MIN_MODEL, OTHER_COLUMNS = 10, 66
MODEL_COLUMN = 2
# Numbers stand right in columns of these widths.
NUMBER_WIDTHS = {"in": 6, "out": 6, "cost": 10}


class TotalsPanel(Static):
    """One period's totals."""

    def show(self, lines: list[str]) -> None:
        """Draw the lines; the first stands out."""
        text = Text("\n".join(lines).rstrip())
        text.stylize("bold", 0, len(lines[0]))
        self.update(text)


class QuotaPanel(Static):
    """Quota bars; trouble has a sign and a word beside its colour."""

    def show(self, snapshot: Snapshot) -> None:
        """Draw one line a quota; nothing takes no room."""
        self.display = bool(snapshot.quotas)
        text = Text()
        width = max((len(state.platform) for state in snapshot.quotas), default=0)
        for at, state in enumerate(snapshot.quotas):
            colours = {"ok": "", "warning": self.app.theme_variables["warning"]}
            style = colours.get(state.state, self.app.theme_variables["error"])
            text.append(("\n" if at else "") + texts.quota_line(state, name_width=width), style=style)
        self.update(text)


class CostChart(Static):
    """Cost by hour."""

    _snapshot: Snapshot | None = None

    def show(self, snapshot: Snapshot) -> None:
        """Draw the hours of a snapshot."""
        self._snapshot = snapshot
        self._draw()

    def on_resize(self) -> None:
        """Draw anew in the new size."""
        self._draw()

    def _draw(self) -> None:
        found, width, height = self._snapshot, self.content_size.width, self.content_size.height
        if found is None or not width or not height:
            return
        labels, values = [hour.label for hour in found.hours], [float(hour.cost) for hour in found.hours]
        self.update(Text(bars(labels, values, width=width, height=height, title=texts.chart_title(found))))


class TimeCell(Text):
    """The first cell of a row; it carries the record's id, which sorts by time."""

    __slots__ = ("record_id",)

    def __init__(self, text: str, record_id: str) -> None:
        super().__init__(text)
        self.record_id = record_id


class CallTable(DataTable[Text]):
    """The last calls, newest first; the cursor stays on its call, and only what changed is touched."""

    def on_mount(self) -> None:
        """Lay out the columns once."""
        self.cursor_type = "row"
        self.zebra_stripes = True
        for title in texts.CALL_TITLES:
            self.add_column(_padded(title, title), key=title)

    def show(self, snapshot: Snapshot) -> None:
        """Bring the rows to the snapshot's calls: new ones in, the oldest out, changed cells updated."""
        place = zone(snapshot.timezone)
        room = max(MIN_MODEL, self.app.size.width - OTHER_COLUMNS)
        wanted = {one.id.hex(): _fitted(texts.call_cells(one, place), room) for one in snapshot.calls[:MAX_ROWS]}
        known = {str(key.value) for key in self.rows}
        followed = self._call_under_cursor()
        for key in known - wanted.keys():
            self.remove_row(key)
        for key, cells in wanted.items():
            if key not in known:
                self.add_row(*_row(key, cells), key=key)
                continue
            for title, cell in zip(texts.CALL_TITLES[1:], _row(key, cells)[1:], strict=True):
                if self.get_cell(key, title) != cell:
                    self.update_cell(key, title, cell)
        if known != wanted.keys():
            self.sort("time", key=_record_id, reverse=True)
            if followed in wanted:
                self.move_cursor(row=self.get_row_index(followed), scroll=False)

    def _call_under_cursor(self) -> str:
        """The call that the cursor was moved to; none while it rests at the top, where the newest is."""
        if not self.row_count or self.cursor_row == 0:
            return ""
        return str(self.coordinate_to_cell_key(self.cursor_coordinate).row_key.value)


def _record_id(cell: TimeCell) -> str:
    return cell.record_id


def _fitted(cells: tuple[str, ...], room: int) -> tuple[str, ...]:
    """The cells with a model name of at most `room` characters."""
    model = cells[MODEL_COLUMN]
    short = model if len(model) <= room else model[: room - 1] + "…"
    return (*cells[:MODEL_COLUMN], short, *cells[MODEL_COLUMN + 1 :])


def _padded(title: str, cell: str) -> str:
    return cell.rjust(NUMBER_WIDTHS.get(title, 0))


def _row(record_id: str, cells: tuple[str, ...]) -> list[Text]:
    """The cells of a row; numbers stand right."""
    rest = [Text(_padded(title, cell)) for title, cell in zip(texts.CALL_TITLES[1:], cells[1:], strict=True)]
    return [TimeCell(cells[0], record_id), *rest]
