"""The line of the filter: what it offers, what it refuses, what it hides, and where the focus goes after it."""

import asyncio

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, Label

from tests.tui.sample import call
from tests.tui.spread import fill_months
from tests.tui.stage import headline, play, press, resize, settle
from tokenmon.session import Session
from tokenmon.tui.app import Dashboard
from tokenmon.tui.widgets.call_table import CallTable
from tokenmon.tui.widgets.filter_bar import HINT, FilterBar, FilterSuggester

# What is entered, and why it is refused.
REFUSED = [
    ("modell:x", "did you mean model?"),
    ("cost>much", "is no such number"),
    ('project:"web', "a quote is not closed"),
    ("model:", "a value is missing"),
    ("model>opus", "no number to compare"),
]


def note(app: Dashboard) -> str:
    return str(app.screen.query_one("#filter-note", Label).content)


async def enter(app: Dashboard, pilot: Pilot[None], text: str) -> None:
    """Type a filter over what stands there, and enter it."""
    await press(app, pilot, "slash")
    app.screen.query_one("#filter-input", Input).value = text
    await press(app, pilot, "enter")


def test_a_filter_narrows_the_screen_stands_in_the_headline_and_escape_gives_it_up(filled: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await press(app, pilot, "slash", *"model:x", "escape")
        assert app.shared.where == ""
        assert len(app.screen.query_one(CallTable).keys) == 47
        await enter(app, pilot, "status:error")
        assert len(app.screen.query_one(CallTable).keys) == 1
        assert headline(app).endswith("filter status:error  esc clears")
        assert not app.screen.query_one(FilterBar).display
        await press(app, pilot, "escape")
        assert len(app.screen.query_one(CallTable).keys) == 47

        # The focus returns to where it was.
        app.screen.query_one(CallTable).focus()
        await press(app, pilot, "slash", "escape")
        assert isinstance(app.focused, CallTable)
        await enter(app, pilot, "model:gpt")
        assert isinstance(app.focused, CallTable)

        # The line begins with the filter in force.
        await press(app, pilot, "slash")
        assert app.screen.query_one("#filter-input", Input).value == "model:gpt"
        await press(app, pilot, *["backspace"] * 3, "h", "o", "enter")
        assert app.shared.where == "model:ho"

    play(filled, scene)


def test_a_filter_that_means_nothing_is_refused_with_the_reason_a_word_once_it_is_finished(filled: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await press(app, pilot, "slash", *"cost>")
        assert note(app) == HINT
        await press(app, pilot, *"x", "space")
        assert note(app).startswith("! cannot read 'cost>x'")
        await press(app, pilot, "backspace")
        assert note(app) == HINT
        await press(app, pilot, "escape")

        for text, reason in REFUSED:
            await enter(app, pilot, text)
            assert reason in note(app), text
            assert note(app).startswith("! "), text
            assert app.screen.query_one(FilterBar).display, text
            assert app.shared.where == "", text
            await press(app, pilot, "escape")
            assert not app.screen.query_one(FilterBar).display, text

    play(filled, scene)


def test_quotes_hold_spaces(session: Session) -> None:
    session.store.add([call(1, project="two words"), call(2, project="two")])

    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await enter(app, pilot, 'project:"two words"')
        assert len(app.screen.query_one(CallTable).keys) == 1
        assert app.shared.where == 'project:"two words"'

    play(session, scene)


def test_the_headline_tells_the_filter_of_the_numbers_that_stand_below_it(filled: Session) -> None:
    fill_months(filled.store)

    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await enter(app, pilot, "model:opus")
        app.shared.set_where("model:mini")
        assert app.live is not None
        app.live.draw()
        assert "model:opus" in headline(app)
        app.reload()
        await settle(app, pilot)
        assert "model:mini" in headline(app)

    play(filled, scene, screen="breakdown")


def test_a_narrow_headline_keeps_the_filter_whole(filled: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await enter(app, pilot, "model:gpt status:ok")
        for width in (40, 80):
            await resize(app, pilot, (width, 30))
            assert "model:gpt status:ok" in headline(app)[: width - 2], width
            assert len(headline(app)) <= width - 2, width

    play(filled, scene, screen="trends", size=(40, 30))


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("mo", "model:"),
        ("-stat", "-status:"),
        ("model:opus late", "model:opus latency"),
        ("status:e", "status:error"),
        ("STATUS:e", "STATUS:error"),
        ("stream:yes,n", "stream:yes,no"),
        ("", None),
        ("model:opus ", None),
        ("zzz", None),
        ("nofield:a", None),
    ],
)
def test_the_line_offers_how_a_word_may_go_on(typed: str, offered: str | None) -> None:
    assert asyncio.run(FilterSuggester().get_suggestion(typed)) == offered
