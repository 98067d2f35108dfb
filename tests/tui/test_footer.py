"""The last line: which keys it shows, whole, and that a click on one presses it."""

import pytest
from textual.pilot import Pilot

from tests.tui.stage import notice, play, press, settle
from tokenmon.core.platform_check import CheckResult
from tokenmon.session import Session
from tokenmon.tui.app import Dashboard
from tokenmon.tui.tabs import TABS
from tokenmon.tui.widgets.footer import KeyFooter


def footer(app: Dashboard) -> KeyFooter:
    return app.screen_stack[0].query_one(KeyFooter)


def line(app: Dashboard) -> str:
    return footer(app).render().plain


def test_every_screen_shows_at_most_seven_keys_which_all_fit_eighty_columns(filled: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        for tab in TABS:
            await press(app, pilot, tab.key)
            shown = footer(app).keys
            assert 3 <= len(shown) <= 7, tab
            assert line(app) == " ".join(f"{one.display} {one.words}" for one in shown)
            assert ("?", "Help") in {(one.display, one.words) for one in shown}

    play(filled, scene, size=(80, 24), check=lambda _: CheckResult(True, "fine"))


@pytest.mark.parametrize(
    ("width", "words"),
    [
        (120, "r Range ⏎ Details s Sort ? Help / Filter p Pause q Quit"),
        (54, "r Range ⏎ Details s Sort ? Help / Filter p Pause"),
        (55, "r Range ⏎ Details s Sort ? Help / Filter p Pause q Quit"),
        (40, "r Range ⏎ Details s Sort ? Help / Filter"),
        # What does not fit hides nothing that does.
        (47, "r Range ⏎ Details s Sort ? Help / Filter q Quit"),
    ],
)
def test_no_key_is_cut_where_they_do_not_all_fit(filled: Session, width: int, words: str) -> None:
    async def scene(app: Dashboard, _: Pilot[None]) -> None:
        assert line(app) == words

    play(filled, scene, size=(width, 24), screen="calls")


def test_a_click_on_a_key_presses_it_and_beside_the_keys_nothing_happens(filled: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        at = line(app).index("Pause")
        await pilot.click(KeyFooter, offset=(at, 0))
        await settle(app, pilot)
        assert "paused" in notice(app)
        await pilot.click(KeyFooter, offset=(100, 0))
        await pilot.click(KeyFooter, offset=(at, 0), button=3)
        await settle(app, pilot)
        assert "paused" in notice(app)

    play(filled, scene)


def test_the_line_follows_the_focus(filled: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        assert "/ Filter" in line(app)
        await press(app, pilot, "slash")
        assert "/ Filter" not in line(app)
        await press(app, pilot, "escape")
        assert "/ Filter" in line(app)

    play(filled, scene)


def test_a_remapped_key_is_shown_and_a_click_presses_it(filled: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        app.set_keymap({"pause": "z"})
        await settle(app, pilot)
        assert "z Pause" in line(app)
        await pilot.click(KeyFooter, offset=(line(app).index("Pause"), 0))
        await settle(app, pilot)
        assert "paused" in notice(app)

    play(filled, scene)


def test_a_key_that_is_longer_than_the_line_hides_no_other(filled: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        app.set_keymap({"range": "ctrl+shift+alt+super+hyper+meta+pagedown"})
        await settle(app, pilot)
        assert line(app) == "⏎ Details s Sort ? Help / Filter p Pause"

    play(filled, scene, size=(40, 24), screen="calls")
