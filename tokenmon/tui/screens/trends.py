"""The second screen: one metric over time, by what it is grouped, against the span before, and by day of the year."""

from collections.abc import Callable, Iterable
from datetime import date
from functools import partial
from typing import ClassVar, Literal

from textual import on
from textual.app import ComposeResult, SystemCommand
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.css.query import NoMatches
from textual.widget import Widget

from tokenmon.core.condition import Condition
from tokenmon.core.filter_language import filter_text, parse_filter
from tokenmon.core.period import Bucket
from tokenmon.core.span import Span
from tokenmon.errors import ConfigError
from tokenmon.tui import trend_drawing, trend_words
from tokenmon.tui.asking import Asking
from tokenmon.tui.chart import Kind
from tokenmon.tui.drawing import heatmap as drawing
from tokenmon.tui.messages import OpenScreen
from tokenmon.tui.reading.trend_metric import COST, METRICS, TrendMetric
from tokenmon.tui.reading.trends import (
    MOST_BUCKETS,
    TrendsQuestion,
    TrendsSnapshot,
    bucket_count,
    bucket_span,
    read_trends,
)
from tokenmon.tui.screens.spanned import SpannedScreen
from tokenmon.tui.shared import Shared
from tokenmon.tui.sheet import Exporting
from tokenmon.tui.texts import Line, Marks, Part, Tone
from tokenmon.tui.widgets.heatmap import Heatmap
from tokenmon.tui.widgets.row_table import RowTable
from tokenmon.tui.widgets.trend_chart import TrendChart, TrendSummary

GROUPS = (None, "model", "platform", "project", "key", "source")
# From these sizes on there is room for the chart and the calendar.
ROOMY_WIDTH, ROOMY_HEIGHT = 160, 36
# Below this the graphs take lines from the facts and the tables.
LOW_HEIGHT = 24
PADDING = 2


