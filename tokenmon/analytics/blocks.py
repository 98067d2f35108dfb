"""Five-hour blocks: the windows in which Claude's plans count, guessed from when calls were made where nobody says.

Sums of quarters of an hour suffice: a block begins on a full hour, so that no quarter lies in two of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from tokenmon.core.money import NANO, decimal_text
from tokenmon.core.query import Totals
from tokenmon.core.record_json import time_text, totals_json

QUARTER = timedelta(minutes=15)
HOUR = timedelta(hours=1)
# A rate over less than this is noise.
SHORTEST = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Block:
    """The calls from `start` to `end`; `first` and `last` are the starts of its first and last quarter with calls.

    Without a `first` the calls count from the start on. Rates are over the time in which calls were made: from the
    first quarter to the end of the last one, or to now.
    """

    start: datetime
    end: datetime
    last: datetime
    totals: Totals
    is_active: bool
    first: datetime | None = None

    @property
    def is_value(self) -> bool:
        """Whether the calls were a subscription's alone, so that `amount` is their list-price value."""
        return not self.totals.cost and bool(self.totals.subscription_value)

    @property
    def amount(self) -> Decimal | None:
        """What was spent, or the list-price value where nothing was (never both added up); None without any price."""
        totals = self.totals
        if totals.requests <= totals.unpriced_requests:
            return None
        return totals.subscription_value if self.is_value else totals.cost

    def time_left(self, now: datetime) -> timedelta:
        """How long the block still runs."""
        return max(timedelta(), self.end - now)

    def burn_per_hour(self, now: datetime) -> Decimal | None:
        """What an hour takes of `amount` at the rate so far; None while there is no rate."""
        amount, hours = self.amount, self._hours(now)
        return None if amount is None or hours is None else amount / hours

    def tokens_per_minute(self, now: datetime) -> Decimal | None:
        """Tokens in and out a minute at the rate so far; None while there is no rate."""
        hours = self._hours(now)
        return None if hours is None else self.totals.total_tokens / (hours * 60)

    def projected_cost(self, now: datetime) -> Decimal | None:
        """What `amount` will be at the block's end if the rate stays; None while there is no rate."""
        amount, burn = self.amount, self.burn_per_hour(now)
        return None if amount is None or burn is None else amount + burn * _in_hours(self.time_left(now))

    def _hours(self, now: datetime) -> Decimal | None:
        used = min(now, self.last + QUARTER, self.end) - (self.first or self.start)
        return None if used < SHORTEST else _in_hours(used)


def _in_hours(span: timedelta) -> Decimal:
    return Decimal(span // timedelta(milliseconds=1)) / Decimal(HOUR // timedelta(milliseconds=1))


def blocks(quarters: Sequence[tuple[datetime, Totals]], *, now: datetime, hours: int = 5) -> list[Block]:
    """The blocks of quarters that are in time order; stretches without calls belong to none.

    A block begins with the full hour (UTC) of its first call; the first call behind its end begins the next one.
    """
    length = timedelta(hours=hours)
    gathered: list[list[tuple[datetime, Totals]]] = []
    end: datetime | None = None
    for start, totals in quarters:
        if end is None or start >= end:
            end = _full_hour(start) + length
            gathered.append([])
        gathered[-1].append((start, totals))
    return [_block(one, length, now) for one in gathered]


def _block(quarters: Sequence[tuple[datetime, Totals]], length: timedelta, now: datetime) -> Block:
    first, last = quarters[0][0], quarters[-1][0]
    start = _full_hour(first)
    totals = sum((one for _, one in quarters), Totals())
    return Block(start, start + length, last, totals, start <= now < start + length, first)


def _full_hour(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def block_json(block: Block, now: datetime) -> dict[str, Any]:
    """A block as JSON; `amount_usd` is what was spent, or the list-price value where `is_list_price_value` says so."""
    return {
        "start": time_text(block.start, timespec="seconds"),
        "end": time_text(block.end, timespec="seconds"),
        "is_active": block.is_active,
        "amount_usd": _usd(block.amount),
        "is_list_price_value": block.is_value,
        "burn_per_hour_usd": _usd(block.burn_per_hour(now)),
        "projected_usd": _usd(block.projected_cost(now)),
        "tokens_per_minute": None if (rate := block.tokens_per_minute(now)) is None else round(rate),
        "seconds_left": block.time_left(now) // timedelta(seconds=1),
        "totals": totals_json(block.totals),
    }


def _usd(amount: Decimal | None) -> str | None:
    return None if amount is None else decimal_text(amount.quantize(NANO))


def block_until(
    end: datetime, quarters: Sequence[tuple[datetime, Totals]], *, now: datetime, hours: int = 5
) -> Block | None:
    """The block that the provider says ends then, of quarters that are in time order; None without calls in it.

    Where it begins within a quarter, all of that quarter counts.
    """
    start = end - timedelta(hours=hours)
    own = [(at, totals) for at, totals in quarters if start - QUARTER < at < end]
    if not own:
        return None
    totals = sum((one for _, one in own), Totals())
    return Block(start, end, own[-1][0], totals, start <= now < end, max(start, own[0][0]))


def active_block(quarters: Sequence[tuple[datetime, Totals]], *, now: datetime) -> Block | None:
    """The block that runs now, None where no call began one."""
    return next((one for one in reversed(blocks(quarters, now=now)) if one.is_active), None)
