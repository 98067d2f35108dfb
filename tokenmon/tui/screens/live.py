"""What the screens have in common: one road from the database to the widgets.

The application's timer -> a worker in a thread that reads a frozen snapshot -> a message -> a reactive -> widgets that
take values. A screen says what it asks (`question`), how it is laid out (`compose_content`) and how a snapshot is drawn
(`show`); everything else is here.
"""

from collections.abc import Callable, Iterable
from typing import Any, ClassVar, Generic, TypeVar

from rich.cells import cell_len
from textual import work
from textual.app import ComposeResult, SystemCommand
from textual.containers import Container
from textual.css.query import NoMatches
from textual.events import Resize, ScreenResume
from textual.geometry import Size
from textual.reactive import var
from textual.screen import Screen
from textual.widgets import Static
from textual.worker import Worker, WorkerState, get_current_worker

from tokenmon.core.span import Span
from tokenmon.errors import TokenmonError
from tokenmon.tui.asking import Asking
from tokenmon.tui.messages import ReadFailed, SnapshotReady
from tokenmon.tui.shared import Shared, Stamp
from tokenmon.tui.sheet import Exporting
from tokenmon.tui.texts import Line, Part, plain
from tokenmon.tui.widgets.filter_bar import FilterBar
from tokenmon.tui.widgets.footer import KeyFooter
from tokenmon.tui.widgets.headline import Headline
from tokenmon.tui.widgets.status_line import StatusLine

FEED = "feed"
# Columns from which the layout changes, and lines.
NARROW, BROAD, WIDE, SHORT = 70, 110, 160, 32
SMALLEST = (40, 16)
SnapshotT = TypeVar("SnapshotT")


