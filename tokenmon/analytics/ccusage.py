"""The JSON of ccusage's reports from our sums, so that scripts which parse it go on unchanged.

Its numbers mean other things than ours: `inputTokens` leaves cached tokens out, `totalTokens` adds all four counts, and
`totalCost` is what all calls are worth at list price, those of a subscription too. Both of its shapes are in one
object: the one over all agents (`period`, `agent`, `metadata`; rows under `session`) and the older one (`date`, `week`,
`month` or `sessionId` with `lastActivity`; rows under `sessions`). Its money is a JSON number, here alone.
"""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

from tokenmon.core.query import Filter, Group, Totals
from tokenmon.core.record_json import time_text
from tokenmon.storage.store import Store

Kind = Literal["daily", "weekly", "monthly", "session"]
GROUPINGS: Mapping[Kind, str] = {"daily": "day", "weekly": "week", "monthly": "month", "session": "session"}
PERIOD_KEYS: Mapping[Kind, str] = {"daily": "date", "weekly": "week", "monthly": "month", "session": "sessionId"}
# Its names of the agents whose logs we read, where they are not ours.
AGENTS = {"claude-code": "claude", "gemini-cli": "gemini", "copilot-cli": "copilot", "qwen-code": "qwen"}
UNKNOWN = "unknown"

Key = Mapping[str, str | None]


def ccusage_json(store: Store, wanted: Filter, kind: Kind) -> dict[str, Any]:
    """The object of `ccusage daily|weekly|monthly|session --json` for the calls that a filter means."""
    grouping = GROUPINGS[kind]
    more = ("project",) if kind == "session" else ()
    groups = store.groups(wanted, (grouping, "model", "source", *more))
    by_period: dict[str | None, list[Group]] = {}
    for group in groups:
        by_period.setdefault(dict(group.key)[grouping], []).append(group)
    if kind == "session":
        seen = store.sessions(wanted)
        rows = [_session_row(session, parts, seen.get(session)) for session, parts in by_period.items()]
        rows.sort(key=lambda one: (-one["totalCost"], -one["totalTokens"], one["period"]))
        content = {"session": rows, "sessions": rows}
    else:
        content = {kind: [_period_row(kind, period or UNKNOWN, by_period[period]) for period in by_period]}
    return {**content, "totals": _numbers(groups)}


def _period_row(kind: Kind, period: str, parts: list[Group]) -> dict[str, Any]:
    agents = sorted({_agent(dict(part.key)) for part in parts})
    return {
        "period": period,
        PERIOD_KEYS[kind]: period,
        "agent": "all",
        **_numbers(parts),
        **_models(parts),
        "metadata": {"agents": agents},
    }


def _session_row(session: str | None, parts: list[Group], seen: tuple[datetime, datetime] | None) -> dict[str, Any]:
    first, last = (None, None) if seen is None else (time_text(seen[0]), time_text(seen[1]))
    # Of a session in several projects or agents, those of its dearest part: the groups come in that order.
    key = dict(parts[0].key)
    return {
        "period": session or UNKNOWN,
        "sessionId": session or UNKNOWN,
        "agent": _agent(key),
        **_numbers(parts),
        "firstActivity": first,
        "lastActivity": last,
        **_models(parts),
        "projectPath": key["project"] or UNKNOWN,
        "metadata": {"firstActivity": first, "lastActivity": last},
    }


def _agent(key: Key) -> str:
    source = (key["source"] or UNKNOWN).removeprefix("import:")
    return AGENTS.get(source, source)


def _models(parts: list[Group]) -> dict[str, Any]:
    by_model: dict[str, list[Group]] = {}
    for part in parts:
        by_model.setdefault(dict(part.key)["model"] or UNKNOWN, []).append(part)
    dearest = sorted(by_model, key=lambda model: (-_worth(by_model[model]), model))
    return {
        "modelsUsed": sorted(by_model),
        "modelBreakdowns": [
            {"modelName": model, **_tokens(by_model[model]), "cost": float(_worth(by_model[model]))}
            for model in dearest
        ],
    }


def _worth(parts: list[Group]) -> Decimal:
    return sum((part.totals.cost + part.totals.subscription_value for part in parts), Decimal(0))


def _tokens(parts: list[Group]) -> dict[str, int]:
    sums = [part.totals for part in parts]
    return {
        # Taken part by part, so that a model whose provider states too many cached tokens takes nothing from others.
        "inputTokens": sum(_uncached(one) for one in sums),
        "outputTokens": sum(one.output_tokens for one in sums),
        "cacheCreationTokens": sum(one.cache_creation_input_tokens for one in sums),
        "cacheReadTokens": sum(one.cache_read_input_tokens for one in sums),
    }


def _uncached(totals: Totals) -> int:
    return max(0, totals.input_tokens - totals.cache_read_input_tokens - totals.cache_creation_input_tokens)


def _numbers(parts: list[Group]) -> dict[str, Any]:
    tokens = _tokens(parts)
    return {**tokens, "totalTokens": sum(tokens.values()), "totalCost": float(_worth(parts))}
