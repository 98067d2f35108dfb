"""The screen of all calls: every state and order, and new calls that come."""

from datetime import timedelta
from decimal import Decimal

import pytest
from textual.pilot import Pilot
from textual.widgets import Static

from tests.tui.calls_stage import arrive, model_under_cursor, screen, settle_all, table
from tests.tui.sample import NOW, call
from tests.tui.stage import headline, notice, picture, play, press
from tokenmon.core.period import Period
from tokenmon.core.query import Filter
from tokenmon.core.span import Span
from tokenmon.errors import TemporaryError
from tokenmon.session import Session
from tokenmon.tui.app import Dashboard
from tokenmon.tui.messages import FilterWanted
from tokenmon.tui.screens.calls import CallsScreen
from tokenmon.tui.screens.choice_dialog import ChoiceDialog
from tokenmon.tui.theme import DARK, LIGHT


def test_all_calls_are_listed_the_newest_first_with_their_sums(filled: Session) -> None:
    async def scene(app: Dashboard, _: Pilot[None]) -> None:
        assert screen(app).rows.count == 47
        assert headline(app).startswith("All time   47 calls   $0.5535")
        assert "! 1 error" in headline(app)
        assert screen(app).chosen == filled.store.records(Filter(Period(None, None)), limit=1)[0]

    play(filled, scene, screen="calls")


