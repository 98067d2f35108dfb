"""The chart of hours, drawn by plotext: the one file that knows it, so that another library can take its place."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

# Below this there is no room for bars beside the ticks.
MIN_WIDTH, MIN_HEIGHT = 20, 4
# The axis and the labels below it.
AXIS_ROWS = 2
# plotext's `hd` marker fills quarters of a cell: two steps across, two up.
HALVES = 2
STEPS = (Decimal(1), Decimal(2), Decimal("2.5"), Decimal(5), Decimal(10))
HOUR_STEPS = (1, 2, 3, 4, 6, 12)
# A label of two digits and a space on either side.
LABEL_CELLS = 4

TickNames = Callable[[Sequence[Decimal]], Sequence[str]]


def load_plotext() -> Any:
    """plotext; the first time takes 0.13 s, which belongs in the thread that reads and not in the one that draws."""
    import plotext

    untyped: Any = plotext
    # Its figure would else be cut to the terminal that it finds.
    untyped.terminal.limit(False, False)
    return untyped


def hour_chart(
    hours: Sequence[str], values: Sequence[Decimal], *, width: int, height: int, tick_names: TickNames
) -> str:
    """Bars over hours of the day (`00` to `23`) as plain lines of at most `width` by `height` cells.

    Nothing is drawn where it cannot fit; the last hours are kept where not all fit. A value above zero is always seen.
    """
    if width < MIN_WIDTH or height < MIN_HEIGHT or not any(values):
        return ""
    rows = height - AXIS_ROWS
    rows_per_tick = max(1, min(rows, 2) if rows < 12 else rows // 5)
    step = _round_step(max(values) * rows_per_tick / rows)
    ticks = [step * count for count in range(1, rows // rows_per_tick + 1)]
    names = _aligned(tick_names(ticks))
    room = width - len(names[0]) - 1
    pitch = max(HALVES, room * HALVES // len(values))
    shown = min(len(values), room * HALVES // pitch)
    per_dollar = Decimal(rows * HALVES) / (step * rows / rows_per_tick)
    heights = [_half_rows(value, per_dollar) for value in values[-shown:]]

    figure = load_plotext().figure
    figure.clear()
    figure.theme("colorless")
    figure.plot_size(width, height)
    figure.axes(False, axis="x", side="upper")
    figure.axes(False, axis="y", side="right")
    _draw_bars(figure, heights, pitch)
    # Limits are the middles of the outermost cells, counted in halves.
    figure.ruler("x").lim(0.5, room * HALVES - 1.5)
    figure.ruler("y").lim(0.5, rows * HALVES - 1.5)
    places = [rows_per_tick * count * HALVES - 1.5 for count in range(1, len(ticks) + 1)]
    figure.ruler("y").ticks(places, names)
    figure.ruler("x").ticks(*_hour_ticks(hours[-shown:], pitch))
    return _with_zero(figure.build().string(colorless=True), len(names[0]))


def _round_step(least: Decimal) -> Decimal:
    """The smallest round number from `least`: 1, 2, 2.5 or 5, times a power of ten."""
    power = Decimal(1).scaleb(least.adjusted())
    return next(step * power for step in STEPS if step * power >= least)


def _half_rows(value: Decimal, per_dollar: Decimal) -> int:
    return max(1, round(value * per_dollar)) if value > 0 else 0


def _draw_bars(figure: Any, heights: Sequence[int], pitch: int) -> None:
    gap = 0 if pitch <= HALVES else 1 if pitch < 2 * HALVES else HALVES
    for at, height in enumerate(heights):
        if height:
            sides = (at * pitch, (at + 1) * pitch - gap - 1)
            figure.draw(figure.rectangle(sides, (0, height - 1), marker="hd"))


def _hour_ticks(hours: Sequence[str], pitch: int) -> tuple[list[float], list[str]]:
    """Ticks at full hours of the clock, as many as have room for their labels."""
    step = next((step for step in HOUR_STEPS if step * pitch >= LABEL_CELLS * HALVES), HOUR_STEPS[-1])
    chosen = [(at, hour) for at, hour in enumerate(hours) if int(hour) % step == 0]
    return [at * pitch // HALVES * HALVES + 0.5 for at, _ in chosen], [hour for _, hour in chosen]


def _aligned(names: Sequence[str]) -> list[str]:
    widest = max(map(len, names))
    return [name.rjust(widest) for name in names]


def _with_zero(drawn: str, name_width: int) -> str:
    """The lines without trailing space; the axis stands for zero and says so."""
    lines = [line.rstrip() for line in drawn.rstrip("\n").split("\n")]
    axis = lines[-AXIS_ROWS]
    lines[-AXIS_ROWS] = axis[: name_width - 1] + "0" + axis[name_width:]
    return "\n".join(lines)
