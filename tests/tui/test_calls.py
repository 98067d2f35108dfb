"""The screen of all calls: every state and order, and new calls that come."""

from datetime import timedelta
from decimal import Decimal

import pytest
from textual.pilot import Pilot
from textual.widgets import Static

from tests.tui.calls_stage import arrive, model_under_cursor, screen, settle_all, table
from tests.tui.sample import NOW, call
from tests.tui.stage import headline, locked, notice, picture, play, press
from tokenmon.core.period import Period
from tokenmon.core.query import Filter
from tokenmon.core.span import Span
from tokenmon.session import Session
from tokenmon.tui.app import Dashboard
from tokenmon.tui.messages import FilterWanted
from tokenmon.tui.screens.calls import CallsScreen
from tokenmon.tui.screens.choice_dialog import ChoiceDialog
from tokenmon.tui.theme import DARK, LIGHT

SIZES = [(40, 20), (80, 24), (120, 40), (200, 60)]
# The steps down to an order from the one that was chosen before, its title, and what stands in its first row.
ORDERS = [
    (1, "by cost, highest first", "$0.6990"),
    (4, "by latency, highest first", "1.2 s"),
    (2, "by model, a to z", "claude"),
]


def message(app: Dashboard) -> str:
    return str(app.screen.query_one("#message", Static).content)


def test_all_calls_are_listed_the_newest_first_with_their_sums_their_exact_values_and_their_orders(
    filled: Session,
) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        assert screen(app).rows.count == 47
        assert headline(app).startswith("All time   47 calls   $0.5535")
        assert "! 1 error" in headline(app)
        assert screen(app).chosen == filled.store.records(Filter(Period(None, None)), limit=1)[0]
        assert "1.2k" in table(app).render_line(1).text
        await press(app, pilot, "v")
        assert "1,200" in table(app).render_line(1).text
        assert "Sort by cost" in [one.title for one in app.get_system_commands(app.screen)]

    play(filled, scene, screen="calls")


