"""What the Trends screen shows: one metric over the buckets of a span, by series, against the span before.

Read in a thread. Everything adds up: what is not among the largest series is in the rest.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import islice

from tokenmon.core.condition import Condition
from tokenmon.core.period import Bucket, Period, buckets_between, midnight
from tokenmon.core.query import Filter, Group, Totals
from tokenmon.core.span import Span, fitting_bucket
from tokenmon.tui.asking import Asking
from tokenmon.tui.reading.trend_metric import COST, VALUE, TrendMetric

MOST_SERIES = 7
# Beyond this many buckets nobody can read a chart, nor wait for one.
MOST_BUCKETS = 2000
WEEKS_OF_CALENDAR = 53
INSTANT = timedelta(microseconds=1)
# How long the past days of a calendar are not read again.
KEPT = timedelta(minutes=1)

Values = tuple[Decimal | None, ...]


@dataclass(frozen=True, slots=True)
class TrendsQuestion:
    """What is asked. Without a `bucket`, or with one too fine for the span, a fitting one is taken.

    `held` is the calendar that was read last.
    """

    span: Span
    metric: TrendMetric = COST
    bucket: Bucket | None = None
    by: str | None = None
    has_previous: bool = True
    has_calendar: bool = True
    held: "Calendar | None" = None


@dataclass(frozen=True, slots=True)
class Trend:
    """A metric over buckets: its values, and its value over all of them.

    `name` is the label's value, None where calls lack the label; `is_rest` marks what the series shown leave over.
    """

    values: Values = ()
    total: Decimal | None = None
    requests: int = 0
    name: str | None = None
    is_rest: bool = False


@dataclass(frozen=True, slots=True)
class Calendar:
    """A metric by day, for about a year up to today; days without a call are absent.

    `subject` is what it is about and `read_at` when all of it was read.
    """

    first: date
    today: date
    days: tuple[tuple[date, Decimal | None], ...]
    read_at: datetime
    subject: tuple[str, date, tuple[Condition, ...]]


@dataclass(frozen=True, slots=True)
class Hidden:
    """Why a span shows nothing: how many of its calls the filter hides, and when the last call before now was."""

    by_filter: int
    last: datetime | None
    is_empty: bool
    platforms: int


@dataclass(frozen=True, slots=True)
class TrendsSnapshot:
    """Everything on the screen. `starts` are in the zone of days; `previous` has a value for each of them, or none.

    `lived` is how many buckets the span has lived: the first and the last one may count in part.
    """

    metric: TrendMetric
    bucket: Bucket
    by: str | None
    starts: tuple[datetime, ...]
    labels: tuple[str, ...]
    lived: Decimal
    whole: Trend
    series: tuple[Trend, ...] = ()
    previous: Trend | None = None
    previous_period: Period | None = None
    unpriced_tokens: int = 0
    subscription_value: Decimal = Decimal(0)
    calendar: Calendar | None = None
    hidden: Hidden | None = None

    @property
    def is_value(self) -> bool:
        """Whether list prices of subscription calls stand in the place of cost."""
        return self.metric is VALUE


@dataclass(frozen=True, slots=True)
class _Buckets:
    starts: tuple[datetime, ...]
    labels: tuple[str, ...]
    lived: float


class _Tally:
    """The sums behind one series while groups are read."""

    def __init__(self, count: int) -> None:
        self.amounts: list[int | Decimal] = [0] * count
        self.weights = [0] * count
        self.requests = [0] * count

    def add(self, at: int, totals: Totals, metric: TrendMetric) -> None:
        self.amounts[at] += metric.amount(totals)
        self.weights[at] += metric.weight(totals)
        self.requests[at] += totals.requests

    def add_all(self, other: "_Tally") -> None:
        self.amounts = [one + more for one, more in zip(self.amounts, other.amounts, strict=True)]
        self.weights = [one + more for one, more in zip(self.weights, other.weights, strict=True)]
        self.requests = [one + more for one, more in zip(self.requests, other.requests, strict=True)]

    def rank(self, metric: TrendMetric) -> tuple[int | Decimal, int]:
        """What orders series: their amount; of a mean, what it rests on, or one odd call would come first."""
        return sum(self.weights) if metric.is_mean else sum(self.amounts), sum(self.requests)

    def trend(self, metric: TrendMetric, name: str | None = None, *, is_rest: bool = False) -> Trend:
        values = tuple(map(metric.value, self.amounts, self.weights, self.requests))
        total = metric.value(sum(self.amounts), sum(self.weights), sum(self.requests))
        return Trend(values, total, sum(self.requests), name, is_rest)


def read_trends(asking: Asking, *, asked: TrendsQuestion) -> TrendsSnapshot:
    """Read everything as of the reading's moment; TokenmonError when the database does not answer."""
    wanted = asking.span_filter(asked.span)
    start, end = _bounds(asking, wanted)
    bucket = usable_bucket(asked.bucket, start, end, asking)
    buckets = _buckets(asking, start, end, bucket)
    labels = buckets.labels
    by = (bucket,) if asked.by is None else (bucket, asked.by)
    groups = asking.store.groups(wanted, by, fields=_fields(asked.metric)) if labels else []
    metric = _shown_metric(asked.metric, groups)
    whole, series = _series(groups, labels, metric)
    period, previous = _previous(asking, asked, bucket, metric, labels)
    return TrendsSnapshot(
        metric=metric,
        bucket=bucket,
        by=asked.by,
        starts=buckets.starts,
        labels=labels,
        lived=Decimal(buckets.lived),
        whole=whole,
        series=() if asked.by is None else series,
        previous=previous,
        previous_period=period,
        unpriced_tokens=sum(group.totals.unpriced_tokens for group in groups),
        subscription_value=sum((group.totals.subscription_value for group in groups), Decimal(0)),
        calendar=_calendar(asking, metric, asked.held) if asked.has_calendar else None,
        hidden=None if groups else _hidden(asking, wanted),
    )


