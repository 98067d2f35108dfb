"""Qwen Code: lines with Gemini's `usageMetadata`, in which cached tokens are a part of the prompt."""

from collections.abc import Iterable
from typing import Any

import msgspec

from tokenmon.core.record import identity_of
from tokenmon.core.text import clean
from tokenmon.ingest.importers.call import LogFile, LoggedCall, SkippedError
from tokenmon.ingest.importers.gemini_cli import gemini_usage
from tokenmon.ingest.importers.makers import maker_of
from tokenmon.ingest.importers.values import last_name, members_of, project_in, time_ms

TOOL = "qwen"
NAMES = {
    "promptTokenCount": "input", "candidatesTokenCount": "output", "thoughtsTokenCount": "thoughts",
    "cachedContentTokenCount": "cached", "totalTokenCount": "total", "toolUsePromptTokenCount": "tool",
}  # fmt: skip


class QwenLines:
    """Reads one chat, `projects/<project>/chats/<chat>.jsonl`."""

    markers = (b'"usageMetadata"',)

    def __init__(self, file: LogFile, context: bytes | None = None) -> None:
        self._file = file
        self._folder = file.parts[0] if len(file.parts) > 1 else ""

    def context(self) -> bytes | None:
        return None

    def read(self, line: bytes) -> Iterable[LoggedCall]:
        content = msgspec.json.decode(line, type=dict[str, Any])
        metadata = members_of(content.get("usageMetadata"))
        if content.get("type") != "assistant" or not metadata:
            return ()
        usage = gemini_usage({NAMES[name]: value for name, value in metadata.items() if name in NAMES})
        if usage is None:
            raise SkippedError("counters that add nothing")
        session = clean(content.get("sessionId")) or f"{self._folder}-{self._file.parts[-1].removesuffix('.jsonl')}"
        stamp = content.get("timestamp")
        at_ms = time_ms(stamp) or self._file.modified_ms
        model = clean(content.get("model"))
        named = clean(content.get("uuid")) or "|".join(
            map(str, (stamp, model, usage.input_tokens, usage.cache_read_input_tokens, usage.output_tokens))
        )
        cwd = content.get("cwd")
        return (
            LoggedCall(
                at_ms, identity_of(TOOL, session, named), maker_of(model, "alibaba"), model, usage,
                conversation_id=session,
                project=project_in(self._folder, cwd if last_name(cwd) else None),
                git_branch=clean(content.get("gitBranch")),
            ),
        )  # fmt: skip
