"""The logs of other agents, by hand: for each the counts, the model and who is taken to have served it."""

import json
import sqlite3
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import zstandard

from tests.ingest.importers.logs import Machine
from tokenmon.core.usage import TokenUsage

SONNET = "claude-sonnet-4-5"
AT = "2026-05-03T09:20:04.000Z"


def tables(path: Path, *statements: tuple[str, tuple[Any, ...]]) -> None:
    """A database made by statements."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path)) as connection, connection:
        for statement, values in statements:
            connection.execute(statement, values)


def only(machine: Machine) -> tuple[str | None, str, TokenUsage | None, str | None]:
    """Model, provider, usage and conversation of the one record."""
    (record,) = machine.records()
    return record.model, record.provider_name, record.usage, record.conversation_id


# Amp

LEDGER = {"id": "ev1", "timestamp": AT, "model": "claude-opus-4-5", "toMessageId": 1, "credits": 3.1,
          "tokens": {"input": 12, "output": 240, "total": 252}}  # fmt: skip
SAID = {"role": "assistant", "messageId": 1,
        "usage": {"model": "claude-opus-4-5", "timestamp": AT, "inputTokens": 12, "outputTokens": 240,
                  "cacheCreationInputTokens": 900, "cacheReadInputTokens": 14000, "totalTokens": 15152}}  # fmt: skip


def test_amps_ledger_is_read_with_the_messages_cache_counters(machine: Machine) -> None:
    machine.document("T-7a01.json", {"id": "T-7a01", "messages": [SAID], "usageLedger": {"events": [LEDGER]}})

    machine.run("amp")

    assert only(machine) == ("claude-opus-4-5", "anthropic", TokenUsage(14912, 240, 14000, 900), "T-7a01")
    assert machine.records()[0].cost_source == "catalogue"


def test_amps_messages_are_read_where_the_ledger_is_empty(machine: Machine) -> None:
    machine.document("T-7a01.json", {"id": "T-7a01", "messages": [SAID], "usageLedger": {"events": []}})

    machine.run("amp")

    assert only(machine)[2] == TokenUsage(14912, 240, 14000, 900)


def test_two_events_of_one_message_have_its_cache_counters_once(machine: Machine) -> None:
    events = [LEDGER, LEDGER | {"id": "ev2"}]
    machine.document("T-7a01.json", {"id": "T-7a01", "messages": [SAID], "usageLedger": {"events": events}})

    machine.run("amp")

    assert sorted(count[1] for count in machine.counts()) == [12, 14912]


# Droid

DROID = {"model": "custom:Claude-Opus-4.5-Thinking-[Anthropic]-0", "providerLock": "anthropic",
         "providerLockTimestamp": "2026-05-01T08:00:00.000Z",
         "tokenUsage": {"inputTokens": 5200, "outputTokens": 3100, "cacheCreationTokens": 900,
                        "cacheReadTokens": 70000, "thinkingTokens": 400}}  # fmt: skip


def test_droids_sums_of_a_session_grow_in_place(machine: Machine) -> None:
    machine.document("p/s1.settings.json", DROID | {"tokenUsage": {"inputTokens": 10}})
    machine.run("droid")
    machine.document("p/s1.settings.json", DROID)
    machine.write("p/s2.settings.json", b"{broken")

    audit = machine.run("droid")

    usage = TokenUsage(76100, 3500, 70000, 900, reasoning_output_tokens=400)
    assert only(machine) == ("claude-opus-4-5", "anthropic", usage, "s1")
    assert (audit.replaced, audit.bad_lines) == (1, 1)


def test_droids_model_is_found_in_the_transcript(machine: Machine) -> None:
    machine.document("p/s1.settings.json", {**DROID, "model": None})
    machine.write("p/s1.jsonl", {"text": "x"}, {"text": "Model: GPT-5.2 [OpenAI]"})

    machine.run("droid")

    assert machine.records()[0].model == "gpt-5.2"


# Copilot CLI


def shutdown(at: str, *counts: int) -> dict[str, Any]:
    names = ("inputTokens", "outputTokens", "cacheReadTokens", "cacheWriteTokens", "reasoningTokens")
    metrics = {"gpt-5.2-1m": {"usage": dict(zip(names, counts, strict=True))}}
    return {"type": "session.shutdown", "timestamp": at, "data": {"modelMetrics": metrics}}


def span(at_seconds: int, **more: Any) -> dict[str, Any]:
    attributes = {
        "gen_ai.operation.name": "chat", "gen_ai.response.model": "gpt-5.2", "gen_ai.response.id": "r1",
        "gen_ai.conversation.id": "c1", "gen_ai.usage.input_tokens": "9000", "gen_ai.usage.output_tokens": 300,
        "gen_ai.usage.cache_read.input_tokens": 7000, "gen_ai.usage.reasoning.output_tokens": 120, **more,
    }  # fmt: skip
    return {"type": "span", "traceId": "t1", "spanId": f"s{at_seconds}", "name": "chat gpt-5.2",
            "endTime": [at_seconds, 500000000], "attributes": attributes}  # fmt: skip


def test_copilots_sums_are_booked_as_differences(machine: Machine) -> None:
    start = {"type": "session.start", "timestamp": AT, "data": {"context": {"cwd": "/home/ann/api"}}}
    path = machine.write("session-state/c1/events.jsonl", start, shutdown(AT, 1000, 100, 600, 50, 20))
    machine.run("copilot")
    machine.append(path, shutdown("2026-05-04T09:00:00Z", 1500, 130, 700, 50, 25))

    machine.run("copilot")

    assert machine.counts() == [("gpt-5.2", 1000, 100, 600, 50), ("gpt-5.2", 500, 30, 100, 0)]
    assert {one.project for one in machine.records()} == {"api"}


def test_copilots_spans_count_where_no_session_log_tells_of_them(machine: Machine) -> None:
    machine.write("session-state/c1/events.jsonl", shutdown("2026-05-03T09:20:04Z", 9000, 300, 7000, 0, 120))
    summary = span(1777800010, **{"gen_ai.operation.name": "invoke_agent"}) | {"name": "invoke_agent"}
    other = span(1777900000, **{"gen_ai.conversation.id": "c2"})
    machine.write("otel/a.jsonl", span(1777800000), summary, other)

    audit = machine.run("copilot")

    assert [one.conversation_id for one in machine.records()] == ["c1", "c2"]
    assert machine.counts() == [("gpt-5.2", 9000, 300, 7000, 0)] * 2
    assert sum(audit.skipped.values()) == 2


# Qwen, Kimi

QWEN = {"type": "assistant", "sessionId": "s1", "timestamp": AT, "model": "qwen3-coder-plus",
        "usageMetadata": {"promptTokenCount": 900, "candidatesTokenCount": 50, "thoughtsTokenCount": 10,
                          "cachedContentTokenCount": 600, "totalTokenCount": 960}}  # fmt: skip


def test_qwens_cached_tokens_are_part_of_the_prompt(machine: Machine) -> None:
    machine.write("-home-ann-api/chats/a.jsonl", QWEN, QWEN, {"type": "user"})
    machine.write("-home-ann-api/chats/deep/a.jsonl", QWEN | {"sessionId": "s2"})

    machine.run("qwen")

    usage = TokenUsage(900, 60, 600, reasoning_output_tokens=10)
    assert only(machine) == ("qwen3-coder-plus", "alibaba", usage, "s1")


def kimi(at: float, message_id: str, **counts: int) -> dict[str, Any]:
    usage = {"input_other": 100, "output": 50, "input_cache_read": 4000, "input_cache_creation": 20, **counts}
    payload = {"message_id": message_id, "token_usage": usage}
    return {"timestamp": at, "message": {"type": "StatusUpdate", "payload": payload}}


def test_kimis_label_stands_for_the_model_of_its_time(machine: Machine) -> None:
    edge = 1776698890.072
    machine.write("g/s1/wire.jsonl", {"type": "metadata"}, kimi(edge - 1, "m1"), kimi(edge, "m2"), kimi(edge, "m2"))

    machine.run("kimi")

    assert machine.counts() == [("kimi-k2.5", 4120, 50, 4000, 20), ("kimi-k2.6", 4120, 50, 4000, 20)]
    assert all(one.provider_name == "moonshot" for one in machine.records())


# Databases with a row for each session


def test_gooses_sessions_are_their_accumulated_sums(machine: Machine) -> None:
    columns = "id, model_config_json, provider_name, created_at, total_tokens, input_tokens, output_tokens, "
    columns += "accumulated_total_tokens, accumulated_input_tokens, accumulated_output_tokens"
    config = json.dumps({"model_name": "gpt-5.2"})
    insert = "INSERT INTO sessions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
    machine_db = machine.root / "sessions.db"
    tables(
        machine_db,
        (f"CREATE TABLE sessions ({columns})", ()),
        (insert, ("20260503_1", config, "openai", "2026-05-03 09:00:00", 900, 800, 100, 15000, 14000, 1000)),
        (insert, ("20260503_2", None, "openai", "2026-05-03 09:00:00", 900, 800, 100, 15000, 14000, 1000)),
        (insert, ("20260503_3", config, None, 1777800000, 900, 800, 100, None, None, 0)),
    )

    audit = machine.run("goose")

    assert sorted(machine.counts()) == [("gpt-5.2", 800, 100, 0, 0), ("gpt-5.2", 14000, 1000, 0, 0)]
    assert audit.skipped == {"a session without a model": 1}


def test_hermes_states_costs_of_which_0_is_none(machine: Machine) -> None:
    columns = "id, model, billing_provider, started_at, message_count, input_tokens, output_tokens, "
    columns += "cache_read_tokens, cache_write_tokens, reasoning_tokens, estimated_cost_usd, actual_cost_usd"
    tables(
        machine.root / "state.db",
        (f"CREATE TABLE sessions ({columns})", ()),
        (
            "INSERT INTO sessions VALUES ('s1', ?, 'anthropic', 1777800000.5, 3, 10.0, 20, 30, 40, 0, 0.5, 0.0)",
            (SONNET,),
        ),
    )

    machine.run("hermes")

    assert only(machine) == (SONNET, "anthropic", TokenUsage(80, 20, 30, 40), "s1")
    assert machine.records()[0].cost == Decimal("0.5")


def test_crushs_model_is_that_of_its_messages(machine: Machine) -> None:
    tables(
        machine.root / "api/.crush/crush.db",
        ("CREATE TABLE sessions (id, prompt_tokens, completion_tokens, cost, created_at, updated_at)", ()),
        ("CREATE TABLE messages (id, session_id, model, created_at)", ()),
        ("INSERT INTO sessions VALUES ('s1', 700, 30, 0.25, 1777800000, 1777800100)", ()),
        ("INSERT INTO messages VALUES ('m1', 's1', 'gpt-5.2', 1)", ()),
    )

    machine.run("crush")

    assert only(machine) == ("gpt-5.2", "openai", TokenUsage(700, 30), "s1")
    assert (machine.records()[0].project, machine.records()[0].cost) == ("api", Decimal("0.25"))


def test_zcodes_calls_hold_their_cached_tokens(machine: Machine) -> None:
    columns = "id, session_id, model_id, input_tokens, output_tokens, reasoning_tokens, cache_creation_input_tokens, "
    columns += "cache_read_input_tokens, started_at"
    row = (7, "s1", "glm-4.6", 900, 50, 20, 100, 600, 1777800000000)
    tables(
        machine.root / "db.sqlite",
        (f"CREATE TABLE model_usage ({columns})", ()),
        ("INSERT INTO model_usage VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", row),
    )

    machine.run("zcode")

    assert only(machine) == ("glm-4.6", "zai", TokenUsage(900, 50, 600, 100, reasoning_output_tokens=20), "s1")


def test_a_thread_of_zed_counts_once_however_many_requests_it_names(machine: Machine) -> None:
    thread = {
        "model": {"provider": "zed.dev", "model": "claude-sonnet-4-5"},
        "cumulative_token_usage": {"input_tokens": 30, "output_tokens": 9, "cache_read_input_tokens": 100},
    }
    other = json.dumps(thread | {"model": {"provider": "anthropic", "model": "x"}})
    insert = "INSERT INTO threads VALUES (?, ?, ?, ?)"
    at = "2026-05-03T09:00:00+00:00"
    tables(
        machine.root / "threads.db",
        ("CREATE TABLE threads (id, updated_at, data_type, data)", ()),
        (insert, ("t1", at, "zstd", zstandard.compress(json.dumps(thread).encode()))),
        (insert, ("t2", at, "json", other)),
        (insert, ("t3", at, "zstd", b"broken")),
    )
    first = machine.run("zed")
    named = {"m1": {"input_tokens": 28, "output_tokens": 9, "cache_read_input_tokens": 100}}
    later = thread | {
        "request_token_usage": named,
        "cumulative_token_usage": {"input_tokens": 31, "output_tokens": 9, "cache_read_input_tokens": 100},
    }
    tables(
        machine.root / "threads.db",
        ("UPDATE threads SET data = ? WHERE id = 't1'", (zstandard.compress(json.dumps(later).encode()),)),
    )

    second = machine.run("zed")

    assert machine.counts() == [(SONNET, 131, 9, 100, 0)]
    assert (first.added, second.replaced, sum(first.skipped.values())) == (1, 1, 2)


# Grok

GROK_FILE = "%2Fhome%2Fann%2Fapi/019f8870-aaaa/updates.jsonl"


def turn_of_grok(turn: str = "p1", usage: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    stated = {
        "inputTokens": 1000, "outputTokens": 200, "totalTokens": 1200, "cachedReadTokens": 700,
        "cacheCreationTokens": 100, "reasoningTokens": 150, "costUsdTicks": 2_842_748_000,
    }  # fmt: skip
    usage = {**stated, "modelUsage": {"grok-4.5": stated}} if usage is None else usage
    update = {"sessionUpdate": "turn_completed", "prompt_id": turn, "usage": usage}
    params = {"sessionId": "019f8870-aaaa", "update": update}
    return {"timestamp": 1777800004, "method": "session/update", "params": params, **more}


def test_a_turn_of_grok_holds_its_cached_tokens_and_what_it_was_charged(machine: Machine) -> None:
    chunk = {"params": {"update": {"sessionUpdate": "agent_message_chunk", "content": 'the "turn_completed" event'}}}
    machine.write(GROK_FILE, chunk, turn_of_grok(), turn_of_grok())

    audit = machine.run("grok")

    used = TokenUsage(1000, 200, 700, 100, reasoning_output_tokens=150)
    assert only(machine) == ("grok-4.5", "xai", used, "019f8870-aaaa")
    (record,) = machine.records()
    assert (record.cost, record.cost_source) == (Decimal("0.2842748"), "provider")
    assert (record.project, audit.merged, audit.bad_lines) == ("api", 1, 0)


def test_a_turn_of_grok_with_several_models_is_a_record_of_each(machine: Machine) -> None:
    by_model = {
        "grok-4.5": {"inputTokens": 10, "outputTokens": 2, "costUsdTicks": 10**10, "costIsPartial": True},
        "grok-code-fast-1": {"inputTokens": 5, "outputTokens": 1},
    }
    machine.write(
        GROK_FILE,
        turn_of_grok(usage={"inputTokens": 15, "outputTokens": 3, "costUsdTicks": 10**11, "modelUsage": by_model}),
        turn_of_grok("p2", usage={"inputTokens": 0}),
        turn_of_grok("p3", usage={"inputTokens": 7, "outputTokens": 1}),
    )

    audit = machine.run("grok")

    assert sorted((model or "", into, out) for model, into, out, _, _ in machine.counts()) == [
        ("", 7, 1), ("grok-4.5", 10, 2), ("grok-code-fast-1", 5, 1),
    ]  # fmt: skip
    assert audit.skipped == {"counters that add nothing": 1}
    assert {one.cost_source for one in machine.records() if one.model} == {"catalogue"}


# pi and OpenClaw


def spoken(**more: Any) -> dict[str, Any]:
    usage = {"input": 20, "output": 300, "cacheRead": 9000, "cacheWrite": 400, "totalTokens": 9720}
    message = {"role": "assistant", "provider": "anthropic", "model": "claude-opus-4-5", "usage": usage, **more}
    return {"type": "message", "id": "e1", "timestamp": AT, "message": message}


def test_pis_branched_session_repeats_a_call_that_counts_once(machine: Machine) -> None:
    head = {"type": "session", "id": "one", "cwd": "/home/ann/api"}
    for session in ("one", "two"):
        machine.write(f"-home-ann-api/2026-05-03_{session}.jsonl", head, spoken())

    machine.run("pi")

    assert only(machine) == ("claude-opus-4-5", "anthropic", TokenUsage(9420, 300, 9000, 400), "one")
    assert machine.records()[0].project == "api"


def test_openclaws_archives_are_the_same_session(machine: Machine) -> None:
    change = {"type": "model_change", "provider": "openai", "modelId": "gpt-5.2"}
    unnamed = spoken(provider=None, model=None, usage={"totalTokens": 7, "cost": {"total": 0.031}})
    for ending in ("", ".reset.2026-05-04"):
        machine.write(f"agents/a/sessions/s1.jsonl{ending}", change, unnamed)

    machine.run("openclaw")

    assert only(machine) == ("gpt-5.2", "openai", TokenUsage(0, 7), "s1")
    assert machine.records()[0].cost == Decimal("0.031")


# Codebuff, Cline


def test_codebuffs_usage_is_taken_whole_from_the_first_place(machine: Machine) -> None:
    used = {"inputTokens": 100, "outputTokens": 50, "cacheCreationInputTokens": 20, "cacheReadInputTokens": 0}
    older = {"role": "assistant", "providerOptions": {"usage": {**used, "cacheReadInputTokens": 999}}}
    history = {"sessionState": {"mainAgentState": {"messageHistory": [older]}}}
    first = {"id": "a1", "variant": "ai", "metadata": {"model": SONNET, "usage": used, "runState": history}}
    second = {"id": "a2", "variant": "agent", "credits": 1.5, "metadata": {"model": SONNET, "runState": history}}
    nothing = {"id": "a3", "variant": "ai", "credits": 2}
    machine.document("api/chats/2026-05-03T11-00-00.000Z/chat-messages.json", [first, second, nothing])

    audit = machine.run("codebuff")

    assert sorted(machine.counts()) == [(SONNET, 120, 50, 0, 20), (SONNET, 1119, 50, 999, 20)]
    assert machine.records()[0].occurred_at.isoformat() == "2026-05-03T11:00:00+00:00"
    assert (machine.records()[0].project, audit.skipped) == ("api", {"counters that add nothing": 1})


def test_clines_requests_have_the_cost_that_it_states(machine: Machine) -> None:
    request = {"tokensIn": 12, "tokensOut": 34, "cacheReads": 500, "cacheWrites": 60, "cost": 0.0125}
    events = [
        {"ts": 1777800000000, "say": "text", "text": "hello"},
        {"ts": 1777800001000, "say": "api_req_started", "text": json.dumps(request | {"apiProtocol": "anthropic"})},
        {"ts": 1777800002000, "say": "api_req_started", "text": "{"},
    ]
    machine.document("tasks/17/ui_messages.json", events)

    machine.run("cline")

    assert only(machine) == (None, "anthropic", TokenUsage(572, 34, 500, 60), "17")
    assert machine.records()[0].cost == Decimal("0.0125")
