"""The record: the usage of one call, and its identity.

Apart from `usage.py` because a usage is what a provider states and a record is what tokenmon keeps.
"""

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from operator import attrgetter
from typing import Any, Literal

from tokenmon.core.usage import TokenUsage

CostSource = Literal["provider", "override", "catalogue", "free", "unpriced"]
UsageSource = Literal["provider", "estimated", "partial", "reported", "none"]
Billing = Literal["metered", "subscription"]

COST_SOURCES: tuple[CostSource, ...] = ("unpriced", "free", "catalogue", "override", "provider")
# From the weakest to the strongest: a stronger statement of the same call replaces a weaker one.
USAGE_SOURCES: tuple[UsageSource, ...] = ("none", "partial", "estimated", "reported", "provider")

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)
ID_BYTES = 16
IDENTITY_OFFSET = 6


@dataclass(frozen=True, slots=True)
class UsageRecord:
    """The usage of one call. Immutable but for re-pricing.

    `id` holds the time in its first 6 bytes (milliseconds since 1970) and what identifies the call in the other 10;
    `occurred_at` is aware UTC and always equals the time in the id. `usage` is None when the call stated none.
    `cost` is None exactly when `cost_source` is `unpriced`. `status` is the HTTP status, None when there was none.
    `machine` is the name of the machine that recorded the call, None where that is not known.
    """

    id: bytes
    occurred_at: datetime
    platform: str
    provider_name: str
    operation_name: str
    source: str
    request_model: str | None = None
    response_model: str | None = None
    response_id: str | None = None
    conversation_id: str | None = None
    project: str | None = None
    client_key: str | None = None
    stream: bool = False
    status: int | None = None
    error_type: str | None = None
    usage: TokenUsage | None = None
    usage_source: UsageSource = "none"
    cost: Decimal | None = None
    cost_source: CostSource = "unpriced"
    latency_ms: int | None = None
    time_to_first_chunk_ms: int | None = None
    service_tier: str | None = None
    processing: str | None = None
    server_address: str | None = None
    billing: Billing = "metered"
    tags: tuple[tuple[str, str], ...] = ()
    machine: str | None = None

    def __post_init__(self) -> None:
        if len(self.id) != ID_BYTES:
            raise ValueError("a record's id has 16 bytes")
        if (self.cost is None) != (self.cost_source == "unpriced"):
            raise ValueError("a record has a cost exactly when it is priced")
        if (self.usage is None) != (self.usage_source == "none"):
            raise ValueError("a record has a usage source exactly when it has usage")

    @property
    def model(self) -> str | None:
        """The model that answered, else the one asked for: what tables show and filters match."""
        return self.response_model or self.request_model

    def priced(self, cost: Decimal | None, source: CostSource) -> "UsageRecord":
        """The record with another cost, at a sixth of what `dataclasses.replace` takes: every record passes here once.

        A frozen class sets its fields the slow way, so they are set on an open twin, which then becomes a record.
        """
        if (cost is None) != (source == "unpriced"):
            raise ValueError("a record has a cost exactly when it is priced")
        copy: Any = _OpenRecord()
        (
            copy.id, copy.occurred_at, copy.platform, copy.provider_name, copy.operation_name, copy.source,
            copy.request_model, copy.response_model, copy.response_id, copy.conversation_id, copy.project,
            copy.client_key, copy.stream, copy.status, copy.error_type, copy.usage, copy.usage_source, _, _,
            copy.latency_ms, copy.time_to_first_chunk_ms, copy.service_tier, copy.processing, copy.server_address,
            copy.billing, copy.tags, copy.machine,
        ) = _fields_of(self)  # fmt: skip
        copy.cost, copy.cost_source = cost, source
        copy.__class__ = UsageRecord
        return copy  # type: ignore[no-any-return]

    @property
    def is_error(self) -> bool:
        """Whether the call failed: an error was stated, or the status is 400 or more."""
        return self.error_type is not None or (self.status is not None and self.status >= 400)


_NAMES = tuple(field.name for field in fields(UsageRecord))
_fields_of: Callable[[UsageRecord], tuple[Any, ...]] = attrgetter(*_NAMES)


class _OpenRecord:
    """A record in the making: the same fields in the same places, open to assignment."""

    __slots__ = _NAMES


