"""Usage distributed by any two dimensions: share, change since the period before, and the way down to single calls."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial
from typing import ClassVar

from textual import on
from textual.app import ComposeResult, SystemCommand
from textual.binding import Binding, BindingType

from tokenmon.core.filter_language import parse_filter
from tokenmon.core.span import Span, period_title
from tokenmon.errors import ConfigError
from tokenmon.tui.asking import Asking
from tokenmon.tui.breakdown_columns import Drawing, copied, drawing, sheet
from tokenmon.tui.breakdown_view import Row, View, rows
from tokenmon.tui.dimensions import TITLES, condition_of, narrowed, next_dimension, stepped, value_text
from tokenmon.tui.measures import MEASURE_TITLES
from tokenmon.tui.messages import FilterWanted, OpenScreen
from tokenmon.tui.reading.breakdown import BreakdownSnapshot, Key, read_breakdown
from tokenmon.tui.reading.emptiness import empty_words
from tokenmon.tui.screens.spanned import SpannedScreen
from tokenmon.tui.shared import Shared
from tokenmon.tui.sheet import Exporting
from tokenmon.tui.texts import Line, Part
from tokenmon.tui.widgets.list_table import Grid, Listing, ListTable


@dataclass(frozen=True, slots=True)
class Step:
    """A step down: what was looked at before it, and the filter that it made."""

    first: str
    second: str | None
    where_before: str
    where: str
    settled: tuple[tuple[str, str | None], ...]


class BreakdownScreen(SpannedScreen[BreakdownSnapshot]):
    """The distribution, and the way into it."""

    NAME = "breakdown"
    CSS_PATH = "breakdown.tcss"
    FIRST_SPAN: ClassVar[Span] = Span("month")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "drill", "Drill down", id="drill"),
        Binding("b", "first(1)", "Group by", id="group"),
        Binding("c", "count(1)", "Measure", id="measure"),
        Binding("left_square_bracket", "shift(1)", "Earlier", key_display="[", show=False, id="earlier"),
        Binding("right_square_bracket", "shift(-1)", "Later", key_display="]", show=False, id="later"),
        Binding("r", "range", "Range", show=False, id="range"),
        Binding("B", "first(-1)", "Group by the one before", show=False, id="group-back"),
        Binding("n", "second(1)", "Then by", show=False, id="second"),
        Binding("N", "second(-1)", "Then by the one before", show=False, id="second-back"),
        Binding("D", "dimensions", "Choose both dimensions", show=False, id="dimensions"),
        Binding("s", "sort(1)", "Sort by the next column", show=False, id="sort"),
        Binding("S", "reverse", "Sort the other way round", show=False, id="reverse"),
        Binding("space", "fold", "Unfold or fold", show=False, id="fold"),
        Binding("right", "unfold(True)", "Unfold", show=False, id="unfold"),
        Binding("left", "unfold(False)", "Fold", show=False, id="fold-up"),
        Binding("X", "fold_all", "Unfold or fold all", show=False, id="fold-all"),
        Binding("o", "calls", "Open its calls", show=False, id="calls"),
    ]

    def __init__(self, shared: Shared) -> None:
        super().__init__(shared)
        self._first: str = "model"
        self._second: str | None = "project"
        self._view = View()
        self._steps: list[Step] = []
        self._rows: tuple[Row, ...] = ()
        self._drawing: Drawing | None = None

    def question(self) -> Callable[[Asking], BreakdownSnapshot]:
        """The sums of the span and of the one before it."""
        return partial(read_breakdown, span=self.span, first=self._first, second=self._second)

    def compose_content(self) -> ComposeResult:
        """One table."""
        yield ListTable(id="breakdown")

    def instead(self, found: BreakdownSnapshot) -> list[str]:
        """Why nothing is shown."""
        if found.emptiness is None:
            return []
        period = self.span.period(now=self.shared.now(), timezone=self.shared.timezone)
        return empty_words(found.emptiness, period_title(period, now=self.shared.now()))

    def show(self, found: BreakdownSnapshot) -> None:
        """Bring the table to the snapshot."""
        table, view, shared = self.query_one(ListTable), self._view, self.shared
        shown = self._rows = rows(found, view)
        measure = MEASURE_TITLES[view.counted(found)]
        then = f", then {TITLES[found.second].lower()}" if found.second else ""
        table.border_title = f"{measure} by {TITLES[found.first].lower()}{then}"
        table.marks = shared.marks

        def grid(room: int) -> Grid:
            drawn = self._drawing = drawing(found, view, room=room, numbers=shared.numbers, marks=shared.marks)
            return Grid(drawn.columns, lambda at: drawn.cells(shown[at]), drawn.totals())

        keys = tuple(row.share.key for row in shown)
        table.show(Listing(keys, grid, view.sorted_by(found), view.is_descending))
        if self.focused is None:
            table.focus()

    # Where one is

    def _headline(self) -> Line:
        """The range, what was filtered before the first step, and the steps down."""
        steps = self._present_steps()
        if not steps:
            return super()._headline()
        found = [one for step in steps for one in step.settled]
        if self.has_class("narrow"):
            # What was chosen last, where there is not room for the whole way.
            return *self.headline()[:1], Part("  › ", "muted"), Part(value_text(found[-1][1]), "strong")
        line = self.headline()
        if steps[0].where_before:
            line += (Part("   filter ", "muted"), Part(steps[0].where_before, "strong"))
        for at, (name, value) in enumerate(found):
            line += (
                Part("  › " if at else "   ", "muted"),
                Part(f"{name} ", "muted"),
                Part(value_text(value), "strong"),
            )
        return *line, Part("  esc goes back", "muted")

    def _present_steps(self) -> list[Step]:
        """The steps that the present filter still rests on: who changed it otherwise has left their way."""
        while self._steps and self._steps[-1].where != self.shared.where:
            self._steps.pop()
        return self._steps

    def go_back(self) -> bool:
        """Undo the last step down."""
        steps = self._present_steps()
        if not steps:
            return False
        step = steps.pop()
        self._turn_to(step.first, step.second)
        self.post_message(FilterWanted(step.where_before))
        return True

    # The way down

    def _row(self) -> Row | None:
        key = self.query_one(ListTable).cursor_key
        return next((row for row in self._rows if row.share.key == key), None)

    @on(ListTable.Chosen)
    def action_drill(self) -> None:
        """Look into the row under the cursor: by the next dimension down, at last at its calls."""
        step = self._step()
        if step is None:
            return
        dimension = step.settled[-1][0]
        settled = {one.field for one in parse_filter(step.where) if len(one.values) == 1 and not one.is_negated}
        following = next_dimension(dimension, settled)
        self._steps = [*self._present_steps(), step]
        if following is None:
            self.post_message(OpenScreen("calls", where=step.where, span=self.span))
            return
        self._turn_to(following, next_dimension(following, settled))
        self.post_message(FilterWanted(step.where))

    def action_calls(self) -> None:
        """Look at the calls of the row under the cursor."""
        step = self._step()
        if step is not None:
            self._steps = [*self._present_steps(), step]
            self.post_message(OpenScreen("calls", where=step.where, span=self.span))

    def _step(self) -> Step | None:
        """The step into the row under the cursor, None where there is none."""
        row, found = self._row(), self.snapshot
        if row is None or found is None:
            return None
        if row.share.now is None:
            self.notify("Nothing of it is in this range; [ goes to the one before.")
            return None
        settled = tuple(zip((found.first, found.second or ""), row.share.key, strict=False))
        where = narrowed(self.shared.where, *(condition_of(name, value) for name, value in settled))
        try:
            parse_filter(where)
        except ConfigError as error:
            self.notify(f"{error.message}.", severity="warning", markup=False)
            return None
        return Step(self._first, self._second, self.shared.where, where, settled)

    def _turn_to(self, first: str, second: str | None) -> None:
        """Ask by other dimensions with the next reading; what was unfolded belongs to the ones before."""
        self._first, self._second = first, second
        self._view = replace(self._view, opened=frozenset(), is_all_open=False)
        self.query_one(ListTable).forget()

    # What is asked

    def action_first(self, steps: int) -> None:
        """Group by another dimension first."""
        first = stepped(self._first, steps, without=None, may_be_none=False) or self._first
        self._turn_to(first, self._first if first == self._second else self._second)
        self.reload()

    def action_second(self, steps: int) -> None:
        """Group by another dimension below the first, or by none."""
        self._turn_to(self._first, stepped(self._second, steps, without=self._first, may_be_none=True))
        self.reload()

    def action_dimensions(self) -> None:
        """Ask for both dimensions."""
        from tokenmon.tui.screens.dimension_dialog import DimensionDialog

        def chosen(pair: tuple[str, str | None] | None) -> None:
            if pair is not None:
                self._turn_to(*pair)
                self.reload()

        self.app.push_screen(DimensionDialog(self._first, self._second), chosen)

    # How it is looked at

    def _look(self, view: View) -> None:
        self._view = view
        self.draw()

    def action_count(self, steps: int) -> None:
        """Count something else."""
        if self.snapshot is not None:
            self._look(self._view.counting(steps, self.snapshot))

    def action_sort(self, steps: int) -> None:
        """Sort by the next column."""
        if self.snapshot is None or self._drawing is None:
            return
        sorts = [column.sort for column in self._drawing.columns if column.sort]
        present = self._view.sorted_by(self.snapshot)
        at = sorts.index(present) if present in sorts else -1
        self._look(self._view.by_column(sorts[(at + steps) % len(sorts)], self.snapshot))

    def action_reverse(self) -> None:
        """Sort the other way round."""
        self._look(self._view.reversed())

    @on(ListTable.TitleClicked)
    def _sort_by_title(self, event: ListTable.TitleClicked) -> None:
        if self.snapshot is not None:
            self._look(self._view.by_column(event.sort, self.snapshot))

    def action_fold(self) -> None:
        """Unfold the row under the cursor, or fold it, or what it belongs to."""
        row = self._row()
        if row is not None:
            self._fold(row.share.key[:1])

    def action_unfold(self, is_wanted: bool) -> None:
        """Unfold the row under the cursor, or fold what it belongs to."""
        row = self._row()
        if row is not None and is_wanted == (row.depth == 0 and not row.is_open):
            self._fold(row.share.key[:1])

    def action_fold_all(self) -> None:
        """Unfold everything, or fold everything."""
        is_open = self._view.is_all_open or bool(self._view.opened)
        self._look(replace(self._view, opened=frozenset(), is_all_open=not is_open))

    @on(ListTable.MarkClicked)
    def _fold_at_mark(self, event: ListTable.MarkClicked) -> None:
        self._fold(event.key[:1])

    def _fold(self, key: Key) -> None:
        if self.snapshot is None or self.snapshot.second is None:
            return
        table = self.query_one(ListTable)
        if table.cursor_key is not None and table.cursor_key[:1] == key:
            table.follow(key)
        self._look(self._view.toggled(key, self.snapshot))

    # What leaves the screen

    def exporting(self) -> Exporting | None:
        """The rows in full."""
        found: BreakdownSnapshot | None = self.snapshot
        if found is None or not found.shares:
            return None
        then = f"-{found.second}" if found.second else ""
        return Exporting(f"breakdown-{found.first}{then}", sheet(found, self._view).write)

    def copied(self) -> str | None:
        """The row under the cursor in full."""
        row = self._row()
        return None if row is None or self._drawing is None else copied(self._drawing, row)

    def palette(self) -> Iterable[SystemCommand]:
        """The dimensions by name."""
        for name, title in TITLES.items():
            yield SystemCommand(f"Group by {title.lower()}", "Breakdown", partial(self._group_by, name))
        yield SystemCommand("Choose both dimensions", "Breakdown, key D", self.action_dimensions)
        yield SystemCommand("Unfold or fold all", "Breakdown, key X", self.action_fold_all)

    def _group_by(self, name: str) -> None:
        self._turn_to(name, None if self._second == name else self._second)
        self.reload()
