"""Platforms, quotas and what is known of them, as the tests of both screens need them."""

from datetime import timedelta
from decimal import Decimal

from tests.tui.sample import NOW, call
from tokenmon.core.headroom import Headroom
from tokenmon.core.official_limit import OfficialLimit
from tokenmon.core.platform import Platform, PlatformQuota
from tokenmon.core.price_rule import PriceOverride, PriceRule
from tokenmon.storage.store import Store

SECRET = "sk-this-is-a-very-secret-key-a1b2"
MONTH = NOW.replace(day=1, hour=0, minute=0)
DAY = timedelta(days=1)


def fill_accounts(store: Store) -> None:
    """Four platforms: one nearly used up, one with much left, a subscription that is exceeded, one without a quota."""
    store.add_platform(Platform("p1", "work", "openai", NOW - 40 * DAY, quota=PlatformQuota(Decimal("2"), "usd", 80)))
    store.add_platform(Platform("p2", "play", "anthropic", NOW, quota=PlatformQuota(Decimal(1000), "requests", 80)))
    plan = PlatformQuota(Decimal("0.1"), "usd", 80)
    store.add_platform(Platform("p3", "plan", "anthropic", NOW, billing="subscription", quota=plan))
    store.add_platform(
        Platform(
            "p4", "house", "openai-compatible", NOW, base_url="http://127.0.0.1:9999/v1",
            prices=PriceOverride(Decimal(2), Decimal(10)),
        )
    )  # fmt: skip
    store.add([call(day * 1440 + part, cost=Decimal("0.05")) for day in range(8) for part in range(4)])
    store.add([call(5000 + number, platform="play", provider_name="anthropic") for number in range(8)])
    store.add([call(6000 + number, platform="plan", provider_name="anthropic", billing="subscription",
                    cost=Decimal("0.06")) for number in range(2)])  # fmt: skip
    store.add([call(10 + number, platform="house", status=500, error_type="server_error", usage=None,
                    usage_source="none", cost=None, cost_source="unpriced") for number in range(3)])  # fmt: skip
    store.add([call(9, cost=None, cost_source="unpriced", request_model="own\x1b[31m-model")])


def fill_limits(store: Store) -> None:
    """What providers say of their limits, and alerts of this month and the one before."""
    soon = NOW + timedelta(minutes=40)
    store.save_headroom([
        Headroom("work", "requests", 5000, 4000, soon, NOW),
        Headroom("work", "tokens", 100_000, 7_000, soon, NOW),
        Headroom("play", "retry", None, None, soon, NOW),
        Headroom("plan", "5h", 100, 0, soon, NOW - timedelta(hours=1)),
    ])  # fmt: skip
    store.save_official_limits([
        OfficialLimit("anthropic", "claude-code", "here", "weekly", 10080, Decimal(88), NOW + 3 * DAY, NOW, "max"),
        OfficialLimit("openai", "codex", "here", "five_hour", 300, Decimal(12), NOW - DAY / 24, NOW - DAY / 12, "plus"),
    ])  # fmt: skip
    store.mark_alert("p1", 80, MONTH, NOW - timedelta(hours=2))
    store.mark_alert("p3", 100, MONTH, NOW - timedelta(hours=1))
    store.set_price_rule(PriceRule("gpt-5*", PriceOverride(Decimal(3)), NOW, "work"))
