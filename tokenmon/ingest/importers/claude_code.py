"""Claude Code: `projects/<directory>/<session>.jsonl`, and the sub-agents' files below.

One answer is written as several lines (one a block of content, its usage growing), and sessions that resume or fork
copy old lines into new files. What tells a call apart is the answer's own id, the same that the proxy sees: so a call
that passed the proxy counts once.
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Annotated, Any

import msgspec

from tokenmon.core.record import identity_of, is_distinct_response_id
from tokenmon.core.text import clean
from tokenmon.core.usage import MAX_PLAUSIBLE, TokenUsage
from tokenmon.ingest.importers.call import LogFile, LoggedCall, SkippedError
from tokenmon.ingest.importers.makers import maker_of
from tokenmon.ingest.importers.values import members_of, money, project_in, time_ms
from tokenmon.providers.anthropic_messages import anthropic_usage

# Messages that the tool made itself (interruptions, errors).
SYNTHETIC = "<synthetic>"
# Clouds that serve these models put their name into the answer's id.
CLOUDS = (("msg_bdrk_", "bedrock"), ("msg_vrtx_", "vertex"))
SUBAGENTS = "subagents"
Count = Annotated[int, msgspec.Meta(ge=0, le=MAX_PLAUSIBLE)]


class _Line(msgspec.Struct, rename="camel", gc=False):
    """What is read of a line of any kind."""

    message: Any = None
    timestamp: Any = None
    request_id: Any = None
    session_id: Any = None
    cwd: Any = None
    git_branch: Any = None
    is_sidechain: Any = None
    cost_usd: Any = msgspec.field(default=None, name="costUSD")
    data: Any = None


class _Split(msgspec.Struct, gc=False):
    ephemeral_5m_input_tokens: Count = 0
    ephemeral_1h_input_tokens: Count = 0


class _Tools(msgspec.Struct, gc=False):
    web_search_requests: Count = 0
    web_fetch_requests: Count = 0


class _Usage(msgspec.Struct, gc=False):
    """Usage as nearly all lines state it: with counts that are counts, and nothing that is billed otherwise."""

    input_tokens: Count
    output_tokens: Count
    cache_read_input_tokens: Count = 0
    cache_creation_input_tokens: Count | None = None
    cache_creation: _Split | None = None
    server_tool_use: _Tools | None = None
    output_tokens_details: None = None
    iterations: None = None
    service_tier: str | None = None
    speed: str | None = None


class _Message(msgspec.Struct, gc=False):
    usage: Any
    id: Any = None
    model: Any = None


class _UsualMessage(msgspec.Struct, gc=False):
    usage: _Usage
    id: str
    model: str


class _UsualLine(msgspec.Struct, rename="camel", gc=False):
    """A line as nearly all are: its content is read past, not built, which is half the cost."""

    message: _UsualMessage
    timestamp: str
    request_id: str | None = None
    session_id: str | None = None
    cwd: str | None = None
    git_branch: str | None = None
    is_sidechain: bool | None = None
    cost_usd: float | None = msgspec.field(default=None, name="costUSD")


_usual = msgspec.json.Decoder(_UsualLine)
_any = msgspec.json.Decoder(_Line)
# The same names stand in line after line.
_name = lru_cache(maxsize=4096)(clean)


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
            usual = _usual.decode(line)
        except msgspec.ValidationError:
            return self._read_unusual(line)
        usage = _usage(usual.message.usage)
        if usage is None:
            return self._read_unusual(line)
        return (self._call(usual, usual.message, usage, _tier(usual.message.usage), line),)

    def _read_unusual(self, line: bytes) -> Iterable[LoggedCall]:
        read = _any.decode(line)
        members = members_of(read.message)
        if not isinstance(members.get("usage"), dict):
            read, members = _nested(read)
        stated = members.get("usage")
        if not isinstance(stated, dict):
            return ()
        usage = anthropic_usage(stated)
        if usage is None:
            raise SkippedError("no counts in its usage")
        message = _Message(stated, members.get("id"), members.get("model"))
        tier = "fast" if stated.get("speed") == "fast" else clean(stated.get("service_tier"))
        return (self._call(read, message, usage, tier, line),)

    def _call(
        self, read: "_UsualLine | _Line", message: "_UsualMessage | _Message", usage: TokenUsage, tier: str | None,
        line: bytes,
    ) -> LoggedCall:  # fmt: skip
        model = _text(message.model)
        if model == SYNTHETIC:
            if not usage.total_tokens:
                raise SkippedError("made by the tool itself, without tokens")
            model = None
        at_ms = time_ms(read.timestamp)
        if at_ms is None:
            raise SkippedError("no time that can be read")
        response_id = clean(message.id)
        provider = _provider(response_id, model)
        is_sidechain = read.is_sidechain is True
        return LoggedCall(
            at_ms,
            self._identity(provider, response_id, clean(read.request_id), is_sidechain, line),
            provider,
            model,
            usage,
            response_id,
            _text(read.session_id) or self._session,
            project_in(self._folder, read.cwd if read.cwd.__class__ is str else None),
            _text(read.git_branch),
            tier,
            None if read.cost_usd is None else money(read.cost_usd),
            None,
            "chat",
            is_sidechain and not self._is_subagent,
        )

    def _identity(
        self, provider: str, response_id: str | None, request_id: str | None, is_sidechain: bool, line: bytes
    ) -> bytes:
        if response_id is None:
            # Nothing names the call: the line itself does, so that it can be read again.
            return identity_of("claude-code", "line", line.strip().decode("utf-8", "replace"))
        if is_distinct_response_id(response_id):
            return identity_of(provider, response_id)
        # Such ids repeat. A side question replays its parent's messages under another request.
        request, was_replay = self._short.setdefault(response_id, (request_id or "", is_sidechain))
        if not is_sidechain:
            if not was_replay:
                request = request_id or ""
            self._short[response_id] = (request, False)
        return identity_of("claude-code", response_id, request)


def _text(value: object) -> str | None:
    return _name(value) if value.__class__ is str else None


def _usage(stated: _Usage) -> TokenUsage | None:
    """What `anthropic_usage` makes of the usual usage, at a fifth of its cost; None for what is left to that."""
    tools, split = stated.server_tool_use, stated.cache_creation
    if tools is not None and (tools.web_search_requests or tools.web_fetch_requests):
        return None
    written, read = stated.cache_creation_input_tokens or 0, stated.cache_read_input_tokens
    long_lived = 0
    if split is not None:
        long_lived = split.ephemeral_1h_input_tokens
        written = max(written, long_lived + split.ephemeral_5m_input_tokens)
    return TokenUsage(stated.input_tokens + read + written, stated.output_tokens, read, written, long_lived)


def _tier(stated: _Usage) -> str | None:
    return "fast" if stated.speed == "fast" else _text(stated.service_tier)


def _nested(read: _Line) -> tuple[_Line, dict[str, Any]]:
    """A sub-agent's progress wraps the line in `data.message`; a message of another type has no usage."""
    inner = members_of(members_of(read.data).get("message"))
    return (
        _Line(
            None, inner.get("timestamp"), inner.get("requestId"), read.session_id, read.cwd, read.git_branch,
            inner.get("isSidechain"),
        ),
        members_of(inner.get("message")),
    )  # fmt: skip


def _provider(response_id: str | None, model: str | None) -> str:
    for start, cloud in CLOUDS:
        if response_id is not None and response_id.startswith(start):
            return cloud
    return maker_of(model, "anthropic")


def _session_of(parts: tuple[str, ...]) -> str | None:
    """The session by the file's place: sub-agents belong to the session whose folder they are in."""
    if SUBAGENTS in parts and parts.index(SUBAGENTS) > 0:
        return clean(parts[parts.index(SUBAGENTS) - 1])
    return clean(re.sub(r"\.jsonl$", "", parts[-1])) if len(parts) <= 2 else clean(parts[-2])
