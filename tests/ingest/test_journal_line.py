"""A line made of parts is the line of the whole entry."""

from dataclasses import replace
from decimal import Decimal

import msgspec
import pytest

from tests.core.sample import NOON
from tokenmon.core.record import UsageRecord, identified_id
from tokenmon.core.usage import TokenUsage
from tokenmon.ingest.journal_line import CallMembers, journal_line, shared_members
from tokenmon.ingest.segment import JournalEntry

USED = UsageRecord(
    id=identified_id(NOON, "openai", "chatcmpl-1"),
    occurred_at=NOON,
    platform='wörk "x"',
    provider_name="openai",
    operation_name="chat",
    source="proxy",
    request_model="gpt-4o",
    response_model="gpt-4o-2024-08-06",
    response_id="chatcmpl-1",
    conversation_id="c\n1",
    project="blue",
    client_key="laptop",
    stream=True,
    status=200,
    usage=TokenUsage(20, 5, cache_read_input_tokens=3, units=(("web_searches", 2),)),
    usage_source="provider",
    latency_ms=12,
    time_to_first_chunk_ms=3,
    service_tier="default",
    server_address="api.openai.com",
    billing="subscription",
    tags=(("team", "red"), ("wo", "🙂")),
)
FAILED = replace(
    USED, usage=None, usage_source="none", status=502, error_type="upstream_dns", project=None, client_key=None,
    tags=(), response_id=None, conversation_id=None, request_model=None, response_model=None, service_tier=None,
    time_to_first_chunk_ms=None, stream=False, billing="metered",
)  # fmt: skip


@pytest.mark.parametrize("stated_cost", [None, Decimal("0.000123456789"), Decimal(0)])
@pytest.mark.parametrize("record", [USED, FAILED])
def test_the_parts_make_the_same_entry(record: UsageRecord, stated_cost: Decimal | None) -> None:
    own = CallMembers.__struct_fields__
    shared = (
        "platform", "provider_name", "operation_name", "source", "conversation_id", "project", "client_key",
        "server_address", "billing", "tags",
    )  # fmt: skip

    line = journal_line(
        shared_members(**{name: getattr(record, name) for name in shared}),
        CallMembers(**{name: getattr(record, name) for name in own}),
        stated_cost,
    )

    assert line.endswith(b"}\n")
    assert line.count(b"\n") == 1
    assert msgspec.json.decode(line, type=JournalEntry) == JournalEntry(record, stated_cost)
