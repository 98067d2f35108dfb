"""Each dialect's counts with tokenmon's meanings, and what is passed over because it would count twice."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.ingest.otlp.exports import CLAUDE, CODEX, GEMINI, SPAN, logs, protobuf, spans
from tokenmon.core.platform import Platform
from tokenmon.core.record import UsageRecord, identified_id
from tokenmon.core.usage import TokenUsage
from tokenmon.ingest.otlp.receiving import Labels, Received, receive
from tokenmon.ingest.otlp.wire import Encoding, Signal, events_of

END = datetime(2026, 11, 23, 12, 0, 2, tzinfo=UTC)
START = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)
ENCODINGS: tuple[Encoding, ...] = ("json", "protobuf")


def received(
    export: dict[str, Any],
    encoding: Encoding = "json",
    platforms: tuple[Platform, ...] = (),
    labels: Labels | None = None,
    now: datetime = END,
) -> Received:
    """What becomes of an export."""
    body = json.dumps(export).encode() if encoding == "json" else protobuf(export)
    signal: Signal = "logs" if "resourceLogs" in export else "traces"
    events = events_of(signal, encoding, body)
    return receive(signal, events, platforms, labels=labels or Labels(), key="laptop", now=now)


def the_record(export: dict[str, Any], encoding: Encoding = "json", **more: Any) -> UsageRecord:
    """The one record of an export."""
    found = received(export, encoding, **more)
    assert (found.rejected, found.reason) == (0, "")
    (record,) = found.records
    return record


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_claude_code_counts_caches_beside_the_input(encoding: Encoding) -> None:
    record = the_record(logs(CLAUDE), encoding)

    assert record.usage == TokenUsage(1300, 50, cache_read_input_tokens=1000, cache_creation_input_tokens=200)
    assert (record.provider_name, record.platform, record.source) == ("anthropic", "anthropic", "otlp")
    assert (record.request_model, record.conversation_id) == ("claude-opus-4-5-20251101", "session-1")
    assert (record.occurred_at, record.latency_ms, record.usage_source) == (START, 2000, "reported")
    assert record.id == identified_id(START, "anthropic", "req_011CTaBcDeFgHiJkLmNoPqRs")


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_codex_counts_caches_and_reasoning_inside(encoding: Encoding) -> None:
    record = the_record(logs(CODEX, service="codex_cli_rs"), encoding)

    assert record.usage == TokenUsage(1000, 200, cache_read_input_tokens=600, reasoning_output_tokens=150)
    assert (record.provider_name, record.request_model) == ("openai", "gpt-5-codex")
    assert (record.conversation_id, record.billing) == ("conversation-1", "metered")


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_gemini_cli_counts_thoughts_and_tool_prompts_beside(encoding: Encoding) -> None:
    record = the_record(logs(GEMINI, service="gemini-cli"), encoding)

    assert record.usage == TokenUsage(
        930, 170, cache_read_input_tokens=400, reasoning_output_tokens=70, units=(("input_tool_tokens", 30),)
    )
    assert (record.provider_name, record.status, record.latency_ms) == ("gemini", 200, 1500)


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_span_of_the_conventions_is_known_by_its_response_id(encoding: Encoding) -> None:
    record = the_record(spans(SPAN), encoding)

    assert record.usage == TokenUsage(1000, 200, cache_read_input_tokens=400, reasoning_output_tokens=90)
    assert record.id == identified_id(START, "openai", "chatcmpl-AbCdEfGhIjKlMnOp")
    assert (record.project, record.conversation_id) == ("shop", "conversation-2")
    assert (record.latency_ms, record.server_address) == (2000, "api.openai.com")


def test_both_encodings_of_a_span_without_an_id_are_one_call() -> None:
    export = spans({**SPAN, "gen_ai.response.id": "chatcmpl-123"})

    assert the_record(export, "json").id == the_record(export, "protobuf").id
    assert (
        the_record(export).id != the_record(spans({**SPAN, "gen_ai.response.id": "chatcmpl-123"}, span_id="a" * 16)).id
    )


def test_older_names_and_other_names_of_providers_are_known() -> None:
    old = {
        "gen_ai.system": "az.ai.openai", "llm.request.type": "chat", "gen_ai.request.model": "gpt-4o",
        "gen_ai.usage.prompt_tokens": 10, "gen_ai.usage.completion_tokens": 5,
    }  # fmt: skip

    record = the_record(spans(old))

    assert (record.provider_name, record.usage) == ("azure", TokenUsage(10, 5))


def test_caches_larger_than_the_input_stand_beside_it() -> None:
    values = {**SPAN, "gen_ai.usage.input_tokens": 10, "gen_ai.usage.cache_creation.input_tokens": 50}

    usage = the_record(spans(values)).usage

    assert usage is not None
    assert (usage.input_tokens, usage.uncached_input_tokens) == (460, 10)


PASSED_OVER: dict[str, dict[str, Any]] = {
    "another event of Claude Code": logs({**CLAUDE, "event.name": "user_prompt"}),
    "another kind of Codex's event": logs({**CODEX, "event.kind": "response.created"}, service="codex_cli_rs"),
    "a failed completion": logs(
        {"event.name": "codex.sse_event", "event.kind": "response.completed", "model": "m", "error.message": "no"},
        service="codex_cli_rs",
    ),
    "another event of Gemini CLI": logs({**GEMINI, "event.name": "gemini_cli.api_request"}, service="gemini-cli"),
    "a log record of the conventions": logs(
        {**SPAN, "event.name": "gen_ai.client.inference.operation.details"}, service="gemini-cli"
    ),
    "another program's event of the same short name": logs(CLAUDE, service="shop"),
    "a span of an agent": spans({**SPAN, "gen_ai.operation.name": "invoke_agent"}),
    "a span without usage": spans({"http.request.method": "GET"}),
    "a span of a program that tells events": spans(SPAN, service="gemini-cli"),
    "an empty export": {"resourceLogs": []},
}


@pytest.mark.parametrize("export", PASSED_OVER.values(), ids=PASSED_OVER)
def test_what_would_count_twice_or_is_no_call_is_passed_over(export: dict[str, Any]) -> None:
    assert received(export) == Received(())


HOSTILE: dict[str, tuple[dict[str, Any], str]] = {
    "a word": (logs({**CLAUDE, "input_tokens": "many"}), "input_tokens is not a whole number from 0"),
    "negative": (logs({**CLAUDE, "output_tokens": -1}), "output_tokens is not a whole number from 0"),
    "a fraction": (logs({**CLAUDE, "output_tokens": 1.5}), "output_tokens is not a whole number from 0"),
    "a truth": (logs({**CLAUDE, "output_tokens": True}), "output_tokens is not a whole number from 0"),
    "huge": (logs({**CLAUDE, "input_tokens": 2**62}), "input_tokens is not a whole number from 0"),
    "endless": (logs({**CLAUDE, "input_tokens": "9" * 1000}), "input_tokens is not a whole number from 0"),
    "other digits": (logs({**CLAUDE, "input_tokens": "\u0663"}), "input_tokens is not a whole number from 0"),
    "sums that no call has": (
        logs({**CLAUDE, "input_tokens": 10**12, "cache_read_tokens": 10**12}), "its counts are none of a call",
    ),
    "a list": (logs({**CLAUDE, "input_tokens": [1]}), "input_tokens is missing"),
    "no model": (logs({**CLAUDE, "model": None}), "model is missing"),
    "a model that is no text": (logs({**CODEX, "model": 5}, service="codex_cli_rs"), "model is missing"),
    "no output": (logs({**GEMINI, "output_token_count": None}, service="gemini-cli"), "output_token_count is missing"),
    "no provider": (spans({**SPAN, "gen_ai.provider.name": None}), "gen_ai.provider.name or gen_ai.request.model"),
    "the far future": (logs(CLAUDE, at=2**64 - 1), "its time is none of a call"),
    "the far past": (logs(CLAUDE, at=1), "its time is none of a call"),
    "no time": (logs({**CLAUDE, "event.timestamp": None}, at=0), "it has no time"),
    "no such platform": (logs(CLAUDE, resource={"tokenmon.platform": "none"}), "there is no platform 'none'"),
}  # fmt: skip


@pytest.mark.parametrize(("export", "reason"), HOSTILE.values(), ids=HOSTILE)
def test_an_event_that_cannot_be_is_rejected_with_its_reason(export: dict[str, Any], reason: str) -> None:
    found = received(export)

    assert (found.records, found.rejected) == ((), 1)
    assert found.reason.startswith(reason)


def test_an_event_without_a_time_of_its_own_has_that_of_its_attribute() -> None:
    assert the_record(logs(CODEX, service="codex_cli_rs", at=0)).occurred_at == END


def test_a_bad_event_spoils_no_good_one() -> None:
    found = received(logs(CLAUDE, {**CLAUDE, "input_tokens": "x"}, {**CLAUDE, "request_id": "req_other_0123456789"}))

    assert (len(found.records), found.rejected) == (2, 1)


def test_control_characters_do_not_reach_a_record() -> None:
    record = the_record(logs({**CLAUDE, "model": "evil\x1b[31m", "session.id": "a\nb"}))

    assert (record.request_model, record.conversation_id) == ("evil[31m", "ab")


WORK = Platform("1", "work", "anthropic", START)
PLAN = Platform("2", "plan", "anthropic", START, billing="subscription")


def test_a_call_belongs_to_the_only_platform_at_its_provider() -> None:
    assert the_record(logs(CLAUDE), platforms=(WORK,)).platform == "work"
    assert the_record(logs(CLAUDE), platforms=(WORK, PLAN)).platform == "anthropic"


def test_the_sender_may_name_platform_and_project() -> None:
    labels = Labels("plan", "search")
    resource = {"tokenmon.platform": "work", "tokenmon.project": "other"}

    named = the_record(logs(CLAUDE, resource=resource), platforms=(WORK, PLAN), labels=labels)
    by_resource = the_record(logs(CLAUDE, resource=resource), platforms=(WORK, PLAN))

    assert (named.platform, named.project, named.billing) == ("plan", "search", "subscription")
    assert (by_resource.platform, by_resource.project, by_resource.billing) == ("work", "other", "metered")


@pytest.mark.parametrize(
    "export",
    [
        logs({**CODEX, "auth_mode": "Chatgpt"}, service="codex_cli_rs"),
        logs({**GEMINI, "auth_type": "oauth-personal"}, service="gemini-cli"),
    ],
)
def test_calls_of_a_plan_are_a_value_and_no_spend(export: dict[str, Any]) -> None:
    assert the_record(export).billing == "subscription"
