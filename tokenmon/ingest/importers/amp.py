"""Amp: one JSON document a thread, with a ledger of what was used or with usage at its messages."""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from tokenmon.core.record import identity_of
from tokenmon.core.text import clean
from tokenmon.ingest.importers.call import Entries, LogFile, LoggedCall, SkippedError
from tokenmon.ingest.importers.makers import maker_of
from tokenmon.ingest.importers.parts import usage_of_parts
from tokenmon.ingest.importers.values import first_count, members_of, time_ms

TOOL = "amp"


def amp_document(file: LogFile, data: bytes) -> Entries:
    """The calls of a thread: its ledger where there is one, since the messages tell of the same calls."""
    thread = msgspec.json.decode(data)
    if not isinstance(thread, dict):
        return
    session = clean(thread.get("id")) or file.parts[-1].removesuffix(".json")
    messages = [members_of(one) for one in _list(thread.get("messages"))]
    events = [members_of(one) for one in _list(members_of(thread.get("usageLedger")).get("events"))]
    if events:
        yield from _of_ledger(session, events, messages)
    else:
        yield from _of_messages(session, messages)


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _of_ledger(
    session: str, events: list[dict[str, Any]], messages: list[dict[str, Any]]
) -> Iterator[LoggedCall | SkippedError]:
    cached = {
        str(one["messageId"]): members_of(one.get("usage"))
        for one in messages
        if one.get("role") == "assistant" and one.get("messageId") is not None
    }
    for number, event in enumerate(events):
        tokens = members_of(event.get("tokens"))
        if not any(name.startswith("cache") for name in tokens):
            # The counters stand at the message alone, and belong to one event only.
            tokens = {**cached.pop(str(event.get("toMessageId")), {}), **tokens}
        event_id = clean(event.get("id")) or f"event {number}"
        yield _call(session, event_id, tokens, event.get("timestamp"), event.get("model"))


def _of_messages(session: str, messages: list[dict[str, Any]]) -> Iterator[LoggedCall | SkippedError]:
    for number, message in enumerate(messages):
        usage = members_of(message.get("usage"))
        if message.get("role") == "assistant" and usage:
            message_id = message.get("messageId")
            named = f"message {number if message_id is None else message_id}"
            at = usage.get("timestamp") or message.get("timestamp")
            yield _call(session, named, usage, at, usage.get("model") or message.get("model"))


def _call(session: str, named: str, tokens: Mapping[str, Any], at: object, model: object) -> LoggedCall | SkippedError:
    at_ms, name = time_ms(at), clean(model)
    usage = usage_of_parts(
        uncached=first_count(tokens, "input", "inputTokens"),
        output=first_count(tokens, "output", "outputTokens"),
        cache_read=first_count(tokens, "cacheReadInputTokens"),
        cache_write=first_count(tokens, "cacheCreationInputTokens"),
    )
    total = first_count(tokens, "totalTokens", "total")
    if usage is None:
        usage = usage_of_parts(uncached=0, output=total)
    if usage is None or at_ms is None:
        return SkippedError("counters that add nothing" if usage is None else "no time that can be read")
    # Credits are Amp's own unit, not dollars.
    return LoggedCall(at_ms, identity_of(TOOL, session, named), maker_of(name), name, usage, conversation_id=session)
