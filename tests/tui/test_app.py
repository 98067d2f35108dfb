"""The dashboard's behaviour: every key, every state, and rows that are changed in place."""

import pytest
from textual.pilot import Pilot
from textual.widgets import Static

from tests.tui.sample import call
from tests.tui.stage import notice, picture, play, settle
from tokenmon.errors import TemporaryError
from tokenmon.session import Session
from tokenmon.tui.app import Dashboard
from tokenmon.tui.screens.calls import CallsScreen
from tokenmon.tui.screens.help_dialog import HelpDialog
from tokenmon.tui.tabs import NAMES
from tokenmon.tui.theme import DARK, LIGHT
from tokenmon.tui.widgets.call_table import CallTable


def row_keys(app: Dashboard) -> list[str]:
    return [str(key[0]) for key in app.screen.query_one(CallTable).keys]


def test_the_newest_call_stands_on_top(filled: Session) -> None:
    async def scene(app: Dashboard, _: Pilot[None]) -> None:
        keys = row_keys(app)
        assert keys == sorted(keys, reverse=True)
        assert len(keys) == 47

    play(filled, scene)


def test_a_new_call_appears_and_the_cursor_stays_on_its_call(filled: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
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
    def locked() -> int:
        raise TemporaryError("the database is locked")

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


@pytest.mark.parametrize("tab", NAMES)
def test_what_happens_before_a_screen_has_its_widgets_harms_nothing(filled: Session, tab: str) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        app.switch_mode(tab)
        app._tick()
        app.action_filter()
        app.action_export()
        app.action_copy()
        app.redraw()
        await app.action_back()
        await settle(app, pilot)
        assert app.current_mode == tab
        assert app.live is not None
        assert app.live.snapshot is not None

    play(filled, scene, screen="platforms" if tab == "overview" else "overview")


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


@pytest.mark.parametrize("key", ["q", "ctrl+c"])
def test_the_keys_that_end_it(filled: Session, key: str) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await pilot.press(key)
        assert not app.is_running

    play(filled, scene)


def test_p_pauses_and_goes_on(filled: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await pilot.press("p")
        assert "paused" in notice(app)
        await pilot.press("p")
        await settle(app, pilot)
        assert notice(app) == "live"

    play(filled, scene)


def test_shift_r_reads_now(filled: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await pilot.press("p")
        filled.store.add([call(3)])
        await pilot.press("R")
        await settle(app, pilot)
        assert len(row_keys(app)) == 48

    play(filled, scene)


def test_t_changes_the_theme_and_back(filled: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await pilot.press("t")
        assert app.theme == LIGHT.name
        await pilot.press("t")
        assert app.theme == DARK.name

    play(filled, scene)


def test_the_question_mark_shows_and_hides_the_keys(filled: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await pilot.press("question_mark")
        assert isinstance(app.screen, HelpDialog)
        await pilot.press("question_mark")
        assert not isinstance(app.screen, HelpDialog)

    play(filled, scene)


def test_q_quits(filled: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await pilot.press("q")
        assert app._exit

    play(filled, scene)


@pytest.mark.parametrize("size", [(40, 30), (80, 24), (120, 40), (200, 60)])
def test_every_size_shows_the_totals_and_calls(filled: Session, size: tuple[int, int]) -> None:
    async def scene(app: Dashboard, _: Pilot[None]) -> None:
        assert "Today" in picture(app)
        assert app.screen.query_one(CallTable).size.height >= 4

    play(filled, scene, size=size)


def test_markup_in_a_model_name_is_shown_as_it_is(filled: Session) -> None:
    async def scene(app: Dashboard, _: Pilot[None]) -> None:
        assert "[red]house" in picture(app)

    play(filled, scene)


@pytest.mark.parametrize(
    ("before", "after", "layout"),
    [((80, 24), (200, 60), "wide"), ((200, 60), (120, 40), "broad"), ((120, 40), (44, 20), "narrow")],
)
def test_a_resized_terminal_gets_the_layout_of_its_new_size(
    filled: Session, before: tuple[int, int], after: tuple[int, int], layout: str
) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await pilot.resize_terminal(*after)
        await pilot.pause()
        assert [name for name in ("narrow", "broad", "wide") if app.screen.has_class(name)] == [layout]

    play(filled, scene, size=before)
