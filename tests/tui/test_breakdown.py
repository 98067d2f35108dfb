"""The breakdown's keys and clicks: dimensions, measures, orders, unfolding, and the way down."""

from decimal import Decimal

from textual.pilot import Pilot
from textual.widgets import OptionList

from tests.tui.spread import days_ago
from tests.tui.stage import headline, names, picture, play, press, settle, table, title
from tokenmon.core.span import Span
from tokenmon.session import Session
from tokenmon.tui.app import Dashboard
from tokenmon.tui.messages import OpenScreen
from tokenmon.tui.screens.dimension_dialog import DimensionDialog
from tokenmon.tui.widgets.list_table import ListTable


def test_models_stand_above_their_sums_c_counts_something_else_and_b_and_n_change_the_dimensions_never_equal(
    spread: Session,
) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        assert names(app) == ["opus", "mini", "house"]
        shown = picture(app)
        assert "$8.00" in shown
        assert "unpriced" in shown

        titles = []
        for _ in range(4):
            await press(app, pilot, "c")
            titles.append(title(app).split()[0])
        assert titles == ["Tokens", "Calls", "Errors", "Cost"]

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


def test_rows_unfold_and_fold_and_s_shift_s_and_clicks_on_titles_sort_them(spread: Session) -> None:
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

        await press(app, pilot, "S")
        assert names(app) == ["mini", "opus", "house"]
        await press(app, pilot, "S", "s")
        assert names(app) == ["opus", "mini", "house"]
        assert "▼Calls" in picture(app)

        # Left of it are the border and a cell of padding.
        await pilot.click(ListTable, offset=(3, 1))
        await settle(app, pilot)
        assert names(app) == ["house", "mini", "opus"]
        await press(app, pilot, "home")
        assert table(app).cursor_key == ("house",)
        await pilot.click(ListTable, offset=(12, 4))
        await settle(app, pilot)
        assert table(app).cursor_key == ("opus",)
        await pilot.click(ListTable, offset=(2, 4))
        await settle(app, pilot)
        assert ("opus", "web") in table(app).keys

    play(spread, scene, screen="breakdown")


def test_a_second_click_on_a_row_drills_down_and_an_unfolded_part_is_drilled_with_both_its_values(
    spread: Session,
) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await pilot.click(ListTable, offset=(12, 3))
        await settle(app, pilot)
        await pilot.click(ListTable, offset=(12, 3))
        await settle(app, pilot)
        assert app.shared.where == "model=mini"
        await press(app, pilot, "escape", "home")
        assert app.shared.where == ""

        await press(app, pilot, "n", "n", "n", "n", "n", "n", "n", "n", "n", "n", "right", "down", "enter")
        assert app.shared.where == "model=opus platform=work"
        assert title(app) == "Cost by project"

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


def test_the_sums_of_a_drilled_row_are_those_of_the_row_and_another_filter_leaves_the_way_down(spread: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        row = table(app).row_text(("opus",))
        await press(app, pilot, "enter")
        assert "$7.00" in row
        assert app.live is not None
        assert app.live.snapshot.totals.cost == 7

        # Who types another filter has left the way down.
        app.shared.set_where("cost>1")
        app.reload()
        await settle(app, pilot)
        assert "esc clears" in headline(app)
        await press(app, pilot, "escape")
        assert app.shared.where == ""

    play(spread, scene, screen="breakdown")


def test_the_last_dimension_leads_to_the_calls_and_o_at_once_with_the_filter_in_force(
    spread: Session, opened: list[OpenScreen]
) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await press(app, pilot, "enter", "enter")
        assert [(one.name, one.where, one.span) for one in opened] == [
            ("calls", "model=opus project=web", Span("month"))
        ]

        opened.clear()
        await press(app, pilot, "escape")
        assert app.shared.where == ""
        app.shared.set_where("status:ok")
        app.reload()
        await settle(app, pilot)
        await press(app, pilot, "b", "b", "b", "down", "o")
        assert table(app).cursor_key == (None,)
        assert [one.where for one in opened] == ["status:ok project:none"]

    play(spread, scene, screen="breakdown")


def test_the_picker_closes_without_a_change_or_chooses_both_dimensions(spread: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await press(app, pilot, "D", "escape")
        assert title(app) == "Cost by model, then project"
        await press(app, pilot, "D")
        assert isinstance(app.screen, DimensionDialog)
        app.screen.query_one("#second-dimension", OptionList).highlighted = 1
        await press(app, pilot, "enter")
        assert "both are model" in picture(app)
        app.screen.query_one("#second-dimension", OptionList).highlighted = 2
        await press(app, pilot, "enter")
        assert title(app) == "Cost by model, then platform"

    play(spread, scene, screen="breakdown")
