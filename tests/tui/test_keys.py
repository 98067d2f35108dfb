"""The keys that work on every screen, at every depth: nothing that is typed may reach what lies below."""

from functools import partial

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from tests.tui.sample import call
from tests.tui.stage import headline, notice, play, press, settle, toasts
from tokenmon.core.span import Span
from tokenmon.session import Session
from tokenmon.tui.app import Dashboard
from tokenmon.tui.bindings import places
from tokenmon.tui.messages import FilterWanted, OpenScreen
from tokenmon.tui.screens.dialog import Dialog
from tokenmon.tui.screens.live import LiveScreen
from tokenmon.tui.screens.range_dialog import RangeDialog
from tokenmon.tui.screens.spanned import SpannedScreen
from tokenmon.tui.tabs import TABS
from tokenmon.tui.theme import LIGHT
from tokenmon.tui.widgets.call_table import CallTable
from tokenmon.tui.widgets.filter_bar import FilterBar
from tokenmon.tui.widgets.status_line import StatusLine

# Every key that does something when nothing is being typed, as text.
TYPED = "qpe1yvtRP?+-/"


def open_name(app: Dashboard) -> str:
    assert app.live is not None
    return app.live.NAME


def is_replaying(app: Dashboard) -> bool:
    return app.shared.clock.replay is not None


def test_each_screen_opens_by_its_key_and_by_a_click_on_its_word_in_the_theme_chosen_on_another(
    filled: Session,
) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        for tab in reversed(TABS):
            await press(app, pilot, tab.key)
            assert open_name(app) == tab.name
        for tab in TABS:
            line = app.screen.query_one(StatusLine)
            words = line.render().plain
            word = f" {tab.key} {tab.title} "
            await pilot.click(line, offset=(1 + words.index(word) + 2, 0))
            await settle(app, pilot)
            assert open_name(app) == tab.name

        # A theme that is chosen on one screen is drawn on another that was drawn before.
        await press(app, pilot, "2", "1", "t", "2")
        assert app.theme == LIGHT.name
        colours = {segment.style.color for segment in app.screen.query_one(StatusLine).render_line(0) if segment.style}
        dark = {"#d3dae3", "#929ba8", "#8ddb8c"}
        assert not dark & {colour.name for colour in colours if colour is not None}

    play(filled, scene, screen=TABS[-1].name, size=(160, 40))


def test_what_is_typed_into_a_dialog_is_text_and_no_key(filled: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        for opening, name in (("e", "#export-path"), ("P", "#replay-day")):
            await press(app, pilot, opening)
            line = app.screen.query_one(name, Input)
            line.value = ""
            await pilot.press(*TYPED)
            assert line.value == TYPED, opening
            assert isinstance(app.screen, Dialog), opening
            assert not app.shared.is_paused, opening
            await press(app, pilot, "escape")

    play(filled, scene, screen="breakdown")


def test_ctrl_c_ends_it_wherever_one_is(filled: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        # Where it would end it; at the last it does.
        ended: list[str] = []
        with monkeypatch.context() as patch:
            for opening in ("slash", "question_mark", "r", "P", "ctrl+p"):
                patch.setattr(app, "exit", partial(ended.append, opening))
                await pilot.press(opening)
                await pilot.press("ctrl+c")
                assert ended[-1:] == [opening]
                await press(app, pilot, "escape")
                assert app.screen is app.live, opening
        assert not app._exit
        await pilot.press("ctrl+c")
        assert app._exit

    play(filled, scene, screen="trends")


def test_escape_goes_back_one_step_at_a_time_and_then_rests(filled: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        app.screen.post_message(FilterWanted("model:gpt"))
        await settle(app, pilot)
        await press(app, pilot, "P", "enter", "slash", "question_mark")
        assert app.screen.query_one(FilterBar).display
        await press(app, pilot, "escape")
        assert not app.screen.query_one(FilterBar).display
        assert is_replaying(app)
        await press(app, pilot, "escape")
        assert not is_replaying(app)
        assert app.shared.where == "model:gpt"
        await press(app, pilot, "escape")
        assert app.shared.where == ""
        await press(app, pilot, "escape")
        assert app.is_running

    play(filled, scene, screen="trends")


def test_keys_of_the_screens_work_there_and_not_below_a_dialog_which_closes_alone(filled: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        # Y copies what the screen gives and says so; V shows every digit, and thin units again.
        await press(app, pilot, "y")
        assert app.clipboard.startswith("gpt-4o")
        assert toasts(app)[-1].startswith("Copied gpt-4o")
        is_exact = []
        for _ in range(2):
            await press(app, pilot, "v")
            is_exact.append(app.shared.numbers.is_exact)
        assert is_exact == [True, False]

        await press(app, pilot, "question_mark", "p", "1", "v", "P", "e")
        assert len(app.screen_stack) == 2
        assert not app.shared.is_paused
        assert not app.shared.numbers.is_exact
        assert open_name(app) == "trends"
        await press(app, pilot, "escape")

        # Two quick escapes close a dialog and nothing below it.
        for opening in ("r", "question_mark", "P", "e", "ctrl+p"):
            await press(app, pilot, opening)
            assert len(app.screen_stack) == 2, opening
            await pilot.press("escape", "escape")
            await settle(app, pilot)
            assert isinstance(app.screen, LiveScreen), opening
            assert len(app.screen_stack) == 1, opening

        # A dialog that is told twice to close leaves the screen below it.
        await press(app, pilot, "r")
        dialog = app.screen
        assert isinstance(dialog, RangeDialog)
        dialog.action_close()
        dialog.action_close()
        await settle(app, pilot)
        assert isinstance(app.screen, LiveScreen)

    play(filled, scene, screen="trends")


def test_y_and_e_say_that_there_is_nothing(session: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await press(app, pilot, "y", "e")
        assert toasts(app) == ["Nothing here to copy.", "Nothing here to export."]

    play(session, scene, screen="trends")


def test_what_is_typed_into_the_filter_is_text_and_a_filter_set_while_paused_shows_its_numbers(
    filled: Session,
) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await pilot.press("slash", *TYPED)
        line = app.screen.query_one("#filter-input", Input)
        assert line.value == TYPED
        assert app.is_running
        assert not app.shared.is_paused
        assert len(app.screen_stack) == 1

        await press(app, pilot, "escape", "p")
        filled.store.add([call(3)])
        app.screen.post_message(FilterWanted("model:house"))
        await settle(app, pilot)
        assert len(app.screen.query_one(CallTable).keys) == 1
        assert notice(app).startswith("paused")
        await press(app, pilot, "2")
        assert "filter model:house" in headline(app)

    play(filled, scene)


def test_a_screen_that_another_opens_looks_at_the_span_and_through_the_filter_it_was_given(filled: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        # A filter that means nothing is told and changes nothing.
        app.screen.post_message(FilterWanted("modell:x"))
        app.screen.post_message(OpenScreen("trends", where="cost>much"))
        await settle(app, pilot)
        assert open_name(app) == "overview"
        assert app.shared.where == ""
        assert ["! cannot read" in one for one in toasts(app)] == [True, True]

        app.screen.post_message(OpenScreen("trends", where="model:gpt", span=Span("24h", 1)))
        await settle(app, pilot)
        assert isinstance(app.screen, SpannedScreen)
        assert app.screen.span == Span("24h", 1)
        assert app.shared.where == "model:gpt"

    play(filled, scene)


def test_every_binding_of_ours_has_a_name_by_which_it_can_be_remapped() -> None:
    nameless = [one for place in places(Dashboard) for one in place.bindings if not one.id]

    assert nameless == []
