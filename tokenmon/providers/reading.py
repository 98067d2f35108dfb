"""What a wire format is to the parser: a reading, which keeps what the documents and events of one response state.

Apart from `parser.py`, which finds documents and events in bytes, so that each wire format depends on this alone.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Protocol

import msgspec

from tokenmon.core.text import clean
from tokenmon.core.usage import StatedUsage, TokenUsage
from tokenmon.providers.stated_cost import COST_RULES


class AnswerFacts(msgspec.Struct, frozen=True):
    """What is known of a response before its body: how its provider states costs, and the response's headers.

    A struct, as `Statement` is: one of each is made for every answer, at a fifth of a dataclass's cost.
    """

    cost_rule: str | None = None
    headers: Iterable[tuple[bytes, bytes]] = ()


class Reading(Protocol):
    """The meaning of one wire format: told documents and events, it keeps what they state."""

    @property
    def markers(self) -> tuple[bytes, ...]:
        """An event without any of these is not decoded, once `wants_all` is False."""

    @property
    def idle_marker(self) -> bytes:
        """Where a member is present but null in every event, that form is no reason to decode."""

    @property
    def wants_all(self) -> bool:
        """Whether the next event matters whatever it holds (its id and model are not known yet)."""

    def document(self, data: bytes) -> bool:
        """Read a whole JSON body (an object, or an array of such); False when it is none, such as one cut short."""

    def event(self, data: bytes) -> None:
        """Read the data of one event."""

    def salvage(self, usage: Mapping[str, object]) -> None:
        """Take a usage object found in a body that is too large or was cut short."""

    def end(self) -> None:
        """The response ended by itself."""

    def stated(self) -> StatedUsage:
        """What was stated so far."""


class FrameReading(Reading, Protocol):
    """A reading whose streams come in binary frames."""

    def frame(self, kind: str, name: str, payload: bytes) -> None:
        """Read one frame: its message type (`event`, `exception`), the name of that type, and its payload."""


class Statement(msgspec.Struct):
    """What one response has stated so far; a later statement takes the place of an earlier one, member by member."""

    cost_rule: str | None = None
    usage: TokenUsage | None = None
    response_id: str | None = None
    model: str | None = None
    tier: str | None = None
    error: str | None = None
    cost: Decimal | None = None
    is_complete: bool = False
    # An error was stated in the middle of a stream.
    is_broken: bool = False

    def name(self, response_id: object, model: object) -> None:
        """Take the response's id and model, where they are texts."""
        if response_id is not None:
            self.response_id = clean(response_id) or self.response_id
        if model is not None:
            self.model = clean(model) or self.model

    def end(self) -> None:
        """Take the response's own end: all is known then, unless an error cut a stream short."""
        self.is_complete = self.is_complete or not self.is_broken

    def price(self, usage: Mapping[str, object]) -> None:
        """Take the cost that a usage object states, where the provider is one that states costs."""
        if self.cost_rule is not None:
            cost = COST_RULES[self.cost_rule](usage)
            self.cost = self.cost if cost is None else cost

    def stated(self) -> StatedUsage:
        """All of it, as it stands now."""
        return StatedUsage(
            usage=self.usage,
            response_model=self.model,
            response_id=self.response_id,
            service_tier=self.tier,
            error_type=self.error,
            stated_cost=self.cost,
            is_complete=self.is_complete,
        )
