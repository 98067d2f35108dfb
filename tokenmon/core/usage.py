"""What one call used: token counts in tokenmon's one vocabulary.

Two meanings are fixed for good: `input_tokens` includes cache reads and writes, and `output_tokens` includes
reasoning. Adapters in `providers/` and `ingest/` convert on the way in; nobody else thinks about it.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields
from decimal import Decimal
from operator import attrgetter
from typing import Any

# SQLite's and PostgreSQL's 64-bit column.
MAX_COUNT = 2**63 - 1
# No call comes near; a larger number is damage or an attack, and sums of such must still fit 64 bits.
MAX_PLAUSIBLE = 10**12


@dataclass(frozen=True, slots=True)
class TokenUsage:
    """Tokens of one call; all counts are whole and not negative.

    The cache and reasoning counts are parts of the totals *as the provider states them*: two providers have been seen
    to state a cached part larger than the input (PROVIDERS 2.2), so the part may exceed the total here, and
    `uncached_input_tokens` is then 0, never negative.

    `units` counts what else is billed, by name (`input_image_tokens`, `output_image_tokens`, `web_searches`,
    `audio_seconds` ...), as sorted pairs; the names are those of the price catalogue's units.

    `parts` are passes of the same call that are billed on top of the counts above, each at its own model's price:
    (model, usage), the model None for the record's own. Anthropic states them in `usage.iterations`, whose `compaction`
    and `advisor_message` entries are not in the top-level counts (an adviser is another model). The counts and sums of
    a record stay what the provider states at the top; only its cost has the parts in it. Parts have no parts.
    """

    input_tokens: int
    output_tokens: int
    cache_read_input_tokens: int = 0
    cache_creation_input_tokens: int = 0
    cache_creation_1h_input_tokens: int = 0
    reasoning_output_tokens: int = 0
    audio_input_tokens: int = 0
    audio_output_tokens: int = 0
    units: tuple[tuple[str, int], ...] = ()
    parts: "tuple[tuple[str | None, TokenUsage], ...]" = ()

    def __post_init__(self) -> None:
        for count in _counts(self):
            if count.__class__ is not int or not 0 <= count <= MAX_COUNT:
                name = next(name for name in COUNT_FIELDS if getattr(self, name) is count)
                raise ValueError(f"{name} must be a whole number from 0, not {count!r}")

    @property
    def uncached_input_tokens(self) -> int:
        """Input tokens that were neither read from nor written to a cache; never negative."""
        return max(0, self.input_tokens - self.cache_read_input_tokens - self.cache_creation_input_tokens)

    @property
    def total_tokens(self) -> int:
        """All tokens in and out."""
        return self.input_tokens + self.output_tokens


COUNT_FIELDS = tuple(field.name for field in fields(TokenUsage) if field.name not in ("units", "parts"))
_counts: Callable[[TokenUsage], tuple[Any, ...]] = attrgetter(*COUNT_FIELDS)


@dataclass(frozen=True, slots=True)
class StatedUsage:
    """What a provider's response said about one call, as far as it was read.

    `usage` is None when nothing was stated. `is_complete` is True once the response's own end was seen (the whole
    JSON body, or the stream's last event): after that no later byte changes the usage. `billable` is False for calls
    that must never become a record (token counting).
    """

    usage: TokenUsage | None = None
    response_model: str | None = None
    response_id: str | None = None
    service_tier: str | None = None
    error_type: str | None = None
    stated_cost: Decimal | None = None
    is_complete: bool = False
    billable: bool = True
