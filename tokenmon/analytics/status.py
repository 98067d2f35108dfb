"""What an agent's status line shows beside the session itself: today, the five-hour block, the official limits.

Asked on every turn of the agent: it waits for no lock, and tells what it knows without the database.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tokenmon.analytics.blocks import Block, active_block
from tokenmon.analytics.queries import build_filter
from tokenmon.core.official_limit import OfficialLimit, newest
from tokenmon.core.period import Period
from tokenmon.core.query import Filter, Totals
from tokenmon.errors import TokenmonError
from tokenmon.storage.store import Store

# A turn of the agent waits no longer for a database that another program has locked.
BUSY_SECONDS = 0.1
# Blocks follow each other from the first call behind a pause on; so far back there was one.
LOOK_BACK = timedelta(days=7)
PROVIDERS = ("anthropic",)


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
            block = active_block(store.quarter_hours(recent), now=now)
            known = [one for one in store.official_limits() if (one.tool, one.machine) == (tool, machine)]
            limits = newest(heard or (one for one in known if not one.is_over(now)))
            store.save_official_limits(heard)
    except TokenmonError as error:
        return Status(today, block, tuple(limits), error.message)
    return Status(today, block, tuple(limits))
