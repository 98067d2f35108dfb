"""Screens that look at a period: its range, and the pages before it."""

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.reactive import reactive

from tokenmon.core.span import Span, period_title
from tokenmon.errors import ConfigError
from tokenmon.tui.ranges import range_title
from tokenmon.tui.screens.live import LiveScreen, SnapshotT
from tokenmon.tui.shared import Shared
from tokenmon.tui.texts import Line, Part


class SpannedScreen(LiveScreen[SnapshotT]):
    """A screen over a span, which its user may change."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left_square_bracket", "shift(1)", "Earlier", key_display="[", id="earlier"),
        Binding("right_square_bracket", "shift(-1)", "Later", key_display="]", id="later"),
        Binding("r", "range", "Range", id="range"),
    ]
    FIRST_SPAN: ClassVar[Span] = Span("30d")

    span: reactive[Span] = reactive(Span("30d"), init=False)
    has_span: ClassVar[bool] = True

    def __init__(self, shared: Shared) -> None:
        super().__init__(shared)
        # Before it is mounted: whoever opens the screen may want another range than its own.
        self.set_reactive(SpannedScreen.span, self.FIRST_SPAN)

    def look_at(self, span: Span) -> None:
        """Look at another span."""
        self.span = span

    def watch_span(self) -> None:
        """Read the other span."""
        if self.is_mounted:
            self.reload()

    def action_shift(self, steps: int) -> None:
        """Turn the page, back by a positive number."""
        wanted = self.span.shifted(steps)
        try:
            wanted.period(now=self.shared.now(), timezone=self.shared.timezone)
        except ConfigError:
            # Before the first year that a calendar knows.
            wanted = self.span
        if wanted == self.span:
            self.notify("All time is one page." if self.span.word == "all" else "There is no further page.")
        self.span = wanted

    def action_range(self) -> None:
        """Ask for another range."""
        from tokenmon.tui.screens.range_dialog import RangeDialog

        def chosen(span: Span | None) -> None:
            if span is not None:
                self.span = span

        self.app.push_screen(RangeDialog(self.span, now=self.shared.now(), timezone=self.shared.timezone), chosen)

    def headline(self) -> Line:
        """The range and its dates."""
        period = self.span.period(now=self.shared.now(), timezone=self.shared.timezone)
        name = range_title(self.span.word)
        dates = period_title(period, now=self.shared.now())
        if self.span.steps_back:
            return (Part(dates, "strong"), Part(f"  {self.span.steps_back} x {name.lower()} back", "muted"))
        return (
            (Part(name, "strong"),) if self.span.word == "all" else (Part(name, "strong"), Part(f"  {dates}", "muted"))
        )
