"""The dashboard: today, the month, one live chart, the last calls.

One road: a timer, a worker in a thread that reads a snapshot, a message, a reactive, widgets that take values.
"""

from typing import ClassVar

from textual import work
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Vertical
from textual.events import Resize
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.widgets import Footer, Static
from textual.worker import Worker, WorkerState, get_current_worker

from tokenmon.core.period import zone
from tokenmon.errors import TokenmonError
from tokenmon.session import Session
from tokenmon.tui import feed, texts
from tokenmon.tui.chart import load_plotext
from tokenmon.tui.snapshot import Snapshot
from tokenmon.tui.texts import Part
from tokenmon.tui.theme import DARK, LIGHT
from tokenmon.tui.widgets.call_table import CallTable
from tokenmon.tui.widgets.panels import CostChart, QuotaPanel, StatusLine, TotalsPanel

TICK_SECONDS = 0.5
FEED = "feed"
# Columns from which the layout changes, and lines.
NARROW, BROAD, WIDE, SHORT = 70, 110, 160, 32
SMALLEST = (40, 16)


class SnapshotReady(Message):
    """A new snapshot was read."""

    def __init__(self, reading: feed.Reading) -> None:
        super().__init__()
        self.reading = reading


class ReadFailed(Message):
    """The database did not answer; what is on screen is the last that is known."""

    def __init__(self, reason: str) -> None:
        super().__init__()
        self.reason = reason