def bucket_count(start: datetime, end: datetime, bucket: Bucket, timezone: str) -> int:
    """How many buckets a chart would have, counted no further than one too many."""
    return len(list(islice(buckets_between(start, end, bucket, timezone), MOST_BUCKETS + 1)))


def usable_bucket(asked: Bucket | None, start: datetime, end: datetime, asking: Asking) -> Bucket:
    """The bucket that was asked for, or one that fits where none was or it is too fine."""
    if asked is not None and bucket_count(start, end, asked, asking.timezone) <= MOST_BUCKETS:
        return asked
    return fitting_bucket(Period(start, end), first=None, now=asking.now)


def _bounds(asking: Asking, wanted: Filter) -> tuple[datetime, datetime]:
    """Where the buckets begin and end: at the first call for an open period, and never in the future."""
    period = wanted.period
    end = asking.now + INSTANT if period.end is None else min(period.end, asking.now + INSTANT)
    if period.start is not None:
        return period.start, end
    first = asking.store.first_moment(wanted)
    return (end if first is None else min(first, end)), end


def _buckets(asking: Asking, start: datetime, end: datetime, bucket: Bucket) -> _Buckets:
    found = list(buckets_between(start, end, bucket, asking.timezone))
    return _Buckets(
        starts=tuple(begin.astimezone(asking.place) for begin, _, _ in found),
        labels=tuple(label for _, _, label in found),
        lived=sum(((min(high, end) - max(low, start)) / (high - low) for low, high, _ in found), 0.0),
    )


def _fields(metric: TrendMetric) -> tuple[str, ...]:
    """What is read of totals: the metric's own, and what is told of cost beside any."""
    return *metric.fields, *COST.fields, *VALUE.fields


def _shown_metric(metric: TrendMetric, groups: Sequence[Group]) -> TrendMetric:
    """Cost, unless there is none and subscription calls have a value to show."""
    if metric is not COST or any(group.totals.cost for group in groups):
        return metric
    return VALUE if any(group.totals.subscription_value for group in groups) else COST


