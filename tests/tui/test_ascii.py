"""A terminal that has ASCII alone: how it is known, and that nothing else is drawn on it but names."""

from dataclasses import replace

import pytest
from rich.cells import cell_len
from textual.pilot import Pilot

from tests.tui.sample import call
from tests.tui.spread import fill_months
from tests.tui.stage import play, press
from tokenmon.session import Session
from tokenmon.tui.app import Dashboard
from tokenmon.tui.ascii import CHARACTERS, is_ascii_terminal
from tokenmon.tui.tabs import TABS


@pytest.mark.parametrize(
    ("environ", "encoding", "is_ascii"),
    [
        ({}, "utf-8", False),
        ({"LC_ALL": "C"}, "utf-8", True),
        ({"LC_ALL": "POSIX", "LANG": "de_DE.UTF-8"}, "utf-8", True),
        ({"LC_ALL": "", "LANG": "C"}, "utf-8", True),
        ({"LANG": "C.UTF-8"}, "utf-8", False),
        ({"LANG": "de_DE.utf8"}, "utf-8", False),
        ({"LC_CTYPE": "de_DE.ISO-8859-1"}, "utf-8", True),
        ({"LANG": "de_DE.UTF-8@euro"}, "utf-8", False),
        ({"LANG": "de_DE"}, "utf-8", False),
        ({}, "ascii", True),
        ({}, "cp437", True),
    ],
)
def test_a_locale_and_an_encoding_tell_what_a_terminal_has(
    environ: dict[str, str], encoding: str, is_ascii: bool
) -> None:
    assert is_ascii_terminal(environ, [encoding]) == is_ascii


def test_every_sign_is_as_wide_as_the_one_it_stands_for() -> None:
    wrong = {chr(one): other for one, other in CHARACTERS.items() if cell_len(chr(one)) != cell_len(other)}

    assert wrong == {}
    assert all(other.isascii() for other in CHARACTERS.values())


def drawn(app: Dashboard) -> str:
    """All that is on screen, line by line."""
    width, height = app.size
    lines = app.screen._compositor.render_strips()
    assert len(lines) == height
    return "\n".join(line.crop(0, width).text for line in lines)


def assert_only_names_are_outside_ascii(app: Dashboard, where: str) -> None:
    text = drawn(app)
    assert text.replace("modèle", "").isascii(), (where, sorted({one for one in text if not one.isascii()}))


def test_nothing_but_names_is_outside_ascii(session: Session) -> None:
    fill_months(session.store)
    session.store.add([call(1, request_model="modèle", cost=None, cost_source="unpriced")])
    session.settings = replace(session.settings, dash_marks="ascii", dash_currency="EUR", dash_numbers="1 234,56")

    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await press(app, pilot, "v")
        for tab in TABS:
            await press(app, pilot, tab.key)
            assert app.current_mode == tab.name
            assert_only_names_are_outside_ascii(app, tab.name)
            # The help tells the keys of the screen under it, the filter and the palette know of the screen too.
            for opening in ("question_mark", "slash", "ctrl+p", "P"):
                await press(app, pilot, opening)
                assert_only_names_are_outside_ascii(app, f"{opening} on {tab.name}")
                await press(app, pilot, "escape")

    play(session, scene, size=(140, 45))


def test_a_terminal_of_ascii_needs_no_setting(session: Session) -> None:
    dashboard = Dashboard(session, is_ascii=True)

    assert dashboard.shared.marks == "ascii"
    assert dashboard.get_line_filters()[-1].enabled