def milliseconds(moment: datetime) -> int:
    """Whole milliseconds since 1970 of an aware moment, rounded down."""
    return (moment - EPOCH) // MILLISECOND


def from_milliseconds(count: int) -> datetime:
    """The aware UTC moment of milliseconds since 1970."""
    return EPOCH + count * MILLISECOND


def id_time(record_id: bytes) -> datetime:
    """The moment that a record's id holds, to the millisecond."""
    return from_milliseconds(int.from_bytes(record_id[:IDENTITY_OFFSET], "big"))


def identity_of(*names: str) -> bytes:
    """What tells a call apart, as 10 bytes: such as its provider and response id, the same each time."""
    return hashlib.blake2b("\x1f".join(names).encode("utf-8", "surrogatepass"), digest_size=10).digest()


def identified_id(occurred_at: datetime, *names: str) -> bytes:
    """The id of a call that something identifies: the same each time."""
    return milliseconds(occurred_at).to_bytes(IDENTITY_OFFSET, "big") + identity_of(*names)


def random_id(occurred_at: datetime) -> bytes:
    """The id of a call that nothing identifies."""
    return milliseconds(occurred_at).to_bytes(IDENTITY_OFFSET, "big") + os.urandom(10)


# Shorter ids are counters (Ollama's OpenAI endpoint draws `chatcmpl-` and three digits): they repeat.
MIN_DISTINCT_CHARACTERS = 12


def is_distinct_response_id(response_id: str) -> bool:
    """Whether a response id that the proxy saw is long enough past its prefix to be the call's identity.

    A report's is one at any length: whoever reports a call has chosen it.
    """
    return len(response_id.rpartition("-")[2].rpartition("_")[2]) >= MIN_DISTINCT_CHARACTERS or (
        len(response_id) >= 2 * MIN_DISTINCT_CHARACTERS
    )


def call_id(occurred_at: datetime, provider_name: str, response_id: str | None) -> bytes:
    """The id of a call that a provider answered: the same each time where its response id tells it apart."""
    if response_id is not None and is_distinct_response_id(response_id):
        return identified_id(occurred_at, provider_name, response_id)
    return random_id(occurred_at)


# What tells a call apart and what it belongs to: a later sight of it may lack these.
LABELS_OF_A_SIGHT = (
    "request_model", "conversation_id", "project", "client_key", "tags", "machine", "latency_ms",
    "time_to_first_chunk_ms",
)  # fmt: skip


def in_place_of(old: UsageRecord, new: UsageRecord) -> UsageRecord:
    """`new`, another sight of the same call, as it takes the place of `old`.

    A call keeps the time at which it was first seen, since its id is what others may already hold, and the labels that
    only the first sight had: who fetches a background answer later need not name its project again.
    """
    kept = {name: getattr(old, name) for name in LABELS_OF_A_SIGHT if getattr(new, name) in (None, ())}
    return replace(new, id=old.id, occurred_at=old.occurred_at, **kept)


def completed(old: UsageRecord, new: UsageRecord) -> UsageRecord | None:
    """`old` with the labels that only `new`, another sight of the same call, tells; None when it tells none.

    The proxy knows a call's client key and latency, the log of the agent that made it knows session and project.
    """
    told = {
        name: value
        # The model asked for may decide the price, which is that of the old sight.
        for name in LABELS_OF_A_SIGHT[1:]
        if getattr(old, name) in (None, ()) and (value := getattr(new, name)) not in (None, ())
    }
    return replace(old, **told) if told else None


def supersedes(new: UsageRecord, old: UsageRecord) -> bool:
    """Whether `new`, another sight of the same call, states more than `old` and takes its place.

    A stronger usage source wins; between equals the larger usage wins, since repeated lines and chunks only grow.
    """
    new_rank, old_rank = USAGE_SOURCES.index(new.usage_source), USAGE_SOURCES.index(old.usage_source)
    if new_rank != old_rank:
        return new_rank > old_rank
    if new.usage is None or old.usage is None:
        return False
    return new.usage.total_tokens > old.usage.total_tokens


def corrects(new: UsageRecord, old: UsageRecord) -> bool:
    """Whether `new` supersedes `old` and comes from the same reporter: nobody rewrites what another has stored."""
    return (new.source, new.client_key) == (old.source, old.client_key) and supersedes(new, old)
