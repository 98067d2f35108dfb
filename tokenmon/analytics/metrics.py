"""What a scraper gets: counters over all calls, gauges of quotas and limits, and what the process knows of itself.

Apart from the route because the numbers are those of every other surface; how they are fetched is HTTP's business.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from decimal import Decimal

from tokenmon import __version__
from tokenmon.analytics.quotas import quota_states
from tokenmon.core.exposition import Family, Labels, Number, labels_of
from tokenmon.core.headroom import in_force
from tokenmon.core.period import Period
from tokenmon.core.process_state import ProcessState
from tokenmon.core.query import Filter, Group, Totals
from tokenmon.core.record import milliseconds
from tokenmon.storage.store import Store

BY = ("platform", "provider", "model", "source")
OTHER = "other"
# Each series is ten lines; a scraper keeps every one that it ever saw.
MAX_SERIES = 500
# Platforms and sources are few, unless somebody reports calls under names without end.
MAX_RESTS = 100
RATIO_DIGITS = Decimal("0.000001")
PERCENT = Decimal(100)

COUNTERS: tuple[tuple[str, str, Callable[[Totals], Number]], ...] = (
    ("requests", "Calls.", lambda one: one.requests),
    ("errors", "Calls that failed.", lambda one: one.error_requests),
    ("input_tokens", "Tokens in, cache reads and writes included.", lambda one: one.input_tokens),
    ("output_tokens", "Tokens out, reasoning included.", lambda one: one.output_tokens),
    (
        "cache_read_input_tokens",
        "The part of the tokens in that was read from a cache.",
        lambda one: one.cache_read_input_tokens,
    ),
    (
        "cache_creation_input_tokens",
        "The part of the tokens in that was written to a cache.",
        lambda one: one.cache_creation_input_tokens,
    ),
    (
        "reasoning_output_tokens",
        "The part of the tokens out that was reasoning.",
        lambda one: one.reasoning_output_tokens,
    ),
    ("cost_usd", "US dollars spent, without calls of subscriptions and unpriced ones.", lambda one: one.cost),
    (
        "list_price_value_usd",
        "US dollars that calls of subscriptions are worth at list price: no spend.",
        lambda one: one.subscription_value,
    ),
    ("unpriced_requests", "Calls whose cost is not known.", lambda one: one.unpriced_requests),
)


class SeriesBound:
    """Which labels are told by name, and where the rest is added.

    Whoever got a name keeps it, so that no counter falls because another overtook it.
    """

    def __init__(self, *, max_series: int = MAX_SERIES, max_rests: int = MAX_RESTS) -> None:
        self._max_series = max_series
        self._max_rests = max_rests
        self._named: set[Labels] = set()
        self._rests: set[Labels] = set()

    def sums(self, groups: Iterable[Group]) -> dict[Labels, Totals]:
        """Groups by `BY`, the most important first, as a bounded number of series that add up to the same."""
        sums: dict[Labels, Totals] = {}
        for group in groups:
            labels = self._place(labels_of(**dict(group.key)))
            held = sums.get(labels)
            sums[labels] = group.totals if held is None else held + group.totals
        return sums

    def _place(self, labels: Labels) -> Labels:
        if _admits(self._named, labels, self._max_series):
            return labels
        rest = tuple((name, OTHER if name == "model" else value) for name, value in labels)
        if _admits(self._rests, rest, self._max_rests):
            return rest
        return tuple((name, OTHER) for name, _ in labels)


def _admits(names: set[Labels], labels: Labels, limit: int) -> bool:
    if labels not in names and len(names) < limit:
        names.add(labels)
    return labels in names


def stored_families(store: Store, bound: SeriesBound, *, now: datetime, timezone: str) -> list[Family]:
    """What the database tells: all calls of all time, the quotas of the month, and what providers last stated."""
    sums = bound.sums(store.groups(Filter(Period(None, None)), BY))
    counters = [
        Family(f"tokenmon_{name}_total", "counter", text, {labels: number(totals) for labels, totals in sums.items()})
        for name, text, number in COUNTERS
    ]
    return [
        *counters,
        *_quotas(store, now=now, timezone=timezone),
        *_rate_limits(store, now=now),
        _official_limits(store, now=now),
    ]


def _quotas(store: Store, *, now: datetime, timezone: str) -> list[Family]:
    states = {
        labels_of(platform=one.platform, unit=one.quota.unit): one
        for one in quota_states(store, store.platforms(), now=now, timezone=timezone)
    }
    return [
        _gauge(
            "quota_used_ratio",
            "The share of a platform's monthly quota that is used; 1 and more is exceeded.",
            {labels: _ratio(one.used, one.quota.amount) for labels, one in states.items()},
        ),
        _gauge(
            "quota_limit",
            "A platform's monthly quota, in its unit.",
            {labels: one.quota.amount for labels, one in states.items()},
        ),
        _gauge(
            "quota_used",
            "What counts against a platform's monthly quota; of a subscription its list-price value.",
            {labels: one.used for labels, one in states.items()},
        ),
    ]


def _rate_limits(store: Store, *, now: datetime) -> list[Family]:
    stated = {
        labels_of(platform=one.platform, dimension=one.dimension): one for one in in_force(store.headroom(), now=now)
    }
    return [
        _gauge(
            "rate_limit_remaining",
            "What the provider's last answer said is left of a rate limit; of windows such as 5h in per cent.",
            {labels: one.remaining for labels, one in stated.items() if one.remaining is not None},
        ),
        _gauge(
            "rate_limit_limit",
            "A rate limit as the provider's last answer stated it; of windows such as 5h 100 per cent.",
            {labels: one.limit for labels, one in stated.items() if one.limit is not None},
        ),
        _gauge(
            "rate_limit_reset_timestamp_seconds",
            "When a rate limit is reset; what remained before that moment tells nothing after it.",
            {labels: _seconds(one.resets_at) for labels, one in stated.items() if one.resets_at is not None},
        ),
    ]


def _official_limits(store: Store, *, now: datetime) -> Family:
    return _gauge(
        "official_limit_used_ratio",
        "The share of a plan's window that its provider says is used, as a tool on a machine heard it.",
        {
            labels_of(provider=one.provider_name, window=one.window, tool=one.tool, machine=one.machine): _ratio(
                one.used_percent, PERCENT
            )
            for one in store.official_limits()
            # What was said of a window that has been reset since does not hold any more.
            if not one.is_over(now)
        },
    )


def process_families(state: ProcessState) -> list[Family]:
    """What a proxy knows without its database."""
    return [
        _gauge("build_info", "Always 1; the label tells the version.", {labels_of(version=__version__): 1}),
        _gauge("start_time_seconds", "When this proxy started.", {(): _seconds(state.started_at)}),
        _gauge("calls_in_flight", "Calls that are on their way.", {(): state.calls_in_flight}),
        _gauge("open_websockets", "WebSockets that are open.", {(): state.open_websockets}),
        _gauge("journal_waiting_records", "Records that the database does not have yet.", {(): state.waiting_records}),
        _gauge("journal_backlog_bytes", "The bytes of these records in the journal.", {(): state.backlog_bytes}),
        _counter("journal_stored_records", "Records moved to the database since the start.", state.stored_records),
        _counter(
            "journal_rejected_records",
            "Records that the database refused for good, set aside since the start.",
            state.rejected_records,
        ),
        _counter(
            "journal_write_failures",
            "Records that the journal's disk refused since the start.",
            state.journal_write_failures,
        ),
        _counter(
            "uncounted_responses",
            "Responses whose usage could not be read since the start.",
            state.uncounted_responses,
        ),
        Family(
            "tokenmon_refused_requests_total",
            "counter",
            "Requests that reached no provider since the start, by reason.",
            {labels_of(reason=reason): count for reason, count in sorted(state.refused_requests.items())},
        ),
    ]


def database_family(*, is_up: bool) -> Family:
    """Whether the database could be read for this very text."""
    return _gauge(
        "database_up", "Whether the database could be read; without it its numbers are left out.", {(): int(is_up)}
    )


def _gauge(name: str, text: str, samples: Mapping[Labels, Number]) -> Family:
    return Family(f"tokenmon_{name}", "gauge", text, samples)


def _counter(name: str, text: str, count: int) -> Family:
    return Family(f"tokenmon_{name}_total", "counter", text, {(): count})


def _ratio(part: Decimal, whole: Decimal) -> Decimal:
    return (part / whole).quantize(RATIO_DIGITS)


def _seconds(moment: datetime) -> Decimal:
    return Decimal(milliseconds(moment)) / 1000
