"""What can be followed over time: sums such as cost and tokens, and means such as latency and shares."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from tokenmon.core.query import Totals
from tokenmon.tui.amounts import Unit

MEAN_STEP = Decimal("0.0001")
WHOLE_SHARE = Decimal(100)


@dataclass(frozen=True, slots=True)
class TrendMetric:
    """One of them: `amount` adds up over calls, `weight` counts what it rests on; both are told by `fields` of totals.

    The value of a mean is its amount by its weight; a sum without weight is unknown where there were calls.
    """

    name: str
    title: str
    column: str
    unit: Unit
    amount: Callable[[Totals], int | Decimal]
    weight: Callable[[Totals], int]
    fields: tuple[str, ...]
    is_mean: bool = False

    def value(self, amount: int | Decimal, weight: int, requests: int) -> Decimal | None:
        """What is shown of calls whose amounts and weights add up to these; None where it is unknown."""
        if not self.is_mean:
            return Decimal(amount) if weight or not requests else None
        if not weight:
            return None
        if self.unit != "percent":
            return (Decimal(amount) / weight).quantize(MEAN_STEP)
        # Some providers state more cached tokens than input.
        return min(WHOLE_SHARE, (amount * WHOLE_SHARE / weight).quantize(MEAN_STEP))


def _requests(totals: Totals) -> int:
    return totals.requests


COST = TrendMetric(
    "cost",
    "Cost",
    "cost_usd",
    "usd",
    lambda one: one.cost,
    lambda one: one.requests - one.unpriced_requests,
    ("cost", "requests", "unpriced_requests", "unpriced_tokens"),
)
# What subscription calls would cost: shown in the place of cost only where there is nothing else.
VALUE = TrendMetric(
    "cost", "Subscription value at list price", "subscription_value_usd", "usd",
    lambda one: one.subscription_value, lambda one: one.requests - one.unpriced_requests,
    ("subscription_value", "requests", "unpriced_requests"),
)  # fmt: skip
METRICS = (
    COST,
    TrendMetric(
        "tokens", "Tokens", "tokens", "tokens", lambda one: one.total_tokens, _requests,
        ("input_tokens", "output_tokens", "requests"),
    ),
    TrendMetric("requests", "Requests", "requests", "requests", _requests, _requests, ("requests",)),
    TrendMetric(
        "errors", "Errors", "error_requests", "requests", lambda one: one.error_requests, _requests,
        ("error_requests", "requests"),
    ),
    TrendMetric(
        "latency", "Mean latency", "mean_latency_ms", "ms", lambda one: one.latency_ms,
        lambda one: one.latency_requests, ("latency_ms", "latency_requests"), is_mean=True,
    ),
    TrendMetric(
        "error share", "Share of calls that failed", "error_percent", "percent", lambda one: one.error_requests,
        _requests, ("error_requests", "requests"), is_mean=True,
    ),
    TrendMetric(
        "cache share", "Share of input read from the cache", "cache_read_percent", "percent",
        lambda one: one.cache_read_input_tokens, lambda one: one.input_tokens,
        ("cache_read_input_tokens", "input_tokens"), is_mean=True,
    ),
)  # fmt: skip
