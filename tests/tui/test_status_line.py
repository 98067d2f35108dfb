"""The first line at every width: with all screens it may ever have, nothing that matters is cut off."""

import asyncio

import pytest
from textual.app import App, ComposeResult

from tokenmon.tui.tabs import Tab
from tokenmon.tui.texts import Part
from tokenmon.tui.widgets import status_line
from tokenmon.tui.widgets.status_line import StatusLine

ALL = tuple(
    Tab(name.lower(), name, str(key), "", "")
    for key, name in enumerate(("Overview", "Trends", "Breakdown", "Calls", "Quotas", "Platforms", "Sessions"), start=1)
)
CLOCK = "Mon 23 Nov 15:30:00 CET"
LIVE = (Part("live", "good"),) * 2
PAUSED = (Part("paused, p goes on", "strong"), Part("paused", "strong"))
REPLAY = (Part("replay x7200, held, esc leaves it", "strong"), Part("replay x7200, held", "strong"))
STALE = (
    Part("! stale since 15:30, trying again: the database is locked", "error"),
    Part("! stale since 15:30", "error"),
)


def drawn(
    monkeypatch: pytest.MonkeyPatch, width: int, state: tuple[Part, Part], *, open_name: str = "breakdown"
) -> str:
    """What the line says at a width."""
    monkeypatch.setattr(status_line, "TABS", ALL)

    class Stage(App[None]):
        CSS_PATH = "../../tokenmon/tui/dash.tcss"

        def get_theme_variable_defaults(self) -> dict[str, str]:
            from tokenmon.tui.theme import DARK_DEFAULTS

            return DARK_DEFAULTS

        def compose(self) -> ComposeResult:
            yield StatusLine(open_name)

    async def run() -> str:
        app = Stage()
        async with app.run_test(size=(width, 5)) as pilot:
            line = app.query_one(StatusLine)
            line.show(state[0], CLOCK, short=state[1], needs_clock=state == REPLAY)
            await pilot.pause()
            return line.render_line(0).text

    return asyncio.run(run()).rstrip()


@pytest.mark.parametrize(
    ("width", "state", "line"),
    [
        (40, LIVE, " 1  2  3 Breakdown  4  5  6  7   live"),
        (60, LIVE, " 1  2  3 Breakdown  4  5  6  7   live             15:30:00"),
        (80, LIVE, " 1  2  3 Breakdown  4  5  6  7   live                                 15:30:00"),
        (40, PAUSED, "  3 Breakdown   paused, p goes on"),
        (60, PAUSED, " 1  2  3 Breakdown  4  5  6  7   paused, p goes on    15:30"),
        (40, REPLAY, "  3 Breakdown   replay x7200, held"),
        (60, REPLAY, "  3 Breakdown   replay x7200, held, esc leaves it  15:30"),
        (40, STALE, "  3 Breakdown   ! stale since 15:30"),
        (80, STALE, "  3 Breakdown   ! stale since 15:30, trying again: the database is locked"),
    ],
)
def test_what_matters_fits(monkeypatch: pytest.MonkeyPatch, width: int, state: tuple[Part, Part], line: str) -> None:
    found = drawn(monkeypatch, width, state)

    assert len(found) <= width
    assert found.split() == line.split()
    assert state[1].text in found


@pytest.mark.parametrize("width", [40, 44, 60, 80, 100, 120, 160, 200])
@pytest.mark.parametrize("state", [LIVE, PAUSED, REPLAY, STALE])
@pytest.mark.parametrize("open_name", ["overview", "breakdown", "sessions"])
def test_the_state_is_whole_at_every_width(
    monkeypatch: pytest.MonkeyPatch, width: int, state: tuple[Part, Part], open_name: str
) -> None:
    found = drawn(monkeypatch, width, state, open_name=open_name)

    assert state[1].text in found
    assert "…" not in found
    assert next(tab.title for tab in ALL if tab.name == open_name) in found


def test_a_wide_line_tells_all(monkeypatch: pytest.MonkeyPatch) -> None:
    found = drawn(monkeypatch, 140, LIVE)

    assert (
        found.split()
        == ("tokenmon 1 Overview 2 Trends 3 Breakdown 4 Calls 5 Quotas 6 Platforms 7 Sessions live " + CLOCK).split()
    )
