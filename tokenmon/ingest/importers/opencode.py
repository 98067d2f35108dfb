"""OpenCode, and Kilo that grew out of it: one JSON object a message, in an SQLite database or a file each."""

import sqlite3
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from tokenmon.core.record import identity_of
from tokenmon.core.text import clean
from tokenmon.core.usage import TokenUsage
from tokenmon.ingest.importers.call import Entries, LogFile, LoggedCall, SkippedError
from tokenmon.ingest.importers.makers import maker_of, provider_named
from tokenmon.ingest.importers.values import count, first, last_name, members_of, money, time_ms

MESSAGES = "SELECT id, session_id, data FROM message"
DIRECTORIES = "SELECT id, directory FROM session"


def opencode_database(file: LogFile, connection: sqlite3.Connection) -> Entries:
    """The calls in OpenCode's database."""
    return _database("opencode", connection)


def kilo_database(file: LogFile, connection: sqlite3.Connection) -> Entries:
    """The calls in Kilo's database."""
    return _database("kilo", connection)


def opencode_document(file: LogFile, data: bytes) -> Entries:
    """The call of one message file, as older versions wrote them."""
    message = msgspec.json.decode(data)
    if isinstance(message, dict):
        message_id = clean(message.get("id")) or file.parts[-1].removesuffix(".json")
        session = clean(message.get("sessionID")) or clean(file.parts[-2] if len(file.parts) > 1 else None)
        yield from _entry("opencode", message, message_id, session, None)


def _database(tool: str, connection: sqlite3.Connection) -> Entries:
    directories = dict(_optional_rows(connection, DIRECTORIES))
    for message_id, session_id, data in connection.execute(MESSAGES):
        try:
            message = msgspec.json.decode(data)
        except (msgspec.MsgspecError, ValueError, TypeError, RecursionError):
            yield SkippedError("a row that cannot be read as JSON")
            continue
        if isinstance(message, dict):
            session = clean(session_id) or clean(message.get("sessionID"))
            yield from _entry(tool, message, clean(message_id), session, directories.get(session_id))


def _optional_rows(connection: sqlite3.Connection, query: str) -> list[tuple[Any, Any]]:
    """Rows of a table that not every version has."""
    try:
        return connection.execute(query).fetchall()
    except sqlite3.Error:
        return []


def _entry(
    tool: str, message: Mapping[str, Any], message_id: str | None, session: str | None, directory: object
) -> Iterator[LoggedCall | SkippedError]:
    tokens = message.get("tokens")
    if not isinstance(tokens, dict) or message.get("role") not in (None, "assistant"):
        return
    usage = opencode_usage(tokens)
    if usage is None:
        yield SkippedError("counters that add nothing")
        return
    times = members_of(message.get("time"))
    at_ms = time_ms(first(times, "created", "completed"))
    if at_ms is None or message_id is None:
        yield SkippedError("no time that can be read" if at_ms is None else "no id")
        return
    model = clean(first(message, "modelID", "model"))
    yield LoggedCall(
        at_ms,
        identity_of(tool, message_id),
        provider_named(message.get("providerID")) or maker_of(model),
        model,
        usage,
        conversation_id=session,
        project=last_name(first(members_of(message.get("path")), "cwd", "root") or directory),
        stated_cost=money(message.get("cost")),
    )


def opencode_usage(tokens: Mapping[str, Any]) -> TokenUsage | None:
    """The usage of a `tokens` object, whose counters are beside each other; None when it counts nothing.

    Whether the output holds the reasoning differs by version: the total tells, and without one it is beside it, as
    the field is documented.
    """
    cache = members_of(tokens.get("cache"))
    read, written = count(cache.get("read")), count(cache.get("write"))
    into = count(tokens.get("input")) + read + written
    output, reasoning, total = (count(tokens.get(name)) for name in ("output", "reasoning", "total"))
    is_inside = total > 0 and total == into + output and reasoning <= output
    if not is_inside:
        output += reasoning
    output += max(0, total - into - output)
    if not into + output:
        return None
    return TokenUsage(into, output, read, written, reasoning_output_tokens=reasoning)
