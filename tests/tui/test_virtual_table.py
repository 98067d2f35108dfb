"""The table over any number of rows: it asks for what is in sight alone, and never for all."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import ClassVar

import pytest
from textual.app import App, ComposeResult
from textual.pilot import Pilot

from tokenmon.tui.table_columns import Column
from tokenmon.tui.texts import Part
from tokenmon.tui.theme import DARK, DARK_DEFAULTS
from tokenmon.tui.widgets.virtual_table import Look, VirtualTable

MILLIONS = 5_000_000
COLUMNS = (Column("number", "Number", 10, True, "number"), Column("name", "Name", 12, sort="name"))
LOOK = Look(COLUMNS, 2, "number")


class FakeRows:
    """Rows that count how often they are asked for; `there` are those that have come."""

    def __init__(self, count: int, there: range | None = None) -> None:
        self.count = count
        self.there = range(count) if there is None else there
        self.drawn: list[int] = []
        self.asked: set[int] = set()

    def key(self, row: int) -> bytes | None:
        self.asked.add(row)
        return row.to_bytes(8, "big") if row in self.there else None

    def cells(self, row: int, columns: Sequence[Column]) -> tuple[Part, ...]:
        self.drawn.append(row)
        return (Part(f"{row:,}"), Part("模型" if row % 2 else "[red]x"))


class Stage(App[None]):
    """An application that holds the table and remembers what it posts."""

    CSS_PATH: ClassVar = ["../../tokenmon/tui/dash.tcss", "../../tokenmon/tui/screens/calls.tcss"]

    def __init__(self) -> None:
        super().__init__()
        self.register_theme(DARK)
        self.theme = DARK.name
        self.heard: list[str] = []
        self.lacking: list[tuple[int, int]] = []

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return DARK_DEFAULTS

    def compose(self) -> ComposeResult:
        yield VirtualTable()

    def on_virtual_table_lacks(self, event: VirtualTable.Lacks) -> None:
        self.lacking.append((event.first, event.after))

    def on_virtual_table_title_clicked(self, event: VirtualTable.TitleClicked) -> None:
        self.heard.append(event.sort)

    def on_virtual_table_chosen(self, event: VirtualTable.Chosen) -> None:
        self.heard.append("chosen")


Scene = Callable[[Stage, VirtualTable, Pilot[None]], Awaitable[None]]


def play(rows: FakeRows, scene: Scene) -> None:
    async def run() -> None:
        app = Stage()
        async with app.run_test(size=(60, 24)) as pilot:
            table = app.query_one(VirtualTable)
            table.show_rows(rows, LOOK, cursor=0, top=0)
            table.focus()
            await pilot.pause()
            await scene(app, table, pilot)

    asyncio.run(run())


def texts(table: VirtualTable) -> list[str]:
    return [table.render_line(y).text for y in range(table.lines + 1)]


def test_millions_of_rows_are_shown_by_reading_those_in_sight() -> None:
    rows = FakeRows(MILLIONS)

    async def scene(_: Stage, table: VirtualTable, pilot: Pilot[None]) -> None:
        await pilot.press("G")
        assert table.cursor == MILLIONS - 1
        assert f"{MILLIONS - 1:,}" in texts(table)[-1]
        await pilot.press("g")
        assert table.cursor == table.top == 0
        table.go(2_500_000)
        await pilot.pause()
        assert any("2,500,000" in line for line in texts(table))

    play(rows, scene)
    assert len(rows.asked) < 500


def test_a_row_is_written_once_however_often_it_is_drawn() -> None:
    rows = FakeRows(1000)

    async def scene(_: Stage, table: VirtualTable, pilot: Pilot[None]) -> None:
        await pilot.pause()
        before = rows.drawn.count(7)
        for _times in range(5):
            table.refresh()
            await pilot.pause()
        assert rows.drawn.count(7) == before == 1

    play(rows, scene)


def test_what_is_lacking_is_asked_for_and_drawn_as_a_shadow() -> None:
    rows = FakeRows(MILLIONS, range(200))

    async def scene(app: Stage, table: VirtualTable, pilot: Pilot[None]) -> None:
        assert app.lacking == []
        table.go(1_000_000)
        await pilot.pause()
        first, after = app.lacking[-1]
        assert first <= table.top
        assert after >= table.top + table.lines
        assert after - first < 100
        assert "·" in texts(table)[3]
        rows.there = range(first, after)
        app.lacking.clear()
        table.arrived()
        await pilot.pause()
        assert app.lacking == []
        assert "·" not in "".join(texts(table))

    play(rows, scene)


@pytest.mark.parametrize(
    ("keys", "cursor"),
    [
        (("down",), 1), (("up",), 0), (("down", "down", "up"), 1), (("pagedown",), 20), (("pagedown", "pageup"), 0),
        (("end",), 999), (("end", "down"), 999), (("end", "home"), 0), (("G", "g"), 0), (("end", "up", "up"), 997),
    ],
)  # fmt: skip
def test_the_keys_move_the_cursor_and_keep_it_in_sight(keys: tuple[str, ...], cursor: int) -> None:
    async def scene(_: Stage, table: VirtualTable, pilot: Pilot[None]) -> None:
        await pilot.press(*keys)
        assert table.cursor == cursor
        assert table.top <= cursor < table.top + table.lines

    play(FakeRows(1000), scene)


def test_the_wheel_scrolls_and_leaves_the_cursor() -> None:
    async def scene(_: Stage, table: VirtualTable, pilot: Pilot[None]) -> None:
        table.scroll_to(y=500, animate=False)
        await pilot.pause()
        assert (table.top, table.cursor) == (500, 0)

    play(FakeRows(1000), scene)


def test_every_line_is_as_wide_as_the_table() -> None:
    async def scene(_: Stage, table: VirtualTable, pilot: Pilot[None]) -> None:
        lines = [table.render_line(y) for y in range(table.lines + 1)]
        assert {one.cell_length for one in lines} == {table.size.width}
        assert any("[red]x" in one.text for one in lines)

    play(FakeRows(1000), scene)


def test_a_click_on_a_row_moves_the_cursor_and_a_second_chooses() -> None:
    async def scene(app: Stage, table: VirtualTable, pilot: Pilot[None]) -> None:
        await pilot.click(table, offset=(5, 6))
        assert table.cursor == 4
        assert app.heard == []
        await pilot.click(table, offset=(5, 6))
        assert app.heard == ["chosen"]

    play(FakeRows(1000), scene)


@pytest.mark.parametrize(("x", "sort"), [(4, "number"), (18, "name")])
def test_a_click_on_a_title_sorts(x: int, sort: str) -> None:
    async def scene(app: Stage, table: VirtualTable, pilot: Pilot[None]) -> None:
        await pilot.click(table, offset=(x, 1))
        assert app.heard == [sort]

    play(FakeRows(1000), scene)


def test_the_title_tells_the_order_in_the_marks_that_are_set() -> None:
    async def scene(_: Stage, table: VirtualTable, pilot: Pilot[None]) -> None:
        assert "▼Number" in table.render_line(0).text
        table.show_rows(FakeRows(9), Look(COLUMNS, 2, "name", is_descending=False), cursor=0, top=0)
        table.marks = "ascii"
        assert "Name ^" in table.render_line(0).text

    play(FakeRows(1000), scene)


@pytest.mark.parametrize("count", [0, 1, 5])
def test_a_short_table_is_blank_below_its_rows(count: int) -> None:
    async def scene(_: Stage, table: VirtualTable, pilot: Pilot[None]) -> None:
        await pilot.press("end", "down", "home", "up", "pagedown", "pageup")
        assert table.cursor == max(0, count - 1) or table.cursor == 0
        assert [bool(line.strip()) for line in texts(table)] == [True] * (1 + count) + [False] * (table.lines - count)

    play(FakeRows(count), scene)


def test_another_list_keeps_no_drawn_row_that_was_forgotten() -> None:
    class Renamed(FakeRows):
        def cells(self, row: int, columns: Sequence[Column]) -> tuple[Part, ...]:
            return (Part("new"), Part("name"))

    async def scene(_: Stage, table: VirtualTable, pilot: Pilot[None]) -> None:
        table.show_rows(Renamed(1000), LOOK, cursor=0, top=0)
        table.forget()
        await pilot.pause()
        assert all("name" in line for line in texts(table)[1:])

    play(FakeRows(1000), scene)
