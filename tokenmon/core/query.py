"""What one may ask: a filter over records, how to group, and the sums that come back.

The one vocabulary of questions: the command line, the dashboard, exports and the HTTP API all build these values.
"""

from dataclasses import dataclass, fields
from decimal import Decimal
from fnmatch import fnmatchcase

from tokenmon.core.condition import Condition, fits_texts
from tokenmon.core.period import BUCKETS, Period
from tokenmon.errors import ConfigError

# Kept in rollups, so that any of them groups a long period fast.
LABELS = (
    "platform",
    "provider",
    "model",
    "source",
    "project",
    "key",
    "operation",
    "status",
    "error",
    "tier",
    "billing",
    "machine",
)
GROUPINGS = (*LABELS, "session", *BUCKETS)


@dataclass(frozen=True, slots=True)
class Filter:
    """Which records are meant. Each name list is any-of; names may hold `*` and `?`; empty means all.

    A model name matches the model that answered or the one asked for. All conditions must hold.
    """

    period: Period
    platforms: tuple[str, ...] = ()
    providers: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    projects: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    machines: tuple[str, ...] = ()
    conditions: tuple[Condition, ...] = ()

    @property
    def label_conditions(self) -> tuple[Condition, ...]:
        """The conditions that labels answer."""
        return tuple(one for one in self.conditions if one.is_on_labels)

    @property
    def record_conditions(self) -> tuple[Condition, ...]:
        """The conditions that only the records themselves answer."""
        return tuple(one for one in self.conditions if not one.is_on_labels)

    def means_platform(self, name: str) -> bool:
        """Whether calls of a platform can be meant, by what the filter says of platforms."""
        about_it = [one for one in self.conditions if one.field == "platform"]
        return matches(self.platforms, name) and all(fits_texts(one, (name,)) is not one.is_negated for one in about_it)


def matches(patterns: tuple[str, ...], value: str | None) -> bool:
    """Whether a value is one that a filter's list of names means."""
    if not patterns:
        return True
    return value is not None and any(value == one or fnmatchcase(value, one) for one in patterns)


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over records. `cost` holds metered calls only; `subscription_value` is what subscription calls would cost.

    `unpriced_tokens` are the tokens of calls without a price, `estimated_cost` the part of `cost` that rests on
    estimated or partial usage. `latency_ms` and `first_chunk_ms` are sums over `latency_requests` and
    `first_chunk_requests`.
    """

    requests: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_input_tokens: int = 0
    cache_creation_input_tokens: int = 0
    cache_creation_1h_input_tokens: int = 0
    reasoning_output_tokens: int = 0
    audio_input_tokens: int = 0
    audio_output_tokens: int = 0
    cost: Decimal = Decimal(0)
    subscription_value: Decimal = Decimal(0)
    estimated_cost: Decimal = Decimal(0)
    unpriced_requests: int = 0
    unpriced_tokens: int = 0
    estimated_requests: int = 0
    error_requests: int = 0
    latency_ms: int = 0
    latency_requests: int = 0
    first_chunk_ms: int = 0
    first_chunk_requests: int = 0

    def __add__(self, other: "Totals") -> "Totals":
        return Totals(*(getattr(self, name) + getattr(other, name) for name in TOTAL_FIELDS))

    @property
    def total_tokens(self) -> int:
        """All tokens in and out."""
        return self.input_tokens + self.output_tokens


TOTAL_FIELDS = tuple(field.name for field in fields(Totals))


@dataclass(frozen=True, slots=True)
class Group:
    """The sums of the records that share a key: pairs of a grouping's name and its value (None for unlabelled)."""

    key: tuple[tuple[str, str | None], ...]
    totals: Totals


def check_groupings(by: tuple[str, ...]) -> None:
    """Raise ConfigError unless every word is a grouping and at most one of them is a bucket of time."""
    for word in by:
        if word not in GROUPINGS:
            raise ConfigError(f"cannot group by {word[:40]!r}", hint="use one or more of " + ", ".join(GROUPINGS))
    if len(set(by)) != len(by) or sum(word in BUCKETS for word in by) > 1:
        raise ConfigError("group by each word once, and by one of hour, day, week, month", hint="--by day,model")
