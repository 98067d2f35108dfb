"""The data of the snapshots: a year of calls of all kinds, fixed to the digit, as a small team would have made them.

No price list and no chance is in it, so that nothing but the screens can change what is drawn.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from tokenmon.config import Settings
from tokenmon.core.headroom import RETRY, Headroom
from tokenmon.core.official_limit import OfficialLimit
from tokenmon.core.period import month_of
from tokenmon.core.platform import Platform, PlatformQuota
from tokenmon.core.price_rule import PriceOverride
from tokenmon.core.record import UsageRecord, identified_id
from tokenmon.core.usage import TokenUsage
from tokenmon.session import Session

NOW = datetime(2026, 11, 23, 15, 30, tzinfo=UTC)
ZONE = "Europe/Berlin"
DAYS = 365
# Every day of the last weeks has calls, the months before every third.
DENSE_DAYS = 63
WEEKEND = 5
MILLION = Decimal(1_000_000)
HOSTILE = "[red]house\x1b[31m-model\x1b]0;owned\x07"


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of call, and what it costs for a million tokens in and out; no price is unpriced."""

    platform: str
    provider_name: str
    model: str
    source: str
    project: str | None
    tokens: tuple[int, int]
    cached_percent: int
    price: tuple[str, str] | None
    more: tuple[tuple[str, Any], ...] = ()


# fmt: off
LAPTOP = (("machine", "laptop"), ("client_key", "laptop"))
KINDS = (
    Kind("anthropic", "anthropic", "claude-sonnet-4-5", "proxy", "api-gateway", (14_000, 700), 55, ("2", "15"), LAPTOP),
    Kind("openai", "openai", "gpt-5-mini", "proxy", "support-bot", (3_200, 350), 35, ("0.25", "2"), LAPTOP),
    Kind("claude-max", "anthropic", "claude-opus-4-5", "import:claude-code", "web-shop", (42_000, 900), 86, ("5", "25"),
         (("billing", "subscription"), ("machine", "laptop"))),
    Kind("gemini", "gemini", "gemini-2.5-pro", "proxy", "Übersetzung", (24_000, 1_500), 30, ("1.25", "10"), LAPTOP),
    Kind("azure", "azure", "gpt-4o", "proxy", "日本語レポート", (6_000, 900), 0, ("2.5", "10"),
         (("client_key", "ci"), ("machine", "build-7"), ("service_tier", "priority"))),
    Kind("claude-max", "anthropic", "claude-haiku-4-5", "import:claude-code", "web-shop", (9_000, 400), 80, ("1", "5"),
         (("billing", "subscription"), ("machine", "laptop"))),
    Kind("openai", "openai", "o4-mini", "report", "research", (5_000, 2_400), 10, ("1.1", "4.4"),
         (("tags", (("team", "search"),)), ("processing", "batch"))),
    Kind("local", "openai-compatible", "qwen3-coder:30b", "report", None, (4_000, 600), 0, ("0", "0")),
    Kind("openai", "openai", "experimental-model-without-a-price-and-with-a-long-name", "proxy", "support-bot",
         (2_000, 300), 0, None, LAPTOP),
)
# fmt: on


class FixedSession(Session):
    """A session for which time stands still."""

    def now(self) -> datetime:
        """Always the same moment."""
        return NOW


def fixed_settings(database: Path, **changes: object) -> Settings:
    """Settings that take nothing from the machine."""
    values: dict[str, Any] = {
        "timezone": ZONE, "database_url": f"sqlite:///{database}", "machine": "laptop", "dash_numbers": "1,234.56",
    }  # fmt: skip
    return Settings(**{**values, **changes})


def fill(session: Session) -> None:
    """Store everything that the screens can show."""
    store = session.store
    for platform in platforms():
        store.add_platform(platform)
    store.add([*past_calls(), *unusual_calls(), *calls_of_the_last_minutes()])
    store.save_official_limits(official_limits())
    store.save_headroom(headroom())
    month = month_of(NOW, ZONE).start
    assert month is not None
    for number, threshold, days in ((1, 80, 9), (1, 100, 2), (2, 80, 4)):
        store.mark_alert(f"p{number}", threshold, month, NOW - timedelta(days=days))


def platforms() -> list[Platform]:
    """Platforms of every billing, with quotas of every unit and in every state."""
    made = NOW - timedelta(days=DAYS)
    key: dict[str, Any] = {"sealed_key": b"sealed", "key_hint": "7f3a"}
    return [
        Platform("p1", "openai", "openai", made, quota=PlatformQuota(Decimal("0.4"), "usd", 80), **key),
        Platform("p2", "anthropic", "anthropic", made, quota=PlatformQuota(Decimal("1.4"), "usd", 80), **key),
        Platform("p3", "gemini", "gemini", made, quota=PlatformQuota(Decimal(5_000_000), "tokens", 90), **key),
        Platform("p4", "azure", "azure", made, "https://example.openai.azure.com",
                 quota=PlatformQuota(Decimal(400), "requests", 50), **key),
        Platform("p5", "claude-max", "anthropic", made, billing="subscription",
                 quota=PlatformQuota(Decimal(200), "usd", 80)),
        Platform("p6", "local", "openai-compatible", made, "http://127.0.0.1:11434/v1",
                 prices=PriceOverride(Decimal(0), Decimal(0)), inject_usage=False),
        Platform("p7", "unused", "openrouter", made, **key),
    ]  # fmt: skip


