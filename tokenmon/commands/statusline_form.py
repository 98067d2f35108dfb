"""Carrying out `tokenmon statusline`: the parts of the line, and the same facts as JSON."""

import sys
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from tokenmon.core.limit_text import limit_text, percent_text, span_text, window_text
from tokenmon.core.number_text import LIST_PRICE_VALUE, spent_text, tokens_text, usd_text
from tokenmon.core.official_limit import NEARLY_USED, OfficialLimit, limit_json
from tokenmon.core.period import zone

if TYPE_CHECKING:
    from tokenmon.analytics.blocks import Block
    from tokenmon.analytics.status import Status
    from tokenmon.core.query import Totals
    from tokenmon.ingest.agent_session import AgentSession

# Between two parts of the line.
BORDER = " | "


def show_status(*, as_json: bool) -> None:
    """Read Claude Code's object from stdin and print the line, or its facts as JSON."""
    from tokenmon.analytics.status import read_status
    from tokenmon.config import load_settings
    from tokenmon.ingest.agent_session import TOOL, read_session
    from tokenmon.output import plain, print_json, print_line, say

    settings, now = load_settings(), datetime.now(UTC)
    text = "" if sys.stdin.isatty() else sys.stdin.read()
    told = read_session(text, machine=settings.machine, now=now)
    found = read_status(
        settings.database_url, told.limits, machine=settings.machine, tool=TOOL, now=now, timezone=settings.timezone
    )
    if found.problem is not None:
        say(found.problem)
    if as_json:
        print_json(status_json(told, found, now))
    else:
        place = zone(settings.timezone)
        print_line(BORDER.join(plain(part) for part in status_parts(told, found, now, place)))


def status_parts(told: "AgentSession", found: "Status", now: datetime, place: ZoneInfo) -> list[str]:
    """The parts of the line, each only where it is known; a `!` stands before what is used from 80 % on."""
    parts = [told.model_name or told.model or "Claude Code"]
    if told.cost is not None:
        value = f" {LIST_PRICE_VALUE}" if told.is_subscription else ""
        parts.append(f"session {usd_text(told.cost)}{value}")
    if found.today is not None:
        parts.append(f"today {_spent(found.today)}")
    if found.block is not None:
        parts.append(_block(found.block, now))
    parts += [_limit(one, now, place) for one in found.limits]
    if told.context_tokens is not None or told.context_percent is not None:
        parts.append(_context(told))
    return parts


def _spent(totals: "Totals") -> str:
    is_unpriced = 0 < totals.requests <= totals.unpriced_requests
    return spent_text(None if is_unpriced else totals.cost, totals.subscription_value)


def _block(block: "Block", now: datetime) -> str:
    burn, value = block.burn_per_hour(now), f" {LIST_PRICE_VALUE}" if block.is_value else ""
    rate = "" if burn is None else f", {usd_text(burn)}/h"
    return f"block {usd_text(block.amount)}{value}, {span_text(block.time_left(now))} left{rate}"


def _limit(limit: OfficialLimit, now: datetime, place: ZoneInfo) -> str:
    # When a week ends matters only to whom it may be too short.
    if limit.window == "weekly" and not limit.is_near(now):
        return f"{window_text(limit.window)} {percent_text(limit.used_percent)}"
    return limit_text(limit, now, place)


def _context(told: "AgentSession") -> str:
    percent = told.context_percent
    mark = "! " if percent is not None and percent >= NEARLY_USED else ""
    tokens = "" if told.context_tokens is None else f" {tokens_text(told.context_tokens)} tokens"
    share = "" if percent is None else f" ({percent_text(percent)})" if tokens else f" {percent_text(percent)}"
    return f"{mark}context{tokens}{share}"


def status_json(told: "AgentSession", found: "Status", now: datetime) -> dict[str, Any]:
    """The facts of the line: what the session says, today's sums, the block and the official limits."""
    from tokenmon.analytics.blocks import block_json
    from tokenmon.core.record_json import time_text, totals_json

    return {
        "as_of": time_text(now),
        "session": {
            "id": told.id,
            "model": told.model,
            "model_name": told.model_name,
            "cost_usd": _text(told.cost),
            "is_list_price_value": told.is_subscription,
            "context_tokens": told.context_tokens,
            "context_window_size": told.context_size,
            "context_percent": _text(told.context_percent),
        },
        "today": None if found.today is None else totals_json(found.today),
        "block": None if found.block is None else block_json(found.block, now),
        "official_limits": [limit_json(one, now) for one in found.limits],
    }


def _text(number: Decimal | None) -> str | None:
    from tokenmon.core.money import decimal_text

    return None if number is None else decimal_text(number)
