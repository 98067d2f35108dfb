"""Everything on screen in ASCII, for a terminal that has no other characters; names from outside stay as they are.

A filter over what is drawn: so borders, charts, scrollbars and Textual's own widgets are all covered, cell for cell.
"""

import os
import sys
from collections.abc import Mapping, Sequence
from typing import Final

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

CHARACTERS: Final[dict[int, str]] = {
    **dict.fromkeys(range(0x2500, 0x2580), "+"),
    **dict.fromkeys(map(ord, "─┄┈╌╴╶"), "-"),
    # What is filled of a bar stays apart from its rest.
    **dict.fromkeys(map(ord, "━┅┉╍═╸╺╼╾"), "="),
    **dict.fromkeys(map(ord, "│┃┆┇┊┋╎╏║╵╷╹╻╽╿"), "|"),
    **dict.fromkeys(range(0x2580, 0x25A0), "#"),
    **dict.fromkeys(map(ord, "▁▂▔"), "_"),
    **dict.fromkeys(map(ord, "▏▕▎▍▌▐"), "|"),
    **dict.fromkeys(map(ord, "░▒"), ":"),
    **dict.fromkeys(range(0x25A0, 0x2600), "*"),
    **dict.fromkeys(range(0x2800, 0x2900), "."),
    **dict.fromkeys(map(ord, "←◀◂◄⯇"), "<"),
    **dict.fromkeys(map(ord, "→▶▸►⯈"), ">"),
    **dict.fromkeys(map(ord, "↑▲▴⭡⏶"), "^"),
    **dict.fromkeys(map(ord, "↓▼▾⭣⏷"), "v"),
    **dict.fromkeys(map(ord, "\u00a0\u2007\u2009\u202f\u2800"), " "),
    **{ord(one): other for one, other in zip("…·•×–—−’‘“”✓✔✗✘⏎⏵", "...x---''\"\"vvxx>>", strict=True)},
    # These are two cells wide.
    **dict.fromkeys(map(ord, "◽◾"), "* "),
    ord("🔎"): "> ",
    **{ord(one): other for one, other in zip("╱╲╳", "/\\X", strict=True)},
}


class AsciiFilter(LineFilter):
    """Takes each drawn sign for the ASCII one nearest to it."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The segments in ASCII, as wide as before."""
        return [
            segment
            if segment.text.isascii()
            else Segment(segment.text.translate(CHARACTERS), segment.style, segment.control)
            for segment in segments
        ]


def is_ascii_terminal(environ: Mapping[str, str] | None = None, encodings: Sequence[str] | None = None) -> bool:
    """Whether the terminal is said to have ASCII alone: by the locale's variables, or by the encoding of stdout.

    A locale that is not set says nothing: containers have none, under terminals that can show all.
    """
    variables = os.environ if environ is None else environ
    locale = next((variables[name] for name in ("LC_ALL", "LC_CTYPE", "LANG") if variables.get(name)), "")
    if encodings is None:
        encodings = [sys.__stdout__.encoding] if sys.__stdout__ is not None else []
    name, _, charset = locale.partition(".")
    charsets = [*encodings, *([charset.partition("@")[0]] if charset else [])]
    return (name in ("C", "POSIX") and not charset) or any(not _is_unicode(one) for one in charsets)


def _is_unicode(charset: str) -> bool:
    return charset.lower().replace("-", "").replace("_", "").startswith("utf")
