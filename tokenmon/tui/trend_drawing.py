"""The Trends screen's snapshot as a chart, as rows of tables and as a sheet to export."""

import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from tokenmon.core.formula import quoted
from tokenmon.core.money import decimal_text
from tokenmon.tui.amounts import Unit
from tokenmon.tui.chart import SIGNS, Kind, Series, TimeChart, merged_buckets
from tokenmon.tui.chart_axis import bar_spans
from tokenmon.tui.numbers import DOLLARS, Numbers
from tokenmon.tui.reading.trends import Trend, TrendsSnapshot
from tokenmon.tui.sheet import Cell, Sheet
from tokenmon.tui.texts import Line, Marks, Part, Tone, plain
from tokenmon.tui.trend_words import (
    WHOLE_SHARE,
    AmountNames,
    amount_text,
    bucket_name,
    change_text,
    has_years,
    series_name,
)
from tokenmon.tui.widgets.row_table import Column, Row

SERIES_TONES: tuple[Tone, ...] = (
    "series-1", "series-2", "series-3", "series-4", "series-5", "series-6", "series-7", "series-8",
)  # fmt: skip
REST = "rest"

# More rows take longer to write than a tick has time; an export holds them all.
MOST_ROWS = 500

Tones = Mapping[str, Tone]


def series_key(trend: Trend) -> str:
    """What tells one series from the others, whatever their names are."""
    return REST if trend.is_rest else "none" if trend.name is None else f"={trend.name}"


def series_tones(series: Sequence[Trend], held: Tones) -> dict[str, Tone]:
    """A tone for each series, the one it had where that is free: a model keeps its colour when the order changes."""
    found: dict[str, Tone] = {}
    for key in (series_key(one) for one in series):
        tone: Tone | None = "series-rest" if key == REST else held.get(key)
        if tone is not None and tone not in found.values():
            found[key] = tone
    free = iter([tone for tone in SERIES_TONES if tone not in found.values()])
    found |= {key: next(free) for key in map(series_key, series) if key not in found}
    # Whoever is not shown keeps its tone until another one needs it.
    return {**{key: tone for key, tone in held.items() if tone not in found.values()}, **found}


def chart_kinds(snapshot: TrendsSnapshot) -> tuple[Kind, ...]:
    """The kinds of chart that are true to the numbers: means of several series do not stack."""
    if snapshot.by is None:
        return ("bars", "lines")
    return ("lines",) if snapshot.metric.is_mean else ("stacked", "lines")


def time_chart(snapshot: TrendsSnapshot, kind: Kind, tones: Tones, rate: Decimal, *, has_previous: bool) -> TimeChart:
    """The chart; money in the currency that is shown, at `rate` to the dollar."""
    by_rate = rate if snapshot.metric.unit == "usd" else Decimal(1)
    shown = snapshot.series or (snapshot.whole,)
    # Lines of parts stand far below the line of an earlier whole.
    is_comparable = kind != "lines" or len(shown) == 1
    previous = snapshot.previous.values if snapshot.previous and has_previous and is_comparable else ()
    return TimeChart(
        starts=snapshot.starts,
        bucket=snapshot.bucket,
        series=tuple(
            Series(series_name(one, snapshot.by), _at_rate(one.values, by_rate), tones.get(series_key(one), "series-1"))
            for one in shown
        ),
        kind=kind,
        unit=snapshot.metric.unit,
        previous=_at_rate(previous, by_rate) if any(previous) else (),
    )


def _at_rate(values: Sequence[Decimal | None], rate: Decimal) -> tuple[Decimal | None, ...]:
    return tuple(values) if rate == 1 else tuple(None if value is None else value * rate for value in values)


def tick_amount(unit: Unit, numbers: Numbers) -> AmountNames | None:
    """How ticks are named where numbers are not written in dollars with points."""
    unrated = replace(numbers, rate=Decimal(1), is_exact=False)
    return None if unrated == DOLLARS else AmountNames(unit, unrated)


