"""GitHub Copilot CLI: the sums by model that a session states at its shutdown, and OpenTelemetry files.

Both tell of the same calls: where a session has its own log, that is read, and its telemetry counts only for others.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from tokenmon.core.record import identity_of
from tokenmon.core.text import clean
from tokenmon.core.usage import TokenUsage
from tokenmon.ingest.importers.call import LogFile, LoggedCall, SkippedError
from tokenmon.ingest.importers.makers import maker_of
from tokenmon.ingest.importers.values import first, first_count, last_name, members_of, time_ms

TOOL = "copilot"
# How a session of a million tokens of context is named.
LONG_CONTEXT = ("-1m-internal", "-1m")
SESSION = ("gen_ai.conversation.id", "copilot_chat.session_id", "copilot_chat.chat_session_id", "session.id",
           "github.copilot.interaction_id")  # fmt: skip


class CopilotEvents:
    """Reads `session-state/<id>/events.jsonl`: cumulative counters by model, of which differences are booked."""

    markers = (b'"modelMetrics"', b'"session.start"', b'"session.resume"')

    def __init__(self, file: LogFile, context: bytes | None = None) -> None:
        self._session = file.parts[-2] if len(file.parts) > 1 else file.parts[-1].removesuffix(".jsonl")
        self._file = file
        known = {} if context is None else msgspec.json.decode(context)
        self._sums: dict[str, list[int]] = known.get("sums", {})
        self._project: str | None = known.get("project")

    def context(self) -> bytes | None:
        return msgspec.json.encode({"sums": self._sums, "project": self._project})

    def read(self, line: bytes) -> Iterable[LoggedCall]:
        content = msgspec.json.decode(line, type=dict[str, Any])
        data = members_of(content.get("data"))
        self._project = last_name(members_of(data.get("context")).get("cwd")) or self._project
        at_ms = time_ms(content.get("timestamp")) or self._file.modified_ms
        calls = []
        for name, metrics in members_of(data.get("modelMetrics")).items():
            usage = members_of(members_of(metrics).get("usage"))
            now = [
                first_count(usage, one)
                for one in ("inputTokens", "outputTokens", "cacheReadTokens", "cacheWriteTokens", "reasoningTokens")
            ]
            before = self._sums.get(name, [0] * len(now))
            if sum(now[:2]) < sum(before[:2]):
                # The counters began anew.
                before = [0] * len(now)
            self._sums[name] = now
            added = [max(0, one - held) for one, held in zip(now, before, strict=True)]
            if any(added[:2]):
                model = _plain(clean(name))
                identity = identity_of(TOOL, self._session, name, *map(str, now))
                counts = TokenUsage(
                    added[0], added[1], added[2], added[3], reasoning_output_tokens=min(added[4], added[1])
                )
                calls.append(
                    LoggedCall(at_ms, identity, maker_of(model), model, counts, conversation_id=self._session,
                               project=self._project)
                )  # fmt: skip
        return calls


def _plain(model: str | None) -> str | None:
    for suffix in LONG_CONTEXT:
        if model is not None:
            model = model.removesuffix(suffix)
    return model


class CopilotSpans:
    """Reads an OpenTelemetry file: chat spans, which every call has; logs and summaries repeat them."""

    # The second is for the sessions' own logs, looked up below.
    markers = (b'"gen_ai.usage.', b'"modelMetrics"')

    def __init__(self, file: LogFile, context: bytes | None = None) -> None:
        self._file = file
        self._told_until: dict[str, int] = {}

    def context(self) -> bytes | None:
        return None

    def read(self, line: bytes) -> Iterable[LoggedCall]:
        content = msgspec.json.decode(line, type=dict[str, Any])
        attributes = members_of(content.get("attributes"))
        operation = attributes.get("gen_ai.operation.name")
        if operation != "chat" and not str(content.get("name", "")).startswith("chat "):
            raise SkippedError("a summary or log of calls that have spans of their own")
        session = next((found for name in SESSION if (found := clean(attributes.get(name)))), None)
        at_ms = _span_ms(content) or self._file.modified_ms
        if session is not None and at_ms <= self._end_of(session):
            raise SkippedError("a session that its own log tells of")
        usage = _span_usage(attributes)
        if usage is None:
            raise SkippedError("counters that add nothing")
        context = members_of(content.get("spanContext"))
        trace = clean(first(content, "traceId")) or clean(context.get("traceId")) or ""
        span = clean(first(content, "spanId")) or clean(context.get("spanId")) or ""
        response_id = clean(attributes.get("gen_ai.response.id"))
        model = clean(first(attributes, "gen_ai.response.model", "gen_ai.request.model"))
        named = (trace, span) if trace and span else (response_id or line.decode("utf-8", "replace"),)
        identity = identity_of(TOOL, *named)
        return (LoggedCall(at_ms, identity, maker_of(model), model, usage, response_id, session or response_id),)

    def _end_of(self, session: str) -> int:
        """Until when a session's own log tells its sums; 0 without one."""
        if session not in self._told_until:
            stamps = [0]
            for line in self._file.lines_of(f"{session}/events.jsonl"):
                try:
                    stamps.append(time_ms(msgspec.json.decode(line, type=dict[str, Any]).get("timestamp")) or 0)
                except (msgspec.MsgspecError, ValueError, RecursionError):
                    continue
            self._told_until[session] = max(stamps)
        return self._told_until[session]


def _span_usage(attributes: Mapping[str, Any]) -> TokenUsage | None:
    start = "gen_ai.usage."
    into, out = first_count(attributes, start + "input_tokens"), first_count(attributes, start + "output_tokens")
    read = first_count(attributes, start + "cache_read.input_tokens")
    written = first_count(attributes, start + "cache_write.input_tokens", start + "cache_creation.input_tokens")
    reasoning = first_count(attributes, start + "reasoning.output_tokens", start + "reasoning_tokens")
    total = first_count(attributes, start + "total_tokens", start + "total.token_count")
    out += max(0, total - into - out)
    return TokenUsage(into, out, read, written, reasoning_output_tokens=min(reasoning, out)) if into + out else None


def _span_ms(content: Mapping[str, Any]) -> int | None:
    for name in ("endTime", "startTime", "hrTime", "_hrTime", "time"):
        value = content.get(name)
        if isinstance(value, list) and len(value) == 2 and all(isinstance(one, int | float) for one in value):
            return time_ms(value[0] + value[1] / 1e9)
    return next(
        (found for name in ("timestamp", "observedTimestamp", "timeUnixNano") if (found := time_ms(content.get(name)))),
        None,
    )