class Dashboard(App[None]):
    """The dashboard over one session."""

    CSS_PATH = "dash.tcss"
    TITLE = "tokenmon"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q", "quit", "Quit", id="quit"),
        # Before Textual's own, which copies or tells of ctrl+q: whoever presses it wants out.
        Binding("ctrl+c", "quit", "Quit", show=False, priority=True, id="interrupt"),
        Binding("p", "pause", "Pause", id="pause"),
        Binding("r", "reread", "Refresh", id="refresh"),
        Binding("t", "toggle_theme", "Light or dark", id="theme"),
        Binding("question_mark", "toggle_help", "Help", key_display="?", id="help"),
        Binding("escape", "hide_help_panel", "Close help", show=False, id="back"),
    ]

    snapshot: reactive[Snapshot | None] = reactive(None)
    is_paused: reactive[bool] = reactive(False)
    problem: reactive[str] = reactive("")

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._stamp: feed.Stamp | None = None
        self._cells = Size(0, 0)
        for theme in (DARK, LIGHT):
            self.register_theme(theme)
        self.theme = DARK.name

    def compose(self) -> ComposeResult:
        """Lay out the one screen; the first snapshot comes by the feed."""
        yield StatusLine()
        yield Static("Reading the database ...", id="message", markup=False)
        with Container(id="content"):
            with Vertical(id="left"):
                with Container(id="totals"):
                    yield TotalsPanel(id="today")
                    yield TotalsPanel(id="month")
                    yield QuotaPanel(id="quotas")
                yield CostChart(id="chart")
            yield CallTable()
        yield Footer()

    def on_mount(self) -> None:
        """Begin the feed."""
        for name, title in (("#today", "Today"), ("#month", "This month"), ("#quotas", "Quotas this month")):
            self.query_one(name).border_title = title
        self._cells = self.size
        self._fit()
        self._tell()
        self.set_interval(TICK_SECONDS, self._tick)
        self.load()

    def on_resize(self, event: Resize) -> None:
        """Another size may need another layout."""
        # The app's own size follows only after this.
        self._cells = event.size
        self._fit()
        self._show()

    def _fit(self) -> None:
        width, height = self._cells
        self.set_class(width < NARROW, "narrow")
        self.set_class(BROAD <= width < WIDE, "broad")
        self.set_class(width >= WIDE, "wide")
        self.set_class(height < SHORT, "short")

    def _tick(self) -> None:
        self._tell()
        if not self.is_paused and not self._is_reading():
            self.load()

    def _is_reading(self) -> bool:
        """Whether a read is under way: a slow one must come to its end, not be replaced at every tick."""
        return any(worker.group == FEED and not worker.is_finished for worker in self.workers)

    @work(thread=True, exclusive=True, group=FEED, exit_on_error=False)
    def load(self, *, always: bool = False) -> None:
        """Read a snapshot in a thread if anything moved, or `always`."""
        worker = get_current_worker()
        message: Message
        try:
            reading = feed.read(self._session, after=None if always or self.problem else self._stamp)
        except TokenmonError as error:
            message = ReadFailed(error.message)
        else:
            if reading is None:
                return
            load_plotext()
            message = SnapshotReady(reading)
        if not worker.is_cancelled:
            self.post_message(message)

    def on_snapshot_ready(self, message: SnapshotReady) -> None:
        """Show a new snapshot."""
        self.problem = ""
        self._stamp = message.reading.stamp
        self.snapshot = message.reading.snapshot

    def on_read_failed(self, message: ReadFailed) -> None:
        """Keep the last numbers and say why they stand still."""
        self.problem = message.reason

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """A fault in reading must not look like a quiet day."""
        if event.worker.group == FEED and event.state == WorkerState.ERROR:
            self.problem = f"reading failed ({type(event.worker.error).__name__})"

    def watch_snapshot(self) -> None:
        """Hand the values to the widgets."""
        self._show()
        self._tell()

    def watch_problem(self) -> None:
        """Trouble shows in the first line."""
        self._tell()

    def watch_is_paused(self) -> None:
        """So does the pause."""
        self._tell()

    def _show(self) -> None:
        """Draw the snapshot, or what stands in its place, in one repaint."""
        found, (width, height) = self.snapshot, self._cells
        if not self.is_running or not self.query(CallTable):
            return
        with self.batch_update():
            words = self._instead(found, width, height)
            message = self.query_one("#message", Static)
            message.display = bool(words)
            self.query_one("#content").display = not words
            if words or found is None:
                message.update("\n".join(words))
                return
            room = width // 3 - 4 if self.has_class("broad") else width // 2 - 4
            lines = max(len(texts.totals_lines(totals, width=room)) for totals in (found.today, found.month))
            self.query_one("#today", TotalsPanel).show(found.today, height=lines)
            self.query_one("#month", TotalsPanel).show(found.month, height=lines)
            self.query_one(QuotaPanel).show(found, most=lines if self.has_class("broad") else 3)
            self.query_one(CostChart).show(found)
            self.query_one(CallTable).show(found)

    def _instead(self, found: Snapshot | None, width: int, height: int) -> list[str]:
        """What is said in place of the numbers; nothing when they can be shown."""
        if width < SMALLEST[0] or height < SMALLEST[1]:
            need = f"This terminal has {width} x {height} cells; the dashboard needs {SMALLEST[0]} x {SMALLEST[1]}."
            return [need, "", "Enlarge it, or print one frame:", "  tokenmon dash --once"]
        if found is None:
            return ["Reading the database ..."]
        return texts.empty_lines(found.platforms) if found.is_empty else []

    def _tell(self) -> None:
        """The first line: how the feed is, and the time."""
        for line in self.query(StatusLine):
            now = self._session.now().astimezone(zone(self._session.settings.timezone))
            line.show(self._state(), f"{now:%a %d %b %H:%M:%S %Z}")

    def _state(self) -> Part:
        found = self.snapshot
        if self.problem:
            since = f" since {found.as_of.astimezone(zone(found.timezone)):%H:%M:%S}" if found else ""
            return Part(f"! not up to date{since}: {self.problem}, trying again", "error")
        if self.is_paused:
            return Part("paused, p goes on", "strong")
        return Part("live", "good") if found else Part("reading", "muted")

    def action_pause(self) -> None:
        """Hold the numbers, or go on."""
        self.is_paused = not self.is_paused
        if not self.is_paused:
            self.load(always=True)

    def action_reread(self) -> None:
        """Read everything now."""
        self.load(always=True)

    def action_toggle_theme(self) -> None:
        """Change between our light and dark theme."""
        self.theme = LIGHT.name if self.theme == DARK.name else DARK.name

    def action_toggle_help(self) -> None:
        """Show the keys, or hide them."""
        if self.screen.query("HelpPanel"):
            self.action_hide_help_panel()
        else:
            self.action_show_help_panel()


def run_dashboard(session: Session) -> None:
    """Run the dashboard until its user quits."""
    Dashboard(session).run()
