"""Codebuff: one JSON list of messages a chat, whose usage stands in one of three places."""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from tokenmon.core.record import identity_of
from tokenmon.core.text import clean
from tokenmon.core.usage import TokenUsage
from tokenmon.ingest.importers.call import Entries, LogFile, LoggedCall, SkippedError
from tokenmon.ingest.importers.makers import maker_of
from tokenmon.ingest.importers.parts import usage_of_parts
from tokenmon.ingest.importers.values import first, first_count, members_of, time_ms

TOOL = "codebuff"
ANSWERS = ("ai", "agent", "assistant")


def codebuff_document(file: LogFile, data: bytes) -> Entries:
    """The calls of a chat."""
    messages = msgspec.json.decode(data)
    chat, project = "/".join(file.parts[:-1]), file.parts[-4] if len(file.parts) >= 4 else None
    for number, message in enumerate(messages if isinstance(messages, list) else ()):
        members = members_of(message)
        if first(members, "variant", "role") in ANSWERS:
            yield from _entry(file, chat, project, number, members)


def _entry(
    file: LogFile, chat: str, project: str | None, number: int, message: Mapping[str, Any]
) -> Iterator[LoggedCall | SkippedError]:
    metadata = members_of(message.get("metadata"))
    stated = ((_usage(tokens), model) for tokens, model in _places(metadata))
    usage, model = next((one for one in stated if one[0] is not None), (None, None))
    if usage is None:
        yield SkippedError("counters that add nothing")
        return
    stamp = first(message, "timestamp", "createdAt") or metadata.get("timestamp")
    chat_id = file.parts[-2] if len(file.parts) > 1 else ""
    # A chat is named for its time, with dashes for colons.
    date, _, clock = chat_id.partition("T")
    at_ms = time_ms(stamp) or time_ms(f"{date}T{clock.replace('-', ':')}") or file.modified_ms
    name = clean(metadata.get("model")) or clean(model)
    named = clean(message.get("id")) or f"message {number}"
    yield LoggedCall(at_ms, identity_of(TOOL, chat, named), maker_of(name), name, usage, conversation_id=clean(chat_id),
                     project=clean(project))  # fmt: skip


def _places(metadata: Mapping[str, Any]) -> Iterator[tuple[dict[str, Any], object]]:
    """Where usage may stand, each as a whole: mixing them would fill a true 0 from an older message."""
    yield members_of(metadata.get("usage")), None
    own = members_of(metadata.get("codebuff"))
    yield members_of(own.get("usage")), own.get("model")
    state = members_of(members_of(members_of(metadata.get("runState")).get("sessionState")).get("mainAgentState"))
    history = state.get("messageHistory")
    for message in reversed(history if isinstance(history, list) else []):
        options = members_of(members_of(message).get("providerOptions"))
        if members_of(message).get("role") in ANSWERS:
            inner = members_of(options.get("codebuff"))
            yield members_of(options.get("usage")), None
            yield members_of(inner.get("usage")), inner.get("model")


def _usage(tokens: Mapping[str, Any]) -> TokenUsage | None:
    into = first_count(tokens, "inputTokens", "promptTokens", "input_tokens", "prompt_tokens")
    details = members_of(first(tokens, "promptTokensDetails", "prompt_tokens_details"))
    inside = first_count(details, "cachedTokens", "cached_tokens")
    return usage_of_parts(
        uncached=max(0, into - inside),
        output=first_count(tokens, "outputTokens", "completionTokens", "output_tokens", "completion_tokens"),
        cache_read=max(inside, first_count(tokens, "cacheReadInputTokens", "cache_read_input_tokens")),
        cache_write=first_count(
            tokens,
            "cacheCreationInputTokens",
            "cacheCreationTokens",
            "cachedTokensCreated",
            "cache_creation_input_tokens",
        ),
        total=first_count(tokens, "totalTokens", "total"),
    )
