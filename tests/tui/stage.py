"""Runs scenes over a mounted dashboard: without a terminal, without waiting for time to pass."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any
from unittest.mock import patch

from textual._compositor import Compositor
from textual.pilot import Pilot
from textual.widgets import Static

from tokenmon.core.platform_check import PlatformCheck
from tokenmon.errors import TemporaryError
from tokenmon.session import Session
from tokenmon.tui.app import Dashboard
from tokenmon.tui.theme import DARK, LIGHT
from tokenmon.tui.widgets.headline import Headline
from tokenmon.tui.widgets.list_table import ListTable
from tokenmon.tui.widgets.status_line import StatusLine

Scene = Callable[[Dashboard, Pilot[None]], Awaitable[None]]


def play(
    session: Session,
    scene: Scene,
    *,
    size: tuple[int, int] = (120, 40),
    screen: str = "overview",
    check: PlatformCheck | None = None,
    draws: bool = False,
) -> None:
    """Run a scene over a dashboard on which a screen's first snapshot has arrived; `check` tests platforms.

    Frames are drawn at the end of the scene and wherever it takes a picture; all of them if it `draws`. What a scene
    asks of widgets is the same, and to draw what nobody looks at took as long as all the rest.
    """

    async def run() -> None:
        app = Dashboard(session, first=screen, check=check)
        async with app.run_test(size=size) as pilot:
            await settle(app, pilot)
            await scene(app, pilot)
            if app.is_running:
                picture(app)

    with nullcontext() if draws else whole_frames_only():
        asyncio.run(run())


@contextmanager
def whole_frames_only() -> Iterator[None]:
    """Draw whole screens, which pictures ask for, and leave out what changes in between."""
    draw = Compositor.render_update

    def draw_whole(self: Compositor, full: bool = False, **how: Any) -> object:
        if full:
            return draw(self, full=full, **how)
        self._dirty_regions.clear()
        return None

    with patch.object(Compositor, "render_update", draw_whole):
        yield


async def settle(app: Dashboard, pilot: Pilot[None]) -> None:
    """Wait until what is being read has been read and is on screen."""
    await pilot.pause()
    await app.workers.wait_for_complete()
    await pilot.pause()


async def press(app: Dashboard, pilot: Pilot[None], *keys: str) -> None:
    """Press keys, each once the one before has had its effect."""
    for key in keys:
        await pilot.press(key)
        await settle(app, pilot)


async def resize(app: Dashboard, pilot: Pilot[None], size: tuple[int, int]) -> None:
    """Give the terminal another size, and wait until the layout has it."""
    await pilot.resize_terminal(*size)
    await settle(app, pilot)


async def in_both_themes(app: Dashboard, pilot: Pilot[None]) -> AsyncIterator[str]:
    """Our themes, one after the other by their key; in the end there is the first again."""
    themes = []
    for _ in range(2):
        themes.append(app.theme)
        yield app.theme
        await press(app, pilot, "t")
    assert set(themes) == {DARK.name, LIGHT.name}


def locked(*_: object, **__: object) -> int:
    """What takes the place of a reading while another program holds the database."""
    raise TemporaryError("the database is locked")


def notice(app: Dashboard) -> str:
    """What the first line says of the feed."""
    return app.screen_stack[0].query_one(StatusLine).words


def headline(app: Dashboard) -> str:
    """What the second line says."""
    return app.screen_stack[0].query_one(Headline).words


def picture(app: Dashboard) -> str:
    """All texts of the screen as they are drawn, in an SVG."""
    return app.export_screenshot().replace("&#160;", " ")


def toasts(app: Dashboard) -> list[str]:
    """What was told in passing, the oldest first."""
    return [str(one.message) for one in app._notifications]


def table(app: Dashboard) -> ListTable:
    """The screen's list, whatever dialog lies over it."""
    return app.screen_stack[0].query_one(ListTable)


def names(app: Dashboard) -> list[str | None]:
    """What the rows of the screen's list are about."""
    return [key[-1] for key in table(app).keys]


def title(app: Dashboard) -> str:
    """The title of the screen's list."""
    return str(table(app).border_title)


def message(app: Dashboard) -> str:
    """What stands in the place of the screen's content; empty where the content is shown."""
    found = app.screen_stack[0].query_one("#message", Static)
    return str(found.content) if found.display else ""
