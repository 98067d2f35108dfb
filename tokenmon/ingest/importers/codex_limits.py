"""What Codex logs with each answer of its plan's limits: `rate_limits`, in every shape that it had.

Only the last statements of a file are looked into: of thousands of lines one counts.
"""

from collections import deque
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from tokenmon.core.official_limit import LONGEST_MINUTES, OfficialLimit, is_credible, newest, percent_of, window_name
from tokenmon.core.record import from_milliseconds, milliseconds
from tokenmon.core.text import clean
from tokenmon.ingest.importers.values import MAX_MS, count, members_of, time_ms

PROVIDER, TOOL = "openai", "codex"
# The plan itself; other limits are of single models and have a name.
MAIN = "codex"
SLOTS = ("primary", "secondary")
# So many are kept of each limit: the last may be damaged, not all of these.
KEPT = 8
# More limits than any plan has; what names more is damaged.
MOST = 16

Statement = tuple[object, Mapping[str, Any]]


class CodexLimits:
    """The last statements on each limit, in the order in which they were logged."""

    def __init__(self) -> None:
        self._last: dict[str | None, deque[Statement]] = {}

    def note(self, at: object, stated: object) -> None:
        """Keep what a line states and when; None and other nonsense is passed over."""
        members = members_of(stated)
        if not members:
            return
        name = clean(members.get("limit_id"))
        if name not in self._last and len(self._last) < MOST:
            self._last[name] = deque(maxlen=KEPT)
        if name in self._last:
            self._last[name].append((at, members))

    def limits(self, machine: str) -> list[OfficialLimit]:
        """Of each limit the windows of its newest valid statement."""
        found: list[OfficialLimit] = []
        for statements in self._last.values():
            found += next((limits for one in reversed(statements) if (limits := _limits(one, machine))), ())
        return newest(found)


def _limits(statement: Statement, machine: str) -> list[OfficialLimit]:
    at, stated = statement
    at_ms = time_ms(at)
    if at_ms is None:
        return []
    found = (_limit(stated, slot, from_milliseconds(at_ms), machine) for slot in SLOTS)
    return [one for one in found if one is not None]


def _limit(stated: Mapping[str, Any], slot: str, as_of: datetime, machine: str) -> OfficialLimit | None:
    members = members_of(stated.get(slot)) or _flat(stated, slot)
    percent, minutes = percent_of(members.get("used_percent")), count(members.get("window_minutes"))
    if percent is None or not 0 < minutes <= LONGEST_MINUTES:
        return None
    try:
        resets_at = _reset(members, as_of)
    except ValueError:
        return None
    if resets_at is not None and not is_credible(as_of, resets_at, minutes):
        return None
    window, own = window_name(minutes), _own_name(stated)
    window = window if own is None else f"{window} {own}"
    return OfficialLimit(
        PROVIDER, TOOL, machine, window, minutes, percent, resets_at, as_of, clean(stated.get("plan_type"))
    )


def _own_name(stated: Mapping[str, Any]) -> str | None:
    limit = clean(stated.get("limit_id"))
    return None if limit in (None, MAIN) else clean(stated.get("limit_name")) or limit


def _flat(stated: Mapping[str, Any], slot: str) -> dict[str, Any]:
    """The members of a slot in the first shape, `primary_used_percent` and so on."""
    return {name: stated.get(f"{slot}_{name}") for name in ("used_percent", "window_minutes", "resets_in_seconds")}


def _reset(members: Mapping[str, Any], as_of: datetime) -> datetime | None:
    """When a window is reset, None where that is not stated; ValueError for what cannot be."""
    if (stated := members.get("resets_at")) is not None:
        at_ms = time_ms(stated)
    elif (seconds := members.get("resets_in_seconds")) is not None:
        at_ms = milliseconds(as_of) + count(seconds) * 1000
    else:
        return None
    if at_ms is None or at_ms > MAX_MS:
        raise ValueError("no time that can be read")
    return from_milliseconds(at_ms)