def buckets_at(chart: TimeChart, drawn: Sequence[Line], x: int, *, width: int) -> range:
    """The buckets that stand in a column of the drawn chart; none beside them, or where it is drawn without axes."""
    axis = plain(drawn[-2]) if len(drawn) > 1 else ""
    corner = re.search("[└+]", axis)
    count = merged_buckets(chart, width)
    bars = -(-len(chart.starts) // count)
    if corner is None or not bars or not corner.end() <= x < width:
        return range(0)
    room, column = width - corner.end(), x - corner.end()
    if chart.kind == "lines":
        at = column * bars // room
    else:
        at = bisect_right([start for start, _ in bar_spans(bars, room)], column) - 1
    return range(at * count, min(len(chart.starts), (at + 1) * count))


def series_columns(snapshot: TrendsSnapshot) -> tuple[Column, ...]:
    """The columns of the legend."""
    first = Column((snapshot.by or "").capitalize(), is_number=False)
    share = "Calls" if snapshot.metric.is_mean else "Share"
    return first, Column(_heading(snapshot)), Column(share)


def series_rows(snapshot: TrendsSnapshot, numbers: Numbers, tones: Tones, kind: Kind, marks: Marks) -> tuple[Row, ...]:
    """The legend: each series with its sum, and its share of the whole or, of a mean, the calls it rests on."""
    rows = []
    for one in snapshot.series:
        key, name = series_key(one), series_name(one, snapshot.by)
        tone = tones.get(key, "series-1")
        sign = SIGNS.get(tone, "*") if marks == "ascii" else "━" if kind == "lines" else "■"
        value = amount_text(one.total, snapshot.metric.unit, numbers)
        weight = numbers.count(one.requests) if snapshot.metric.is_mean else _share(one, snapshot.whole, numbers)
        cells: tuple[Line, ...] = ((Part(f"{sign} ", tone), Part(name)), (Part(value),), (Part(weight, "muted"),))
        rows.append(Row(key, cells, f"{name}\t{exact_text(one.total)}"))
    return tuple(rows)


def _share(one: Trend, whole: Trend, numbers: Numbers) -> str:
    if one.total is None or not whole.total:
        return "-"
    share = one.total * WHOLE_SHARE / whole.total
    return numbers.percent(share)


def bucket_columns(snapshot: TrendsSnapshot, *, has_previous: bool) -> tuple[Column, ...]:
    """The columns of the table of buckets."""
    newest = f", newest {MOST_ROWS}" if len(snapshot.starts) > MOST_ROWS else ""
    columns = (Column(snapshot.bucket.capitalize() + newest, is_number=False), Column(_heading(snapshot)))
    return (*columns, Column("Before"), Column("Change")) if has_previous and snapshot.previous else columns


def bucket_rows(snapshot: TrendsSnapshot, numbers: Numbers, *, has_previous: bool) -> tuple[Row, ...]:
    """The buckets, newest first; beside them those of the span before."""
    first = max(0, len(snapshot.starts) - MOST_ROWS)
    before = snapshot.previous.values if has_previous and snapshot.previous else None
    unit = snapshot.metric.unit
    present = _aligned([amount_text(value, unit, numbers) for value in snapshot.whole.values[first:]], numbers)
    past = _aligned([amount_text(value, unit, numbers) for value in (before or ())[first:]], numbers)
    has_year = has_years(snapshot)
    rows = []
    for at in reversed(range(first, len(snapshot.starts))):
        value = snapshot.whole.values[at]
        cells: list[Line] = [
            (Part(bucket_name(snapshot.starts[at], snapshot.bucket, has_year=has_year)),),
            (Part(present[at - first], "plain" if value else "muted"),),
        ]
        if before is not None:
            change = change_text(value, before[at], snapshot.metric, numbers)
            cells += [(Part(past[at - first], "muted"),), (Part(change, "muted"),)]
        label = snapshot.labels[at]
        rows.append(Row(label, tuple(cells), f"{label}\t{exact_text(value)}"))
    return tuple(rows)


def _aligned(amounts: list[str], numbers: Numbers) -> list[str]:
    """Amounts whose points stand below each other when they stand right."""
    tails = [len(text) - text.rfind(numbers.decimal) if numbers.decimal in text else 0 for text in amounts]
    longest = max(tails, default=0)
    # A word or a dash stands where whole numbers do, but no further left than needed.
    return [text + " " * (longest - tail) if tail else text for text, tail in zip(amounts, tails, strict=True)]


def _heading(snapshot: TrendsSnapshot) -> str:
    if snapshot.is_value:
        return "Value"
    return {"error share": "Failed", "cache share": "Cached"}.get(
        snapshot.metric.name, snapshot.metric.name.capitalize()
    )


def exact_text(value: Decimal | None) -> str:
    """Every digit, for the clipboard."""
    return "" if value is None else decimal_text(value)


def sheet(snapshot: TrendsSnapshot) -> Sheet:
    """Buckets by series, oldest first: the whole, the span before, then each series by its name."""
    columns = [snapshot.bucket, snapshot.metric.column]
    values = [snapshot.whole.values]
    if snapshot.previous is not None:
        columns.append(f"previous_{snapshot.metric.column}")
        values.append(snapshot.previous.values)
    for one in snapshot.series:
        # Names come from outside: they are no formula, and no column that is there already.
        columns.append(_unused(quoted(series_name(one, snapshot.by)), columns))
        values.append(one.values)
    rows: list[tuple[Cell, ...]] = list(zip(snapshot.labels, *values, strict=True))
    return Sheet(tuple(columns), tuple(rows))


def _unused(name: str, taken: Sequence[str]) -> str:
    return name if name not in taken else _unused(f"{name}_", taken)
