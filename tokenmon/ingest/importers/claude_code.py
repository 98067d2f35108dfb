"""Claude Code: `projects/<directory>/<session>.jsonl`, and the sub-agents' files below.

One answer is written as several lines (one a block of content, its usage growing), and sessions that resume or fork
copy old lines into new files. What tells a call apart is the answer's own id, the same that the proxy sees: so a call
that passed the proxy counts once.
"""

import re
from collections.abc import Iterable
from typing import Any

import msgspec

from tokenmon.core.record import is_distinct_response_id
from tokenmon.core.text import clean
from tokenmon.ingest.importers.call import LogFile, LoggedCall, SkippedError
from tokenmon.ingest.importers.makers import maker_of
from tokenmon.ingest.importers.values import members_of, money, project_in, time_ms
from tokenmon.providers.anthropic_messages import anthropic_usage

# Messages that the tool made itself (interruptions, errors).
SYNTHETIC = "<synthetic>"
# Clouds that serve these models put their name into the answer's id.
CLOUDS = (("msg_bdrk_", "bedrock"), ("msg_vrtx_", "vertex"))
SUBAGENTS = "subagents"


class _Line(msgspec.Struct):
    message: Any = None
    timestamp: Any = None
    requestId: Any = None  # noqa: N815
    sessionId: Any = None  # noqa: N815
    cwd: Any = None
    gitBranch: Any = None  # noqa: N815
    isSidechain: Any = None  # noqa: N815
    costUSD: Any = None  # noqa: N815
    data: Any = None


class _Message(msgspec.Struct):
    id: Any = None
    model: Any = None
    usage: Any = None


class _TypedLine(msgspec.Struct):
    """The same, for the lines whose message is an object: its content is read past, not built."""

    message: _Message
    timestamp: Any = None
    requestId: Any = None  # noqa: N815
    sessionId: Any = None  # noqa: N815
    cwd: Any = None
    gitBranch: Any = None  # noqa: N815
    isSidechain: Any = None  # noqa: N815
    costUSD: Any = None  # noqa: N815
    data: Any = None


_typed = msgspec.json.Decoder(_TypedLine)
_any = msgspec.json.Decoder(_Line)


class ClaudeCodeLines:
    """Reads one session file, found below `projects`."""

    # Every usage has it, and a longer text is found twice as fast as `usage`.
    markers = (b'"output_tokens"',)

    def __init__(self, file: LogFile, context: bytes | None = None) -> None:
        parts = file.parts
        self._folder = parts[0] if len(parts) > 1 else ""
        self._is_subagent = SUBAGENTS in parts
        self._session = _session_of(parts)
        # Of ids too short to be unique: the request that named each first, and whether as a side question's replay.
        self._short: dict[str, tuple[str, bool]] = {}

    def context(self) -> bytes | None:
        return None

    def read(self, line: bytes) -> Iterable[LoggedCall]:
        try:
            read: _TypedLine | _Line = _typed.decode(line)
        except msgspec.ValidationError:
            read = _any.decode(line)
        message: Any = read.message
        if message.__class__ is not _Message:
            read, message = _nested(read)
        usage_members = message.usage
        if usage_members.__class__ is not dict:
            return ()
        usage = anthropic_usage(usage_members)
        if usage is None:
            raise SkippedError("no counts in its usage")
        model = clean(message.model)
        if model == SYNTHETIC:
            if not usage.total_tokens:
                raise SkippedError("made by the tool itself, without tokens")
            model = None
        at_ms = time_ms(read.timestamp)
        if at_ms is None:
            raise SkippedError("no time that can be read")
        response_id = clean(message.id)
        provider = _provider(response_id, model)
        is_sidechain = read.isSidechain is True
        session = clean(read.sessionId) or self._session
        return (
            LoggedCall(
                at_ms,
                self._identity(provider, response_id, clean(read.requestId), is_sidechain, line),
                provider,
                model,
                usage,
                response_id,
                session,
                project_in(self._folder, read.cwd if read.cwd.__class__ is str else None),
                clean(read.gitBranch),
                _tier(usage_members),
                money(read.costUSD),
                None,
                "chat",
                is_sidechain and not self._is_subagent,
            ),
        )

    def _identity(
        self, provider: str, response_id: str | None, request_id: str | None, is_sidechain: bool, line: bytes
    ) -> tuple[str, ...]:
        if response_id is None:
            # Nothing names the call: the line itself does, so that it can be read again.
            return ("claude-code", "line", line.strip().decode("utf-8", "replace"))
        if is_distinct_response_id(response_id):
            return (provider, response_id)
        # Such ids repeat. A side question replays its parent's messages under another request.
        request, was_replay = self._short.setdefault(response_id, (request_id or "", is_sidechain))
        if not is_sidechain:
            if not was_replay:
                request = request_id or ""
            self._short[response_id] = (request, False)
        return ("claude-code", response_id, request)


def _nested(read: _TypedLine | _Line) -> tuple[_Line, _Message]:
    """A sub-agent's progress wraps the line in `data.message`; a message of another type has no usage."""
    inner = members_of(members_of(read.data).get("message"))
    message = members_of(inner.get("message"))
    if not message:
        return _Line(), _Message()
    names = ("timestamp", "requestId", "isSidechain")
    outer = {name: getattr(read, name) for name in ("sessionId", "cwd", "gitBranch")}
    return (
        _Line(**{name: inner.get(name) for name in names}, **outer),
        _Message(message.get("id"), message.get("model"), message.get("usage")),
    )


def _provider(response_id: str | None, model: str | None) -> str:
    for start, cloud in CLOUDS:
        if response_id is not None and response_id.startswith(start):
            return cloud
    return maker_of(model, "anthropic")


def _tier(usage: dict[str, Any]) -> str | None:
    return "fast" if usage.get("speed") == "fast" else clean(usage.get("service_tier"))


def _session_of(parts: tuple[str, ...]) -> str | None:
    """The session by the file's place: sub-agents belong to the session whose folder they are in."""
    if SUBAGENTS in parts and parts.index(SUBAGENTS) > 0:
        return clean(parts[parts.index(SUBAGENTS) - 1])
    return clean(re.sub(r"\.jsonl$", "", parts[-1])) if len(parts) <= 2 else clean(parts[-2])
