"""The dialogs of range and help: what they give, what they refuse, and what they show at every size."""

from dataclasses import replace

from textual.containers import VerticalScroll
from textual.pilot import Pilot
from textual.widgets import Input, Label, OptionList

from tests.tui.stage import headline, picture, play, press, resize, settle, toasts
from tokenmon.core.span import Span
from tokenmon.session import Session
from tokenmon.tui.app import Dashboard
from tokenmon.tui.ranges import RANGES
from tokenmon.tui.screens.dialog import Dialog
from tokenmon.tui.screens.help_dialog import HelpDialog
from tokenmon.tui.screens.range_dialog import RangeDialog
from tokenmon.tui.screens.spanned import SpannedScreen

SIZES = [(40, 20), (80, 24), (120, 40), (200, 60)]
# The keys that open a dialog.
OPENING = ["question_mark", "r", "P", "e"]
OTHER_PERIODS = ["2026-10", "2026-11-01", "20261101", "6w", "18m", "Today", " 24h "]
NO_PERIODS = ["", "soon", "2026-13", "99999d", "2026-02-30", "\x1b[31mred"]


def span(app: Dashboard) -> Span:
    assert isinstance(app.live, SpannedScreen)
    return app.live.span


def wrong(app: Dashboard) -> str:
    return str(app.screen.query_one("#wrong", Label).content)


def test_the_range_dialog_begins_at_the_present_range_and_gives_the_one_chosen_clicked_or_typed(
    filled: Session,
) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await press(app, pilot, "r")
        offered = [word for word, _ in RANGES]
        assert app.screen.query_one(OptionList).highlighted == offered.index("30d")
        await press(app, pilot, "down", "enter")
        assert span(app) == Span("90d")
        assert headline(app).startswith("Last 90 days")
        await press(app, pilot, "r")
        await pilot.click(OptionList, offset=(3, 0))
        await settle(app, pilot)
        assert span(app) == Span("today")
        for word in OTHER_PERIODS:
            await press(app, pilot, "r")
            line = app.screen.query_one("#range-word", Input)
            line.focus()
            line.value = word
            await press(app, pilot, "enter")
            assert span(app) == Span(word.strip().lower()), word

    play(filled, scene, screen="trends")


def test_what_is_no_period_is_refused_with_what_would_be_one(filled: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await press(app, pilot, "r")
        line = app.screen.query_one("#range-word", Input)
        line.focus()
        for word in NO_PERIODS:
            line.value = word
            await press(app, pilot, "enter")
            assert isinstance(app.screen, RangeDialog), word
            assert "use today, 7d" in wrong(app), word
            assert span(app) == Span("30d"), word
            picture(app)
            line.value = "7d"
            await pilot.pause()
            assert wrong(app) == "", word

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


def test_every_dialog_fits_the_terminal(filled: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        for size in SIZES:
            if size != SIZES[0]:
                await pilot.resize_terminal(*size)
            for key in OPENING:
                await press(app, pilot, key)
                assert isinstance(app.screen, Dialog), (key, size)
                box = app.screen.query_one("#box").region
                assert app.screen.region.size == size
                assert app.screen.region.contains_region(box), (key, size)
                for line in app.screen.query("Input, OptionList, Label, Static"):
                    assert line.region.right <= box.right, (key, size, line)
                await press(app, pilot, "escape")

    play(filled, scene, screen="trends", size=SIZES[0])


def test_a_terminal_may_be_resized_below_a_dialog(filled: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        for key in (*OPENING, "ctrl+p"):
            await press(app, pilot, key)
            assert not isinstance(app.screen, SpannedScreen), key
            for size in ((44, 20), (200, 60), (60, 24)):
                await resize(app, pilot, size)
            await press(app, pilot, "escape")
            assert isinstance(app.screen, SpannedScreen), key
            assert app.screen.has_class("narrow"), key
            picture(app)

    play(filled, scene, screen="trends")


def test_the_help_tells_the_keys_of_the_screen_apart_from_those_of_every_screen_in_the_present_keymap(
    filled: Session,
) -> None:
    filled.settings = replace(filled.settings, dash_keys=("pause=f5", "pause=f9"))

    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await press(app, pilot, "question_mark")
        assert isinstance(app.screen, HelpDialog)
        words = picture(app)
        for title in ("On this screen", "Where the focus is", "Everywhere", "Replay of a past day", "Filter: all"):
            assert title in words
        assert "per-fitting" in words
        assert "model:opus" in words
        assert "f5 f9" in words

    play(filled, scene, screen="trends", size=(140, 60))


def test_the_help_scrolls_where_it_is_longer_than_the_terminal(filled: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await press(app, pilot, "question_mark")
        box = app.screen.query_one("#box", VerticalScroll)
        assert box.max_scroll_y > 0
        await press(app, pilot, "end")
        assert box.scroll_target_y == box.max_scroll_y
        await resize(app, pilot, (120, 30))
        await press(app, pilot, "down")
        assert app.screen.query_one("#box", VerticalScroll).scroll_target_y == 1

    play(filled, scene, screen="trends", size=(44, 20))
