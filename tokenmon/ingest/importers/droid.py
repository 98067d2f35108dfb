"""Droid (Factory): the sums of a session, written anew as it goes on; larger ones take the place of those before."""

import re

import msgspec

from tokenmon.core.record import identity_of
from tokenmon.core.text import clean
from tokenmon.ingest.importers.call import Entries, LogFile, LoggedCall, SkippedError
from tokenmon.ingest.importers.makers import maker_of, provider_named
from tokenmon.ingest.importers.parts import usage_of_parts
from tokenmon.ingest.importers.values import first_count, members_of, time_ms

TOOL = "droid"
SUFFIX = ".settings.json"
SAID_MODEL = re.compile(rb'Model: ([^\["\\\n]{1,200}) \[')


def droid_document(file: LogFile, data: bytes) -> Entries:
    """The one call that stands for a session."""
    settings = msgspec.json.decode(data)
    if not isinstance(settings, dict):
        return
    tokens = members_of(settings.get("tokenUsage"))
    session = file.parts[-1].removesuffix(SUFFIX)
    usage = usage_of_parts(
        uncached=first_count(tokens, "inputTokens"),
        output=first_count(tokens, "outputTokens"),
        cache_read=first_count(tokens, "cacheReadTokens"),
        cache_write=first_count(tokens, "cacheCreationTokens"),
        reasoning=first_count(tokens, "thinkingTokens"),
        total=first_count(tokens, "totalTokens"),
    )
    if usage is None:
        yield SkippedError("counters that add nothing")
        return
    model = _plain(clean(settings.get("model"))) or _said_model(file, session)
    lock = provider_named(settings.get("providerLock"))
    yield LoggedCall(
        time_ms(settings.get("providerLockTimestamp")) or file.modified_ms,
        identity_of(TOOL, session),
        lock if lock not in (None, "factory", "generic-chat-completion-api") and lock else maker_of(model),
        model,
        usage,
        conversation_id=session,
    )


def _plain(model: str | None) -> str | None:
    """`custom:Claude-Opus-4.5-Thinking-[Anthropic]-0` is how a user's own entry for `claude-opus-4-5` looks."""
    if model is None or not model.startswith("custom:"):
        return model
    name = re.sub(r"\[[^\]]*\].*$", "", model.removeprefix("custom:")).strip("- ").lower()
    name = re.sub(r"[ -]+", "-", name).removesuffix("-thinking")
    return name.replace(".", "-") if name.startswith("claude") else name


def _said_model(file: LogFile, session: str) -> str | None:
    for line in file.lines_of(session):
        found = SAID_MODEL.search(line)
        if found is not None:
            return _plain("custom:" + found[1].decode("utf-8", "replace"))
    return None
