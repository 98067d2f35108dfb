"""Gemini CLI: a session as one JSON document, as lines, or the `stats` that a run printed and someone saved.

A message is written again as it grows, and a session may lie in both forms: session and message id tell it apart.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from tokenmon.core.record import identity_of
from tokenmon.core.text import clean
from tokenmon.core.usage import TokenUsage
from tokenmon.ingest.importers.call import Entries, LogFile, LoggedCall, SkippedError
from tokenmon.ingest.importers.makers import maker_of
from tokenmon.ingest.importers.values import first, first_count, members_of, time_ms

TOOL = "gemini-cli"
INPUT = ("input", "prompt", "input_tokens", "prompt_tokens")
OUTPUT = ("output", "candidates", "output_tokens", "candidates_tokens")
CACHED = ("cached", "cached_tokens")
THOUGHTS = ("thoughts", "reasoning", "thoughts_tokens", "reasoning_tokens")
TOOL_USE = ("tool", "tool_tokens")
TOTAL = ("total", "total_tokens")


class GeminiLines:
    """Reads one session of lines: what its first line says holds for those after it."""

    markers = (b'"tokens"', b'"stats"', b'"sessionId"', b'"session_id"', b'"model"')

    def __init__(self, file: LogFile, context: bytes | None = None) -> None:
        self._file = file
        known = {} if context is None else msgspec.json.decode(context, type=dict[str, str])
        self._session = known.get("session") or _stem(file)
        self._model = known.get("model")

    def context(self) -> bytes | None:
        known = {"session": self._session, **({} if self._model is None else {"model": self._model})}
        return msgspec.json.encode(known)

    def read(self, line: bytes) -> Iterable[LoggedCall]:
        content = msgspec.json.decode(line, type=dict[str, Any])
        self._session = clean(first(content, "sessionId", "session_id")) or self._session
        self._model = clean(content.get("model")) or self._model
        stats = _stats(content)
        if stats is not None:
            return _of_stats(content, stats, self._session, self._model, self._file)
        if content.get("type") != "gemini" or not isinstance(content.get("tokens"), dict):
            return ()
        return (_of_message(content, self._session, self._model, self._file.modified_ms),)


def gemini_document(file: LogFile, data: bytes) -> Entries:
    """The calls of a session document, or of a run's saved output."""
    content = msgspec.json.decode(data)
    if not isinstance(content, dict):
        # `logs.json` holds what the user typed.
        return
    session = clean(first(content, "sessionId", "session_id")) or _stem(file)
    stats = _stats(content)
    if stats is not None:
        yield from _of_stats(content, stats, session, clean(content.get("model")), file)
        return
    messages = content.get("messages")
    started = time_ms(content.get("startTime")) or time_ms(content.get("lastUpdated")) or file.modified_ms
    for message in messages if isinstance(messages, list) else ():
        members = members_of(message)
        if members.get("type") != "gemini" or not isinstance(members.get("tokens"), dict):
            continue
        try:
            yield _of_message(members, session, None, started)
        except SkippedError as skipped:
            yield skipped


def _of_message(message: Mapping[str, Any], session: str, model: str | None, otherwise_ms: int) -> LoggedCall:
    usage = gemini_usage(members_of(message.get("tokens")))
    if usage is None:
        raise SkippedError("counters that add nothing")
    at_ms = time_ms(message.get("timestamp")) or time_ms(message.get("created_at")) or otherwise_ms
    message_id = clean(message.get("id"))
    named = (message_id,) if message_id else (str(at_ms), str(usage.input_tokens), str(usage.output_tokens))
    model = clean(message.get("model")) or model
    identity = identity_of(TOOL, session, *named)
    return LoggedCall(at_ms, identity, maker_of(model, "gemini"), model, usage, conversation_id=session)


def gemini_usage(tokens: Mapping[str, Any], *, is_inclusive: bool | None = None) -> TokenUsage | None:
    """The usage of a `tokens` object; None when it counts nothing.

    `cached` is a part of the input in most versions and beside it in some: the total tells, and without one it is a
    part if it can be. Thoughts are beside the output, prompts of tools beside the input.
    """
    into, output = first_count(tokens, *INPUT), first_count(tokens, *OUTPUT)
    cached, thoughts = first_count(tokens, *CACHED), first_count(tokens, *THOUGHTS)
    tool, total = first_count(tokens, *TOOL_USE), first_count(tokens, *TOTAL)
    if is_inclusive is None:
        without = into + output + thoughts + tool
        is_inclusive = cached <= into and (not total or total != without + cached)
    cached = min(cached, into) if is_inclusive else cached
    into += tool + (0 if is_inclusive else cached)
    missing = total - into - output - thoughts
    if missing > 0:
        output += missing
    if not into + output + thoughts:
        return None
    return TokenUsage(into, output + thoughts, cache_read_input_tokens=cached, reasoning_output_tokens=thoughts)


def _stats(content: Mapping[str, Any]) -> dict[str, Any] | None:
    stats = members_of(content.get("stats")) or members_of(members_of(content.get("result")).get("stats"))
    return stats or None


def _of_stats(
    content: Mapping[str, Any], stats: Mapping[str, Any], session: str, model: str | None, file: LogFile
) -> Iterable[LoggedCall]:
    """One call a model: the sums of a run, which later lines of the same run replace."""
    at_ms = time_ms(first(content, "timestamp", "created_at")) or file.modified_ms
    models = members_of(stats.get("models"))
    counted: list[tuple[str | None, Mapping[str, Any]]] = [
        (clean(name), members_of(members_of(one).get("tokens"))) for name, one in models.items()
    ]
    calls = []
    for name, tokens in counted or [(model, stats)]:
        usage = gemini_usage(tokens, is_inclusive=True)
        if usage is not None:
            identity = identity_of(TOOL, session, "stats", name or "")
            calls.append(LoggedCall(at_ms, identity, maker_of(name, "gemini"), name, usage, conversation_id=session))
    return calls


def _stem(file: LogFile) -> str:
    return file.parts[-1].rpartition(".")[0]
