"""The dashboard's behaviour: every key, every state, and rows that are changed in place."""

import pytest
from textual.pilot import Pilot
from textual.widgets import Static

from tests.tui.sample import call
from tests.tui.stage import locked, notice, picture, play, settle
from tokenmon.session import Session
from tokenmon.tui.app import Dashboard
from tokenmon.tui.screens.calls import CallsScreen
from tokenmon.tui.screens.help_dialog import HelpDialog
from tokenmon.tui.tabs import NAMES
from tokenmon.tui.theme import DARK, LIGHT
from tokenmon.tui.widgets.call_table import CallTable


def row_keys(app: Dashboard) -> list[str]:
    return [str(key[0]) for key in app.screen.query_one(CallTable).keys]


def is_help_open(app: Dashboard) -> bool:
    return isinstance(app.screen, HelpDialog)


def test_the_newest_call_stands_on_top_and_the_cursor_stays_on_its_call_when_a_new_one_appears(filled: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        keys = row_keys(app)
        assert keys == sorted(keys, reverse=True)
        assert len(keys) == 47
        table = app.screen.query_one(CallTable)
        await pilot.press("down", "down", "down")
        held = table.cursor_key
        new = call(4, request_model="late-model")
        app.shared.session.store.add([new])
        app.reload()
        await settle(app, pilot)
        assert new.id.hex() in row_keys(app)
        assert table.cursor_key == held

    play(filled, scene)


def test_an_empty_database_shows_the_next_steps(session: Session) -> None:
    async def scene(app: Dashboard, _: Pilot[None]) -> None:
        message = app.screen.query_one("#message", Static)
        assert message.display
        assert "tokenmon platform add" in str(message.content)
        assert not app.screen.query_one("#content").display

    play(session, scene)


def test_trouble_keeps_the_numbers_and_says_why_until_it_is_over(
    filled: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        with monkeypatch.context() as patch:
            patch.setattr(filled.store, "change_marker", locked)
            app.reload()
            await settle(app, pilot)
            assert "the database is locked" in notice(app)
            assert len(row_keys(app)) == 47
        app.reload()
        await settle(app, pilot)
        assert notice(app) == "live"

    play(filled, scene)


# Every screen is opened once where it was not open before.
@pytest.mark.parametrize(
    ("first", "tabs"),
    [("platforms", [name for name in NAMES if name != "platforms"]), ("overview", ["platforms"])],
)
def test_what_happens_before_a_screen_has_its_widgets_harms_nothing(
    filled: Session, first: str, tabs: list[str]
) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        for tab in tabs:
            app.switch_mode(tab)
            app._tick()
            app.action_filter()
            app.action_export()
            app.action_copy()
            app.redraw()
            await app.action_back()
            await settle(app, pilot)
            assert app.current_mode == tab
            assert app.live is not None, tab
            assert app.live.snapshot is not None, tab

    play(filled, scene, screen=first)


def test_a_tick_while_the_dashboard_ends_harms_nothing(filled: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    ticks = []

    def tick_amid(ended: CallsScreen) -> None:
        assert isinstance(ended.app, Dashboard)
        ended.app._tick()
        ticks.append(ended.app.is_running)

    async def scene(app: Dashboard, _: Pilot[None]) -> None:
        monkeypatch.setattr(CallsScreen, "on_unmount", tick_amid, raising=False)

    play(filled, scene, screen="calls")

    assert ticks == [False]


def test_the_keys_pause_read_change_the_theme_tell_the_keys_and_q_ends_it(filled: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await pilot.press("p")
        assert "paused" in notice(app)
        await pilot.press("p")
        await settle(app, pilot)
        assert notice(app) == "live"

        # In a pause R reads.
        await pilot.press("p")
        filled.store.add([call(3)])
        await pilot.press("R")
        await settle(app, pilot)
        assert len(row_keys(app)) == 48

        await pilot.press("t")
        assert app.theme == LIGHT.name
        await pilot.press("t")
        assert app.theme == DARK.name

        await pilot.press("question_mark")
        assert is_help_open(app)
        await pilot.press("question_mark")
        assert not is_help_open(app)

        await pilot.press("q")
        assert app._exit
        assert not app.is_running

    play(filled, scene)


def test_every_size_shows_totals_and_calls_in_its_own_layout_names_are_no_markup_and_ctrl_c_ends_it(
    filled: Session,
) -> None:
    sizes = [((40, 30), "narrow"), ((80, 24), ""), ((200, 60), "wide"), ((120, 40), "broad")]

    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        def layouts() -> list[str]:
            return [name for name in ("narrow", "broad", "wide") if app.screen.has_class(name)]

        for size, layout in sizes:
            if size != sizes[0][0]:
                await pilot.resize_terminal(*size)
                await pilot.pause()
            assert layouts() == ([layout] if layout else []), size
            await settle(app, pilot)
            shown = picture(app)
            assert "Today" in shown, size
            assert app.screen.query_one(CallTable).size.height >= 4, size
            assert "[red]house" in shown or size[0] < 120, size
        await pilot.resize_terminal(44, 20)
        await pilot.pause()
        assert layouts() == ["narrow"]
        await pilot.press("ctrl+c")
        assert not app.is_running

    play(filled, scene, size=sizes[0][0])
