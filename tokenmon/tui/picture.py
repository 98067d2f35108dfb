"""Pictures of the dashboard: any screen, at any size, without a terminal."""

import asyncio
from typing import Any

from textual.app import App

from tokenmon.core.platform_check import PlatformCheck
from tokenmon.session import Session
from tokenmon.tui.app import Dashboard
from tokenmon.tui.svg import exact_svg, framed_svg, slim_svg

TITLE = "tokenmon"


def take_picture(
    session: Session,
    *,
    screen: str,
    size: tuple[int, int],
    theme: str | None = None,
    keys: tuple[str, ...] = (),
    check: PlatformCheck | None = None,
) -> str:
    """An SVG of a screen at a size in cells, once its numbers have arrived and `keys` were pressed."""
    return asyncio.run(_take(Dashboard(session, first=screen, check=check), size, theme, keys))


async def _take(app: Dashboard, size: tuple[int, int], theme: str | None, keys: tuple[str, ...]) -> str:
    if theme is not None:
        app.theme = theme
    async with app.run_test(size=size) as pilot:
        await app.workers.wait_for_complete()
        await pilot.pause()
        for key in keys:
            await pilot.press(key)
            await app.workers.wait_for_complete()
            await pilot.pause()
        return exact_svg(drawn_cells(app))


def drawn_cells(app: App[Any]) -> str:
    """An SVG of what an application shows now, each text as it is."""
    colours = app.theme_variables
    svg = slim_svg(app.export_screenshot(title=TITLE, simplify=True))
    return framed_svg(svg, panel=colours["panel"], ink=colours["foreground"])
