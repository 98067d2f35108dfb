"""What the Trends screen says in words: the sums of a span, how they changed, what is missing from them."""

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from rich.cells import cell_len

from tokenmon.core.number_text import LIST_PRICE_VALUE
from tokenmon.core.period import Bucket, Period
from tokenmon.core.span import period_title
from tokenmon.tui import texts
from tokenmon.tui.amounts import Unit
from tokenmon.tui.names import name_text
from tokenmon.tui.numbers import Numbers
from tokenmon.tui.reading.trend_metric import VALUE, TrendMetric
from tokenmon.tui.reading.trends import Hidden, Trend, TrendsSnapshot
from tokenmon.tui.texts import Line, Part, plain

FACT_GAP = 3
WHOLE_SHARE = Decimal(100)
TOTAL_WORDS = {
    "cost": "spent", "tokens": "tokens", "requests": "requests", "errors": "errors", "latency": "mean latency",
    "error share": "of calls failed", "cache share": "of input from the cache",
}  # fmt: skip
PER = {"hour": "an hour", "day": "a day", "week": "a week", "month": "a month"}
NONE_WORDS = {
    "model": "no model", "platform": "no platform", "project": "no project", "key": "no key", "source": "no source",
}  # fmt: skip


def amount_text(value: Decimal | None, unit: Unit, numbers: Numbers) -> str:
    """A value with its unit; in words or a dash where it is unknown."""
    if value is None:
        return "unpriced" if unit == "usd" else "-"
    match unit:
        case "usd":
            return numbers.money(value)
        case "tokens":
            return numbers.tokens(round(value))
        case "requests":
            return numbers.count(round(value))
        case "ms":
            return numbers.duration(round(value))
        case "percent":
            return numbers.percent(value)


@dataclass(frozen=True, slots=True)
class AmountNames:
    """Writes amounts of one unit; equal to any other that writes them alike, so that nothing is drawn anew for it."""

    unit: Unit
    numbers: Numbers

    def __call__(self, value: Decimal) -> str:
        """The amount in words."""
        return amount_text(value, self.unit, self.numbers)


def mean_text(value: Decimal, unit: Unit, numbers: Numbers) -> str:
    """A mean of sums; a few calls have a digit after the point."""
    if unit == "requests" and value < 100:
        return f"{value:.1f}".replace(".", numbers.decimal)
    return amount_text(value.quantize(Decimal("1e-9")), unit, replace(numbers, is_exact=False))


def bucket_name(start: datetime, bucket: Bucket, *, has_year: bool = True) -> str:
    """A bucket as a person would call it; days of one year need not say which."""
    year = f" {start:%Y}" if has_year else ""
    match bucket:
        case "hour":
            return f"{start:%a} {start.day:>2} {start:%b}{year} {start:%H:%M}"
        case "day":
            return f"{start:%a} {start.day:>2} {start:%b}{year}"
        case "week":
            return f"week of {start.day:>2} {start:%b}{year}"
        case "month":
            return f"{start:%b %Y}"


def has_years(snapshot: TrendsSnapshot) -> bool:
    """Whether the buckets are of more than one year."""
    return len({start.year for start in snapshot.starts}) > 1


def series_name(trend: Trend, by: str | None) -> str:
    """What a series is called."""
    if by is None:
        return "all calls"
    if trend.is_rest:
        return "other"
    return NONE_WORDS.get(by, "none") if trend.name is None else name_text(trend.name)


def chart_title(snapshot: TrendsSnapshot) -> str:
    """What the chart shows."""
    by = "" if snapshot.by is None else f", by {snapshot.by}"
    return f"{snapshot.metric.title} per {snapshot.bucket}{by}"


def summary_lines(snapshot: TrendsSnapshot, numbers: Numbers, *, now: datetime, width: int, most: int) -> list[Line]:
    """The span in facts, as many in a line as have room, in at most so many lines: the first ones matter most."""
    facts = [_total(snapshot, numbers), *_change(snapshot, numbers, now), *_unpriced(snapshot, numbers)]
    facts += [*_mean(snapshot, numbers), *_highest(snapshot, numbers), *_subscription(snapshot, numbers)]
    return _wrapped(facts, width)[:most]


def _total(snapshot: TrendsSnapshot, numbers: Numbers) -> Line:
    metric = snapshot.metric
    words = LIST_PRICE_VALUE if metric is VALUE else TOTAL_WORDS[metric.name]
    total = snapshot.whole.total
    if metric.unit == "requests" and total == 1:
        words = words.removesuffix("s")
    return (Part(amount_text(total, metric.unit, numbers), "strong"), Part(f" {words}", "muted"))


