"""Codex CLI: `sessions/YYYY/MM/DD/rollout-<time>-<id>.jsonl`, a state machine of cumulative counters.

A session that forks, or a sub-agent, begins with a copy of its parent's history, often stamped anew; what stands there
belongs to the parent. A call is told apart by its session and the counters after it, so copies of it count once.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

import msgspec

from tokenmon.core.official_limit import OfficialLimit
from tokenmon.core.record import Billing, identity_of
from tokenmon.core.text import clean
from tokenmon.core.usage import TokenUsage
from tokenmon.ingest.importers.call import LogFile, LoggedCall, SkippedError
from tokenmon.ingest.importers.codex_limits import CodexLimits
from tokenmon.ingest.importers.values import first, first_count, last_name, members_of, time_ms

TOOL = "codex"
# Builds of September 2025 name no model; this was the one they used.
ASSUMED_MODEL = "gpt-5"
REVIEW = "codex-auto-review"
# The label hides the newest Codex model of its day (UTC).
REVIEW_MODELS = (
    ("2026-04-23", "gpt-5.5"), ("2026-03-05", "gpt-5.4"), ("2026-02-05", "gpt-5.3-codex"),
    ("2025-12-11", "gpt-5.2-codex"), ("2025-11-13", "gpt-5.1-codex"), ("2025-09-15", "gpt-5-codex"),
)  # fmt: skip
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$")
# What the log calls the tier that is priced as priority.
TIERS = {"fast": "priority", "priority": "priority", "flex": "flex"}

Totals = tuple[int, int, int, int]


class _State(msgspec.Struct):
    """What the lines so far say of those to come. `is_copy` holds while they may be a copy of the parent's.

    `has_tier` says that they name the tier, be it the usual one.
    """

    session: str
    parent: str | None = None
    created_ms: int = 0
    has_meta: bool = False
    is_copy: bool = False
    model: str | None = None
    project: str | None = None
    git_branch: str | None = None
    tier: str | None = None
    has_tier: bool = False
    billing: Billing | None = None
    totals: Totals | None = None


_lines = msgspec.json.Decoder(dict[str, Any])
_state = msgspec.json.Decoder(_State)


class CodexLines:
    """Reads one session file."""

    markers = (
        b'"input_tokens"',
        b'"turn_context"',
        b'"session_meta"',
        b'"thread_settings_applied"',
        b'"prompt_tokens"',
    )
    limit_marker = b'"rate_limits"'

    def __init__(self, file: LogFile, context: bytes | None = None) -> None:
        stem = re.sub(r"\.jsonl$", "", file.parts[-1])
        named = UUID.search(stem)
        self._file = file
        self._now = _State(named[0] if named else stem) if context is None else _state.decode(context)
        self._parents_totals: frozenset[Totals] | None = None
        self._limits = CodexLimits()
        self._usual_tier = _configured_tier(file.settings)

    def context(self) -> bytes | None:
        return msgspec.json.encode(self._now)

    def limits(self, machine: str) -> list[OfficialLimit]:
        return self._limits.limits(machine)

    def read(self, line: bytes) -> Iterable[LoggedCall]:
        content = _lines.decode(line)
        payload = members_of(content.get("payload"))
        match content.get("type"), payload.get("type"):
            case "session_meta", _:
                self._begin(content, payload)
            case "turn_context", _:
                self._turn(payload)
            case _, "thread_settings_applied":
                settings = first(payload, "settings", "thread_settings")
                self._now.tier = TIERS.get(
                    str(first(members_of(settings), "service_tier") or payload.get("service_tier"))
                )
                self._now.has_tier = True
            case _, "token_count":
                try:
                    return self._count(content, payload)
                finally:
                    # A copy of the parent's history states what held then under a time that is now.
                    if not self._now.is_copy:
                        self._limits.note(content.get("timestamp"), payload.get("rate_limits"))
            case "response_item" | "compacted" | "event_msg", _:
                # Text that holds a counter's name.
                return ()
            case _:
                return self._headless(content, line)
        return ()

    def _begin(self, content: Mapping[str, Any], meta: Mapping[str, Any]) -> None:
        now = self._now
        if now.has_meta:
            # A child repeats its parent's after its own.
            return
        now.has_meta = True
        now.session = clean(meta.get("id")) or now.session
        now.created_ms = time_ms(content.get("timestamp")) or time_ms(meta.get("timestamp")) or 0
        spawn = members_of(members_of(members_of(meta.get("source")).get("subagent")).get("thread_spawn"))
        now.parent = clean(meta.get("forked_from_id")) or clean(spawn.get("parent_thread_id"))
        now.is_copy = now.parent is not None and now.parent != now.session
        now.project = last_name(meta.get("cwd"))
        now.git_branch = clean(members_of(meta.get("git")).get("branch"))

    def _turn(self, payload: Mapping[str, Any]) -> None:
        now = self._now
        now.model = _model(payload) or now.model
        now.project = now.project or last_name(payload.get("cwd"))

    def _count(self, content: Mapping[str, Any], payload: Mapping[str, Any]) -> Iterable[LoggedCall]:
        now = self._now
        if clean(members_of(payload.get("rate_limits")).get("plan_type")):
            now.billing = "subscription"
        info = members_of(payload.get("info"))
        last, total = _counters(info.get("last_token_usage")), _counters(info.get("total_token_usage"))
        if last is None and total is None:
            return ()
        at_ms = time_ms(first(content, "timestamp", "created_at", "createdAt"))
        if at_ms is None:
            at_ms = time_ms(content.get("created_at")) or time_ms(content.get("createdAt"))
        before, session = now.totals, now.session
        if total is not None:
            if total == before:
                raise SkippedError("counters that have not moved")
            now.totals = total
            session = self._owner(total, at_ms)
        if at_ms is None:
            raise SkippedError("no time that can be read")
        used = last if last is not None else _difference(total, before)
        if not any(used):
            raise SkippedError("counters that add nothing")
        named = map(str, total) if total else (str(at_ms), *map(str, used))
        identity = identity_of(TOOL, session, *named)
        model = _model(payload) or _model(info) or now.model
        return (self._call(at_ms, identity, session, model, used),)

    def _owner(self, total: Totals, at_ms: int | None) -> str:
        """The session that a count belongs to; SkippedError for a copy of what stands in the parent's file."""
        now = self._now
        if not now.is_copy or now.parent is None:
            return now.session
        if self._parents_totals is None:
            self._parents_totals = frozenset(_totals_of(self._file.lines_of(now.parent)))
        if total in self._parents_totals:
            raise SkippedError("copied from the session that it began from")
        if not self._parents_totals and at_ms is not None and at_ms // 1000 <= now.created_ms // 1000:
            # The parent's file is gone: what was there before the child still counts once, in the parent's name.
            return now.parent
        now.is_copy = False
        return now.session

    def _call(self, at_ms: int, identity: bytes, session: str, model: str | None, used: Totals) -> LoggedCall:
        now = self._now
        known, is_assumed = _resolved(model, at_ms)
        usual_tier = None if now.has_tier else self._usual_tier
        return LoggedCall(
            at_ms,
            identity,
            "openai",
            known,
            TokenUsage(used[0], used[2], cache_read_input_tokens=used[1], reasoning_output_tokens=used[3]),
            None,
            session,
            now.project,
            now.git_branch,
            now.tier or usual_tier,
            billing=now.billing,
            is_model_assumed=is_assumed,
            is_tier_assumed=now.tier is None and usual_tier is not None,
        )

    def _headless(self, content: Mapping[str, Any], line: bytes) -> Iterable[LoggedCall]:
        """A line of `codex exec --json`, saved by the user."""
        places = (content, *(members_of(content.get(name)) for name in ("data", "result", "response")))
        used = next((found for one in places if (found := _counters(one.get("usage"))) is not None), None)
        if used is None:
            return ()
        if not any(used):
            raise SkippedError("counters that add nothing")
        stamps = [time_ms(one.get(name)) for one in places for name in ("timestamp", "created_at", "createdAt")]
        at_ms = next((one for one in stamps if one is not None), self._file.modified_ms)
        model = next((named for one in places if (named := _model(one)) is not None), self._now.model)
        identity = identity_of(TOOL, self._now.session, line.strip().decode("utf-8", "replace"))
        return (self._call(at_ms, identity, self._now.session, model, used),)


