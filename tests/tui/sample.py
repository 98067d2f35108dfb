"""The moment of the dashboard's tests, and a call before it: every test that needs one says only what matters to it."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from tokenmon.core.record import UsageRecord, identified_id
from tokenmon.core.usage import TokenUsage

NOW = datetime(2026, 11, 23, 15, 30, tzinfo=UTC)


def call(number: int, **changes: object) -> UsageRecord:
    """One call, each a minute before the one before it."""
    at = NOW - timedelta(minutes=number + 1)
    values: dict[str, object] = {
        "id": identified_id(at, "openai", f"call-{number}"), "occurred_at": at, "platform": "work",
        "provider_name": "openai", "operation_name": "chat", "source": "proxy", "request_model": "gpt-4o",
        "status": 200, "usage": TokenUsage(1200 + number, 300), "usage_source": "provider", "cost": Decimal("0.0123"),
        "cost_source": "catalogue", "latency_ms": 900,
    }  # fmt: skip
    return UsageRecord(**{**values, **changes})  # type: ignore[arg-type]
