"""A sparkline: the last values in one line, the newest at its right end."""

from dataclasses import dataclass
from decimal import Decimal

from tokenmon.tui.texts import Line, Marks, Part, Tone, joined

LEVELS = {"blocks": "▁▂▃▄▅▆▇█", "ascii": ".:-=+*%#"}
# Nothing used, and nothing known.
ZERO = {"blocks": ".", "ascii": "_"}
GAP = " "
BRAILLE_START = 0x2800
# A cell of braille holds two values; zero has the lowest dot alone, so that three heights are left.
BRAILLE_SIDES = ((0, 0x40, 0x44, 0x46, 0x47), (0, 0x80, 0xA0, 0xB0, 0xB8))
BRAILLE_LEVELS = 3


@dataclass(frozen=True, slots=True)
class Sparkline:
    """Values in the order of time; None where nothing is known."""

    values: tuple[Decimal | None, ...]
    tone: Tone = "series-1"


def draw(sparkline: Sparkline, *, width: int, marks: Marks = "blocks") -> list[Line]:
    """The last values that fit, as one line of `width` cells."""
    if width < 1:
        return []
    per_cell = 2 if marks == "braille" else 1
    shown = sparkline.values[-width * per_cell :]
    most = max((value for value in shown if value is not None), default=Decimal(0))
    if marks == "braille":
        drawn: Line = (Part(_braille(shown, most), sparkline.tone),)
    else:
        drawn = tuple(_mark(value, most, marks, sparkline.tone) for value in shown)
    missing = width - sum(len(part.text) for part in drawn)
    lead = (Part(" " * missing),) if missing else ()
    return [(*lead, *joined(drawn))]


def _level(value: Decimal, most: Decimal, levels: int) -> int:
    """The step of a value above zero, from 1."""
    return min(levels, max(1, round(value * levels / most)))


def _mark(value: Decimal | None, most: Decimal, marks: Marks, tone: Tone) -> Part:
    if value is None:
        return Part(GAP)
    if value <= 0:
        return Part(ZERO[marks], "muted")
    levels = LEVELS[marks]
    return Part(levels[_level(value, most, len(levels)) - 1], tone)


def _braille(values: tuple[Decimal | None, ...], most: Decimal) -> str:
    padded = (None, *values) if len(values) % 2 else values
    heights = [_braille_height(value, most) for value in padded]
    left, right = BRAILLE_SIDES
    return "".join(
        chr(BRAILLE_START + left[one] + right[other])
        for one, other in zip(heights[::2], heights[1::2], strict=True)
    )  # fmt: skip


def _braille_height(value: Decimal | None, most: Decimal) -> int:
    if value is None:
        return 0
    return 1 if value <= 0 else 1 + _level(value, most, BRAILLE_LEVELS)
