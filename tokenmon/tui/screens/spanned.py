"""Screens that look at a period: its range, and the pages before it."""

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.reactive import reactive

from tokenmon.core.span import Span, period_title
from tokenmon.tui.ranges import range_title
from tokenmon.tui.screens.live import LiveScreen, SnapshotT
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

    def on_mount(self) -> None:
        """Begin at the screen's own range."""
        self.set_reactive(SpannedScreen.span, self.FIRST_SPAN)
        super().on_mount()

    def look_at(self, span: Span) -> None:
        """Look at another span."""
        self.span = span

    def watch_span(self) -> None:
        """Read the other span."""
        self.reload()

    def action_shift(self, steps: int) -> None:
        """Turn the page, back by a positive number."""
        self.span = self.span.shifted(steps)

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
