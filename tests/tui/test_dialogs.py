"""The dialogs of range and help: what they give, what they refuse, and what they show at every size."""

import pytest
from textual.containers import VerticalScroll
from textual.pilot import Pilot
from textual.widgets import Input, Label, OptionList

from tests.tui.stage import headline, picture, play, press, settle, toasts
from tokenmon.core.span import Span
from tokenmon.session import Session
from tokenmon.tui.app import Dashboard
from tokenmon.tui.ranges import RANGES
from tokenmon.tui.screens.dialog import Dialog
from tokenmon.tui.screens.help_dialog import HelpDialog
from tokenmon.tui.screens.range_dialog import RangeDialog
from tokenmon.tui.screens.spanned import SpannedScreen

SIZES = [(40, 20), (80, 24), (120, 40), (200, 60)]


def span(app: Dashboard) -> Span:
    assert isinstance(app.live, SpannedScreen)
    return app.live.span


def wrong(app: Dashboard) -> str:
    return str(app.screen.query_one("#wrong", Label).content)


async def type_range(app: Dashboard, pilot: Pilot[None], word: str) -> None:
    """Open the dialog and enter a range that is not offered."""
    await press(app, pilot, "r")
    line = app.screen.query_one("#range-word", Input)
    line.focus()
    line.value = word
    await press(app, pilot, "enter")


def test_the_range_dialog_begins_at_the_present_range_and_gives_the_one_chosen(filled: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await press(app, pilot, "r")
        offered = [word for word, _ in RANGES]
        assert app.screen.query_one(OptionList).highlighted == offered.index("30d")
        await press(app, pilot, "down", "enter")
        assert span(app) == Span("90d")
        assert headline(app).startswith("Last 90 days")

    play(filled, scene, screen="trends")


def test_a_range_is_chosen_by_a_click(filled: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await press(app, pilot, "r")
        await pilot.click(OptionList, offset=(3, 0))
        await settle(app, pilot)
        assert span(app) == Span("today")

    play(filled, scene, screen="trends")


@pytest.mark.parametrize("word", ["2026-10", "2026-11-01", "20261101", "6w", "18m", "Today", " 24h "])
def test_any_other_period_may_be_typed(filled: Session, word: str) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await type_range(app, pilot, word)
        assert span(app) == Span(word.strip().lower())

    play(filled, scene, screen="trends")


@pytest.mark.parametrize("word", ["", "soon", "2026-13", "99999d", "2026-02-30", "\x1b[31mred"])
def test_what_is_no_period_is_refused_with_what_would_be_one(filled: Session, word: str) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await type_range(app, pilot, word)
        assert isinstance(app.screen, RangeDialog)
        assert "use today, 7d" in wrong(app)
        assert span(app) == Span("30d")
        app.screen.query_one("#range-word", Input).value = "7d"
        await pilot.pause()
        assert wrong(app) == ""

    play(filled, scene, screen="trends")


def test_the_pages_of_the_past_end_where_the_calendar_does_and_say_so(filled: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        assert app.live is not None
        app.live.look_at(Span("12m", 2024))
        await settle(app, pilot)
        await press(app, pilot, "left_square_bracket")
        assert toasts(app) == ["There is no further page."]
        assert app.live.problem == ""
        app.live.look_at(Span("all"))
        await press(app, pilot, "left_square_bracket")
        assert toasts(app)[-1] == "All time is one page."
        app.live.look_at(Span("7d", 1))
        await press(app, pilot, "right_square_bracket", "right_square_bracket")
        assert toasts(app)[-1] == "There is no further page."

    play(filled, scene, screen="trends")


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("key", ["question_mark", "r", "P", "e"])
def test_every_dialog_fits_the_terminal(filled: Session, key: str, size: tuple[int, int]) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await press(app, pilot, key)
        assert isinstance(app.screen, Dialog)
        box = app.screen.query_one("#box").region
        assert app.screen.region.contains_region(box)
        for line in app.screen.query("Input, OptionList, Label, Static"):
            assert line.region.right <= box.right

    play(filled, scene, screen="trends", size=size)


@pytest.mark.parametrize("key", ["question_mark", "r", "P", "e", "ctrl+p"])
def test_a_terminal_may_be_resized_below_a_dialog(filled: Session, key: str) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await press(app, pilot, key)
        for size in ((44, 20), (200, 60), (60, 24)):
            await pilot.resize_terminal(*size)
            await settle(app, pilot)
        await press(app, pilot, "escape")
        assert isinstance(app.screen, SpannedScreen)
        assert app.screen.has_class("narrow")

    play(filled, scene, screen="trends")


def test_the_help_tells_the_keys_of_the_screen_apart_from_those_of_every_screen(filled: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await press(app, pilot, "question_mark")
        words = picture(app)
        for title in ("On this screen", "Where the focus is", "Everywhere", "Replay of a past day", "Filter: all"):
            assert title in words
        assert "per-fitting" in words
        assert "model:opus" in words

    play(filled, scene, screen="trends", size=(140, 60))


def test_the_help_tells_the_keys_of_the_present_keymap(filled: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    from dataclasses import replace

    filled.settings = replace(filled.settings, dash_keys=("pause=f5", "pause=f9"))

    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await press(app, pilot, "question_mark")
        assert isinstance(app.screen, HelpDialog)
        assert "f5 f9" in picture(app)

    play(filled, scene, size=(140, 60))


def test_the_help_scrolls_where_it_is_longer_than_the_terminal(filled: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await press(app, pilot, "question_mark")
        box = app.screen.query_one("#box", VerticalScroll)
        assert box.max_scroll_y > 0
        await press(app, pilot, "end")
        assert box.scroll_target_y == box.max_scroll_y
        await pilot.resize_terminal(120, 30)
        await settle(app, pilot)
        await press(app, pilot, "down")
        assert app.screen.query_one("#box", VerticalScroll).scroll_target_y == 1

    play(filled, scene, screen="trends", size=(44, 20))
