"""The first screen: today, the month, what is running, and the last calls as they happen."""

from collections.abc import Callable
from functools import partial

from textual.app import ComposeResult
from textual.containers import Container, Horizontal, Vertical

from tokenmon.tui import overview_texts, texts
from tokenmon.tui.asking import Asking
from tokenmon.tui.screens.live import LiveScreen
from tokenmon.tui.snapshot import Snapshot, read_snapshot
from tokenmon.tui.texts import Line
from tokenmon.tui.widgets.call_table import CallTable
from tokenmon.tui.widgets.panels import CostChart, FactsPanel

# The most lines of models and of quotas.
MODELS_BESIDE, QUOTAS_BELOW, QUOTAS_SHORT = 11, 6, 3
FRAME = 4


class OverviewScreen(LiveScreen[Snapshot]):
    """Today at a glance, live."""

    NAME = "overview"
    CSS_PATH = "overview.tcss"

    def question(self) -> Callable[[Asking], Snapshot]:
        """Everything of the overview."""
        return partial(read_snapshot, before=self.snapshot)

    def compose_content(self) -> ComposeResult:
        """Totals and quotas, the chart with the models, the calls."""
        with Vertical(id="left"):
            with Container(id="totals"):
                yield FactsPanel(id="today", title="Today")
                yield FactsPanel(id="month", title="This month")
                yield FactsPanel(id="quotas", title="Quotas this month", goes_to="quotas")
            with Horizontal(id="middle"):
                yield CostChart(id="chart")
                yield FactsPanel(id="models", title="Models this month", goes_to="breakdown")
        yield CallTable()

    def instead(self, found: Snapshot) -> list[str]:
        """The first steps while nothing is recorded; the way back where the filter leaves nothing."""
        if not found.is_empty:
            return []
        if found.conditions:
            return overview_texts.narrowed_lines(self.shared.where)
        return texts.empty_lines(found.platforms)

    def headline(self) -> Line:
        """The pulse of the last minutes; a filter takes its place."""
        if self.snapshot is None or self.shared.where:
            return ()
        shared = self.shared
        return overview_texts.pulse_line(
            self.snapshot, width=self.cells.width - 2, numbers=shared.numbers, marks=shared.marks
        )

    def show(self, found: Snapshot) -> None:
        """Hand the values to the panels."""
        numbers, marks = self.shared.numbers, self.shared.marks
        width = self.cells.width
        is_broad = self.has_class("broad")
        room = width // 3 - FRAME if is_broad else width // 2 - FRAME
        today, month = (
            partial(lines_of, found, numbers=numbers)
            for lines_of in (overview_texts.today_lines, overview_texts.month_lines)
        )
        lines = max(len(today(room)), len(month(room)))
        side_by_side = 0 if self.has_class("narrow") else lines
        self.query_one("#today", FactsPanel).show(today, height=side_by_side)
        self.query_one("#month", FactsPanel).show(month, height=side_by_side)
        most = lines if is_broad else QUOTAS_SHORT if self.has_class("short") else QUOTAS_BELOW
        self.query_one("#quotas", FactsPanel).show(
            partial(overview_texts.quota_lines, found, most=most, numbers=numbers)
        )
        self.query_one(CostChart).show(found, numbers=numbers, marks=marks)
        has_room = is_broad or self.has_class("wide")
        models = MODELS_BESIDE if has_room else 0
        self.query_one("#models", FactsPanel).show(
            partial(overview_texts.model_lines, found, most=models, numbers=numbers, marks=marks)
        )
        self.query_one(CallTable).show_calls(found, numbers=numbers)
