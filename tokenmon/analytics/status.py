"""What an agent's status line shows beside the session itself: today, the five-hour block, the official limits.

Asked on every turn of the agent: it waits for no lock, and tells what it knows without the database.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tokenmon.analytics.blocks import Block, active_block, block_until
from tokenmon.analytics.queries import build_filter
from tokenmon.core.official_limit import FIVE_HOURS, OfficialLimit, newest, window_name
from tokenmon.core.period import Period
from tokenmon.core.query import Filter, Totals
from tokenmon.errors import TokenmonError
from tokenmon.storage.store import Store

# A turn of the agent waits no longer for a database that another program has locked.
BUSY_SECONDS = 0.1
# Blocks follow each other from the first call behind a pause on; so far back there was one.
LOOK_BACK = timedelta(days=7)
PROVIDERS = ("anthropic",)
# The window of a plan that a block is.
BLOCK = window_name(FIVE_HOURS)


@dataclass(frozen=True, slots=True)
class Status:
    """What is known; `today` and `block` are None where it is not, and `problem` says why the database was no help."""

    today: Totals | None
    block: Block | None
    limits: tuple[OfficialLimit, ...]
    problem: str | None = None


def read_status(
    address: str, heard: Sequence[OfficialLimit], *, machine: str, tool: str, now: datetime, timezone: str
) -> Status:
    """Read today's sums and the block from a database, and keep there the limits that were just heard.

    Without any heard, those hold that the tool on this machine heard last.
    """
    today: Totals | None = None
    block: Block | None = None
    limits = list(heard)
    try:
        with Store.open(address, busy_timeout_seconds=BUSY_SECONDS) as store:
            today = store.totals(build_filter(now=now, timezone=timezone, since="today"))
            recent = Filter(Period(now - LOOK_BACK, None, timezone), providers=PROVIDERS)
            quarters = store.quarter_hours(recent)
            known = [one for one in store.official_limits() if (one.tool, one.machine) == (tool, machine)]
            limits = newest(heard or (one for one in known if not one.is_over(now)))
            end = _end_of_block(limits, now)
            block = active_block(quarters, now=now) if end is None else block_until(end, quarters, now=now)
            store.save_official_limits(heard)
    except TokenmonError as error:
        return Status(today, block, tuple(limits), error.message)
    return Status(today, block, tuple(limits))


def _end_of_block(limits: Sequence[OfficialLimit], now: datetime) -> datetime | None:
    """When the provider says that the window of five hours is over, None where it does not."""
    return next((one.resets_at for one in limits if one.window == BLOCK and not one.is_over(now)), None)
