"""The dashboard: today, the month, one live chart, the last calls.

One road: a timer, a worker in a thread that reads a snapshot, a message, a reactive, widgets that take values.
"""

from typing import ClassVar

from textual import work
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.reactive import reactive
from textual.theme import Theme
from textual.widgets import Footer, Header, Static
from textual.worker import get_current_worker

from tokenmon.errors import TokenmonError
from tokenmon.session import Session
from tokenmon.tui import texts
from tokenmon.tui.snapshot import Snapshot, read_snapshot
from tokenmon.tui.widgets import CallTable, CostChart, QuotaPanel, TotalsPanel

TICK_SECONDS = 0.5
# Without a change the hours still pass.
REREAD_TICKS = 60
NARROW, SHORT = 70, 32
THEMES = (
    Theme(
        name="tokenmon-dark", primary="#5fafd7", secondary="#87afaf", accent="#5fafd7", foreground="#d0d0d0",
        background="#121212", surface="#1a1a1a", panel="#262626", success="#87af87", warning="#d7af5f", error="#d75f5f",
        dark=True,
    ),
    Theme(
        name="tokenmon-light", primary="#005f87", secondary="#5f8787", accent="#005f87", foreground="#262626",
        background="#fafafa", surface="#f0f0f0", panel="#e4e4e4", success="#3a7a3a", warning="#8a6100", error="#af0000",
        dark=False,
    ),
)  # fmt: skip


class SnapshotReady(Message):
    """A new snapshot was read."""

    def __init__(self, snapshot: Snapshot) -> None:
        super().__init__()
        self.snapshot = snapshot


class ReadFailed(Message):
    """The database did not answer; what is on screen is the last that is known."""

    def __init__(self, reason: str) -> None:
        super().__init__()
        self.reason = reason


class Dashboard(App[None]):
    """The dashboard over one session."""

    CSS_PATH = "dash.tcss"
    TITLE = "tokenmon"
    ENABLE_COMMAND_PALETTE = True
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q", "quit", "Quit", id="quit"),
        Binding("p", "pause", "Pause", id="pause"),
        Binding("r", "reread", "Refresh", id="refresh"),
        Binding("t", "toggle_theme", "Light or dark", id="theme"),
        Binding("question_mark", "toggle_help", "Help", id="help"),
    ]

    snapshot: reactive[Snapshot | None] = reactive(None, always_update=True)
    is_paused: reactive[bool] = reactive(False)
    problem: reactive[str] = reactive("")

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._marker: int | None = None
        self._idle_ticks = 0
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = THEMES[0].name

    def compose(self) -> ComposeResult:
        """Lay out the one screen."""
        yield Header(show_clock=True)
        yield Static(id="notice")
        yield Static("\n".join(texts.EMPTY_LINES), id="empty")
        with Vertical(id="content"):
            with Horizontal(id="totals"):
                yield TotalsPanel(id="today")
                yield TotalsPanel(id="month")
            yield QuotaPanel(id="quotas")
            yield CostChart(id="chart")
            yield CallTable(id="calls")
        yield Footer()

    def on_mount(self) -> None:
        """Begin the feed."""
        self.query_one("#empty").display = False
        self.query_one("#notice").display = False
        self._fit(self.size.width, self.size.height)
        self.set_interval(TICK_SECONDS, self._tick)
        self.load()

    def on_resize(self) -> None:
        """One column on a narrow terminal, no chart on a very short one."""
        self._fit(self.size.width, self.size.height)

    def _fit(self, width: int, height: int) -> None:
        self.set_class(width < NARROW, "narrow")
        self.set_class(height < SHORT, "short")

    def _tick(self) -> None:
        if not self.is_paused:
            self.load()

    @work(thread=True, exclusive=True, group="feed", exit_on_error=False)
    def load(self, *, always: bool = False) -> None:
        """Read a snapshot if anything was written since the last one, in a thread."""
        worker = get_current_worker()
        try:
            marker = self._session.store.change_marker()
            self._idle_ticks += 1
            if marker == self._marker and not always and not self.problem and self._idle_ticks < REREAD_TICKS:
                return
            found = read_snapshot(self._session)
        except TokenmonError as error:
            if not worker.is_cancelled:
                self.post_message(ReadFailed(error.message))
            return
        self._marker, self._idle_ticks = marker, 0
        if not worker.is_cancelled:
            self.post_message(SnapshotReady(found))

    def on_snapshot_ready(self, message: SnapshotReady) -> None:
        """Show a new snapshot."""
        self.problem = ""
        self.snapshot = message.snapshot

    def on_read_failed(self, message: ReadFailed) -> None:
        """Keep the last numbers and say why they stand still."""
        self.problem = message.reason

    def watch_snapshot(self, found: Snapshot | None) -> None:
        """Hand the values to the widgets, in one repaint."""
        if found is None:
            return
        with self.batch_update():
            self.query_one("#empty").display = found.is_empty
            self.query_one("#content").display = not found.is_empty
            self.query_one("#today", TotalsPanel).show(texts.totals_lines("Today", found.today))
            self.query_one("#month", TotalsPanel).show(texts.totals_lines("This month", found.month))
            self.query_one(QuotaPanel).show(found)
            self.query_one(CostChart).show(found)
            self.query_one(CallTable).show(found)

    def watch_problem(self, _: str) -> None:
        """Tell of trouble or of the pause in one line."""
        self._tell()

    def watch_is_paused(self, _: bool) -> None:
        """The same line tells of the pause."""
        self._tell()

    def _tell(self) -> None:
        line = ""
        if self.problem:
            line = f"! Not up to date: {self.problem}. Trying again; these are the last known numbers."
        elif self.is_paused:
            line = "Paused. Press p to go on."
        for notice in self.query("#notice").results(Static):
            notice.update(line)
            notice.display = bool(line)
            notice.set_class(bool(self.problem), "trouble")

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
        self.theme = THEMES[1].name if self.theme == THEMES[0].name else THEMES[0].name

    def action_toggle_help(self) -> None:
        """Show the keys, or hide them."""
        if self.screen.query("HelpPanel"):
            self.action_hide_help_panel()
        else:
            self.action_show_help_panel()


def run_dashboard(session: Session) -> None:
    """Run the dashboard until its user quits."""
    Dashboard(session).run()
