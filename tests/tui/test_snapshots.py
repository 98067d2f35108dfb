"""Pictures of every screen over fixed data at a fixed moment; `make snapshots` accepts a change that is meant."""

import asyncio
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pytest
from textual.widgets import Input

from tests.tui.snapshot_data import FixedSession, fill, fixed_settings
from tests.tui.snapshot_files import FOLDER, IS_ACCEPTING, check_snapshot
from tests.tui.stage import locked, press, settle
from tokenmon.session import Session
from tokenmon.tui.app import Dashboard
from tokenmon.tui.picture import drawn_cells
from tokenmon.tui.tabs import NAMES
from tokenmon.tui.theme import DARK, LIGHT

SMALL, BROAD, WIDE, PHONE = (80, 24), (120, 40), (200, 60), (44, 30)
THEMES = {"dark": DARK.name, "light": LIGHT.name}
# What is typed for the filter: a number that is none.
WRONG_FILTER = ("c", "o", "s", "t", "greater_than_sign", "x", "enter")


@dataclass(frozen=True, slots=True)
class Scene:
    """One picture: what is opened, how large, what is pressed and what is unusual about it.

    `trouble` is a database that does not answer: from the first reading on, or only after it.
    """

    screen: str
    size: tuple[int, int] = SMALL
    keys: tuple[str, ...] = ()
    theme: str = DARK.name
    where: str = ""
    marks: str = "blocks"
    is_without_colour: bool = False
    is_empty: bool = False
    trouble: Literal["first", "later"] | None = None


SCENES = {
    **{
        f"{name}-{size[0]}x{size[1]}-{tone}": Scene(name, size, theme=theme)
        for name in NAMES
        for size in (SMALL, BROAD, WIDE)
        for tone, theme in THEMES.items()
    },
    **{f"{name}-{PHONE[0]}x{PHONE[1]}-dark": Scene(name, PHONE) for name in NAMES},
    **{f"{name}-ascii": Scene(name, BROAD, marks="ascii") for name in ("overview", "trends")},
    **{f"{name}-no-color": Scene(name, BROAD, is_without_colour=True) for name in ("overview", "trends")},
    "dialog-help": Scene("trends", keys=("question_mark",)),
    "dialog-range": Scene("trends", keys=("r",)),
    "dialog-export": Scene("trends", keys=("e",)),
    "dialog-replay": Scene("overview", keys=("P",)),
    "dialog-filter": Scene("overview", keys=("slash", *WRONG_FILTER)),
    "state-filtered": Scene("overview", where="platform:openai -status:error"),
    "state-filtered-away": Scene("trends", where="model:nothing-of-that-name"),
    "state-empty": Scene("overview", is_empty=True),
    "state-error": Scene("overview", trouble="first"),
    "state-stale": Scene("overview", trouble="later"),
    "state-too-small": Scene("overview", (39, 15)),
}


@pytest.fixture(scope="session")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data, written once: no picture changes it."""
    path = tmp_path_factory.mktemp("snapshots") / "fixed.db"
    session = FixedSession(fixed_settings(path))
    fill(session)
    session.close()
    return path


@pytest.fixture
def _plain_surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    """No size, language, time zone or terminal of whoever runs the tests."""
    names = ("COLUMNS", "LINES", "COLORTERM", "LANG", "LANGUAGE", "TZ")
    for name in [name for name in os.environ if name in names or name.startswith("LC_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("TERM", "xterm-256color")


@pytest.fixture
def fixed(
    database: Path, tmp_path: Path, request: pytest.FixtureRequest, _plain_surroundings: None
) -> Iterator[FixedSession]:
    """A session over the data, or over none."""
    scene: Scene = SCENES[request.node.callspec.params["name"]]
    settings = fixed_settings(tmp_path / "empty.db" if scene.is_empty else database, dash_marks=scene.marks)
    session = FixedSession(settings)
    yield session
    session.close()


@pytest.mark.parametrize("name", SCENES)
def test_a_screen_looks_as_its_snapshot(
    name: str, fixed: FixedSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if SCENES[name].is_without_colour:
        monkeypatch.setenv("NO_COLOR", "1")

    svg = asyncio.run(shoot(SCENES[name], fixed, monkeypatch))

    check_snapshot(name, svg, tmp_path)


async def shoot(scene: Scene, session: Session, monkeypatch: pytest.MonkeyPatch) -> str:
    if scene.trouble == "first":
        monkeypatch.setattr(session.store, "change_marker", locked)
    app = Dashboard(session, first=scene.screen)
    app.theme = scene.theme
    app.shared.set_where(scene.where)
    async with app.run_test(size=scene.size) as pilot:
        await settle(app, pilot)
        if scene.trouble == "later":
            monkeypatch.setattr(session.store, "change_marker", locked)
            await press(app, pilot, "R")
        await press(app, pilot, *scene.keys)
        for line in app.screen.query(Input):
            # Else the moment would decide whether the cursor is to be seen.
            line.cursor_blink = False
        await settle(app, pilot)
        return drawn_cells(app)


def test_every_snapshot_is_of_a_scene() -> None:
    left = {path for path in FOLDER.iterdir() if path.stem not in SCENES}
    if IS_ACCEPTING:
        for path in left:
            path.unlink()
        left = set()

    assert left == set()
