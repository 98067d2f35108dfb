"""An event or a span as plain values, and the call that a dialect reads from it.

Apart from the wire so that the dialects know no protobuf, and apart from records because an event names no platform.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from tokenmon.core.record import EPOCH, Billing
from tokenmon.core.text import clean
from tokenmon.core.usage import MAX_PLAUSIBLE, TokenUsage

Value = str | int | float | bool
# The longest count that is plausible has thirteen digits.
MAX_DIGITS = 20
LONGEST_CALL_MS = 24 * 3_600_000


class UnusableEventError(ValueError):
    """An event of a call that cannot become a record; the message says why."""


@dataclass(frozen=True, slots=True)
class Event:
    """A log record or a span: its names, times in nanoseconds since 1970 (0 for none) and attributes."""

    names: frozenset[str]
    service: str
    started_ns: int
    ended_ns: int
    attributes: Mapping[str, Value]
    resource: Mapping[str, Value]

    def text(self, *names: str) -> str | None:
        """The first of several attributes that is a text with something in it."""
        return next((found for name in names if (found := clean(self.attributes.get(name))) is not None), None)

    def count(self, *names: str) -> int | None:
        """The first of several attributes that is there, as a count; exporters write numbers as texts, too."""
        for name in names:
            value = self.attributes.get(name)
            if value is None or value == "":
                continue
            number = _whole(value)
            if number is None or not 0 <= number <= MAX_PLAUSIBLE:
                raise UnusableEventError(f"{name} is not a whole number from 0")
            return number
        return None

    def moment(self) -> datetime:
        """When the event ended: its own time, or the one that its attributes tell."""
        nanoseconds = self.ended_ns or self.started_ns
        if nanoseconds:
            try:
                return EPOCH + timedelta(microseconds=nanoseconds // 1000)
            except OverflowError:
                raise UnusableEventError("its time is none of a call") from None
        try:
            moment = datetime.fromisoformat(str(self.attributes.get("event.timestamp")))
            return moment.astimezone(UTC) if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
        except (ValueError, OverflowError):
            raise UnusableEventError("it has no time") from None


def _whole(value: Value) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, float):
        return int(value) if value.is_integer() else None
    if isinstance(value, str):
        return int(value) if len(value) <= MAX_DIGITS and value.isascii() and value.isdigit() else None
    return value


@dataclass(frozen=True, slots=True)
class Call:
    """A call that an event tells of.

    `identity` tells it apart from all others of its provider: the provider's response id where there is one.
    """

    provider_name: str
    operation_name: str
    ended_at: datetime
    usage: TokenUsage
    identity: tuple[str, ...]
    request_model: str | None = None
    response_model: str | None = None
    response_id: str | None = None
    conversation_id: str | None = None
    project: str | None = None
    latency_ms: int | None = None
    status: int | None = None
    error_type: str | None = None
    service_tier: str | None = None
    server_address: str | None = None
    billing: Billing | None = None


def duration_ms(event: Event, name: str) -> int | None:
    """A call's duration, None when it is not known or none of a call."""
    found = event.attributes.get(name)
    number = _whole(round(found) if isinstance(found, float) and abs(found) < LONGEST_CALL_MS else found or 0)
    return number if number is not None and 0 < number <= LONGEST_CALL_MS else None


def needed(event: Event, name: str) -> int:
    """A count that the event must have."""
    found = event.count(name)
    if found is None:
        raise UnusableEventError(f"{name} is missing")
    return found


def model_of(event: Event) -> str:
    """The model that the event must name."""
    model = event.text("model")
    if model is None:
        raise UnusableEventError("model is missing")
    return model
