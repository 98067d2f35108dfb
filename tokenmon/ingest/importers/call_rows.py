"""Agents that keep a row for each call, or each thread with its calls, in an SQLite database: ZCode and Zed."""

import io
import sqlite3
from collections.abc import Mapping
from typing import Any

import msgspec
import zstandard

from tokenmon.core.record import identity_of
from tokenmon.core.text import clean
from tokenmon.core.usage import TokenUsage
from tokenmon.ingest.importers.call import Entries, LogFile, LoggedCall, SkippedError
from tokenmon.ingest.importers.makers import maker_of
from tokenmon.ingest.importers.parts import usage_of_parts
from tokenmon.ingest.importers.values import count, first_count, members_of, time_ms

# A thread whose text is larger than this is not read.
MAX_THREAD_BYTES = 64 << 20
COUNTERS = ("input_tokens", "output_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")


def zcode_database(file: LogFile, connection: sqlite3.Connection) -> Entries:
    """ZCode's calls; its input holds what was read from the cache and written to it."""
    cursor = connection.execute("SELECT * FROM model_usage")
    names = [column[0] for column in cursor.description]
    for values in cursor:
        row = dict(zip(names, values, strict=True))
        at_ms, call_id, model = time_ms(row.get("started_at")), row.get("id"), clean(row.get("model_id"))
        into, out = first_count(row, "input_tokens"), first_count(row, "output_tokens")
        if at_ms is None or call_id is None or not into + out:
            yield SkippedError("no time, id or counts that can be read")
            continue
        yield LoggedCall(
            at_ms, identity_of("zcode", str(call_id)), maker_of(model), model,
            TokenUsage(
                into, out, first_count(row, "cache_read_input_tokens"),
                first_count(row, "cache_creation_input_tokens"),
                reasoning_output_tokens=min(out, first_count(row, "reasoning_tokens")),
            ),
            conversation_id=clean(row.get("session_id")),
        )  # fmt: skip


def zed_database(file: LogFile, connection: sqlite3.Connection) -> Entries:
    """Zed's threads, of those models that Zed itself serves: others are billed, and logged, elsewhere."""
    for thread_id, updated_at, kind, data in connection.execute("SELECT id, updated_at, data_type, data FROM threads"):
        thread = _thread(kind, data)
        if thread is None:
            yield SkippedError("a thread that cannot be read")
            continue
        model = members_of(thread.get("model"))
        if model.get("provider") != "zed.dev":
            yield SkippedError("a thread that another provider bills")
            continue
        at_ms = time_ms(updated_at)
        if at_ms is None:
            yield SkippedError("no time that can be read")
            continue
        yield _of_thread(str(thread_id), at_ms, clean(model.get("model")), thread)


def _thread(kind: object, data: object) -> dict[str, Any] | None:
    content = data.encode() if isinstance(data, str) else data
    if not isinstance(content, bytes):
        return None
    try:
        if kind == "zstd":
            with zstandard.ZstdDecompressor().stream_reader(io.BytesIO(content)) as reader:
                content = reader.read(MAX_THREAD_BYTES)
        return members_of(msgspec.json.decode(content)) or None
    except (msgspec.MsgspecError, zstandard.ZstdError, ValueError, RecursionError):
        return None


def _of_thread(thread_id: str, at_ms: int, model: str | None, thread: Mapping[str, Any]) -> LoggedCall | SkippedError:
    """The sums of a thread as one call, which larger ones replace.

    It names about a third of its requests, and names them late: what no request has yet would count again once one has.
    """
    sums = members_of(thread.get("cumulative_token_usage"))
    named = [members_of(one) for one in members_of(thread.get("request_token_usage")).values()]
    uncached, output, written, read = (
        max(count(sums.get(name)), sum(count(one.get(name)) for one in named)) for name in COUNTERS
    )
    usage = usage_of_parts(uncached=uncached, output=output, cache_write=written, cache_read=read)
    if usage is None:
        return SkippedError("counters that add nothing")
    identity = identity_of("zed", thread_id)
    return LoggedCall(at_ms, identity, maker_of(model), model, usage, conversation_id=clean(thread_id))
