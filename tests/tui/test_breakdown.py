"""The breakdown on the screen: every key, every state, and a cursor that stays on its row."""

import asyncio
import csv
import io
from decimal import Decimal

import pytest
from textual.pilot import Pilot
from textual.widgets import OptionList, Static
from textual.widgets._footer import FooterKey

from tests.tui.spread import days_ago, fill_months
from tests.tui.stage import headline, notice, picture, play, press, settle
from tokenmon.core.span import Span
from tokenmon.errors import TemporaryError
from tokenmon.session import Session
from tokenmon.tui.app import Dashboard
from tokenmon.tui.messages import OpenScreen
from tokenmon.tui.screens.breakdown import BreakdownScreen
from tokenmon.tui.screens.dimension_dialog import DimensionDialog
from tokenmon.tui.theme import LIGHT
from tokenmon.tui.widgets.list_table import ListTable


@pytest.fixture
def spread(session: Session) -> Session:
    fill_months(session.store)
    return session


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[OpenScreen]:
    found: list[OpenScreen] = []
    monkeypatch.setattr(Dashboard, "on_open_screen", lambda _, message: found.append(message))
    return found


def table(app: Dashboard) -> ListTable:
    return app.screen_stack[0].query_one(ListTable)


def names(app: Dashboard) -> list[str | None]:
    return [key[-1] for key in table(app).keys]


def title(app: Dashboard) -> str:
    return str(table(app).border_title)


def test_models_stand_in_the_order_of_their_cost_above_the_sums(spread: Session) -> None:
    async def scene(app: Dashboard, _: Pilot[None]) -> None:
        assert names(app) == ["opus", "mini", "house"]
        shown = picture(app)
        assert "$8.00" in shown
        assert "unpriced" in shown

    play(spread, scene, screen="breakdown")


