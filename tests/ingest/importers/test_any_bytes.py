"""Whatever stands in a log, no parser fails in a way that would stop the others, and what it gives can be stored."""

import json
import sqlite3
from contextlib import closing
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.ingest.importers.test_claude_code import answer
from tests.ingest.importers.test_codex import TOTALS, USED, meta, tokens, turn
from tests.ingest.importers.test_codex_limits import FULL, refresh
from tests.ingest.importers.test_gemini_cli import message as gemini_message
from tests.ingest.importers.test_opencode import message as opencode_message
from tests.ingest.importers.test_other_agents import DROID, LEDGER, QWEN, SAID, kimi, shutdown, span, spoken
from tokenmon.ingest.import_labels import Choices, Labels
from tokenmon.ingest.import_reading import UNREADABLE
from tokenmon.ingest.importers.call import LimitTeller, LogFile, LoggedCall, SkippedError
from tokenmon.ingest.importers.tools import TOOLS, Files

# Each parser has its own, others in each run.
FEW = settings(max_examples=40, deadline=None)
# For each tool contents that it reads, to be damaged.
SAMPLES: dict[str, list[Any]] = {
    "claude-code": [answer(), {"type": "progress", "data": {"message": answer()}}],
    "codex": [
        meta(),
        turn(),
        tokens(TOTALS[0], USED[0]),
        refresh(FULL),
        {"type": "turn.completed", "usage": {"input_tokens": 1}},
    ],
    "gemini-cli": [{"sessionId": "a", "messages": [gemini_message()]}, gemini_message(), {"stats": {"total": 5}}],
    "opencode": [opencode_message(id="m")],
    "amp": [{"id": "T", "messages": [SAID], "usageLedger": {"events": [LEDGER]}}],
    "droid": [DROID],
    "copilot": [shutdown("2026-05-03T09:20:04Z", 1, 2, 3, 4, 5), span(1777800000)],
    "qwen": [QWEN],
    "kimi": [kimi(1777800000.5, "m")],
    "pi": [spoken(), {"type": "model_change", "modelId": "x"}, {"type": "session", "cwd": "/a"}],
    "openclaw": [spoken()],
    "codebuff": [[{"id": "a", "variant": "ai", "metadata": {"usage": {"inputTokens": 1}}}]],
    "cline": [[{"ts": 1777800000000, "say": "api_req_started", "text": '{"tokensIn":1}'}]],
}
PARSERS = [(tool, files) for tool in TOOLS.values() for files in tool.files if files.kind != "database"]
ODD: st.SearchStrategy[Any] = st.sampled_from(
    [None, True, -1, 0, 1.5, 1e300, 2**70, "", "x", "12", "\ud800", "2026-02-29T00:00:00Z", [], [[]], {}, {"a": {}}]
)


def damaged(content: Any, draw: Any) -> Any:
    """A content with some of its values replaced by odd ones."""
    if draw(st.integers(0, 9)) == 0:
        return draw(ODD)
    if isinstance(content, dict):
        return {name: damaged(value, draw) for name, value in content.items() if draw(st.integers(0, 19))}
    if isinstance(content, list):
        return [damaged(value, draw) for value in content]
    return content


def results(files: Files, contents: list[bytes]) -> list[LoggedCall | SkippedError]:
    """What a parser makes of contents one after another, what it refuses left out."""
    log = LogFile(("a", "chats", "b", "c.jsonl"), 1777800000000, lines_of=lambda _: contents)
    parser = files.load()
    found: list[LoggedCall | SkippedError] = []
    made = parser(log, None) if files.kind == "lines" else None
    for content in contents:
        try:
            found.extend(parser(log, content) if made is None else made.read(content))
        except SkippedError as skipped:
            found.append(skipped)
        except UNREADABLE:
            continue
    if made is not None:
        parser(log, made.context())
    if isinstance(made, LimitTeller):
        made.limits("here")
    return found


@pytest.mark.parametrize(("tool", "files"), PARSERS, ids=lambda one: getattr(one, "parser", ""))
@FEW
@given(data=st.data())
def test_damaged_contents_stop_nothing(tool: Any, files: Files, data: st.DataObject) -> None:
    contents = [json.dumps(damaged(one, data.draw)).encode() for one in SAMPLES.get(tool.name, [answer()])]

    found = results(files, contents)

    labels = Labels(tool.name, (), Choices())
    for call in found:
        if isinstance(call, LoggedCall):
            assert labels.record(call).usage is not None


@pytest.mark.parametrize(("tool", "files"), PARSERS, ids=lambda one: getattr(one, "parser", ""))
@FEW
@given(content=st.one_of(st.binary(max_size=200), st.sampled_from([b"[" * 5000, b"null", b'"a"', b"[null]", b"{}"])))
def test_any_bytes_stop_nothing(tool: Any, files: Files, content: bytes) -> None:
    results(files, [content])


DATABASES = [files for tool in TOOLS.values() for files in tool.files if files.kind == "database"]


@pytest.mark.parametrize("files", DATABASES, ids=lambda one: one.parser)
@FEW
@given(value=st.one_of(st.binary(max_size=20), st.text(max_size=20).filter(str.isprintable), st.none(), st.floats(),
                       st.just('{"tokens": {"input": 5}, "time": {"created": 1}}')))  # fmt: skip
def test_any_values_in_a_database_stop_nothing(files: Files, value: Any) -> None:
    columns = ("id", "session_id", "data", "model", "model_config_json", "created_at", "started_at", "input_tokens",
               "prompt_tokens", "cost", "working_dir", "directory", "updated_at", "data_type", "model_id")  # fmt: skip
    with closing(sqlite3.connect(":memory:")) as connection:
        for table in ("message", "messages", "sessions", "session", "threads", "model_usage"):
            connection.execute(f"CREATE TABLE {table} ({', '.join(columns)})")
            connection.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(columns))})", (value,) * len(columns))

        for call in files.load()(LogFile(("x.db",)), connection):
            if isinstance(call, LoggedCall):
                Labels("any", (), Choices()).record(call)