def past_calls() -> Iterator[UsageRecord]:
    """A year of calls: more of them towards its end, fewer at weekends."""
    for back in range(DAYS):
        if back >= DENSE_DAYS and back % 3:
            continue
        day = (NOW - timedelta(days=back)).replace(hour=7, minute=0)
        count = 3 if day.weekday() >= WEEKEND else 10 - back * 6 // DAYS + back % 4
        for number in range(count):
            at = day + timedelta(minutes=number * 52 + back * 7 % 40, seconds=back * 13 % 60)
            if at < NOW - timedelta(minutes=40):
                yield _call(KINDS[(number * number + back * 2 + number) % len(KINDS)], at, back * 20 + number)


def calls_of_the_last_minutes() -> Iterator[UsageRecord]:
    """What the rate of tokens and the active block are made of."""
    for number in range(12):
        at = NOW - timedelta(minutes=number * 3 + 1, seconds=number * 7)
        yield _call(KINDS[number % len(KINDS)], at, 100_000 + number, conversation_id="today's talk")


def unusual_calls() -> Iterator[UsageRecord]:
    """Calls that failed, were left, were estimated or cannot be priced, and names that would do harm."""
    changes: tuple[dict[str, object], ...] = (
        {"status": 429, "error_type": "rate_limit_error", "usage": None, "usage_source": "none", "cost": None,
         "cost_source": "unpriced"},
        {"status": 529, "error_type": "overloaded_error", "usage": None, "usage_source": "none", "cost": None,
         "cost_source": "unpriced"},
        {"status": None, "error_type": "connection_error", "usage": None, "usage_source": "none", "cost": None,
         "cost_source": "unpriced", "latency_ms": None, "time_to_first_chunk_ms": None},
        {"usage": TokenUsage(8_000, 12), "usage_source": "partial", "stream": True},
        {"usage": TokenUsage(900, 450), "usage_source": "estimated", "stream": True},
        {"request_model": HOSTILE, "response_model": None, "project": "ev\x1b[2Jil\u202e", "cost": None,
         "cost_source": "unpriced"},
        {"usage": TokenUsage(60_000, 9_000, 20_000, 30_000, 10_000, 7_000), "cost": Decimal("0.25"),
         "cost_source": "provider", "latency_ms": 184_000},
        {"operation_name": "embeddings", "request_model": "text-embedding-3-small", "response_model": None,
         "usage": TokenUsage(700, 0), "cost": Decimal("0.000014"), "stream": False},
    )  # fmt: skip
    for number, change in enumerate(changes):
        at = NOW - timedelta(minutes=42 + number * 11)
        yield _call(KINDS[number % 2], at, 200_000 + number, **change)


def _call(kind: Kind, at: datetime, number: int, **changes: object) -> UsageRecord:
    given, answered = (tokens * (60 + number * 37 % 80) // 100 for tokens in kind.tokens)
    cached = given * kind.cached_percent // 100
    written = given // 8 if kind.provider_name == "anthropic" else 0
    latency = 900 + answered * 7 + number % 500
    cost = None
    if kind.price is not None:
        cost = (given * Decimal(kind.price[0]) + answered * Decimal(kind.price[1])) / MILLION
    values: dict[str, object] = {
        "id": identified_id(at, kind.provider_name, f"snapshot-{number}"), "occurred_at": at,
        "platform": kind.platform, "provider_name": kind.provider_name, "operation_name": "chat",
        "source": kind.source, "request_model": kind.model, "response_model": kind.model,
        "response_id": f"resp-{number:012d}", "project": kind.project,
        "conversation_id": f"{kind.platform}-{at:%m%d}" if kind.project else None, "stream": number % 3 > 0,
        "status": 200, "usage": TokenUsage(given + written, answered, cached, written),
        "usage_source": "reported" if kind.source == "report" else "provider", "cost": cost,
        "cost_source": "unpriced" if cost is None else "catalogue" if cost else "free", "latency_ms": latency,
        "time_to_first_chunk_ms": latency // 6, **dict(kind.more),
    }  # fmt: skip
    return UsageRecord(**{**values, **changes})  # type: ignore[arg-type]


def official_limits() -> list[OfficialLimit]:
    """What plans' providers say: nearly used, used up, hardly used, and of a window that is over."""
    hour = timedelta(hours=1)
    said = (
        ("anthropic", "claude-code", "five_hour", 300, "41.3", 2 * hour, hour / 30, "max"),
        ("anthropic", "claude-code", "weekly", 10080, "83", 70 * hour, hour / 30, "max"),
        ("openai", "codex", "five_hour", 300, "100", 4 * hour, hour / 4, "plus"),
        ("openai", "codex", "weekly", 10080, "12.5", -1 * hour, 30 * hour, "plus"),
    )
    return [
        OfficialLimit(provider, tool, "laptop", window, minutes, Decimal(used), NOW + ends, NOW - ago, plan)
        for provider, tool, window, minutes, used, ends, ago, plan in said
    ]


def headroom() -> list[Headroom]:
    """What providers say is left: much, little, a subscription's share, and the wish to wait."""
    minute = timedelta(minutes=1)
    return [
        Headroom("openai", "requests", 5_000, 4_812, NOW + minute / 5, NOW - minute),
        Headroom("openai", "tokens", 2_000_000, 61_000, NOW + minute / 2, NOW - minute),
        Headroom("anthropic", "input_tokens", 400_000, 391_000, NOW + minute, NOW - 3 * minute),
        Headroom("anthropic", RETRY, None, None, NOW + 2 * minute, NOW - minute),
        Headroom("claude-max", "5h", 100, 59, NOW + 120 * minute, NOW - 4 * minute),
        Headroom("claude-max", "7d", 100, 17, NOW + 4_200 * minute, NOW - 4 * minute),
    ]
