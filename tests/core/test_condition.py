"""Conditions: what each kind of field takes for a match."""

import pytest

from tests.core.sample import call
from tokenmon.core.condition import matches_record
from tokenmon.core.filter_language import parse_filter
from tokenmon.core.usage import TokenUsage

CALL = call(
    platform="Work", project="Search-UI", request_model="claude-opus", response_model="claude-opus-4-1",
    status=503, error_type="overloaded_error", tags=(("team", "search"), ("env", "Prod")), conversation_id="s-1",
    machine="laptop", stream=True, usage=TokenUsage(1500, 200, cache_read_input_tokens=400), usage_source="estimated",
    time_to_first_chunk_ms=120,
)  # fmt: skip
BARE = call(
    request_model=None, response_model=None, usage=None, usage_source="none", cost=None, cost_source="unpriced",
    latency_ms=None, status=None, response_id=None,
)  # fmt: skip

MET = (
    "opus", "search", "WORK", "model:OPUS", "model:gpt,opus", "model:claude-*-1", "model:claude-opus?4?1",
    "model=claude-opus", "-model:gpt", "model!=opus", "project:ui", "project:*-ui", "platform:work", "platform:w*",
    "-platform:wor", "platform!=work", "status:error", "status:503", "status:5xx", "status>=500", "status!=200",
    "status!=ok", "error:overload", "session:S-1", "session=s-1", "tag:team", "tag:team=search", "tag:TEAM=*",
    "tag=env=Prod", "tag!=env=prod", "cost>0.004", "cost<=0.0041", "cost=0.0041", "tokens:1700", "tokens>1.6k",
    "input>=1500", "output<1k", "cached:400", "cache:0", "reasoning:0", "latency>899ms", "latency<1s", "ttfc:120",
    "usage:estimated", "price:catalogue", "-price:unpriced,free", "stream:yes", "billing:metered", "machine:lap",
    "key:none", "tier:-", f"id:{CALL.id.hex()[:9]}", f"id={CALL.id.hex().upper()}", "id:chatcmpl", "id=chatcmpl-1",
    "source:proxy operation:chat provider:openai", "model:* project:*",
)  # fmt: skip
UNMET = (
    "gpt", "model=opus", "platform:wor", "platform=work", "-model:opus", "project:none", "status:ok", "status:4xx",
    "status<500", "tag:none", "tag:team=other", "tag=team", "cost>0.0041", "cost:none", "tokens>1.7k", "latency>1s",
    "usage:provider", "stream:no", "session=S-1", "id:ffff", "id=chatcmpl", "model:opus -status:error",
)  # fmt: skip


@pytest.mark.parametrize("text", MET)
def test_a_call_meets(text: str) -> None:
    assert matches_record(parse_filter(text), CALL)


@pytest.mark.parametrize("text", UNMET)
def test_a_call_does_not_meet(text: str) -> None:
    assert not matches_record(parse_filter(text), CALL)


@pytest.mark.parametrize(
    "text", ["cost>0", "cost<1", "cost=0", "tokens<1", "latency>=0", "status>=0", "model:*", "id:c"]
)
def test_no_comparison_holds_for_what_is_unknown(text: str) -> None:
    assert not matches_record(parse_filter(text), BARE)
    assert matches_record(parse_filter(f"-{text}"), BARE)


@pytest.mark.parametrize(
    "text",
    ["cost:none", "tokens:none", "latency:-", "status:none", "model:none", "usage:none", "tag:none", "status:ok"],
)
def test_what_is_unknown_can_be_asked_for(text: str) -> None:
    assert matches_record(parse_filter(text), BARE)


def test_no_pattern_takes_long_on_any_text() -> None:
    # Tried in every way, the stars of this pattern would outlast the test run.
    pattern = parse_filter("project:" + "*a" * 400 + "b")

    assert not matches_record(pattern, call(project="a" * 256))