class LiveScreen(Screen[None], Generic[SnapshotT]):
    """A screen whose snapshot is read again when something moved. `NAME` is its mode, that of its tab."""

    NAME: ClassVar[str] = ""

    # No reactive: that would paint the whole screen again, of which a snapshot changes a few lines. The filter in the
    # headline may be another although the numbers are the same.
    snapshot: var[Any] = var(None, always_update=True)
    problem: var[str] = var("")

    def __init__(self, shared: Shared) -> None:
        super().__init__()
        self.shared = shared
        self.cells = Size(0, 0)
        self._stamp: Stamp | None = None
        self._is_asked = False

    # What each screen has of its own

    def question(self) -> Callable[[Asking], SnapshotT]:
        """What to read, as a function of the reading alone: it is called in a thread and knows no widget."""
        raise NotImplementedError

    def compose_content(self) -> ComposeResult:
        """The widgets below the status line."""
        raise NotImplementedError

    def show(self, found: SnapshotT) -> None:
        """Hand a snapshot's values to the widgets; called in one repaint, also after a resize."""
        raise NotImplementedError

    def instead(self, found: SnapshotT) -> list[str]:
        """What is said in place of the content, with a next step, where a snapshot has nothing to show."""
        return []

    def headline(self) -> Line:
        """What is being looked at, such as the period; nothing takes no room."""
        return ()

    def exporting(self) -> Exporting | None:
        """What `e` exports: what is shown, with exact values; None where there is nothing."""
        return None

    def copied(self) -> str | None:
        """What `y` copies: the row under the cursor; None where there is nothing."""
        return None

    def palette(self) -> Iterable[SystemCommand]:
        """What the palette offers on this screen beside what it offers everywhere."""
        return ()

    def go_back(self) -> bool:
        """Close what stands open on the screen, or undo a step into it; False where there is nothing to undo."""
        return False

    # The span and the filter

    has_span: ClassVar[bool] = False

    def look_at(self, span: Span) -> None:
        """Look at another span, on screens that have one."""

    def open_filter(self) -> None:
        """Let the filter be typed."""
        self.query_one(FilterBar).open(self.shared.where)

    def close_filter(self) -> bool:
        """Close the line of the filter; False where it was not open."""
        return self.query_one(FilterBar).close()

    # The road

    def compose(self) -> ComposeResult:
        """The frame of every screen."""
        yield StatusLine(self.NAME)
        yield Headline()
        yield Static("Reading the database ...", id="message", markup=False)
        with Container(id="content"):
            yield from self.compose_content()
        yield FilterBar()
        yield KeyFooter()

    def on_mount(self) -> None:
        """Lay out by the size of the terminal and read."""
        self.cells = self.app.size
        self._fit()
        self.draw()
        self.tell()

    def on_screen_resume(self, _: ScreenResume) -> None:
        """Whoever comes back sees the present, not what stood here before."""
        self.tell()
        shared = self.shared
        is_other_filter = self._stamp is not None and self._stamp.where != shared.where
        # A replay that is held stands at a moment, which is not that of the numbers which stood here before it.
        is_held = shared.is_paused and shared.clock.replay is None
        if not is_held or self.snapshot is None or is_other_filter:
            # What is being read may be another span than the one in sight: it must not be given up for nothing.
            self.reload(always=self.snapshot is None or self._is_reading())

    def on_resize(self, event: Resize) -> None:
        """Another size may need another layout."""
        if event.size != self.cells:
            # The application's own size follows only after this.
            self.cells = event.size
            self._fit()
            self.draw()

    def _fit(self) -> None:
        width, height = self.cells
        fits = {
            "narrow": width < NARROW,
            "broad": BROAD <= width < WIDE,
            "wide": width >= WIDE,
            "short": height < SHORT,
        }
        # Each change of classes styles the whole screen anew.
        self.remove_class(*(name for name, is_so in fits.items() if not is_so))
        self.add_class(*(name for name, is_so in fits.items() if is_so))

    def tick(self) -> None:
        """The timer's turn: read if something moved, unless a reading is still under way or all stands still.

        What was asked for and failed is tried again even in a pause, as the first line says.
        """
        self.tell()
        if self.problem or not self.shared.is_paused:
            self.reload(always=bool(self.problem) and not self._is_reading())

    def _is_reading(self) -> bool:
        """Whether a read is under way: a slow one must come to its end, not be replaced at every tick."""
        return any(worker.group == FEED and worker.node is self and not worker.is_finished for worker in self.workers)

    def reload(self, *, always: bool = True) -> None:
        """Read what the screen asks now: `always`, giving up a reading under way, or if anything moved and none is."""
        if not always and self._is_reading():
            # It answers a question that is newer than the last stamp, such as that of a dialog which has just closed.
            return
        self._is_asked = self._is_asked or always
        self._read(self.question(), None if always else self._stamp)

    @work(thread=True, exclusive=True, group=FEED, exit_on_error=False)
    def _read(self, question: Callable[[Asking], SnapshotT], after: Stamp | None) -> None:
        worker = get_current_worker()
        message: SnapshotReady | ReadFailed
        try:
            stamp = self.shared.stamp()
            if stamp == after:
                return
            message = SnapshotReady(self.shared.read(question, lambda: worker.is_cancelled), stamp)
        except TokenmonError as error:
            message = ReadFailed(error.message)
        if not worker.is_cancelled:
            self.post_message(message)

    def on_snapshot_ready(self, message: SnapshotReady) -> None:
        """Show a new snapshot."""
        self._is_asked = False
        self.problem = ""
        self._stamp = message.stamp
        self.snapshot = message.snapshot

    def on_read_failed(self, message: ReadFailed) -> None:
        """Keep the last numbers and say why they stand still."""
        self._is_asked = False
        self.problem = message.reason

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """A fault in reading must not look like a quiet day."""
        if event.worker.group == FEED and event.state == WorkerState.ERROR:
            self.problem = f"reading failed ({type(event.worker.error).__name__})"

    def watch_snapshot(self) -> None:
        """Hand the values to the widgets."""
        self.draw()
        self.tell()

    def watch_problem(self) -> None:
        """Trouble shows in the first line."""
        self.tell()

    def draw(self) -> None:
        """Draw the snapshot, or what stands in its place, in one repaint."""
        if not self.query("#content"):
            return
        found = self.snapshot
        with self.app.batch_update():
            words = self._words_instead()
            message = self.query_one("#message", Static)
            message.display = bool(words)
            self.query_one("#content").display = not words
            self.query_one(Headline).show(self._headline())
            if words:
                message.update("\n".join(words))
            elif found is not None:
                self.show(found)

    def _headline(self) -> Line:
        """The screen's own headline and the filter of the numbers on screen, in the fullest form that fits."""
        line = self.headline()
        where = self.shared.where if self._stamp is None else self._stamp.where
        if not where:
            return line
        gap, name, text = Part("   "), Part("filter ", "muted"), Part(where, "strong")
        start = (*line, gap) if line else ()
        forms: list[Line] = [
            (*start, name, text, Part("  esc clears", "muted")),
            (*start, name, text),
            (*(part for part in line if part.tone != "muted"), Part("  "), text) if line else (text,),
        ]
        room = self.cells.width - 2
        return next((form for form in forms if cell_len(plain(form)) <= room), (text,))

    def _words_instead(self) -> list[str]:
        """What is said in place of the numbers; nothing when they can be shown."""
        width, height = self.cells
        if width < SMALLEST[0] or height < SMALLEST[1]:
            need = f"This terminal has {width} x {height} cells; the dashboard needs {SMALLEST[0]} x {SMALLEST[1]}."
            return [need, "", "Enlarge it, or print one frame:", "  tokenmon dash --once"]
        if self.snapshot is None:
            if self.problem:
                return [f"The database cannot be read: {self.problem}.", "", "Trying again; or look what is wrong:",
                        "  tokenmon doctor"]  # fmt: skip
            return ["Reading the database ..."]
        words = self.instead(self.snapshot)
        if words and self.shared.clock.replay is not None:
            return ["Nothing to show yet at this moment of the replay.", "",
                    "ctrl+right goes half an hour on, + passes faster, esc ends the replay."]  # fmt: skip
        return words

    def tell(self) -> None:
        """The first line: where one is, how the feed is, and the time."""
        try:
            line = self.query_one(StatusLine)
        except NoMatches:
            return
        now = self.shared.now().astimezone(self.shared.place)
        full, short = self._state()
        line.show(full, f"{now:%a %d %b %H:%M:%S %Z}", short=short, needs_clock=self.shared.clock.replay is not None)
        if self.problem and self.snapshot is None:
            self.draw()

    def _state(self) -> tuple[Part, Part]:
        """How the feed is, and the same in few words."""
        clock = self.shared.clock
        if self.problem:
            since = "" if self._stamp is None else f" since {self._stamp.moment.astimezone(self.shared.place):%H:%M}"
            short = f"! stale{since}" if since else "! no answer"
            return Part(f"{short}, trying again: {self.problem}", "error"), Part(short, "error")
        if clock.replay is not None:
            how = ", held" if clock.replay.is_held else ""
            short = "replay over" if clock.is_over else f"replay x{clock.replay.speed}{how}"
            return Part(f"{short}, esc leaves it", "strong"), Part(short, "strong")
        if self.shared.is_paused:
            return Part("paused, p goes on", "strong"), Part("paused", "strong")
        if self.snapshot is None or (self._is_asked and self._is_reading()):
            return Part("reading", "muted"), Part("reading", "muted")
        return Part("live", "good"), Part("live", "good")
