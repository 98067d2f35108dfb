"""The first screen: today, the month, what is running, and the last calls as they happen."""

from collections.abc import Callable

from textual.app import ComposeResult
from textual.containers import Container, Vertical

from tokenmon.tui import texts
from tokenmon.tui.asking import Asking
from tokenmon.tui.screens.live import LiveScreen
from tokenmon.tui.snapshot import Snapshot, read_snapshot
from tokenmon.tui.widgets.call_table import CallTable
from tokenmon.tui.widgets.panels import CostChart, QuotaPanel, TotalsPanel


class OverviewScreen(LiveScreen[Snapshot]):
    """Today at a glance, live."""

    NAME = "overview"
    TAB = "Overview"

    def question(self) -> Callable[[Asking], Snapshot]:
        """Everything of the overview."""
        return read_snapshot

    def compose_content(self) -> ComposeResult:
        """Totals and quotas, the chart, the calls."""
        with Vertical(id="left"):
            with Container(id="totals"):
                yield TotalsPanel(id="today")
                yield TotalsPanel(id="month")
                yield QuotaPanel(id="quotas")
            yield CostChart(id="chart")
        yield CallTable()

    def on_mount(self) -> None:
        """Name the panels."""
        super().on_mount()
        for name, title in (("#today", "Today"), ("#month", "This month"), ("#quotas", "Quotas this month")):
            self.query_one(name).border_title = title

    def instead(self, found: Snapshot) -> list[str]:
        """The first steps while nothing is recorded."""
        return texts.empty_lines(found.platforms) if found.is_empty else []

    def show(self, found: Snapshot) -> None:
        """Hand the values to the panels."""
        width = self.cells.width
        room = width // 3 - 4 if self.has_class("broad") else width // 2 - 4
        lines = max(len(texts.totals_lines(totals, width=room)) for totals in (found.today, found.month))
        self.query_one("#today", TotalsPanel).show(found.today, height=lines)
        self.query_one("#month", TotalsPanel).show(found.month, height=lines)
        self.query_one(QuotaPanel).show(found, most=lines if self.has_class("broad") else 3)
        self.query_one(CostChart).show(found)
        self.query_one(CallTable).show(found)
