"""Calls spread over models, projects, conversations and two months, for the screens that distribute them."""

from datetime import datetime, timedelta
from decimal import Decimal

from tests.tui.sample import NOW, call
from tokenmon.core.record import UsageRecord, identified_id
from tokenmon.core.usage import TokenUsage
from tokenmon.storage.store import Store


def call_at(at: datetime, name: str, **changes: object) -> UsageRecord:
    """One call at a moment."""
    return call(0, id=identified_id(at, "openai", name), occurred_at=at, **changes)


def days_ago(days: float, name: str, **changes: object) -> UsageRecord:
    """One call so many days ago."""
    return call_at(NOW - timedelta(days=days), f"{name}-{days}", **changes)


def fill_months(store: Store) -> None:
    """This month opus on web and api, mini without a project, a house model without a price; last month opus, old."""
    store.add([
        *(days_ago(one, "web", request_model="opus", project="web", cost=Decimal(2)) for one in (1, 2, 3)),
        days_ago(4, "api", request_model="opus", project="api", cost=Decimal(1), platform="other"),
        days_ago(5, "mini", request_model="mini", cost=Decimal(1), usage=TokenUsage(4000, 1000, 1000)),
        days_ago(6, "house", request_model="house", cost=None, cost_source="unpriced"),
        days_ago(7, "failed", request_model="mini", status=429, error_type="rate_limit", usage=None,
                 usage_source="none", cost=None, cost_source="unpriced"),
        days_ago(31.5, "before", request_model="opus", project="web", cost=Decimal(14)),
        days_ago(32.5, "old", request_model="old", cost=Decimal(1)),
    ])  # fmt: skip


def fill_sessions(store: Store) -> None:
    """Two conversations, one of them by subscription with two models, and a call without any."""
    claude = {"platform": "max", "provider_name": "anthropic", "source": "import:claude-code", "project": "web",
              "billing": "subscription", "machine": "laptop"}  # fmt: skip
    store.add([
        call_at(NOW - timedelta(hours=3), "a1", conversation_id="11111111-aaaa-4bbb-8ccc-000000000001",
                request_model="opus", cost=Decimal(3), **claude),
        call_at(NOW - timedelta(hours=1), "a2", conversation_id="11111111-aaaa-4bbb-8ccc-000000000001",
                request_model="haiku", cost=Decimal("0.5"), **claude),
        call_at(NOW - timedelta(days=2), "b1", conversation_id="review", request_model="gpt-4o", cost=Decimal(4)),
        call_at(NOW - timedelta(days=2, minutes=-30), "b2", conversation_id="review", request_model="gpt-4o",
                status=500, error_type="server_error", cost=Decimal(1)),
        call_at(NOW - timedelta(days=1), "c1", cost=Decimal("0.25")),
    ])  # fmt: skip