def _counters(usage: object) -> Totals | None:
    """Input (cached included), cached, output (reasoning included) and reasoning; None for what is no object."""
    if not isinstance(usage, dict):
        return None
    into = first_count(usage, "input_tokens", "prompt_tokens", "input")
    cached = first_count(usage, "cached_input_tokens", "cache_read_input_tokens", "cached_tokens")
    out = first_count(usage, "output_tokens", "completion_tokens", "output")
    reasoning = first_count(usage, "reasoning_output_tokens", "reasoning_tokens")
    return into, min(cached, into), out, min(reasoning, out)


def _difference(total: Totals | None, before: Totals | None) -> Totals:
    now, then = total or (0, 0, 0, 0), before or (0, 0, 0, 0)
    into, cached, out, reasoning = (max(0, a - b) for a, b in zip(now, then, strict=True))
    return into, min(cached, into), out, min(reasoning, out)


def _totals_of(lines: Iterable[bytes]) -> Iterable[Totals]:
    for line in lines:
        if b'"total_token_usage"' not in line:
            continue
        try:
            payload = members_of(_lines.decode(line).get("payload"))
        except (msgspec.MsgspecError, ValueError, RecursionError):
            continue
        total = _counters(members_of(payload.get("info")).get("total_token_usage"))
        if total is not None:
            yield total


@lru_cache(maxsize=64)
def _configured_tier(settings: str) -> str | None:
    """The tier that Codex's settings name for the sessions that say nothing of it."""
    try:
        return TIERS.get(str(tomllib.loads(settings).get("service_tier")))
    except (tomllib.TOMLDecodeError, RecursionError):
        return None


def _model(members: Mapping[str, Any]) -> str | None:
    return (
        clean(members.get("model"))
        or clean(members.get("model_name"))
        or clean(members_of(members.get("metadata")).get("model"))
    )


def _resolved(model: str | None, at_ms: int) -> tuple[str, bool]:
    """The model that was used, and whether it is only assumed."""
    if model is None:
        return ASSUMED_MODEL, True
    if model != REVIEW:
        return model, False
    return next((name for start, name in REVIEW_MODELS if at_ms >= (time_ms(start) or 0)), ASSUMED_MODEL), True