def test_an_empty_database_shows_the_next_steps(session: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        assert "tokenmon platform add" in message(app)
        await press(app, pilot, "y")
        await arrive(app, pilot, call(0))
        assert not app.screen.query_one("#message", Static).display
        assert screen(app).rows.count == 1

    play(session, scene, screen="calls")


def test_a_filter_tells_how_many_calls_it_means_or_that_it_hides_all_and_a_range_that_it_has_none(
    filled: Session,
) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        app.post_message(FilterWanted("status:error"))
        await settle_all(app, pilot)
        assert "1 of 47 calls" in headline(app)
        app.post_message(FilterWanted("model:none-such"))
        await settle_all(app, pilot)
        assert "The filter hides all 47 calls" in message(app)
        await press(app, pilot, "escape")
        assert screen(app).rows.count == 47
        screen(app).look_at(Span("24h", 5))
        await settle_all(app, pilot)
        assert "No calls in this range" in message(app)

    play(filled, scene, screen="calls")


def test_trouble_keeps_the_table_until_it_is_over_and_a_repriced_call_is_drawn_anew(
    filled: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        with monkeypatch.context() as patch:
            patch.setattr(filled.store, "listing", locked)
            await press(app, pilot, "R")
            assert "the database is locked" in notice(app)
            assert screen(app).rows.count == 47
        screen(app).tick()
        await settle_all(app, pilot)
        assert notice(app) == "live"
        await press(app, pilot, "down")
        assert "$77.00" not in picture(app)
        filled.store.reprice(lambda one: one.priced(Decimal(77), "override"), Filter(Period(None, None)))
        screen(app).tick()
        await settle_all(app, pilot)
        assert "$77.00" in picture(app)

    play(filled, scene, screen="calls")


# New calls


def test_new_calls_flow_in_at_the_top_and_wait_in_a_pause_below_the_top_and_beside_an_open_pane(many: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await arrive(app, pilot, call(4, request_model="late-model"))
        assert screen(app).rows.count == 1201
        assert model_under_cursor(app) == "late-model"
        assert "new" not in headline(app)

        # A pause holds everything.
        await press(app, pilot, "p")
        await arrive(app, pilot, call(3, request_model="later-model"))
        assert screen(app).rows.count == 1201
        await press(app, pilot, "p")
        assert screen(app).rows.count == 1202
        await settle_all(app, pilot)

        # While another call is looked at they are counted.
        await press(app, pilot, "down", "down")
        held = screen(app).chosen
        assert held is not None
        await arrive(app, pilot, call(1, request_model="last-model"), call(2, request_model="last-model"))
        assert screen(app).rows.count == 1202
        assert "2 new, home shows them" in headline(app)
        assert screen(app).chosen == held
        await press(app, pilot, "home")
        await settle_all(app, pilot)
        assert screen(app).rows.count == 1204
        assert model_under_cursor(app) == "last-model"
        assert "new" not in headline(app)

        # An open pane holds its call.
        await press(app, pilot, "enter")
        held = screen(app).chosen
        assert held is not None
        await arrive(app, pilot, call(0, request_model="newest-model"))
        assert screen(app).chosen == held
        assert "1 new, home shows them" in headline(app)
        await press(app, pilot, "escape")
        screen(app).tick()
        await settle_all(app, pilot)
        assert model_under_cursor(app) == "newest-model"

    play(many, scene, screen="calls")


def test_reading_again_keeps_the_call_and_the_rows_where_they_are_seen_and_another_size_the_cursor(
    many: Session,
) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await press(app, pilot, "pagedown", "pagedown")
        cursor = table(app).cursor
        await pilot.resize_terminal(80, 24)
        await settle_all(app, pilot)
        assert table(app).cursor == cursor
        assert table(app).top <= cursor < table(app).top + table(app).lines
        await pilot.resize_terminal(120, 40)
        await settle_all(app, pilot)

        await press(app, pilot, *["pagedown"] * 7, "up", "up")
        held, line = screen(app).chosen, table(app).cursor - table(app).top
        assert held is not None
        many.store.add([call(1, request_model="late-model")])
        await press(app, pilot, "R")
        await settle_all(app, pilot)
        assert screen(app).rows.count == 1201
        assert screen(app).chosen == held
        assert table(app).cursor - table(app).top == line

        # The table alone is scrolled; the cursor stays at the top.
        await press(app, pilot, "home")
        table(app).scroll_to(y=1000, animate=False)
        await settle_all(app, pilot)
        seen = screen(app).rows.key(1000)
        assert seen is not None
        many.store.add([call(0, request_model="late-model")])
        await press(app, pilot, "R")
        await settle_all(app, pilot)
        assert table(app).top == 1001
        assert screen(app).rows.key(1001) == seen

    play(many, scene, screen="calls")


# Orders


def test_s_asks_by_what_to_sort_and_in_another_order_nothing_flows_in_before_home(many: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        for steps, title, least in ORDERS:
            await press(app, pilot, "down", "s")
            assert isinstance(app.screen, ChoiceDialog), title
            await press(app, pilot, *["down"] * steps, "enter")
            await settle_all(app, pilot)
            assert table(app).border_title == f"Calls, {title}"
            assert table(app).cursor == 0, title
            assert least in table(app).render_line(1).text, title

        screen(app).sort_by("cost")
        await settle_all(app, pilot)
        await press(app, pilot, "down")
        await arrive(app, pilot, call(1, cost=Decimal(5), request_model="dear-model"))
        assert "1 new, home shows them" in headline(app)
        await press(app, pilot, "home")
        await settle_all(app, pilot)
        assert model_under_cursor(app) == "dear-model"

    play(many, scene, screen="calls")


def test_shift_s_and_clicks_on_a_title_sort_and_turn_round_and_a_sorting_that_lasts_is_said_and_can_be_left(
    many: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await press(app, pilot, "S")
        await settle_all(app, pilot)
        assert table(app).border_title == "Calls, oldest first"
        chosen = screen(app).chosen
        assert chosen is not None
        assert chosen.occurred_at == NOW - timedelta(minutes=1205)

        at = table(app).render_line(0).text.index("Cost")
        await pilot.click(table(app), offset=(at + 3, 1))
        await settle_all(app, pilot)
        assert "▼Cost" in table(app).render_line(0).text
        await pilot.click(table(app), offset=(at + 3, 1))
        await settle_all(app, pilot)
        assert "▲Cost" in table(app).render_line(0).text

        screen(app).sort_by("time")
        await settle_all(app, pilot)
        assert "sorting" not in headline(app)
        # Nothing is read, as if it took forever.
        monkeypatch.setattr(CallsScreen, "_read", lambda *_: None)
        screen(app).sort_by("cost")
        await pilot.pause()
        assert "sorting by cost ...  esc leaves it" in headline(app)
        await pilot.press("escape")
        assert "sorting" not in headline(app)
        assert screen(app).asked().sort == "time"

    play(many, scene, screen="calls")


# How it looks


def test_every_size_shows_calls_to_its_edges_in_both_themes(filled: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        for size in SIZES:
            await pilot.resize_terminal(*size)
            for theme in (DARK.name, LIGHT.name):
                app.theme = theme
                await settle_all(app, pilot)
                lines = [table(app).render_line(y) for y in range(table(app).lines + 1)]
                assert all(one.cell_length == table(app).size.width for one in lines), (size, theme)
                assert table(app).lines >= 10, (size, theme)
                assert "Cost" in lines[0].text, (size, theme)
                assert "[red]house" in picture(app) or size[0] < 50, (size, theme)

    play(filled, scene, screen="calls", size=SIZES[0])
