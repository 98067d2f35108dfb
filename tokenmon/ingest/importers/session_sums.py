"""Agents that keep one row a session in an SQLite database: Goose, Hermes and Crush.

Each row holds the sums of its session, which grow; a larger sum takes the place of the one before.
"""

import sqlite3
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from tokenmon.core.record import identity_of
from tokenmon.core.text import clean
from tokenmon.ingest.importers.call import Entries, LogFile, LoggedCall, SkippedError
from tokenmon.ingest.importers.makers import maker_of, provider_named
from tokenmon.ingest.importers.parts import usage_of_parts
from tokenmon.ingest.importers.values import first, first_count, last_name, members_of, money, time_ms


def goose_database(file: LogFile, connection: sqlite3.Connection) -> Entries:
    """Goose's sessions."""
    for row in _rows(connection):
        model = _goose_model(row)
        if model is None:
            yield SkippedError("a session without a model")
            continue
        into, out, total = (
            count if (count := first_count(row, f"accumulated_{name}")) else first_count(row, name)
            for name in ("input_tokens", "output_tokens", "total_tokens")
        )
        usage = usage_of_parts(uncached=into, output=out, total=total)
        provider = provider_named(row.get("provider_name")) or maker_of(model)
        yield _session("goose", row, time_ms(row.get("created_at")), provider, model, usage, row.get("working_dir"))


def _goose_model(row: Mapping[str, Any]) -> str | None:
    try:
        return clean(members_of(msgspec.json.decode(row.get("model_config_json") or b"{}")).get("model_name"))
    except (msgspec.MsgspecError, ValueError, TypeError):
        return None


def hermes_database(file: LogFile, connection: sqlite3.Connection) -> Entries:
    """Hermes Agent's sessions."""
    for row in _rows(connection):
        model = clean(row.get("model"))
        if model is None:
            yield SkippedError("a session without a model")
            continue
        usage = usage_of_parts(
            uncached=first_count(row, "input_tokens"),
            output=first_count(row, "output_tokens"),
            cache_read=first_count(row, "cache_read_tokens"),
            cache_write=first_count(row, "cache_write_tokens"),
            reasoning=first_count(row, "reasoning_tokens"),
        )
        provider = provider_named(row.get("billing_provider")) or maker_of(model)
        call = _session("hermes", row, time_ms(row.get("started_at")), provider, model, usage, None)
        if isinstance(call, LoggedCall):
            # An actual cost of 0 says that none is known.
            call.stated_cost = money(row.get("actual_cost_usd")) or money(row.get("estimated_cost_usd"))
        yield call


def crush_database(file: LogFile, connection: sqlite3.Connection) -> Entries:
    """Crush's sessions; the model is that of a session's last message that names one."""
    models = dict(connection.execute("SELECT session_id, model FROM messages WHERE model <> '' ORDER BY created_at"))
    for row in _rows(connection):
        model = clean(models.get(row.get("id")))
        usage = usage_of_parts(uncached=first_count(row, "prompt_tokens"), output=first_count(row, "completion_tokens"))
        project = next((one for one in reversed(file.folders) if one != ".crush"), None)
        call = _session("crush", row, time_ms(row.get("created_at")), maker_of(model), model, usage, project)
        if isinstance(call, LoggedCall):
            call.stated_cost = money(row.get("cost"))
        yield call


def _rows(connection: sqlite3.Connection) -> Iterator[dict[str, Any]]:
    # Columns differ by version, so all are read by name.
    cursor = connection.execute("SELECT * FROM sessions")
    names = [column[0] for column in cursor.description]
    for row in cursor:
        yield dict(zip(names, row, strict=True))


def _session(
    tool: str,
    row: Mapping[str, Any],
    at_ms: int | None,
    provider: str,
    model: str | None,
    usage: Any,
    directory: object,
) -> LoggedCall | SkippedError:
    session = str(first(row, "id") or "")
    if usage is None or at_ms is None or not session:
        return SkippedError("counters that add nothing" if usage is None else "no time or id that can be read")
    return LoggedCall(
        at_ms, identity_of(tool, session), provider, model, usage, conversation_id=clean(session),
        project=last_name(directory),
    )  # fmt: skip
