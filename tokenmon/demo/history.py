"""The demo's past: months of calls as a small team makes them, so that every screen has something to show.

Drawn from one seed: the same moment gives the same past.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from tokenmon.core.official_limit import OfficialLimit
from tokenmon.core.record import UsageRecord, from_milliseconds, identified_id, milliseconds
from tokenmon.core.usage import TokenUsage

DAYS = 100
# Conversations on a working day in the end; there were fewer in the beginning.
CONVERSATIONS = 9
WORKING_HOURS = (8, 20)
# One call in so many fails.
FAILURES = 45
WEEKEND = 5


@dataclass(frozen=True, slots=True)
class Work:
    """One kind of work: on which platform, by which tool, how often, and how large its calls are."""

    platform: str
    provider_name: str
    model: str
    source: str
    project: str | None
    weight: int
    input_tokens: int
    output_tokens: int
    cached: float
    latency_ms: int
    is_subscription: bool = False


# fmt: off
KINDS = (
    Work("claude-max", "anthropic", "claude-opus-4-5", "import:claude-code", "web-shop", 22, 42_000, 900, 0.86, 9_000,
         is_subscription=True),
    Work("anthropic", "anthropic", "claude-sonnet-4-5", "proxy", "api-gateway", 20, 14_000, 700, 0.55, 5_200),
    Work("openai", "openai", "gpt-5-mini", "proxy", "support-bot", 18, 3_200, 350, 0.35, 1_900),
    Work("openai", "openai", "gpt-4o", "proxy", "support-bot", 9, 2_600, 420, 0.2, 2_400),
    Work("azure", "azure", "gpt-4o", "proxy", "reports", 7, 6_000, 900, 0.0, 3_600),
    Work("gemini", "gemini", "gemini-2.5-pro", "proxy", "research", 8, 24_000, 1_500, 0.3, 7_000),
    Work("gemini", "gemini", "gemini-2.5-flash", "report", "research", 10, 5_000, 500, 0.1, 1_300),
    Work("local", "openai-compatible", "qwen3-coder:30b", "report", None, 6, 4_000, 600, 0.0, 4_800),
)
# fmt: on


def past_calls(now: datetime, *, seed: int) -> Iterator[UsageRecord]:
    """The calls of the last months until a few minutes ago, not priced yet; in no order."""
    draw = random.Random(seed)  # noqa: S311  (sample data)
    for back in range(DAYS):
        day = now - timedelta(days=back)
        share = (1 - back / DAYS) * 0.7 + 0.3
        busy = CONVERSATIONS * share * (0.25 if day.weekday() >= WEEKEND else 1)
        for number in range(round(busy + draw.uniform(-1.5, 1.5))):
            yield from _conversation(day, now, f"{back:03d}-{number:02d}", draw)


def _conversation(day: datetime, now: datetime, name: str, draw: random.Random) -> Iterator[UsageRecord]:
    kind = draw.choices(KINDS, [one.weight for one in KINDS])[0]
    first, last = WORKING_HOURS
    hour = first + (last - first) * (draw.betavariate(2, 2) if draw.random() < 0.9 else draw.random() * 2 - 0.5)
    at = day.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(hours=hour % 24)
    for turn in range(1 + int(draw.expovariate(1 / 7))):
        at += timedelta(seconds=draw.uniform(8, 400))
        if at >= now - timedelta(minutes=2):
            return
        yield _call(kind, from_milliseconds(milliseconds(at)), name, turn, draw)


def _call(kind: Work, at: datetime, name: str, turn: int, draw: random.Random) -> UsageRecord:
    identity = f"demo-{name}-{turn}"
    failed = draw.randrange(FAILURES) == 0
    given = round(kind.input_tokens * draw.lognormvariate(0, 0.5) * (1 + turn / 12))
    cached = round(given * kind.cached * draw.uniform(0.8, 1.0)) if turn else 0
    written = given // 8 if kind.provider_name == "anthropic" else 0
    usage = TokenUsage(
        given + written,
        max(1, round(kind.output_tokens * draw.lognormvariate(0, 0.6))),
        cache_read_input_tokens=min(cached, given),
        cache_creation_input_tokens=written,
    )
    latency = round(kind.latency_ms * draw.lognormvariate(0, 0.35))
    return UsageRecord(
        identified_id(at, kind.provider_name, identity), at, kind.platform, kind.provider_name, "chat", kind.source,
        request_model=kind.model, response_model=kind.model, conversation_id=f"demo-{name}", project=kind.project,
        client_key="laptop" if kind.source == "proxy" else None, stream=turn % 3 > 0,
        status=draw.choice((429, 529, 500)) if failed else 200,
        error_type=draw.choice(("rate_limit_error", "overloaded_error")) if failed else None,
        usage=None if failed else usage,
        usage_source="none" if failed else "reported" if kind.source == "report" else "provider",
        latency_ms=latency, time_to_first_chunk_ms=None if failed else round(latency * draw.uniform(0.1, 0.3)),
        billing="subscription" if kind.is_subscription else "metered",
    )  # fmt: skip


def official_limits(now: datetime, machine: str) -> list[OfficialLimit]:
    """What the providers of the demo's plans say is used of their windows."""
    hour = now.replace(minute=0, second=0, microsecond=0)
    said = (
        ("anthropic", "claude-code", "five_hour", 300, "41.3", timedelta(hours=2), "max"),
        ("anthropic", "claude-code", "weekly", 10080, "83", timedelta(days=3), "max"),
        ("openai", "codex", "five_hour", 300, "12", timedelta(hours=4), "plus"),
    )
    return [
        OfficialLimit(provider, tool, machine, window, minutes, Decimal(used), hour + ends, now, plan)
        for provider, tool, window, minutes, used, ends, plan in said
    ]
