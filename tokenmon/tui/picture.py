"""Pictures of the dashboard: any screen, at any size, without a terminal."""

import asyncio
import re

from tokenmon.core.platform_check import PlatformCheck
from tokenmon.session import Session
from tokenmon.tui.app import Dashboard

# Rich links a font on the network; the reader's own monospace does as well, and nothing is fetched.
FONT_FACES = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)


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
        return without_fonts(app.export_screenshot(title="tokenmon"))


def without_fonts(svg: str) -> str:
    """An SVG that fetches nothing."""
    return FONT_FACES.sub("", svg)