class TrendsScreen(SpannedScreen[TrendsSnapshot]):
    """A metric over time."""

    NAME = "trends"
    CSS_PATH = "trends.tcss"
    FIRST_SPAN = Span("30d")
    AUTO_FOCUS = "#trend-series"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("c", "metric(1)", "Metric", id="metric"),
        Binding("C", "metric(-1)", "Metric before", show=False, id="metric-back"),
        Binding("b", "group(1)", "Group by", id="group"),
        Binding("B", "group(-1)", "Group by, backwards", show=False, id="group-back"),
        Binding("r", "range", "Range", id="range"),
        Binding("left_square_bracket", "shift(1)", "Earlier", key_display="[", show=False, id="earlier"),
        Binding("right_square_bracket", "shift(-1)", "Later", key_display="]", show=False, id="later"),
        Binding("k", "kind", "Bars or lines", show=False, id="kind"),
        Binding("x", "previous", "Compare with the span before", show=False, id="previous"),
        Binding("z", "calendar", "Calendar of the year", show=False, id="calendar"),
        Binding("h", "bucket('hour')", "Per hour", show=False, id="per-hour"),
        Binding("d", "bucket('day')", "Per day", show=False, id="per-day"),
        Binding("w", "bucket('week')", "Per week", show=False, id="per-week"),
        Binding("m", "bucket('month')", "Per month", show=False, id="per-month"),
        Binding("a", "bucket('')", "Per what fits the range", show=False, id="per-fitting"),
    ]

    def __init__(self, shared: Shared) -> None:
        super().__init__(shared)
        self._metric = COST
        self._by: str | None = GROUPS[1]
        self._bucket: Bucket | None = None
        self._wants_lines = False
        self._has_previous = True
        self._is_calendar = False
        self._tones: dict[str, Tone] = {}

    # Reading

    def question(self) -> Callable[[Asking], TrendsSnapshot]:
        """The metric over the span."""
        found: TrendsSnapshot | None = self.snapshot
        asked = TrendsQuestion(
            span=self.span,
            metric=self._metric,
            bucket=self._bucket,
            by=self._by,
            has_previous=self._has_previous,
            has_calendar=self._shows_calendar,
            held=found.calendar if found is not None else None,
        )
        return partial(read_trends, asked=asked)

    # Drawing

    def compose_content(self) -> ComposeResult:
        """The facts, the chart and the calendar, the series and the buckets."""
        yield TrendSummary(id="trend-summary")
        with Container(id="trend-body"):
            with Container(id="trend-graphs"):
                yield TrendChart(id="trend-chart")
                yield Heatmap(id="trend-calendar")
            with Container(id="trend-tables"):
                yield RowTable(id="trend-series")
                yield RowTable(id="trend-buckets")

    def instead(self, found: TrendsSnapshot) -> list[str]:
        """Why nothing is shown, and which key shows more."""
        if found.hidden is None:
            return []
        shared = self.shared
        return trend_words.nothing_lines(found.hidden, place=shared.place, numbers=shared.numbers, where=shared.where)

    def headline(self) -> Line:
        """The range, then what is grouped and how finely."""
        found: TrendsSnapshot | None = self.snapshot
        if found is None:
            return super().headline()
        by = "" if found.by is None else f", by {found.by}"
        too_fine = f", {self._bucket}s are too many" if self._bucket not in (None, found.bucket) else ""
        return (*super().headline(), Part(f"   per {found.bucket}{by}{too_fine}", "muted"))

    def show(self, found: TrendsSnapshot) -> None:
        """Hand the values to the widgets."""
        self._lay_out(found)
        numbers, kind, marks = self.shared.numbers, self._kind(found), self._marks(found)
        self._tones = trend_drawing.series_tones(found.series, self._tones)
        width = self.cells.width - PADDING
        most = 2 if self.has_class("low") else 3
        facts = trend_words.summary_lines(found, numbers, now=self.shared.now(), width=width, most=most)
        self.query_one(TrendSummary).show(facts)
        chart = trend_drawing.time_chart(found, kind, self._tones, numbers.rate, has_previous=self._has_previous)
        sign = "-" if marks == "ascii" else "─"
        title = trend_words.chart_title(found) + (f", {sign} the span before" if chart.previous else "")
        self.query_one(TrendChart).show(chart, title, numbers, marks)
        if found.series:
            series = trend_drawing.series_rows(found, numbers, self._tones, kind, marks)
            self._table("series").show(trend_drawing.series_columns(found), series)
        self._table("buckets").show(
            trend_drawing.bucket_columns(found, has_previous=self._has_previous),
            trend_drawing.bucket_rows(found, numbers, has_previous=self._has_previous),
        )
        self._show_calendar(found)

    def _lay_out(self, found: TrendsSnapshot) -> None:
        """What has room; whoever loses it gives the focus on."""
        self.set_class(self._is_roomy, "roomy")
        self.set_class(self.cells.height < LOW_HEIGHT, "low")
        self.set_class(self._is_calendar, "calendar")
        self._table("series").display = bool(found.series)
        self._table("buckets").display = not (found.series and self.has_class("narrow"))
        if self.focused is None or not self.focused.display:
            self._first_table(found).focus()

    def _show_calendar(self, found: TrendsSnapshot) -> None:
        calendar = found.calendar
        if calendar is None:
            if self._shows_calendar:
                self.reload()
            return
        view = self.query_one(Heatmap)
        view.border_title = f"{found.metric.title} per day, last 12 months"
        heatmap = drawing.Heatmap(
            dict(calendar.days), calendar.first, calendar.today, calendar.today, found.metric.unit
        )
        view.show(
            heatmap, amount=trend_words.AmountNames(found.metric.unit, self.shared.numbers), marks=self.shared.marks
        )

    def _kind(self, found: TrendsSnapshot) -> Kind:
        kinds = trend_drawing.chart_kinds(found)
        return "lines" if self._wants_lines else kinds[0]

    def _marks(self, found: TrendsSnapshot) -> Marks:
        """Signs where several series have no colours to tell them apart."""
        return "ascii" if self.app.no_color and len(found.series) > 1 else self.shared.marks

    @property
    def _is_roomy(self) -> bool:
        return self.cells.width >= ROOMY_WIDTH or self.cells.height >= ROOMY_HEIGHT

    @property
    def _shows_calendar(self) -> bool:
        return self._is_roomy or self._is_calendar

    def _table(self, name: Literal["series", "buckets"]) -> RowTable:
        return self.query_one(f"#trend-{name}", RowTable)

    def _first_table(self, found: TrendsSnapshot) -> RowTable:
        return self._table("series" if found.series else "buckets")

    # Keys

    def action_metric(self, steps: int) -> None:
        """Follow the next metric."""
        self._follow(METRICS[(METRICS.index(self._metric) + steps) % len(METRICS)])

    def _follow(self, metric: TrendMetric) -> None:
        self._metric = metric
        self.reload()

    def action_group(self, steps: int) -> None:
        """Group by the next label."""
        self._group_by(GROUPS[(GROUPS.index(self._by) + steps) % len(GROUPS)])

    def _group_by(self, label: str | None) -> None:
        self._by = label
        self._tones = {}
        self.reload()

    def action_bucket(self, name: Bucket | Literal[""]) -> None:
        """Take another bucket, or the one that fits."""
        found: TrendsSnapshot | None = self.snapshot
        if name and found is not None and found.starts:
            count = bucket_count(found.starts[0], self.shared.now(), name, self.shared.timezone)
            if count > MOST_BUCKETS:
                self.notify(f"This range has more than {MOST_BUCKETS:,} {name}s; r takes a shorter one.")
                return
        self._bucket = name or None
        self.reload()

    def action_kind(self) -> None:
        """Change between bars and lines."""
        found: TrendsSnapshot | None = self.snapshot
        if found is not None and len(trend_drawing.chart_kinds(found)) == 1:
            self.notify("Means of several series do not stack; b to none shows bars.")
            return
        self._wants_lines = not self._wants_lines
        self.draw()

    def action_previous(self) -> None:
        """Compare with the span before, or not."""
        self._has_previous = not self._has_previous
        if self.span.word == "all":
            self.notify("Nothing lies before all time.")
        self.reload()

    def action_calendar(self) -> None:
        """Go to the calendar, or back from it."""
        self._is_calendar = not self._is_calendar
        self.draw()
        found: TrendsSnapshot | None = self.snapshot
        if found is None:
            return
        target: Widget = self.query_one(Heatmap) if self._is_calendar else self._first_table(found)
        target.focus()

    def go_back(self) -> bool:
        """Leave the calendar."""
        if not self._is_calendar:
            return False
        self.action_calendar()
        return True

    def palette(self) -> Iterable[SystemCommand]:
        """Every metric and every grouping by its name."""
        for metric in METRICS:
            yield SystemCommand(f"Trends of {metric.name}", metric.title, partial(self._follow, metric))
        for label in GROUPS:
            words = "Trends ungrouped" if label is None else f"Trends by {label}"
            yield SystemCommand(words, "What the chart is grouped by", partial(self._group_by, label))

    # Going on to the calls

    @on(RowTable.Chosen, "#trend-series")
    def open_series(self, event: RowTable.Chosen) -> None:
        """Show the calls of a series."""
        found: TrendsSnapshot | None = self.snapshot
        if found is None or found.by is None:
            return
        named = [one for one in found.series if not one.is_rest]
        names = [one.name for one in named if trend_drawing.series_key(one) == event.key]
        is_rest = event.key == trend_drawing.REST
        values = tuple(one.name for one in named) if is_rest else tuple(names)
        if values:
            self._open(filter_text([Condition(found.by, "=", values, is_negated=is_rest)]), self.span)

    @on(RowTable.Chosen, "#trend-buckets")
    def open_bucket(self, event: RowTable.Chosen) -> None:
        """Show the calls of a bucket."""
        found: TrendsSnapshot | None = self.snapshot
        if found is not None and event.key in found.labels:
            start = found.starts[found.labels.index(event.key)]
            self._open("", bucket_span(start, found.bucket, self.shared.now()))

    @on(TrendChart.Picked)
    def go_to_bucket(self, event: TrendChart.Picked) -> None:
        """Go to the row of the bucket whose bar was clicked."""
        found: TrendsSnapshot | None = self.snapshot
        if found is not None and event.at < len(found.labels) and self._table("buckets").display:
            self._table("buckets").go_to(found.labels[event.at])
            self._table("buckets").focus()

    @on(Heatmap.DaySelected)
    def open_day(self, event: Heatmap.DaySelected) -> None:
        """Show the calls of a day."""
        self._open("", Span(event.day.isoformat()))

    def _open(self, term: str, span: Span) -> None:
        where = f"{self.shared.where} {term}".strip()
        try:
            parse_filter(where)
        except ConfigError as error:
            self.notify(f"{error.message}.", severity="warning", markup=False)
            return
        self.post_message(OpenScreen("calls", where=where, span=span))

    # Taking away

    def exporting(self) -> Exporting | None:
        """Buckets by series."""
        found: TrendsSnapshot | None = self.snapshot
        if found is None or found.hidden is not None:
            return None
        return Exporting(f"trends-{found.metric.name.replace(' ', '-')}", trend_drawing.sheet(found).write)

    def copied(self) -> str | None:
        """The row under the cursor, or the day of the calendar."""
        found: TrendsSnapshot | None = self.snapshot
        if found is None or found.hidden is not None:
            return None
        try:
            calendar = self.query_one(Heatmap)
        except NoMatches:
            return None
        if self.focused is calendar and found.calendar is not None and calendar.selected is not None:
            return _copied_day(found, calendar.selected)
        table = self.focused if isinstance(self.focused, RowTable) else self._first_table(found)
        return None if table.row is None else table.row.copied


def _copied_day(found: TrendsSnapshot, day: date) -> str | None:
    days = dict(found.calendar.days) if found.calendar is not None else {}
    return f"{day.isoformat()}\t{trend_drawing.exact_text(days[day])}" if day in days else day.isoformat()
