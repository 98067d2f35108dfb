"""Official limits: of each provider, tool, machine and window the newest statement, whatever came first."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection

from tokenmon.core.official_limit import OfficialLimit, newest
from tokenmon.core.record import from_milliseconds, milliseconds
from tokenmon.storage.engine import insert, run

COLUMNS = (
    "provider_name", "tool", "machine", "window_name", "window_minutes", "used_percent", "resets_at", "as_of", "plan",
)  # fmt: skip
KEY, CHANGED = COLUMNS[:4], COLUMNS[4:]
# The same again is written this long after only: it says no more than that it still holds, and whoever watches the
# database for changes would read everything anew.
STILL = timedelta(minutes=15)


def official_limits(connection: Connection) -> list[OfficialLimit]:
    """All limits by provider, tool, machine and window."""
    return [_limit(row) for row in run(connection, f"SELECT {', '.join(COLUMNS)} FROM official_limits", ())]


def news(held: Iterable[OfficialLimit], heard: Iterable[OfficialLimit]) -> list[OfficialLimit]:
    """Those of the limits heard that say more than the ones held."""
    known = {one.key: one for one in held}
    return [one for one in newest(heard) if _is_news(known.get(one.key), one)]


def _is_news(held: OfficialLimit | None, heard: OfficialLimit) -> bool:
    if held is None:
        return True
    return heard.as_of >= held.as_of + STILL if heard.values == held.values else heard.as_of > held.as_of


def save(connection: Connection, limits: Sequence[OfficialLimit]) -> None:
    """Store limits, each in place of an older statement; what another process stored meanwhile stays if it is newer."""
    updates = ", ".join(f"{name} = excluded.{name}" for name in CHANGED)
    insert(
        connection,
        f"INSERT INTO official_limits ({', '.join(COLUMNS)}) VALUES",
        [_row(one) for one in limits],
        ending=f"ON CONFLICT ({', '.join(KEY)}) DO UPDATE SET {updates} WHERE excluded.as_of > official_limits.as_of",
    )


def _row(one: OfficialLimit) -> tuple[Any, ...]:
    return (
        *one.key,
        one.window_minutes,
        f"{one.used_percent:f}",
        _milliseconds(one.resets_at),
        milliseconds(one.as_of),
        one.plan,
    )


def _milliseconds(moment: datetime | None) -> int | None:
    return None if moment is None else milliseconds(moment)


def _limit(row: Sequence[Any]) -> OfficialLimit:
    provider, tool, machine, window, minutes, percent, resets_at, as_of, plan = row
    return OfficialLimit(
        provider,
        tool,
        machine,
        window,
        minutes,
        Decimal(percent),
        None if resets_at is None else from_milliseconds(resets_at),
        from_milliseconds(as_of),
        plan,
    )
