"""Charts over time. plotext draws axes, ticks and lines, and only this file knows it; bars are drawn here.

plotext fills half cells in one colour, and the parts of a stacked bar need eighths in two.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import accumulate
from typing import Any, Literal

from rich.cells import cell_len

from tokenmon.core.period import Bucket
from tokenmon.tui import amounts, chart_axis
from tokenmon.tui.amounts import Unit
from tokenmon.tui.chart_axis import Scale
from tokenmon.tui.texts import Line, Marks, Part, Tone, fitted, line_of

# Below this the axes go and the marks take all the room.
MIN_WIDTH, MIN_HEIGHT = 20, 4
# The axis and the labels below it.
AXIS_ROWS = 2
# Names of amounts are cut to this, so that the columns for bars are known before the amounts are.
NAME_CELLS = 8
WHOLE_SHARE = 100
FILLS = {"blocks": " ▁▂▃▄▅▆▇█", "braille": " ⣀⣤⣶⣿", "ascii": " .:#"}
# What tells series apart where nothing has a colour.
SIGNS: dict[str, str] = {f"series-{at + 1}": sign for at, sign in enumerate("#=+ox%&@")} | {"series-rest": ":"}
PREVIOUS_SIGN, OTHER_SIGN = "-", "*"
PREVIOUS_LEVELS = "▁─▔"
PREVIOUS_DOTS = {"blocks": "·", "ascii": "-"}
LINE_MARKERS = {"blocks": "hd", "braille": "braille"}
# Half of a marker's smallest step, in rows: a line at zero lies on the axis.
HALF_STEPS = {"blocks": 0.25, "braille": 0.125, "ascii": 0.5}
ASCII_AXES = str.maketrans("┤│└┬─", "+|++-")
# plotext colours by number; these stand for tones and are read back.
FIRST_COLOUR = 16
COLOUR = re.compile("\x1b\\[(?:0|38;5;(\\d+))m")

Kind = Literal["bars", "stacked", "lines"]
Cell = tuple[str, Tone, Tone]
EMPTY_CELL: Cell = (" ", "plain", "plain")


@dataclass(frozen=True, slots=True)
class Series:
    """One row of values, a value for each bucket; None where nothing is known."""

    name: str
    values: tuple[Decimal | None, ...]
    tone: Tone


@dataclass(frozen=True, slots=True)
class TimeChart:
    """What a chart shows: series over buckets whose starts are in the zone to be shown.

    `previous` has the totals of the period before, bucket by bucket; it may be shorter or longer, as months are.
    """

    starts: tuple[datetime, ...]
    bucket: Bucket
    series: tuple[Series, ...]
    kind: Kind
    unit: Unit
    previous: tuple[Decimal | None, ...] = ()

    def __post_init__(self) -> None:
        if any(len(one.values) != len(self.starts) for one in self.series):
            raise ValueError("every series needs a value for each bucket")


@dataclass(frozen=True, slots=True)
class Plot:
    """A chart made ready: neighbours merged where there are more than columns, and the room for the marks."""

    series: tuple[Series, ...]
    previous: tuple[Decimal | None, ...]
    kind: Kind
    marks: Marks
    room: int
    scale: Scale

    @property
    def count(self) -> int:
        """How many buckets are drawn."""
        return max(len(one.values) for one in self.series)


def load_plotext() -> Any:
    """plotext; the first time takes 0.13 s, which belongs in the thread that reads and not in the one that draws."""
    import plotext

    untyped: Any = plotext
    # Its figure would else be cut to the terminal that it finds.
    untyped.terminal.limit(False, False)
    return untyped


def merged_buckets(chart: TimeChart, width: int) -> int:
    """How many neighbouring buckets stand as one at a width: 1 where each has its own place."""
    axis = NAME_CELLS + 1 if width >= MIN_WIDTH else 0
    # Bars that stand side by side need a column each.
    beside = len(chart.series) if chart.kind == "bars" else 1
    return max(1, -(-len(chart.starts) * max(1, beside) // max(1, width - axis)))


def draw(
    chart: TimeChart,
    *,
    width: int,
    height: int,
    marks: Marks = "blocks",
    amount: Callable[[Decimal], str] | None = None,
    empty: str = "No calls in this period.",
) -> list[Line]:
    """The chart in at most `width` by `height` cells; the sentence `empty` where there is nothing to draw.

    A total above zero is always seen, and the parts of a stacked bar are as high as their total. `amount` names the
    ticks of another currency.
    """
    if width < 1 or height < 1:
        return []
    count = merged_buckets(chart, width)
    series = tuple(
        Series(one.name, tuple(chart_axis.merged(one.values, count, unit=chart.unit)), one.tone)
        for one in chart.series
    )  # fmt: skip
    previous = tuple(chart_axis.merged(chart.previous[: len(chart.starts)], count, unit=chart.unit))
    most = _most(chart.kind, series, previous)
    if most is None or (most <= 0 and chart.kind != "lines"):
        return _sentence(empty, width, height, marks)
    if width < MIN_WIDTH or height < MIN_HEIGHT:
        scale = chart_axis.value_scale(most, height, unit=chart.unit)
        return _canvas(Plot(series, previous, chart.kind, marks, width, scale), height)
    rows = height - AXIS_ROWS
    scale = chart_axis.value_scale(most, rows, unit=chart.unit)
    names = _tick_names(scale, most, chart.unit, amount, marks)
    plot = Plot(series, previous, chart.kind, marks, width - len(names[0]) - 1, scale)
    places = _places(plot)
    ticks = chart_axis.time_ticks(chart.starts, chart.bucket, lambda at: places[at // count], plot.room)
    return _framed(plot, names, ticks)


def _sentence(words: str, width: int, height: int, marks: Marks) -> list[Line]:
    short = _cut(words, width, marks)
    return [()] * ((height - 1) // 2) + [(Part(" " * ((width - cell_len(short)) // 2) + short, "muted"),)]


def _cut(text: str, width: int, marks: Marks) -> str:
    """A text in at most a width; what it ends with where it is cut is a sign of the kind that is drawn with."""
    short = fitted(text, width)
    return short.replace("…", ".") if marks == "ascii" else short


def _most(kind: Kind, series: Sequence[Series], previous: chart_axis.Values) -> Decimal | None:
    """The highest amount drawn; None where nothing is known."""
    columns = zip(*(one.values for one in series), strict=True)
    known = [[value for value in column if value is not None and value >= 0] for column in columns]
    tops = [sum(column, Decimal(0)) if kind == "stacked" else max(column) for column in known if column]
    if not tops:
        return None
    return max([*tops, *(value for value in previous if value is not None)])


def _tick_names(
    scale: Scale, most: Decimal, unit: Unit, amount: Callable[[Decimal], str] | None, marks: Marks
) -> list[str]:
    # A share above the whole is named only where there is one.
    ticks = [tick for tick in scale.ticks if unit != "percent" or tick <= WHOLE_SHARE or most > WHOLE_SHARE]
    names = [amount(tick) for tick in ticks] if amount else amounts.tick_names(ticks, unit)
    short = [_cut(name, NAME_CELLS, marks) for name in names]
    widest = max(map(cell_len, short))
    return [name.rjust(widest) for name in short]


def _places(plot: Plot) -> list[int]:
    """The column of each bucket's middle, for its tick."""
    if plot.kind == "lines":
        return [int(place) for place in chart_axis.line_places(plot.count, plot.room)]
    return [(start + end - 1) // 2 for start, end in chart_axis.bar_spans(plot.count, plot.room)]


def _framed(plot: Plot, names: Sequence[str], ticks: Sequence[tuple[int, str]]) -> list[Line]:
    """The marks with the axes, by plotext."""
    rows, name_cells = plot.scale.rows, len(names[0])
    plotext = load_plotext()
    figure = _figure(plotext, plot, width=plot.room + name_cells + 1, height=rows + AXIS_ROWS)
    places = [plot.scale.rows_per_tick * count - 0.5 for count in range(1, len(names) + 1)]
    figure.ruler("y").ticks(places, list(names))
    figure.ruler("x").ticks([column + 0.5 for column, _ in ticks], [label for _, label in ticks])
    lines = _drawn(plotext, figure, plot)
    # The axis stands for zero and says so.
    axis = lines[rows][0].text
    lines[rows] = (Part(f"{axis[: name_cells - 1]}0{axis[name_cells:]}", "muted"),)
    if plot.kind != "lines":
        bars = _bar_lines(plot)
        lines[:rows] = [
            (Part(line[0].text[: name_cells + 1], "muted"), *bar) for line, bar in zip(lines[:rows], bars, strict=True)
        ]
    return [_ascii_axes(line) for line in lines] if plot.marks == "ascii" else lines


def _canvas(plot: Plot, height: int) -> list[Line]:
    """The marks alone."""
    if plot.kind != "lines":
        return _bar_lines(plot)
    plotext = load_plotext()
    figure = _figure(plotext, plot, width=plot.room, height=height)
    figure.axes(False)
    for axis in ("x", "y"):
        figure.ruler(axis).frequency(0)
    return _drawn(plotext, figure, plot)


def _figure(plotext: Any, plot: Plot, *, width: int, height: int) -> Any:
    """plotext's figure, measured in columns and rows of the marks."""
    figure = plotext.figure
    figure.clear()
    figure.theme("colorless")
    figure.plot_size(width, height)
    figure.axes(False, axis="x", side="upper")
    figure.axes(False, axis="y", side="right")
    for axis, length in (("x", plot.room), ("y", plot.scale.rows)):
        figure.ruler(axis).alignment(lim="edge")
        figure.ruler(axis).lim(0, length)
    return figure


def _drawn(plotext: Any, figure: Any, plot: Plot) -> list[Line]:
    """What plotext draws, with the lines of the plot, in parts."""
    tones: list[Tone] = []
    if plot.kind == "lines":
        previous = [Series("", plot.previous, "previous")] if plot.previous else []
        # The first series lies on top.
        for one in [*previous, *reversed(plot.series)]:
            marker = plotext.marker(_line_marker(one.tone, plot.marks), FIRST_COLOUR + len(tones))
            _draw_line(figure, one.values, plot, marker)
            tones.append(one.tone)
    text = figure.build().string().rstrip("\n")
    return [_parts(line, tones) for line in text.split("\n")]


def _line_marker(tone: Tone, marks: Marks) -> str:
    if tone == "previous" and marks != "braille":
        # Dots stay behind a line where half blocks would become one with it.
        return PREVIOUS_DOTS[marks]
    return LINE_MARKERS.get(marks) or SIGNS.get(tone, OTHER_SIGN)


def _draw_line(figure: Any, values: chart_axis.Values, plot: Plot, marker: Any) -> None:
    """A line through the known values; where one is unknown, it breaks off."""
    half, rows = HALF_STEPS[plot.marks], plot.scale.rows
    places = chart_axis.line_places(plot.count, plot.room)
    known = [(at, value) for at, value in enumerate(values) if value is not None and value >= 0]
    if not known:
        return
    # The upper edge itself lies outside.
    heights = [max(half, float(value * rows / plot.scale.top) - half) for _, value in known]
    signal = figure.signal([places[at] for at, _ in known], heights, marker=marker).lines(True)
    for order in range(1, len(known)):
        if known[order][0] != known[order - 1][0] + 1:
            signal.line(order, False)
    figure.draw(signal)


def _parts(line: str, tones: Sequence[Tone]) -> Line:
    """A line of plotext as parts, its colours as tones."""
    pieces = COLOUR.split(line)
    tone: Tone = "muted"
    parts = [Part(pieces[0], tone)] if pieces[0] else []
    for colour, text in zip(pieces[1::2], pieces[2::2], strict=True):
        tone = tones[int(colour) - FIRST_COLOUR] if colour else "muted"
        if text:
            parts.append(Part(text, tone))
    return tuple(parts)


def _ascii_axes(line: Line) -> Line:
    return tuple(Part(part.text.translate(ASCII_AXES), part.tone, part.under) for part in line)


def _bar_lines(plot: Plot) -> list[Line]:
    """The rows of the bars, the uppermost first."""
    columns = _bar_columns(plot)
    return [_row([(width, cells[row]) for width, cells in columns]) for row in reversed(range(plot.scale.rows))]


def _bar_columns(plot: Plot) -> list[tuple[int, list[Cell]]]:
    """Bars and the gaps between them from the left: how many columns wide, and their cells upwards."""
    beside = [(one,) for one in plot.series] if plot.kind == "bars" else [plot.series]
    nothing = [EMPTY_CELL] * plot.scale.rows
    columns: list[tuple[int, list[Cell]]] = []
    right = 0
    for at, (start, end) in enumerate(chart_axis.bar_spans(plot.count, plot.room)):
        columns.append((start - right, nothing))
        previous = plot.previous[at] if at < len(plot.previous) else None
        for order, group in enumerate(beside):
            width = (end - start) * (order + 1) // len(beside) - (end - start) * order // len(beside)
            cells = _bar_cells([(one.values[at] or Decimal(0), one.tone) for one in group], plot)
            columns.append((width, cells if previous is None else _with_previous(cells, previous, plot)))
        right = end
    return columns


def _bar_cells(segments: Sequence[tuple[Decimal, Tone]], plot: Plot) -> list[Cell]:
    """One bar upwards: segments on top of each other that end at the height of their total."""
    fill = FILLS[plot.marks]
    levels = len(fill) - 1
    sums = list(accumulate(max(value, Decimal(0)) for value, _ in segments))
    height = plot.scale.height(sums[-1], levels)
    ends = [round(reached / sums[-1] * height) if height else 0 for reached in sums]
    cells: list[Cell] = []
    for floor in range(0, height, levels):
        ceiling = floor + levels
        shares = [
            (min(end, ceiling) - max(begin, floor), tone)
            for begin, end, (_, tone) in zip([0, *ends], ends, segments, strict=False)
            if begin < ceiling and end > floor and begin < end
        ]
        cells.append(_bar_cell(shares, plot, levels))
    return cells + [EMPTY_CELL] * (plot.scale.rows - len(cells))


def _bar_cell(shares: Sequence[tuple[int, Tone]], plot: Plot, levels: int) -> Cell:
    """One cell of a bar; where segments meet, the two that have most of it."""
    filled = sum(share for share, _ in shares)
    largest = max(shares, key=lambda one: one[0])
    if plot.marks == "ascii" and len(plot.series) > 1:
        return SIGNS.get(largest[1], OTHER_SIGN), largest[1], "plain"
    fill = FILLS[plot.marks]
    if len(shares) == 1 or filled < levels or plot.marks != "blocks":
        return fill[filled], largest[1], "plain"
    second = max((one for one in shares if one is not largest), key=lambda one: one[0])
    low, high = (one for one in shares if one in (largest, second))
    step = min(levels - 1, max(1, round(levels * low[0] / (low[0] + high[0]))))
    return fill[step], low[1], high[1]


def _with_previous(cells: list[Cell], previous: Decimal, plot: Plot) -> list[Cell]:
    """A bar with a line where the previous period stood: above it, or across it."""
    levels = len(PREVIOUS_LEVELS)
    height = plot.scale.height(previous, levels)
    if not height:
        return cells
    row, level = divmod(height - 1, levels)
    sign = PREVIOUS_SIGN if plot.marks == "ascii" else PREVIOUS_LEVELS[level]
    present, tone, under = cells[row]
    if present == " ":
        return [*cells[:row], (sign, "previous", "plain"), *cells[row + 1 :]]
    if present == FILLS["blocks"][-1] and under == "plain":
        return [*cells[:row], (sign, "previous", tone), *cells[row + 1 :]]
    return cells


def _row(columns: Sequence[tuple[int, Cell]]) -> Line:
    """One row without space at its end."""
    parts = line_of((sign * width, tone, under) for width, (sign, tone, under) in columns)
    if parts and parts[-1].under == "plain":
        last = parts[-1]
        parts = (*parts[:-1], Part(last.text.rstrip(" "), last.tone))
    return parts if not parts or parts[-1].text else parts[:-1]
