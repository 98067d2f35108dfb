"""The state of a session of Claude Code, as it hands it to its status line: one JSON object.

Versions differ in what they tell, so that only what is needed and makes sense is taken.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from tokenmon.core.money import MAX_COST
from tokenmon.core.official_limit import FIVE_HOURS, WEEK, OfficialLimit, is_credible, percent_of, window_name
from tokenmon.core.record import from_milliseconds
from tokenmon.core.text import clean
from tokenmon.errors import ConfigError
from tokenmon.ingest.importers.values import count, members_of, time_ms

PROVIDER, TOOL = "anthropic", "claude-code"
WINDOWS = {"five_hour": FIVE_HOURS, "seven_day": WEEK}
# All of what is before the model; the session's sums count every turn anew.
CONTEXT_PARTS = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")
NOT_READ = "stdin holds no JSON object of Claude Code"
HINT = "Claude Code calls it by its settings: tokenmon statusline --help"


@dataclass(frozen=True, slots=True)
class AgentSession:
    """What a session says of itself, None where it says nothing.

    `cost` is at list price; of a subscription, which alone has limits, it is a value and no spend.
    """

    id: str | None
    model: str | None
    model_name: str | None
    cost: Decimal | None
    is_subscription: bool
    context_tokens: int | None
    context_size: int | None
    context_percent: Decimal | None
    limits: tuple[OfficialLimit, ...]


def read_session(text: str, *, machine: str, now: datetime) -> AgentSession:
    """The session that a text of Claude Code describes, or ConfigError when it is no JSON object."""
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict):
        raise ConfigError("stdin is empty" if not text.strip() else NOT_READ, hint=HINT)
    model, limits = members_of(content.get("model")), members_of(content.get("rate_limits"))
    tokens, size, percent = _context(members_of(content.get("context_window")))
    return AgentSession(
        id=clean(content.get("session_id")),
        model=clean(model.get("id")) or clean(content.get("model")),
        model_name=clean(model.get("display_name")),
        cost=_cost(members_of(content.get("cost")).get("total_cost_usd")),
        is_subscription=bool(limits),
        context_tokens=tokens,
        context_size=size,
        context_percent=percent,
        limits=tuple(_limits(limits, machine, now)),
    )


def _limits(stated: Mapping[str, Any], machine: str, now: datetime) -> list[OfficialLimit]:
    found = []
    for name, minutes in WINDOWS.items():
        members = members_of(stated.get(name))
        percent, reset_ms = percent_of(members.get("used_percentage")), time_ms(members.get("resets_at"))
        resets_at = None if reset_ms is None else from_milliseconds(reset_ms)
        # A session that was idle states a window that has ended since.
        if percent is None or (resets_at is not None and not is_credible(now, resets_at, minutes)):
            continue
        found.append(
            OfficialLimit(PROVIDER, TOOL, machine, window_name(minutes), minutes, percent, resets_at, as_of=now)
        )
    return found


def _cost(value: object) -> Decimal | None:
    if value.__class__ not in (int, float, str):
        return None
    try:
        found = Decimal(str(value)[:40].strip())
    except InvalidOperation:
        return None
    return found if found.is_finite() and 0 <= found <= MAX_COST else None


def _context(window: Mapping[str, Any]) -> tuple[int | None, int | None, Decimal | None]:
    """Tokens before the model, how many it takes, and the percentage; a context is never larger than its window."""
    size = count(window.get("context_window_size")) or None
    usage = members_of(window.get("current_usage"))
    tokens = sum(count(usage.get(name)) for name in CONTEXT_PARTS) or count(window.get("total_input_tokens")) or None
    percent = percent_of(window.get("used_percentage"))
    if size is not None and tokens is not None:
        if tokens > size:
            # The older sums of a whole session.
            tokens = None
        elif percent is None:
            percent = percent_of(f"{Decimal(tokens * 100) / size:f}")
    return tokens, size, percent
