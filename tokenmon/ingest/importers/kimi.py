"""Kimi CLI: status updates in `sessions/<group>/<session>/wire.jsonl`, with counters beside each other.

The log names no model; the tool's own label for it is priced as the model behind it at the time.
"""

from collections.abc import Iterable
from typing import Any

import msgspec

from tokenmon.core.record import identity_of
from tokenmon.core.text import clean
from tokenmon.ingest.importers.call import LogFile, LoggedCall, SkippedError
from tokenmon.ingest.importers.parts import usage_of_parts
from tokenmon.ingest.importers.values import first_count, members_of, time_ms

TOOL = "kimi"
# `kimi-for-coding` moved on at 2026-04-20T15:28:10.072Z.
MOVED_MS = 1_776_698_890_072
BEFORE, SINCE = "kimi-k2.5", "kimi-k2.6"


class KimiLines:
    """Reads one session."""

    markers = (b'"token_usage"',)

    def __init__(self, file: LogFile, context: bytes | None = None) -> None:
        self._file = file
        self._session = file.parts[-2] if len(file.parts) > 1 else file.parts[-1]

    def context(self) -> bytes | None:
        return None

    def read(self, line: bytes) -> Iterable[LoggedCall]:
        content = msgspec.json.decode(line, type=dict[str, Any])
        message = members_of(content.get("message"))
        payload = members_of(message.get("payload"))
        tokens = members_of(payload.get("token_usage"))
        if message.get("type") != "StatusUpdate" or not tokens:
            return ()
        usage = usage_of_parts(
            uncached=first_count(tokens, "input_other"),
            output=first_count(tokens, "output"),
            cache_read=first_count(tokens, "input_cache_read"),
            cache_write=first_count(tokens, "input_cache_creation"),
            total=first_count(tokens, "total"),
        )
        if usage is None:
            raise SkippedError("counters that add nothing")
        at_ms = time_ms(content.get("timestamp")) or self._file.modified_ms
        named = clean(payload.get("message_id")) or f"{content.get('timestamp')}|{usage.input_tokens}"
        model = clean(content.get("model"))
        return (
            LoggedCall(
                at_ms, identity_of(TOOL, self._session, named), "moonshot",
                model or (SINCE if at_ms >= MOVED_MS else BEFORE), usage, conversation_id=self._session,
                is_model_assumed=model is None,
            ),
        )  # fmt: skip
