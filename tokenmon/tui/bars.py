"""A bar of a share in a table's cell: by eighths of a cell, so that small shares differ too."""

from decimal import Decimal

from tokenmon.tui.texts import Marks

EIGHTHS = " ▏▎▍▌▋▊▉"


def bar_text(part: Decimal | None, whole: Decimal | None, *, cells: int, marks: Marks) -> str:
    """A bar of `part` where `whole` fills all cells; whatever is above nothing is seen."""
    if not part or not whole or part < 0:
        return ""
    if marks == "ascii":
        return "#" * max(1, min(cells, round(part * cells / whole)))
    eighths = max(1, min(cells * 8, int(part * cells * 8 / whole)))
    return ("█" * (eighths // 8) + EIGHTHS[eighths % 8]).rstrip()
