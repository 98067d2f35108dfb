"""SVG as Rich writes it, made small and independent: of the network, and of how a reader's font draws signs."""

import re
from collections.abc import Iterator
from html import escape, unescape
from itertools import groupby

from rich.cells import get_character_cell_size

CELL_WIDTH, CELL_HEIGHT = 12.2, 24.4
# From a line's top to the foot of its letters.
ASCENT = 18.5
# Rich links a font on the network; the reader's own monospace does as well, and nothing is fetched.
FONT_FACES = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)
FONTS = "ui-monospace, 'Cascadia Mono', Menlo, Consolas, 'DejaVu Sans Mono', monospace"
COMMENT = re.compile(r"<!--.*?-->\s*", re.DOTALL)
LINE_END = re.compile(r"<text [^>]*>\n</text>")
# Half of a picture: a clip for each line, though the length of a text is given.
LINE_CLIPS = re.compile(
    r' clip-path="url\(#[\w-]+-line-\d+\)"|<clipPath id="[\w-]+-line-\d+">.*?</clipPath>\s*', re.DOTALL
)
# A picture stands in a document of its own: its names need not differ from those of others.
UNIQUE_ID = re.compile(r"terminal-\d+-")
LONG_NUMBER = re.compile(r'(?<==")\d+\.\d+(?=")')
INDENT = re.compile(r"\n\s+")
CRISP = ' shape-rendering="crispEdges"'
RECT = re.compile(r'<rect fill="(#\w+)" x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)"/>')
RECTS = re.compile(rf"(?:{RECT.pattern.replace('(', '(?:')}){{2,}}")
TEXT = re.compile(r'<text class="(t-r\d+)" x="([\d.]+)" y="([\d.]+)" textLength="[\d.]+">([^<]*)</text>')
# Of the window's frame, which Rich draws for a dark screen.
FRAME, FRAME_EDGE, FRAME_INK = 'fill="#292929"', "rgba(255,255,255,0.35)", 'fill="#c5c8c6" text-anchor'
HEX = re.compile(r"#[0-9A-Fa-f]{6}")
BLANK = "\N{NO-BREAK SPACE}"
# From here on signs come from other fonts than letters, at other widths.
FIRST_SIGN = 0x2000
# What is drawn as a shape: its left, top, width and height in cells, and how dense it is.
Shape = tuple[float, float, float, float, str]
SHAPES: dict[str, Shape] = {
    **{chr(0x2580 + eighths): (0, 1 - eighths / 8, 1, eighths / 8, "1") for eighths in range(1, 9)},
    **{chr(0x2590 - eighths): (0, 0, eighths / 8, 1, "1") for eighths in range(1, 8)},
    "\N{UPPER HALF BLOCK}": (0, 0, 1, 0.5, "1"),
    "\N{RIGHT HALF BLOCK}": (0.5, 0, 0.5, 1, "1"),
    "\N{LIGHT SHADE}": (0, 0, 1, 1, ".25"),
    "\N{MEDIUM SHADE}": (0, 0, 1, 1, ".5"),
    "\N{DARK SHADE}": (0, 0, 1, 1, ".75"),
}


def slim_svg(svg: str) -> str:
    """The same picture without links and at a third of the size; the same cells give the same bytes."""
    svg = LINE_END.sub("\n", COMMENT.sub("", FONT_FACES.sub("", svg)))
    svg = LINE_CLIPS.sub("", svg).replace("Fira Code, monospace", FONTS)
    svg = UNIQUE_ID.sub("t-", svg).replace("&#160;", BLANK)
    svg = svg.replace(CRISP, "").replace('<g transform="translate(9', f'<g{CRISP} transform="translate(9')
    svg = LONG_NUMBER.sub(lambda found: _number(float(found[0])), RECTS.sub(_joined, svg))
    return INDENT.sub("\n", svg).strip() + "\n"


def framed_svg(svg: str, *, panel: str, ink: str) -> str:
    """A picture whose window has the colours of what is in it; nothing changes for colours that a terminal names."""
    if not (HEX.fullmatch(panel) and HEX.fullmatch(ink)):
        return svg
    svg = svg.replace(FRAME, f'fill="{panel.lower()}"').replace(FRAME_EDGE, f"{ink.lower()}40")
    return svg.replace(FRAME_INK, f'fill="{ink.lower()}" text-anchor')


def exact_svg(svg: str) -> str:
    """A slim picture in which every sign stands in its cell, and blocks fill theirs, whatever the reader's fonts."""
    return TEXT.sub(lambda found: "".join(_pieces(*found.groups())), svg)


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _joined(rects: re.Match[str]) -> str:
    """Backgrounds of one colour side by side as one."""
    joined: list[tuple[str, float, str, float, str]] = []
    for fill, x, y, width, height in RECT.findall(rects[0]):
        start, end = float(x), float(x) + float(width)
        if joined and joined[-1][0] == fill and joined[-1][2] == y:
            start = joined.pop()[1]
        joined.append((fill, start, y, end - start, height))
    return "".join(
        f'<rect fill="{fill}" x="{start}" y="{y}" width="{width}" height="{height}"/>'
        for fill, start, y, width, height in joined
    )


def _pieces(rule: str, x: str, y: str, content: str) -> Iterator[str]:
    """A text as pieces, each from its own cell on."""
    start, foot = float(x), float(y)
    for (kind, size), signs in groupby(unescape(content), _kind):
        text = "".join(signs)
        width = len(text) * max(1, size) * CELL_WIDTH
        if kind in SHAPES:
            yield _shape(rule, SHAPES[kind], start, foot - ASCENT, len(text))
        elif kind or text.strip(BLANK):
            place = f'x="{_number(start)}" y="{y}" textLength="{_number(width)}"'
            yield f'<text class="{rule}" {place}>{escape(text)}</text>'
        start += width


def _kind(sign: str) -> tuple[str, int]:
    """What stands together: letters, signs of one width, or one shape again and again."""
    if sign in SHAPES:
        return sign, 1
    return ("sign" if ord(sign) >= FIRST_SIGN else ""), get_character_cell_size(sign)


def _shape(rule: str, shape: Shape, start: float, top: float, count: int) -> str:
    """One shape in so many cells, each as high or as broad as the sign is."""
    left, down, width, height, density = shape
    x, y = start + left * CELL_WIDTH, top + down * CELL_HEIGHT
    cells = [(x + at * CELL_WIDTH, width * CELL_WIDTH) for at in range(count)]
    if width == 1:
        cells = [(x, count * CELL_WIDTH)]
    path = "".join(
        f"M{_number(one)} {_number(y)}h{_number(length)}v{_number(height * CELL_HEIGHT)}h-{_number(length)}z"
        for one, length in cells
    )
    opacity = "" if density == "1" else f' fill-opacity="{density}"'
    return f'<path class="{rule}"{opacity} d="{path}"/>'
