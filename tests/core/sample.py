"""A record to change and look at: every test that needs one says only what matters to it."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from tokenmon.core.record import UsageRecord, from_milliseconds, identified_id, milliseconds
from tokenmon.core.usage import TokenUsage

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def call(identity: str = "chatcmpl-1", at: datetime = NOON, **changes: Any) -> UsageRecord:
    """A priced chat call; the identity makes its id, the time is cut to the millisecond."""
    moment = from_milliseconds(milliseconds(at))
    record = UsageRecord(
        id=identified_id(moment, "openai", identity),
        occurred_at=moment,
        platform="openai-work",
        provider_name="openai",
        operation_name="chat",
        source="proxy",
        request_model="gpt-4o",
        response_model="gpt-4o-2024-08-06",
        response_id=identity,
        status=200,
        usage=TokenUsage(1000, 200, cache_read_input_tokens=400),
        usage_source="provider",
        cost=Decimal("0.0041"),
        cost_source="catalogue",
        latency_ms=900,
    )
    return replace(record, **changes)
