"""Charts, drawn by plotext; the one file that knows it."""

import re
import threading
from collections.abc import Sequence
from typing import Any

ANSI = re.compile(r"\x1b\[[0-9;]*m")
MIN_WIDTH, MIN_HEIGHT = 20, 5
# plotext has one figure for all callers.
_turn = threading.Lock()


def bars(labels: Sequence[str], values: Sequence[float], *, width: int, height: int, title: str) -> str:
    """A bar chart as plain lines, `width` by `height` cells; a note instead where it cannot fit."""
    if width < MIN_WIDTH or height < MIN_HEIGHT:
        return title[:width]
    if not any(values):
        return "\n".join([title[:width].center(width), "", "no cost in this time".center(width)])
    # Imported late: printing one frame without a chart does not need it.
    import plotext

    with _turn:
        # Its functions carry no types.
        figure: Any = plotext.figure
        figure.clear()
        figure.plot_size(width, height)
        figure.theme("colorless")
        figure.draw(figure.bar(list(range(len(values))), list(values)))
        step = max(1, -(-len(labels) * 4 // max(1, width - 10)))
        places = list(range(0, len(labels), step))
        figure.ruler("x").ticks(places, [labels[at] for at in places])
        figure.title(title)
        text = str(figure.build())
    return "\n".join(line[:width].rstrip() for line in ANSI.sub("", text).splitlines())