def test_an_empty_database_shows_the_next_steps(session: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        message = app.screen.query_one("#message", Static)
        assert "tokenmon platform add" in str(message.content)
        await press(app, pilot, "y")
        await arrive(app, pilot, call(0))
        assert not message.display
        assert screen(app).rows.count == 1

    play(session, scene, screen="calls")


def test_a_filter_that_hides_everything_says_so(filled: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        app.post_message(FilterWanted("model:none-such"))
        await settle_all(app, pilot)
        assert "The filter hides all 47 calls" in str(app.screen.query_one("#message", Static).content)
        await press(app, pilot, "escape")
        assert screen(app).rows.count == 47

    play(filled, scene, screen="calls")


def test_a_range_without_calls_says_so(filled: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        screen(app).look_at(Span("24h", 5))
        await settle_all(app, pilot)
        assert "No calls in this range" in str(app.screen.query_one("#message", Static).content)

    play(filled, scene, screen="calls")


def test_a_filter_tells_how_many_of_all_calls_it_means(filled: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        app.post_message(FilterWanted("status:error"))
        await settle_all(app, pilot)
        assert "1 of 47 calls" in headline(app)

    play(filled, scene, screen="calls")


def test_trouble_keeps_the_table_until_it_is_over(filled: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    def locked(*_: object, **__: object) -> int:
        raise TemporaryError("the database is locked")

    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        with monkeypatch.context() as patch:
            patch.setattr(filled.store, "listing", locked)
            await press(app, pilot, "R")
            assert "the database is locked" in notice(app)
            assert screen(app).rows.count == 47
        screen(app).tick()
        await settle_all(app, pilot)
        assert notice(app) == "live"

    play(filled, scene, screen="calls")


# New calls


def test_new_calls_flow_in_while_the_cursor_rests_at_the_top(many: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await arrive(app, pilot, call(1, request_model="late-model"))
        assert screen(app).rows.count == 1201
        assert model_under_cursor(app) == "late-model"
        assert "new" not in headline(app)

    play(many, scene, screen="calls")


def test_new_calls_are_counted_while_another_call_is_looked_at(many: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await press(app, pilot, "down", "down")
        held = screen(app).chosen
        await arrive(app, pilot, call(1, request_model="late-model"), call(2, request_model="late-model"))
        assert screen(app).rows.count == 1200
        assert "2 new, home shows them" in headline(app)
        assert screen(app).chosen == held
        await press(app, pilot, "home")
        await settle_all(app, pilot)
        assert screen(app).rows.count == 1202
        assert model_under_cursor(app) == "late-model"
        assert "new" not in headline(app)

    play(many, scene, screen="calls")


def test_reading_again_keeps_the_call_where_it_is_seen(many: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await press(app, pilot, *["pagedown"] * 9, "up", "up")
        held, line = screen(app).chosen, table(app).cursor - table(app).top
        many.store.add([call(1, request_model="late-model")])
        await press(app, pilot, "R")
        await settle_all(app, pilot)
        assert screen(app).rows.count == 1201
        assert screen(app).chosen == held
        assert table(app).cursor - table(app).top == line

    play(many, scene, screen="calls")


def test_a_scrolled_table_keeps_what_is_in_sight(many: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        table(app).scroll_to(y=1000, animate=False)
        await settle_all(app, pilot)
        seen = screen(app).rows.key(1000)
        many.store.add([call(1, request_model="late-model")])
        await press(app, pilot, "R")
        await settle_all(app, pilot)
        assert table(app).top == 1001
        assert screen(app).rows.key(1001) == seen

    play(many, scene, screen="calls")


def test_an_open_pane_holds_its_call(many: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await press(app, pilot, "enter")
        held = screen(app).chosen
        await arrive(app, pilot, call(1, request_model="late-model"))
        assert screen(app).chosen == held
        assert "1 new, home shows them" in headline(app)
        await press(app, pilot, "escape")
        screen(app).tick()
        await settle_all(app, pilot)
        assert model_under_cursor(app) == "late-model"

    play(many, scene, screen="calls")


def test_a_pause_holds_everything(many: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await press(app, pilot, "p")
        await arrive(app, pilot, call(1))
        assert screen(app).rows.count == 1200
        await press(app, pilot, "p")
        assert screen(app).rows.count == 1201

    play(many, scene, screen="calls")


def test_a_repriced_call_is_drawn_anew(filled: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await press(app, pilot, "down")
        filled.store.reprice(lambda one: one.priced(Decimal(77), "override"), Filter(Period(None, None)))
        screen(app).tick()
        await settle_all(app, pilot)
        assert "$77.00" in picture(app)

    play(filled, scene, screen="calls")


# Orders


@pytest.mark.parametrize(
    ("steps", "title", "least"),
    [
        (1, "by cost, highest first", "$0.6990"),
        (5, "by latency, highest first", "1.2 s"),
        (7, "by model, a to z", "claude"),
    ],
)
def test_s_asks_by_what_to_sort(many: Session, steps: int, title: str, least: str) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await press(app, pilot, "down", "s")
        assert isinstance(app.screen, ChoiceDialog)
        await press(app, pilot, *["down"] * steps, "enter")
        await settle_all(app, pilot)
        assert table(app).border_title == f"Calls, {title}"
        assert table(app).cursor == 0
        assert least in table(app).render_line(1).text

    play(many, scene, screen="calls")


def test_shift_s_sorts_the_other_way_round(many: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await press(app, pilot, "S")
        await settle_all(app, pilot)
        assert table(app).border_title == "Calls, oldest first"
        chosen = screen(app).chosen
        assert chosen is not None
        assert chosen.occurred_at == NOW - timedelta(minutes=1205)

    play(many, scene, screen="calls")


def test_a_click_on_a_title_sorts_and_another_turns_it_round(many: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        at = table(app).render_line(0).text.index("Cost")
        await pilot.click(table(app), offset=(at + 3, 1))
        await settle_all(app, pilot)
        assert "▼Cost" in table(app).render_line(0).text
        await pilot.click(table(app), offset=(at + 3, 1))
        await settle_all(app, pilot)
        assert "▲Cost" in table(app).render_line(0).text

    play(many, scene, screen="calls")


def test_a_sorting_that_lasts_is_said_and_can_be_left(many: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        # Nothing is read, as if it took forever.
        monkeypatch.setattr(CallsScreen, "_read", lambda *_: None)
        screen(app).sort_by("cost")
        await pilot.pause()
        assert "sorting by cost ...  esc leaves it" in headline(app)
        await pilot.press("escape")
        assert "sorting" not in headline(app)
        assert screen(app).asked().sort == "time"

    play(many, scene, screen="calls")


def test_in_another_order_nothing_flows_in_before_home(many: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        screen(app).sort_by("cost")
        await settle_all(app, pilot)
        await press(app, pilot, "down")
        await arrive(app, pilot, call(1, cost=Decimal(5), request_model="dear-model"))
        assert "1 new, home shows them" in headline(app)
        await press(app, pilot, "home")
        await settle_all(app, pilot)
        assert model_under_cursor(app) == "dear-model"

    play(many, scene, screen="calls")


# How it looks


@pytest.mark.parametrize("theme", [DARK.name, LIGHT.name])
@pytest.mark.parametrize("size", [(40, 20), (80, 24), (120, 40), (200, 60)])
def test_every_size_shows_calls_to_its_edges(filled: Session, size: tuple[int, int], theme: str) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        app.theme = theme
        await settle_all(app, pilot)
        lines = [table(app).render_line(y) for y in range(table(app).lines + 1)]
        assert all(one.cell_length == table(app).size.width for one in lines)
        assert table(app).lines >= 10
        assert "Cost" in lines[0].text
        assert "[red]house" in picture(app) or size[0] < 50

    play(filled, scene, screen="calls", size=size)


def test_exact_values_are_one_key_away(filled: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        assert "1.2k" in table(app).render_line(1).text
        await press(app, pilot, "v")
        assert "1,200" in table(app).render_line(1).text

    play(filled, scene, screen="calls")


def test_a_resized_terminal_keeps_the_cursor(many: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await press(app, pilot, "pagedown", "pagedown")
        cursor = table(app).cursor
        await pilot.resize_terminal(80, 24)
        await settle_all(app, pilot)
        assert table(app).cursor == cursor
        assert table(app).top <= cursor < table(app).top + table(app).lines

    play(many, scene, screen="calls")


def test_the_palette_offers_the_orders(filled: Session) -> None:
    async def scene(app: Dashboard, _: Pilot[None]) -> None:
        titles = [one.title for one in app.get_system_commands(app.screen)]
        assert "Sort by cost" in titles

    play(filled, scene, screen="calls")