def test_b_and_n_change_the_dimensions_and_never_make_them_equal(spread: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await press(app, pilot, "b")
        assert title(app) == "Cost by platform, then project"
        await press(app, pilot, "b", "b", "b")
        assert title(app) == "Cost by client key, then provider"
        await press(app, pilot, "B")
        assert title(app) == "Cost by project, then provider"
        await press(app, pilot, "n")
        assert title(app) == "Cost by project, then client key"
        await press(app, pilot, "N", "N", "N", "N")
        assert title(app) == "Cost by project"

    play(spread, scene, screen="breakdown")


def test_c_counts_something_else(spread: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        titles = []
        for _ in range(4):
            await press(app, pilot, "c")
            titles.append(title(app).split()[0])
        assert titles == ["Tokens", "Calls", "Errors", "Cost"]

    play(spread, scene, screen="breakdown")


def test_a_list_value_has_a_column_of_its_own_and_is_not_in_the_cost(spread: Session) -> None:
    spread.store.add([days_ago(1, "plan", request_model="opus", billing="subscription", cost=Decimal(90))])

    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        row = table(app).row_text(("opus",))
        assert "$7.00" in row
        assert "$90.00" in row
        assert "List value" in picture(app)
        await press(app, pilot, "c")
        assert title(app) == "List value by model, then project"

    play(spread, scene, screen="breakdown")


def test_s_sorts_by_the_next_column_and_shift_s_the_other_way(spread: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await press(app, pilot, "S")
        assert names(app) == ["mini", "opus", "house"]
        await press(app, pilot, "S", "s")
        assert names(app) == ["opus", "mini", "house"]
        assert "▼Calls" in picture(app)

    play(spread, scene, screen="breakdown")


def test_a_click_on_a_title_sorts_and_on_a_row_moves_the_cursor(spread: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        # Left of it are the border and a cell of padding.
        await pilot.click(ListTable, offset=(3, 1))
        await settle(app, pilot)
        assert names(app) == ["house", "mini", "opus"]
        await pilot.click(ListTable, offset=(12, 4))
        await settle(app, pilot)
        assert table(app).cursor_key == ("opus",)
        await pilot.click(ListTable, offset=(2, 4))
        await settle(app, pilot)
        assert ("opus", "web") in table(app).keys

    play(spread, scene, screen="breakdown")


def test_a_second_click_on_a_row_drills_down(spread: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await pilot.click(ListTable, offset=(12, 3))
        await settle(app, pilot)
        await pilot.click(ListTable, offset=(12, 3))
        await settle(app, pilot)
        assert app.shared.where == "model=mini"

    play(spread, scene, screen="breakdown")


def test_rows_unfold_and_fold(spread: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await press(app, pilot, "right")
        assert table(app).keys[:3] == (("opus",), ("opus", "web"), ("opus", "api"))
        await press(app, pilot, "down", "left")
        assert names(app) == ["opus", "mini", "house"]
        assert table(app).cursor_key == ("opus",)
        await press(app, pilot, "space", "space")
        assert len(names(app)) == 3
        await press(app, pilot, "X")
        assert len(names(app)) == 7
        await press(app, pilot, "X")
        assert len(names(app)) == 3

    play(spread, scene, screen="breakdown")


def test_enter_drills_down_and_escape_comes_back(spread: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await press(app, pilot, "b", "enter")
        assert app.shared.where == "platform=work"
        assert title(app) == "Cost by model, then project"
        await press(app, pilot, "enter")
        assert app.shared.where == "platform=work model=opus"
        assert title(app) == "Cost by project"
        assert "platform work  › model opus  esc goes back" in headline(app)
        assert names(app) == ["web"]
        await press(app, pilot, "escape")
        assert (app.shared.where, title(app)) == ("platform=work", "Cost by model, then project")
        await press(app, pilot, "escape")
        assert (app.shared.where, title(app)) == ("", "Cost by platform, then project")

    play(spread, scene, screen="breakdown")


def test_the_sums_of_a_drilled_row_are_those_of_the_row(spread: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        row = table(app).row_text(("opus",))
        await press(app, pilot, "enter")
        assert "$7.00" in row
        assert app.live is not None
        assert app.live.snapshot.totals.cost == 7

    play(spread, scene, screen="breakdown")


def test_an_unfolded_part_is_drilled_with_both_its_values(spread: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await press(app, pilot, "n", "n", "n", "n", "n", "n", "n", "n", "n", "n", "right", "down", "enter")
        assert app.shared.where == "model=opus platform=work"
        assert title(app) == "Cost by project"

    play(spread, scene, screen="breakdown")


def test_the_last_dimension_leads_to_the_calls(spread: Session, opened: list[OpenScreen]) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await press(app, pilot, "enter", "enter")
        assert [(one.name, one.where, one.span) for one in opened] == [
            ("calls", "model=opus project=web", Span("month"))
        ]

    play(spread, scene, screen="breakdown")


def test_o_opens_the_calls_of_a_row_at_once_with_the_filter_in_force(spread: Session, opened: list[OpenScreen]) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        app.shared.set_where("status:ok")
        app.reload()
        await settle(app, pilot)
        await press(app, pilot, "b", "b", "b", "down", "o")
        assert table(app).cursor_key == (None,)
        assert [one.where for one in opened] == ["status:ok project:none"]

    play(spread, scene, screen="breakdown")


def test_who_types_another_filter_has_left_the_way_down(spread: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await press(app, pilot, "enter")
        app.shared.set_where("cost>1")
        app.reload()
        await settle(app, pilot)
        assert "esc clears" in headline(app)
        await press(app, pilot, "escape")
        assert app.shared.where == ""

    play(spread, scene, screen="breakdown")


def test_the_picker_chooses_both_dimensions(spread: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await press(app, pilot, "D")
        assert isinstance(app.screen, DimensionDialog)
        app.screen.query_one("#second-dimension", OptionList).highlighted = 1
        await press(app, pilot, "enter")
        assert "both are model" in picture(app)
        app.screen.query_one("#second-dimension", OptionList).highlighted = 2
        await press(app, pilot, "enter")
        assert title(app) == "Cost by model, then platform"

    play(spread, scene, screen="breakdown")


def test_the_picker_closes_without_a_change(spread: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await press(app, pilot, "D", "escape")
        assert title(app) == "Cost by model, then project"

    play(spread, scene, screen="breakdown")


def test_the_cursor_stays_on_its_row_when_others_overtake_it(spread: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await press(app, pilot, "down")
        assert table(app).cursor_key == ("mini",)
        spread.store.add([days_ago(1, "new", request_model="newest", cost=Decimal(50))])
        app.reload()
        await settle(app, pilot)
        assert names(app)[0] == "newest"
        assert table(app).cursor_key == ("mini",)

    play(spread, scene, screen="breakdown")


def test_the_cursor_goes_by_rows_pages_and_to_both_ends_and_stays_in_sight(session: Session) -> None:
    session.store.add([
        days_ago(1 + number / 100, f"m{number}", request_model=f"model-{number:03}", cost=Decimal(200 - number))
        for number in range(100)
    ])  # fmt: skip

    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await press(app, pilot, "end")
        assert table(app).cursor_key == ("model-099",)
        assert "model-099" in picture(app)
        await press(app, pilot, "pageup")
        assert table(app).cursor_key == ("model-082",)
        await press(app, pilot, "home", "up")
        assert table(app).cursor_key == ("model-000",)
        assert "model-000" in picture(app)
        await press(app, pilot, "pagedown")
        assert table(app).cursor_key == ("model-017",)

    play(session, scene, screen="breakdown", size=(80, 24))


def test_brackets_turn_the_page_to_the_month_before(spread: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await press(app, pilot, "left_square_bracket")
        assert names(app) == ["opus", "old"]
        assert "Oct" in headline(app)

    play(spread, scene, screen="breakdown")


def test_a_filter_that_hides_everything_says_so_and_what_to_do(spread: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        app.shared.set_where("model:nothing")
        app.reload()
        await settle(app, pilot)
        words = str(app.screen.query_one("#message", Static).content)
        assert "hides all 7 calls" in words
        await press(app, pilot, "escape")
        assert names(app) == ["opus", "mini", "house"]
        await press(app, pilot, "down")
        assert table(app).cursor_key == ("mini",)

    play(spread, scene, screen="breakdown")


def test_an_empty_database_shows_the_first_steps(session: Session) -> None:
    async def scene(app: Dashboard, _: Pilot[None]) -> None:
        assert "tokenmon platform add" in str(app.screen.query_one("#message", Static).content)
        assert not app.screen.query_one("#content").display

    play(session, scene, screen="breakdown")


def test_trouble_keeps_the_numbers(spread: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    def locked() -> int:
        raise TemporaryError("the database is locked")

    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        with monkeypatch.context() as patch:
            patch.setattr(spread.store, "change_marker", locked)
            app.reload()
            await settle(app, pilot)
            assert "the database is locked" in notice(app)
            assert names(app) == ["opus", "mini", "house"]

    play(spread, scene, screen="breakdown")


def test_nothing_but_the_message_is_shown_until_the_first_numbers_arrive(spread: Session) -> None:
    async def run() -> None:
        app = Dashboard(spread, first="breakdown")
        async with app.run_test() as pilot:
            screen = app.screen_stack[0]
            if isinstance(screen, BreakdownScreen) and screen.snapshot is None:
                assert not screen.query_one("#content").display
            await settle(app, pilot)
            assert app.screen.query_one("#content").display

    asyncio.run(run())


def test_e_exports_the_rows_and_y_copies_one(spread: Session) -> None:
    async def scene(app: Dashboard, _: Pilot[None]) -> None:
        assert app.live is not None
        exporting = app.live.exporting()
        assert exporting is not None
        out = io.StringIO()
        assert exporting.write("csv", out) == 3
        rows = list(csv.DictReader(io.StringIO(out.getvalue())))
        assert rows[0] | {"model": "opus", "cost_usd": "7", "previous_cost_usd": "14"} == rows[0]
        assert rows[0]["change_percent"] == "-50"
        copied = app.live.copied()
        assert copied is not None
        assert copied.split("\t")[:3] == ["opus", "87.50 %", "$7.00"]

    play(spread, scene, screen="breakdown")


def test_v_shows_every_digit(spread: Session) -> None:
    spread.store.add([days_ago(1, "fine", request_model="opus", cost=Decimal("0.000000123"))])

    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await press(app, pilot, "v")
        assert "$7.000000123" in picture(app)

    play(spread, scene, screen="breakdown")


def test_the_palette_groups_by_a_dimension(spread: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        command = next(one for one in app.get_system_commands(app.screen) if one.title == "Group by status")
        command.callback()
        await settle(app, pilot)
        assert title(app) == "Cost by status, then project"
        assert "429" in names(app)

    play(spread, scene, screen="breakdown")


def test_names_from_outside_are_neither_markup_nor_commands(session: Session) -> None:
    session.store.add([days_ago(1, "bad", request_model="[red]x\x1b[31m", cost=Decimal(1))])

    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        assert "[red]x" in picture(app)
        await press(app, pilot, "enter")
        assert "\x1b" not in headline(app)

    play(session, scene, screen="breakdown")


@pytest.mark.parametrize("size", [(40, 20), (80, 24), (120, 40), (200, 60)])
def test_every_size_shows_name_share_cost_and_sums_in_both_themes(spread: Session, size: tuple[int, int]) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        for _ in range(2):
            shown = picture(app)
            for word in ("opus", "Share", "$7.00", "Total", "$8.00"):
                assert word in shown
            await press(app, pilot, "t")
        await press(app, pilot, "t")
        assert app.theme == LIGHT.name

    play(spread, scene, screen="breakdown", size=size)


def test_ascii_marks_need_no_other_character(spread: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        app.shared.marks = "ascii"
        app.redraw()
        await settle(app, pilot)
        rows = "".join(table(app).row_text(key) for key in table(app).keys)
        assert rows.isascii()
        assert "#" in rows

    play(spread, scene, screen="breakdown")


def test_the_footer_shows_at_most_seven_keys_and_every_binding_has_an_id(spread: Session) -> None:
    async def scene(app: Dashboard, _: Pilot[None]) -> None:
        keys = [key for key in app.screen.query(FooterKey) if not key.has_class("-command-palette")]
        assert len(keys) <= 7
        bindings = [*BreakdownScreen.BINDINGS, *ListTable.BINDINGS]
        ids = [getattr(binding, "id", None) for binding in bindings]
        assert all(ids)
        assert len(set(ids)) == len(ids)

    play(spread, scene, screen="breakdown")
