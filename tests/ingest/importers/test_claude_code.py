"""Claude Code's logs, by hand: each answer once, in its largest sight, with its session, project and branch."""

from decimal import Decimal
from typing import Any

import pytest

from tests.ingest.importers.logs import Machine
from tokenmon.core.record import identified_id, milliseconds
from tokenmon.core.usage import TokenUsage
from tokenmon.providers.anthropic_messages import anthropic_usage

FOLDER = "-home-ann-web-app"
FILE = f"{FOLDER}/0f3c9a52-1111.jsonl"
FIRST = "msg_01AAAAAAAAAAAAAAAAAAAA"
SECOND = "msg_01BBBBBBBBBBBBBBBBBBBB"
SONNET = "claude-sonnet-4-5-20250929"


def answer(
    message_id: str | None = FIRST,
    output: int = 412,
    *,
    request: str | None = "req_1",
    at: str = "09:14:31.207",
    **more: Any,
) -> dict[str, Any]:
    """One line of an answer: 6 input tokens, 18,230 read from the cache, 950 written to it."""
    usage = {
        "input_tokens": 6, "output_tokens": output, "cache_read_input_tokens": 18230,
        "cache_creation_input_tokens": 950,
        "cache_creation": {"ephemeral_5m_input_tokens": 700, "ephemeral_1h_input_tokens": 250},
        "service_tier": "standard",
    }  # fmt: skip
    content = {
        "type": "assistant", "uuid": "5b1e", "sessionId": "0f3c9a52-1111", "cwd": "/home/ann/web-app",
        "gitBranch": "main", "version": "2.1.4", "isSidechain": False, "timestamp": f"2026-05-02T{at}Z",
        "message": {"id": message_id, "role": "assistant", "model": SONNET, "usage": usage | more.pop("usage", {}),
                    "content": [{"type": "text", "text": "never stored"}]},
    }  # fmt: skip
    return content | ({} if request is None else {"requestId": request}) | more


def test_an_answer_is_stored_as_it_was_used(machine: Machine) -> None:
    machine.write(FILE, answer())

    audit = machine.run("claude-code")

    (record,) = machine.records()
    assert record.usage == TokenUsage(19186, 412, 18230, 950, 250)
    assert record.id == identified_id(record.occurred_at, "anthropic", FIRST)
    assert milliseconds(record.occurred_at) == 1777713271207
    assert (record.platform, record.provider_name, record.source) == ("claude-code", "anthropic", "import:claude-code")
    assert (record.model, record.response_id, record.conversation_id) == (SONNET, FIRST, "0f3c9a52-1111")
    assert (record.project, record.tags, record.billing) == ("web-app", (("git_branch", "main"),), "metered")
    # 6 x 3 + 18,230 x 0.30 + 700 x 3.75 + 250 x 6 + 412 x 15 dollars a million.
    assert (record.cost, record.cost_source) == (Decimal("0.015792"), "catalogue")
    assert (audit.files, audit.lines, audit.sights, audit.added, audit.merged) == (1, 1, 1, 1, 0)


def test_the_largest_of_repeated_lines_counts_once(machine: Machine) -> None:
    machine.write(FILE, answer(output=1), answer(output=427), answer(output=9))

    audit = machine.run("claude-code")

    assert machine.counts() == [(SONNET, 19186, 427, 18230, 950)]
    assert (audit.sights, audit.merged, audit.added) == (3, 2, 1)


def test_a_forked_session_repeats_calls_that_count_once(machine: Machine) -> None:
    machine.write(FILE, answer(), answer(SECOND, 7, request="req_2", at="09:15:00"))
    copies = [answer(), answer(SECOND, 7, request="req_2", at="09:15:00")]
    machine.write(f"{FOLDER}/fork.jsonl", *(one | {"sessionId": "fork"} for one in copies))

    machine.run("claude-code")

    assert [one.response_id for one in machine.records()] == [FIRST, SECOND]


@pytest.mark.parametrize("is_replay_first", [True, False])
def test_a_side_question_replays_its_parents_call(machine: Machine, is_replay_first: bool) -> None:
    parent, replay = answer("msg_1", 10), answer("msg_1", 90, request="req_side", isSidechain=True)
    machine.write(FILE, *((replay, parent) if is_replay_first else (parent, replay)))

    machine.run("claude-code")

    assert machine.counts() == [(SONNET, 19186, 10, 18230, 950)]


def test_short_ids_are_told_apart_by_their_requests(machine: Machine) -> None:
    machine.write(FILE, answer("msg_1", 1), answer("msg_1", 2, request="req_2"), answer("msg_1", 3, request=None))

    machine.run("claude-code")

    assert sorted(count[2] for count in machine.counts()) == [1, 2, 3]


def test_a_subagents_calls_belong_to_its_parents_session(machine: Machine) -> None:
    machine.write(
        f"{FOLDER}/0f3c9a52-1111/subagents/agent-1.jsonl", answer(isSidechain=True, agentId="1", sessionId=None)
    )

    machine.run("claude-code")

    assert [one.conversation_id for one in machine.records()] == ["0f3c9a52-1111"]


def test_progress_of_a_subagent_and_its_own_line_are_one_call(machine: Machine) -> None:
    inner = answer(isSidechain=True)
    machine.write(FILE, {"type": "progress", "data": {"message": inner}, "sessionId": "0f3c9a52-1111"}, inner)

    audit = machine.run("claude-code")

    assert (audit.added, audit.merged) == (1, 1)


