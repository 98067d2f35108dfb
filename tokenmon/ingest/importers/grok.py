"""Grok CLI: `sessions/<directory, as in a URL>/<session>/updates.jsonl`, in which each finished turn states its usage.

A turn states the sums of its calls by model, with what xAI charges for them in ticks. Older versions state nothing.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import unquote

import msgspec

from tokenmon.core.record import identity_of
from tokenmon.core.text import clean
from tokenmon.core.usage import TokenUsage
from tokenmon.ingest.importers.call import LogFile, LoggedCall, SkippedError
from tokenmon.ingest.importers.makers import maker_of
from tokenmon.ingest.importers.values import count, first, first_count, last_name, members_of, money, time_ms

TOOL = "grok"
FINISHED = "turn_completed"
# As in the answers of xAI's API.
TICKS_PER_USD = 10**10


class GrokLines:
    """Reads one session."""

    markers = (b'"turn_completed"',)

    def __init__(self, file: LogFile, context: bytes | None = None) -> None:
        self._file = file
        self._session = file.parts[-2] if len(file.parts) > 1 else file.parts[-1].removesuffix(".jsonl")
        self._project = last_name(unquote(file.parts[-3])) if len(file.parts) > 2 else None

    def context(self) -> bytes | None:
        return None

    def read(self, line: bytes) -> Iterable[LoggedCall]:
        content = msgspec.json.decode(line, type=dict[str, Any])
        params = members_of(content.get("params"))
        update = members_of(first(params, "update")) or members_of(content.get("update")) or content
        usage = members_of(update.get("usage"))
        if update.get("sessionUpdate") != FINISHED:
            return ()
        if not usage:
            raise SkippedError("a turn that states no usage")
        meta = members_of(first(content, "_meta") or params.get("_meta"))
        stamp = time_ms(content.get("timestamp")) or time_ms(meta.get("agentTimestampMs"))
        session = clean(params.get("sessionId")) or clean(self._session)
        turn = clean(first(update, "prompt_id", "promptId")) or line.strip().decode("utf-8", "replace")
        calls = [
            self._call(stamp or self._file.modified_ms, turn, model, one, session) for model, one in _by_model(usage)
        ]
        if not any(calls):
            raise SkippedError("counters that add nothing")
        return [one for one in calls if one is not None]

    def _call(
        self, at_ms: int, turn: str, model: str | None, stated: Mapping[str, Any], session: str | None
    ) -> LoggedCall | None:
        usage = _usage(stated)
        if usage is None:
            return None
        # A session that was forked repeats its turns: their ids alone tell them apart.
        return LoggedCall(
            at_ms, identity_of(TOOL, turn, model or ""), maker_of(model, "xai"), model, usage, None, session,
            self._project, stated_cost=_cost(stated),
        )  # fmt: skip


def _by_model(usage: Mapping[str, Any]) -> list[tuple[str | None, dict[str, Any]]]:
    """The counters of each model; those of the whole turn where it names no models."""
    found = [(clean(name), members_of(one)) for name, one in members_of(usage.get("modelUsage")).items()]
    if len(found) == 1:
        # What it does not repeat holds for the turn.
        return [(found[0][0], {**usage, **found[0][1]})]
    return [*found] or [(None, dict(usage))]


def _usage(stated: Mapping[str, Any]) -> TokenUsage | None:
    """The input holds what was read from the cache and written to it, the output its reasoning."""
    into, out = first_count(stated, "inputTokens"), first_count(stated, "outputTokens")
    out += max(0, first_count(stated, "totalTokens") - into - out)
    if not into + out:
        return None
    read = min(into, first_count(stated, "cachedReadTokens"))
    return TokenUsage(
        into,
        out,
        read,
        min(into - read, first_count(stated, "cacheCreationTokens")),
        reasoning_output_tokens=min(out, first_count(stated, "reasoningTokens")),
    )


def _cost(stated: Mapping[str, Any]) -> Decimal | None:
    ticks = 0 if stated.get("costIsPartial") is True else count(stated.get("costUsdTicks"))
    return money(Decimal(ticks) / TICKS_PER_USD)
