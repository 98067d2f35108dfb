"""The table of rows: a cursor that stays on its row, columns that give way, rows in sight only."""

import asyncio
from collections.abc import Awaitable, Callable

from textual.app import App, ComposeResult
from textual.pilot import Pilot

from tokenmon.tui.texts import Part
from tokenmon.tui.theme import DARK
from tokenmon.tui.widgets.row_table import Column, Row, RowTable

COLUMNS = (Column("Model", is_number=False), Column("Cost"), Column("Share"))


def row(name: str, cost: str = "$1.00") -> Row:
    return Row(name, ((Part(name),), (Part(cost),), (Part("5 %"),)), f"{name}\t1")


class Stage(App[None]):
    CSS = """
    RowTable { height: 6; width: 100%; }
    .rows--cursor { background: $primary; }
    """

    def __init__(self) -> None:
        super().__init__()
        self.register_theme(DARK)
        self.theme = DARK.name
        self.chosen: list[str] = []

    def compose(self) -> ComposeResult:
        yield RowTable()

    def on_row_table_chosen(self, event: RowTable.Chosen) -> None:
        self.chosen.append(event.key)


def play(scene: Callable[[Stage, RowTable, Pilot[None]], Awaitable[None]], width: int = 40) -> None:
    async def run() -> None:
        app = Stage()
        async with app.run_test(size=(width, 10)) as pilot:
            table = app.query_one(RowTable)
            table.show(COLUMNS, tuple(row(f"model-{number}") for number in range(20)))
            table.focus()
            await pilot.pause()
            await scene(app, table, pilot)

    asyncio.run(run())


def drawn(table: RowTable) -> list[str]:
    return [table.render_line(y).text.rstrip() for y in range(table.size.height)]


def test_titles_stay_on_top_and_numbers_stand_right() -> None:
    async def scene(_: Stage, table: RowTable, pilot: Pilot[None]) -> None:
        table.show(COLUMNS, (row("gpt", "$10.00"), row("opus", "$2.00")))
        await pilot.pause()
        assert drawn(table)[:3] == ["Model    Cost  Share", "gpt    $10.00    5 %", "opus    $2.00    5 %"]

    play(scene)


def test_the_cursor_moves_within_the_rows_and_pulls_them_into_sight() -> None:
    async def scene(_: Stage, table: RowTable, pilot: Pilot[None]) -> None:
        await pilot.press("up")
        assert table.cursor == 0
        await pilot.press("end")
        await pilot.pause()
        assert table.cursor == 19
        assert drawn(table)[-1].startswith("model-19")
        await pilot.press("down", "pageup", "up")
        assert table.cursor == 14
        await pilot.press("home", "pagedown")
        assert table.cursor == 4

    play(scene)


def test_the_cursor_stays_on_what_it_was_on_when_rows_come_and_go() -> None:
    async def scene(_: Stage, table: RowTable, pilot: Pilot[None]) -> None:
        await pilot.press("down", "down")
        table.show(COLUMNS, (row("new"), *(row(f"model-{number}") for number in range(5))))
        assert table.row is not None
        assert table.row.key == "model-2"
        table.show(COLUMNS, (row("model-9"),))
        assert table.row.key == "model-9"

    play(scene)


def test_a_cursor_at_rest_stays_on_top() -> None:
    async def scene(_: Stage, table: RowTable, pilot: Pilot[None]) -> None:
        table.show(COLUMNS, (row("new"), row("model-0")))
        await pilot.pause()
        assert table.cursor == 0

    play(scene)


def test_enter_and_a_click_choose_a_row() -> None:
    async def scene(app: Stage, table: RowTable, pilot: Pilot[None]) -> None:
        await pilot.press("down", "enter")
        await pilot.click(table, offset=(3, 4))
        await pilot.click(table, offset=(3, 0))
        assert app.chosen == ["model-1", "model-3"]

    play(scene)


def test_a_table_without_rows_chooses_nothing() -> None:
    async def scene(app: Stage, table: RowTable, pilot: Pilot[None]) -> None:
        table.show(COLUMNS, ())
        await pilot.press("enter", "down")
        await pilot.click(table, offset=(3, 2))
        assert app.chosen == []
        assert table.row is None

    play(scene)


def test_where_room_is_scarce_the_last_columns_give_way_before_the_name_is_lost() -> None:
    async def scene(_: Stage, table: RowTable, pilot: Pilot[None]) -> None:
        table.show(COLUMNS, (row("a-model-with-a-long-name"),))
        await pilot.pause()
        assert drawn(table)[1] == "a-model-with-a-…  $1.00"

    play(scene, width=23)
