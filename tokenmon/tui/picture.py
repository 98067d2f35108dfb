"""Pictures of the dashboard: any screen, at any size, without a terminal."""

import asyncio
import re
from typing import Any

from textual.app import App

from tokenmon.session import Session
from tokenmon.tui.app import Dashboard

TITLE = "tokenmon"
# Rich links a font on the network; the reader's own monospace does as well, and nothing is fetched.
FONT_FACES = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)
FONTS = "ui-monospace, 'Cascadia Mono', Menlo, Consolas, 'DejaVu Sans Mono', monospace"
COMMENT = re.compile(r"<!--.*?-->\s*", re.DOTALL)
# Half of a picture: a clip for each line, though a text's length is given.
LINE_CLIPS = re.compile(
    r' clip-path="url\(#[\w-]+-line-\d+\)"|<clipPath id="[\w-]+-line-\d+">.*?</clipPath>\s*', re.DOTALL
)
UNIQUE_ID = re.compile(r"terminal-\d+-")
LONG_NUMBER = re.compile(r'(?<==")\d+\.\d{2,}(?=")')
INDENT = re.compile(r"\n\s+")
LINE_END = re.compile(r"<text [^>]*>\n</text>")
CRISP = ' shape-rendering="crispEdges"'
RECT = re.compile(r'<rect fill="(#\w+)" x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)"/>')
RECTS = re.compile(rf"(?:{RECT.pattern.replace('(', '(?:')}){{2,}}")


def take_picture(
    session: Session, *, screen: str, size: tuple[int, int], theme: str | None = None, keys: tuple[str, ...] = ()
) -> str:
    """An SVG of a screen at a size in cells, once its numbers have arrived and `keys` were pressed."""
    return asyncio.run(_take(session, screen, size, theme, keys))


async def _take(session: Session, screen: str, size: tuple[int, int], theme: str | None, keys: tuple[str, ...]) -> str:
    app = Dashboard(session, first=screen)
    if theme is not None:
        app.theme = theme
    async with app.run_test(size=size) as pilot:
        await app.workers.wait_for_complete()
        await pilot.pause()
        for key in keys:
            await pilot.press(key)
            await app.workers.wait_for_complete()
            await pilot.pause()
        return picture_of(app)


def picture_of(app: App[Any]) -> str:
    """An SVG of what an application shows now: it links to nothing, and the same cells give the same bytes."""
    svg = FONT_FACES.sub("", app.export_screenshot(title=TITLE, simplify=True))
    svg = LINE_CLIPS.sub("", LINE_END.sub("\n", COMMENT.sub("", svg))).replace("Fira Code, monospace", FONTS)
    # A picture stands in a document of its own: its names need not differ from those of others.
    svg = UNIQUE_ID.sub("", svg).replace("&#160;", "\N{NO-BREAK SPACE}")
    svg = svg.replace(CRISP, "").replace('<g transform="translate(9', f'<g{CRISP} transform="translate(9')
    svg = RECTS.sub(_joined, svg)
    svg = LONG_NUMBER.sub(lambda found: f"{float(found[0]):.1f}".removesuffix(".0"), svg)
    return INDENT.sub("\n", svg).strip() + "\n"


def _joined(rects: re.Match[str]) -> str:
    """Backgrounds of one colour side by side as one."""
    joined: list[tuple[str, float, str, float, str]] = []
    for fill, x, y, width, height in RECT.findall(rects[0]):
        start, end = float(x), float(x) + float(width)
        if joined and joined[-1][0] == fill and joined[-1][2] == y:
            start = joined.pop()[1]
        joined.append((fill, start, y, end - start, height))
    return "".join(
        f'<rect fill="{fill}" x="{start:.1f}" y="{y}" width="{width:.1f}" height="{height}"/>'
        for fill, start, y, width, height in joined
    )
