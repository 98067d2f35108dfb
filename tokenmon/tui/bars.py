"""Bars in a line: of a share in a table's cell, by eighths of a cell, and of amounts side by side."""

from collections.abc import Sequence
from decimal import Decimal

from tokenmon.tui.shared import Marks

EIGHTHS = " ▏▎▍▌▋▊▉"
RAMPS = {"ascii": ".:-=+*%#"}
BLOCK_RAMP = "▁▂▃▄▅▆▇█"


def bar_text(part: Decimal | None, whole: Decimal | None, *, cells: int, marks: Marks) -> str:
    """A bar of `part` where `whole` fills all cells; whatever is above nothing is seen."""
    if not part or not whole or part < 0:
        return ""
    if marks == "ascii":
        return "#" * max(1, min(cells, round(part * cells / whole)))
    eighths = max(1, min(cells * 8, int(part * cells * 8 / whole)))
    return ("█" * (eighths // 8) + EIGHTHS[eighths % 8]).rstrip()


def spark_text(amounts: Sequence[Decimal], *, cells: int, marks: Marks) -> str:
    """The last amounts as one mark each; nothing stands lower than the least amount above it."""
    shown, ramp = amounts[-max(1, cells) :], RAMPS.get(marks, BLOCK_RAMP)
    most = max(shown, default=Decimal(0))
    return "".join(_mark(amount, most, ramp) for amount in shown)


def _mark(amount: Decimal, most: Decimal, ramp: str) -> str:
    if not amount or not most:
        return "·" if ramp is BLOCK_RAMP else "_"
    return ramp[min(len(ramp), max(1, round(amount * len(ramp) / most))) - 1]
