"""Which alerts are due."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from tokenmon.alerts.decide import due_alert
from tokenmon.core.period import month_of
from tokenmon.core.platform import Platform, PlatformQuota

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
MONTH = month_of(NOW, "UTC")


def platform() -> Platform:
    """A platform with a quota."""
    quota = PlatformQuota(Decimal(100), "usd", 80)
    return Platform(id="p1", name="work", provider_name="openai", created_at=NOW, quota=quota)


@pytest.mark.parametrize(
    ("percent", "sent", "threshold"),
    [
        ("0", set(), None),
        ("79.999999999", set(), None),
        ("80", set(), 80),
        ("99.9", set(), 80),
        ("99.9", {80}, None),
        ("99.9", {100}, 80),
        ("100", {80}, 100),
        ("100", set(), 100),
        ("250", {80, 100}, None),
        ("250", {100}, None),
    ],
)
def test_the_highest_threshold_crossed_is_due_unless_it_was_sent(
    percent: str, sent: set[int], threshold: int | None
) -> None:
    alert = due_alert(platform(), used=Decimal(percent), percent=Decimal(percent), period=MONTH, sent=sent)

    assert (alert and alert.threshold) == threshold


def test_a_platform_without_a_quota_has_no_alert() -> None:
    bare = Platform(id="p1", name="work", provider_name="openai", created_at=NOW)

    assert due_alert(bare, used=Decimal(9), percent=Decimal(900), period=MONTH, sent=set()) is None


def test_what_counts_of_a_subscription_is_no_spend() -> None:
    plan = replace(platform(), billing="subscription")

    alert = due_alert(plan, used=Decimal(90), percent=Decimal(90), period=MONTH, sent=set())

    assert alert is not None
    assert alert.text.endswith("has used 80 % of its monthly quota: 90 of 100 USD list-price value")


def test_the_sentence_names_platform_use_and_limit() -> None:
    warning = due_alert(platform(), used=Decimal("81.5"), percent=Decimal("81.5"), period=MONTH, sent=set())
    exceeded = due_alert(platform(), used=Decimal(120), percent=Decimal(120), period=MONTH, sent={80})

    assert warning is not None
    assert warning.text == "tokenmon: the platform work has used 80 % of its monthly quota: 81.5 of 100 USD"
    assert exceeded is not None
    assert exceeded.text == "tokenmon: the platform work has exceeded its monthly quota: 120 of 100 USD"
