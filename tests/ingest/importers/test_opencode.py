"""OpenCode's and Kilo's databases and files, by hand."""

import json
import sqlite3
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.ingest.importers.logs import Machine
from tokenmon.core.usage import TokenUsage
from tokenmon.ingest.importers.opencode import opencode_usage

TOKENS = {"input": 120, "output": 300, "reasoning": 40, "cache": {"read": 5000, "write": 800}, "total": 6260}


def message(**more: Any) -> dict[str, Any]:
    return {
        "role": "assistant", "providerID": "anthropic", "modelID": "claude-sonnet-4-5", "mode": "build",
        "path": {"cwd": "/home/ann/api"}, "time": {"created": 1777800000000, "completed": 1777800009000},
        "cost": 0.0123, "tokens": TOKENS, **more,
    }  # fmt: skip


def database(path: Path, rows: dict[str, dict[str, Any] | str]) -> None:
    """A database as OpenCode writes it, rows by message id added or replaced."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE IF NOT EXISTS message (id TEXT PRIMARY KEY, session_id TEXT, data TEXT)")
        for name, row in rows.items():
            data = row if isinstance(row, str) else json.dumps(row)
            connection.execute("INSERT OR REPLACE INTO message VALUES (?, 'ses_01', ?)", (name, data))


def test_a_message_in_the_database_is_a_call(machine: Machine) -> None:
    database(machine.root / "opencode.db", {"msg_00": {"role": "user"}, "msg_01": message()})

    machine.run("opencode")

    (record,) = machine.records()
    assert record.usage == TokenUsage(5920, 340, 5000, 800, reasoning_output_tokens=40)
    assert (record.platform, record.provider_name, record.model) == ("opencode", "anthropic", "claude-sonnet-4-5")
    assert (record.conversation_id, record.project) == ("ses_01", "api")
    assert (record.cost, record.cost_source) == (Decimal("0.0123"), "provider")


def test_the_same_message_in_database_and_file_counts_once(machine: Machine) -> None:
    database(machine.root / "opencode.db", {"msg_01": message()})
    machine.document("storage/message/ses_01/msg_01.json", message(id="msg_01", sessionID="ses_01"))
    machine.document("storage/message/ses_01/msg_02.json", message(id="msg_02", sessionID="ses_01", cost=0))

    machine.run("opencode")

    records = machine.records()
    assert sorted(one.cost_source for one in records) == ["catalogue", "provider"]


def test_every_channels_database_is_read(machine: Machine) -> None:
    database(machine.root / "opencode.db", {"msg_01": message()})
    database(machine.root / "opencode-dev.db", {"msg_02": message()})

    assert machine.run("opencode").added == 2


def test_a_message_that_grew_is_replaced_and_new_ones_found(machine: Machine) -> None:
    path = machine.root / "opencode.db"
    database(path, {"msg_01": message(tokens={"input": 120, "output": 1, "cache": {"read": 5000}})})
    machine.run("opencode")
    database(path, {"msg_01": message(), "msg_02": message(time={"created": 1777800000.5})})

    audit = machine.run("opencode")

    assert (audit.added, audit.replaced) == (1, 1)


def test_bad_rows_and_broken_databases_hide_no_others(machine: Machine) -> None:
    database(machine.root / "opencode.db", {"msg_00": "{", "msg_01": message()})
    (machine.root / "opencode-bad.db").write_bytes(b"this is no database at all, whatever its name may say")
    with closing(sqlite3.connect(machine.root / "opencode-empty.db")) as connection, connection:
        connection.execute("CREATE TABLE other (id TEXT)")

    audit = machine.run("opencode")

    assert (audit.added, audit.bad_lines) == (1, 2)
    assert audit.skipped == {"a row that cannot be read as JSON": 1}


def test_kilo_is_read_like_it(machine: Machine) -> None:
    database(machine.root / "kilo.db", {"a": message(providerID=None, cost=0)})

    machine.run("kilo")

    assert [(one.platform, one.provider_name) for one in machine.records()] == [("kilo", "anthropic")]


@pytest.mark.parametrize(
    ("tokens", "usage"),
    [
        ({"input": 10, "output": 50, "reasoning": 20, "total": 60}, TokenUsage(10, 50, reasoning_output_tokens=20)),
        ({"input": 10, "output": 50, "reasoning": 20, "total": 80}, TokenUsage(10, 70, reasoning_output_tokens=20)),
        ({"input": 10, "output": 50, "reasoning": 20}, TokenUsage(10, 70, reasoning_output_tokens=20)),
        ({"total": 9}, TokenUsage(0, 9)),
        ({"input": 0}, None),
    ],
)
def test_reasoning_is_placed_by_the_total(tokens: dict[str, Any], usage: TokenUsage | None) -> None:
    assert opencode_usage(tokens) == usage
