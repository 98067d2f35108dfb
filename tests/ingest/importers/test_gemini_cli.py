"""Gemini CLI's logs, by hand: three shapes, and cached tokens that are inside the input or beside it."""

from typing import Any

import pytest

from tests.ingest.importers.logs import Machine
from tokenmon.core.usage import TokenUsage
from tokenmon.ingest.importers.gemini_cli import gemini_usage

PRO = "gemini-3-pro-preview"
TOKENS = {"input": 9000, "output": 200, "cached": 6000, "thoughts": 450, "tool": 0, "total": 9650}


def message(message_id: str = "m2", **more: Any) -> dict[str, Any]:
    return {
        "id": message_id, "type": "gemini", "timestamp": "2026-05-03T10:00:07.000Z", "model": PRO, "content": "secret",
        "tokens": TOKENS, **more,
    }  # fmt: skip


def session(*messages: dict[str, Any]) -> dict[str, Any]:
    typed = {"id": "m1", "type": "user", "timestamp": "2026-05-03T10:00:00.000Z", "content": "hi"}
    return {"sessionId": "2c9e", "projectHash": "9f1a", "startTime": "2026-05-03T10:00:00.000Z",
            "messages": [typed, *messages]}  # fmt: skip


def test_a_session_document_gives_a_call_for_each_answer(machine: Machine) -> None:
    machine.document("9f1a/chats/session-1.json", session(message()))
    machine.document("9f1a/logs.json", [{"type": "user", "message": "hi"}])

    audit = machine.run("gemini-cli")

    (record,) = machine.records()
    assert record.usage == TokenUsage(9000, 650, cache_read_input_tokens=6000, reasoning_output_tokens=450)
    assert (record.platform, record.provider_name, record.model) == ("gemini-cli", "gemini", PRO)
    assert (record.conversation_id, record.project) == ("2c9e", None)
    # 3,000 x 2 + 6,000 x 0.20 + 650 x 12 dollars a million.
    assert str(record.cost) == "0.015000000"
    assert audit.bad_lines == 0


def test_lines_take_session_and_model_from_those_before(machine: Machine) -> None:
    head = {"sessionId": "2c9e", "projectHash": "9f1a", "startTime": "2026-05-03T10:00:00.000Z", "model": PRO}
    path = machine.write("9f1a/chats/session-1.jsonl", head, message(model=None, tokens=TOKENS | {"output": 1}))
    machine.run("gemini-cli")
    machine.append(path, message(model=None))

    machine.run("gemini-cli")

    assert machine.counts() == [(PRO, 9000, 650, 6000, 0)]


def test_a_session_in_both_forms_counts_once(machine: Machine) -> None:
    machine.document("9f1a/chats/session-1.json", session(message()))
    machine.write("9f1a/chats/session-1.jsonl", {"sessionId": "2c9e"}, message())

    machine.run("gemini-cli")

    assert len(machine.records()) == 1


def test_a_document_that_was_written_anew_updates_its_calls(machine: Machine) -> None:
    machine.document("9f1a/chats/session-1.json", session(message(tokens={"input": 9000, "output": 1})))
    machine.run("gemini-cli")
    machine.document("9f1a/chats/session-1.json", session(message(), message("m3", tokens={"input": 5, "output": 1})))

    audit = machine.run("gemini-cli")

    assert (audit.added, audit.replaced) == (1, 1)
    assert sorted(machine.counts()) == [(PRO, 5, 1, 0, 0), (PRO, 9000, 650, 6000, 0)]


def test_saved_stats_give_a_call_for_each_model(machine: Machine) -> None:
    tokens = {"prompt": 100, "candidates": 20, "cached": 60, "thoughts": 5, "tool": 0, "total": 125}
    models = {"gemini-2.5-flash": {"tokens": tokens}, PRO: {"tokens": {"prompt": 7, "candidates": 1, "total": 8}}}
    machine.document("out.json", {"session_id": "x", "timestamp": "2026-05-03T10:00:00Z", "stats": {"models": models}})

    machine.run("gemini-cli")

    assert sorted(machine.counts()) == [("gemini-2.5-flash", 100, 25, 60, 0), (PRO, 7, 1, 0, 0)]


@pytest.mark.parametrize(
    ("tokens", "usage"),
    [
        ({"input": 100, "cached": 60, "output": 10, "total": 110}, TokenUsage(100, 10, 60)),
        ({"input": 100, "cached": 60, "output": 10, "total": 170}, TokenUsage(160, 10, 60)),
        ({"input": 100, "cached": 60, "output": 10}, TokenUsage(100, 10, 60)),
        ({"input": 10, "cached": 60, "output": 10}, TokenUsage(70, 10, 60)),
        ({"input": 10, "tool": 5, "output": 1, "total": 16}, TokenUsage(15, 1)),
        ({"total": 50}, TokenUsage(0, 50)),
        ({"input": "100", "output": 10.0}, TokenUsage(100, 10)),
        ({"input": -5, "output": None}, None),
    ],
)
def test_cached_tokens_are_placed_by_arithmetic(tokens: dict[str, Any], usage: TokenUsage | None) -> None:
    assert gemini_usage(tokens) == usage