def _series(groups: Iterable[Group], labels: Sequence[str], metric: TrendMetric) -> tuple[Trend, tuple[Trend, ...]]:
    """The whole, and the largest series, largest first, the rest behind them."""
    places = {label: at for at, label in enumerate(labels)}
    tallies: dict[str | None, _Tally] = {}
    for group in groups:
        label = group.key[0][1] or ""
        name = group.key[1][1] if len(group.key) > 1 else None
        tally = tallies.get(name)
        if tally is None:
            tally = tallies[name] = _Tally(len(labels))
        if label in places:
            tally.add(places[label], group.totals, metric)
    whole = _Tally(len(labels))
    for tally in tallies.values():
        whole.add_all(tally)
    ordered = sorted(tallies.items(), key=lambda one: (one[1].rank(metric), one[0] or ""), reverse=True)
    # One more than fits is shown by its name rather than as the rest.
    kept = len(ordered) if len(ordered) <= MOST_SERIES + 1 else MOST_SERIES
    found = [tally.trend(metric, name) for name, tally in ordered[:kept]]
    if ordered[kept:]:
        rest = _Tally(len(labels))
        for _, tally in ordered[kept:]:
            rest.add_all(tally)
        found.append(rest.trend(metric, is_rest=True))
    return whole.trend(metric), tuple(found)


def _previous(
    asking: Asking, asked: TrendsQuestion, bucket: Bucket, metric: TrendMetric, labels: Sequence[str]
) -> tuple[Period | None, Trend | None]:
    """The span before, bucket by bucket beside the present one; what it has more of is in its total alone."""
    if not asked.has_previous:
        return None, None
    period = asked.span.previous(now=asking.now, timezone=asking.timezone)
    if period is None or period.start is None or period.end is None or not labels:
        return None, None
    before = _buckets(asking, period.start, period.end, bucket).labels
    whole, _ = _series(asking.store.groups(asking.filter(period), (bucket,), fields=metric.fields), before, metric)
    values = [*whole.values, *[None] * (len(labels) - len(whole.values))][: len(labels)]
    return period, Trend(tuple(values), whole.total, whole.requests)


def _calendar(asking: Asking, metric: TrendMetric, held: Calendar | None) -> Calendar:
    """The days of a year; those that are over are read once a minute, or a busy day would read a year at every call."""
    today = asking.now.astimezone(asking.place).date()
    first = today - timedelta(days=today.weekday() + 7 * (WEEKS_OF_CALENDAR - 1))
    subject = (metric.column, today, asking.conditions)
    is_known = held is not None and held.subject == subject and timedelta() <= asking.now - held.read_at < KEPT
    days = {} if held is None or not is_known else dict(held.days)
    read_at = asking.now if held is None or not is_known else held.read_at
    period = Period(midnight(today if is_known else first, asking.place), None, asking.timezone)
    for group in asking.store.groups(asking.filter(period), ("day",), fields=metric.fields):
        totals = group.totals
        day = date.fromisoformat(str(group.key[0][1]))
        days[day] = metric.value(metric.amount(totals), metric.weight(totals), totals.requests)
    return Calendar(first, today, tuple(sorted(days.items())), read_at, subject)


def _hidden(asking: Asking, wanted: Filter) -> Hidden:
    """Why nothing is shown."""
    by_filter = asking.store.totals(Filter(wanted.period)).requests if wanted.conditions else 0
    last = asking.store.records(asking.filter(Period(None, None, asking.timezone)), limit=1)
    is_empty = not (last or by_filter or asking.store.records(Filter(Period(None, None)), limit=1))
    platforms = len(asking.store.platforms()) if is_empty else 0
    return Hidden(by_filter, last[0].occurred_at if last else None, is_empty, platforms)


def bucket_span(start: datetime, bucket: Bucket, now: datetime) -> Span:
    """The span that holds the calls of a bucket; of an hour, its day."""
    place = start.tzinfo
    if bucket == "month":
        return Span(f"{start:%Y-%m}")
    if bucket != "week":
        return Span(f"{start:%Y-%m-%d}")
    today = now.astimezone(place).date()
    monday = today - timedelta(days=today.weekday())
    return Span("week", (monday - start.date()).days // 7)