@pytest.mark.parametrize(
    ("flat", "split", "written"),
    [(None, (10, 20), 30), (0, (10, 20), 30), (25, (10, 20), 30), (95, (10, 20), 95), (95, (0, 0), 95)],
)
@pytest.mark.parametrize("searches", [0, 1])
def test_the_larger_of_the_split_and_the_sum_of_cache_writes_holds(
    machine: Machine, flat: int | None, split: tuple[int, int], written: int, searches: int
) -> None:
    by_age = dict(zip(("ephemeral_5m_input_tokens", "ephemeral_1h_input_tokens"), split, strict=True))
    tools = {"web_search_requests": searches}
    usage = {"cache_creation_input_tokens": flat, "cache_creation": by_age, "server_tool_use": tools}
    machine.write(FILE, answer(usage=usage))

    machine.run("claude-code")

    (record,) = machine.records()
    assert record.usage is not None
    assert (record.usage.cache_creation_input_tokens, record.usage.cache_creation_1h_input_tokens) == (
        written,
        split[1],
    )
    assert record.usage.input_tokens == 6 + 18230 + written


def test_messages_made_by_the_tool_are_left_out_unless_they_cost(machine: Machine) -> None:
    made = answer(SECOND)
    made["message"]["model"] = "<synthetic>"
    made["message"]["usage"] = {"input_tokens": 0, "output_tokens": 0}
    machine.write(FILE, made, answer())

    audit = machine.run("claude-code")

    assert audit.skipped == {"made by the tool itself, without tokens": 1}
    assert audit.added == 1


def test_fast_answers_have_the_fast_tier(machine: Machine) -> None:
    machine.write(FILE, answer(usage={"speed": "fast"}))

    machine.run("claude-code")

    assert machine.records()[0].service_tier == "fast"


@pytest.mark.parametrize(
    ("message_id", "model", "provider"),
    [
        ("msg_bdrk_01AAAAAAAAAAAAAAAAA", SONNET, "bedrock"),
        ("msg_vrtx_01AAAAAAAAAAAAAAAAA", SONNET, "vertex"),
        ("msg_20260502aaaaaaaaaaaaaaaa", "glm-4.6", "zai"),
    ],
)
def test_who_served_an_answer_is_told_by_its_id_or_model(
    machine: Machine, message_id: str, model: str, provider: str
) -> None:
    content = answer(message_id)
    content["message"]["model"] = model
    machine.write(FILE, content)

    machine.run("claude-code")

    assert machine.records()[0].provider_name == provider


@pytest.mark.parametrize(
    ("folder", "cwd", "project"),
    [
        ("-home-ann-web-app", "/home/ann/web-app/src/deep", "web-app"),
        ("C--Users-ann-web-app", "C:\\Users\\ann\\web.app", "web.app"),
        ("-home-ann-web-app", None, "-home-ann-web-app"),
        ("-tmp----", "/tmp/日本語", "日本語"),
        ("-elsewhere", "/home/ann/other", "other"),
    ],
)
def test_the_project_is_the_directory_where_the_session_began(
    machine: Machine, folder: str, cwd: str | None, project: str
) -> None:
    machine.write(f"{folder}/s.jsonl", answer(cwd=cwd))

    machine.run("claude-code")

    assert machine.records()[0].project == project


@pytest.mark.parametrize(
    "changes", [{"cwd": None}, {"gitBranch": 7}, {"sessionId": None}, {"isSidechain": "no"}, {"costUSD": "free"}]
)
def test_side_fields_of_wrong_types_lose_no_usage(machine: Machine, changes: dict[str, Any]) -> None:
    machine.write(FILE, answer(**changes))

    assert machine.run("claude-code").added == 1


def test_a_call_without_ids_counts_and_is_found_again(machine: Machine) -> None:
    path = machine.write(FILE, answer(None, 1, request=None), answer(None, 2, request=None))
    machine.run("claude-code")
    machine.append(path, answer(None, 3, request=None))
    path.write_bytes(path.read_bytes())

    assert machine.run("claude-code").added == 1
    assert len(machine.records()) == 3


def test_a_cost_that_the_log_states_is_the_providers(machine: Machine) -> None:
    machine.write(FILE, answer(costUSD=0.25))

    machine.run("claude-code")

    assert (machine.records()[0].cost, machine.records()[0].cost_source) == (Decimal("0.25"), "provider")


@pytest.mark.parametrize(
    "usage",
    [
        {},
        {"cache_creation": None},
        {"cache_creation_input_tokens": None},
        {"cache_creation_input_tokens": 7},
        {"cache_read_input_tokens": None},
        {"server_tool_use": {"web_search_requests": 0}},
        {"server_tool_use": {"web_search_requests": 2}},
        {"iterations": [{"type": "compaction", "input_tokens": 9, "output_tokens": 1}]},
        {"output_tokens_details": {"thinking_tokens": 30}},
        {"output_tokens": 3.0},
        {"output_tokens": -3},
    ],
)
def test_usage_is_read_as_the_proxy_reads_it(machine: Machine, usage: dict[str, Any]) -> None:
    content = answer(usage=usage)
    machine.write(FILE, content)

    machine.run("claude-code")

    assert machine.records()[0].usage == anthropic_usage(content["message"]["usage"])