def _change(snapshot: TrendsSnapshot, numbers: Numbers, now: datetime) -> list[Line]:
    """How the sum stands to that of the span before; what is up or down may be good or bad, so it has no colour."""
    before, period = snapshot.previous, snapshot.previous_period
    if before is None or period is None:
        return []
    dates = _dates(period, now)
    if not before.requests:
        return [(Part(f"no calls {dates}", "muted"),)]
    change = change_text(snapshot.whole.total, before.total, snapshot.metric, numbers)
    if not change:
        was = amount_text(before.total, snapshot.metric.unit, numbers)
        return [(Part("was ", "muted"), Part(was, "strong"), Part(f" {dates}", "muted"))]
    return [(Part(change, "strong"), Part(f" vs {dates}", "muted"))]


def change_text(present: Decimal | None, before: Decimal | None, metric: TrendMetric, numbers: Numbers) -> str:
    """A change with its sign: of shares in points, of all else in percent; nothing where it cannot be said."""
    if present is None or before is None:
        return ""
    if metric.unit == "percent":
        points = present - before
        return f"{_sign(points)}{numbers.percent(abs(points)).removesuffix(' %')} points"
    if not before:
        return ""
    percent = (present - before) * WHOLE_SHARE / before
    return f"{_sign(percent)}{numbers.percent(abs(percent))}"


def _sign(number: Decimal) -> str:
    return "-" if number < 0 else "+" if number > 0 else "±"


def _dates(period: Period, now: datetime) -> str:
    """The dates of a period without the year, where it is this one."""
    title = period_title(period, now=now)
    return title.removesuffix(f" {now:%Y}")


def _mean(snapshot: TrendsSnapshot, numbers: Numbers) -> list[Line]:
    total = snapshot.whole.total
    if snapshot.metric.is_mean or total is None or snapshot.lived <= 1:
        return []
    mean = mean_text(total / snapshot.lived, snapshot.metric.unit, numbers)
    return [(Part(mean, "strong"), Part(f" {PER[snapshot.bucket]}", "muted"))]


def _highest(snapshot: TrendsSnapshot, numbers: Numbers) -> list[Line]:
    known = [(value, -at) for at, value in enumerate(snapshot.whole.values) if value]
    if not known or len(snapshot.starts) < 2:
        return []
    value, at = max(known)
    name = bucket_name(snapshot.starts[-at], snapshot.bucket, has_year=has_years(snapshot)).replace("  ", " ")
    word = "highest" if snapshot.metric.is_mean else "most"
    return [(Part(f"{word} ", "muted"), Part(amount_text(value, snapshot.metric.unit, numbers), "strong"),
             Part(f" {name}", "muted"))]  # fmt: skip


def _unpriced(snapshot: TrendsSnapshot, numbers: Numbers) -> list[Line]:
    """What the cost leaves out, since nobody knows it."""
    if snapshot.metric.name != "cost" or not snapshot.unpriced_tokens:
        return []
    return [(Part(f"! {numbers.tokens(snapshot.unpriced_tokens)} tokens unpriced", "warning"),)]


def _subscription(snapshot: TrendsSnapshot, numbers: Numbers) -> list[Line]:
    """What is not spent, and so stands apart."""
    if snapshot.metric.name != "cost" or snapshot.is_value or not snapshot.subscription_value:
        return []
    return [(Part(numbers.money(snapshot.subscription_value)), Part(f" {LIST_PRICE_VALUE}", "muted"))]


def _wrapped(facts: list[Line], width: int) -> list[Line]:
    lines: list[Line] = []
    used = 0
    for fact in facts:
        cells = cell_len(plain(fact))
        if lines and used + FACT_GAP + cells <= width:
            lines[-1] = (*lines[-1], Part(" " * FACT_GAP), *fact)
            used += FACT_GAP + cells
        else:
            lines.append(fact)
            used = cells
    return lines


def nothing_lines(hidden: Hidden, *, place: ZoneInfo, numbers: Numbers, where: str) -> list[str]:
    """What to do where a span has nothing to show."""
    if hidden.is_empty:
        return texts.empty_lines(hidden.platforms)
    if hidden.by_filter:
        calls = "the only call" if hidden.by_filter == 1 else f"all {numbers.count(hidden.by_filter)} calls"
        said = [f"The filter hides {calls} of this range.", "", "  esc  clears it", "  /    changes it"]
    else:
        said = [f"No calls in this range{' that fit the filter' if where else ''}.", ""]
    if hidden.last is not None:
        last = hidden.last.astimezone(place)
        fitting = "last one that fits" if where else "last one"
        said += [f"  r    another range; the {fitting} was on {last:%a} {last.day} {last:%b %Y}", "  [    earlier"]
    elif where and not hidden.by_filter:
        said += ["  esc  clears the filter: nothing fits it at any time"]
    return said
