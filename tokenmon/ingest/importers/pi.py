"""pi and OpenClaw: one session a file of lines, whose messages state usage beside its parts and a cost in dollars."""

import re
from collections.abc import Iterable
from typing import Any

import msgspec

from tokenmon.core.record import identity_of
from tokenmon.core.text import clean
from tokenmon.ingest.importers.call import LogFile, LoggedCall, SkippedError
from tokenmon.ingest.importers.makers import maker_of, provider_named
from tokenmon.ingest.importers.parts import usage_of_parts
from tokenmon.ingest.importers.values import first, first_count, last_name, members_of, money, time_ms

CHANGES = ("model_change", "model-snapshot")


class _Known(msgspec.Struct):
    provider: str | None = None
    model: str | None = None
    project: str | None = None


class PiLines:
    """Reads one session of pi, or of what grew out of it."""

    tool = "pi"
    markers = (b'"usage"', b'"model_change"', b'"model-snapshot"', b'"session"')

    def __init__(self, file: LogFile, context: bytes | None = None) -> None:
        self._file = file
        self._session = self.session_of(file.parts[-1])
        self._now = _Known() if context is None else msgspec.json.decode(context, type=_Known)

    def session_of(self, name: str) -> str:
        """The session by its file's name, `<time>_<session>.jsonl`."""
        stem = name.removesuffix(".jsonl")
        return stem.partition("_")[2] or stem

    def context(self) -> bytes | None:
        return msgspec.json.encode(self._now)

    def read(self, line: bytes) -> Iterable[LoggedCall]:
        content = msgspec.json.decode(line, type=dict[str, Any])
        now = self._now
        if content.get("type") == "session":
            now.project = last_name(content.get("cwd"))
            return ()
        if content.get("type") in CHANGES or content.get("customType") in CHANGES:
            change = members_of(content.get("data")) or content
            now.provider = provider_named(change.get("provider"))
            now.model = clean(first(change, "modelId", "model"))
            return ()
        message = members_of(content.get("message"))
        tokens = message.get("usage")
        if message.get("role") != "assistant" or not isinstance(tokens, dict):
            return ()
        return (self._call(content, message, tokens, line),)

    def _call(
        self, content: dict[str, Any], message: dict[str, Any], tokens: dict[str, Any], line: bytes
    ) -> LoggedCall:
        usage = usage_of_parts(
            uncached=first_count(tokens, "input"),
            output=first_count(tokens, "output"),
            cache_read=first_count(tokens, "cacheRead"),
            cache_write=first_count(tokens, "cacheWrite"),
            total=first_count(tokens, "totalTokens"),
        )
        if usage is None:
            raise SkippedError("counters that add nothing")
        at_ms = time_ms(message.get("timestamp")) or time_ms(content.get("timestamp")) or self._file.modified_ms
        model = clean(first(message, "modelId", "model")) or self._now.model
        named = clean(content.get("id")) or line.strip().decode("utf-8", "replace")
        # A branched session copies its history with times and ids: the session is no part of a call's identity.
        return LoggedCall(
            at_ms,
            identity_of(self.tool, str(at_ms), named),
            provider_named(message.get("provider")) or self._now.provider or maker_of(model),
            model,
            usage,
            clean(message.get("responseId")),
            self._session,
            self._now.project,
            stated_cost=money(members_of(tokens.get("cost")).get("total")),
        )


class OpenClawLines(PiLines):
    """The same of OpenClaw, whose archives carry more behind the name."""

    tool = "openclaw"

    def session_of(self, name: str) -> str:
        return re.sub(r"\.jsonl.*$", "", name)
