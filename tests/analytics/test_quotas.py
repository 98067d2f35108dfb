"""Quota states: how much of a month's limit is used, in its unit and in the asker's time zone."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from tests.core.sample import NOON, call
from tokenmon.analytics.quotas import quota_headers, quota_json, quota_states
from tokenmon.core.platform import Platform, PlatformQuota, QuotaUnit
from tokenmon.core.usage import TokenUsage
from tokenmon.storage.store import Store


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "tokenmon.db"
    Store.open(f"sqlite:///{path}").close()
    return path


@pytest.fixture
def store(tmp_path: Path, template: Path) -> Iterator[Store]:
    shutil.copy(template, tmp_path / "tokenmon.db")
    with Store.open(f"sqlite:///{tmp_path}/tokenmon.db") as opened:
        yield opened


def work(amount: str = "100", unit: QuotaUnit = "usd", warn_at: int = 80) -> Platform:
    return Platform(
        id="1",
        name="work",
        provider_name="openai",
        created_at=NOON,
        quota=PlatformQuota(Decimal(amount), unit, warn_at),
    )


THRESHOLDS = {
    "0": ("ok", "0"),
    "79.999999999": ("ok", "79.99"),
    "80": ("warning", "80"),
    "99.999999999": ("warning", "99.99"),
    "100": ("exceeded", "100"),
    "250": ("exceeded", "250"),
}


@pytest.mark.parametrize(("cost", "expected"), THRESHOLDS.items(), ids=THRESHOLDS)
def test_a_quota_warns_and_is_exceeded_exactly_at_its_thresholds(
    store: Store, cost: str, expected: tuple[str, str]
) -> None:
    store.add([call(platform="work", cost=Decimal(cost))])

    (state,) = quota_states(store, [work()], now=NOON, timezone="UTC")

    assert (state.state, state.percent, state.used) == (expected[0], Decimal(expected[1]), Decimal(cost))


@pytest.mark.parametrize(("unit", "used"), [("usd", "3"), ("tokens", "2400"), ("requests", "2")])
def test_a_quota_counts_in_its_unit(store: Store, unit: QuotaUnit, used: str) -> None:
    store.add([call(str(number), platform="work", cost=Decimal("1.5")) for number in range(2)])
    store.add([call("other", platform="other")])

    (state,) = quota_states(store, [work("10", unit)], now=NOON, timezone="UTC")

    assert state.used == Decimal(used)
    assert quota_json(state)["used"] == used


def test_a_quota_counts_spend_or_list_price_value_and_never_both(store: Store) -> None:
    store.add([call("1", platform="work", cost=Decimal(90), billing="subscription")])
    store.add([call("2", platform="work", cost=Decimal(20))])
    plan = replace(work(), billing="subscription")

    metered, of_plan = (quota_states(store, [one], now=NOON, timezone="UTC")[0] for one in (work(), plan))

    assert (metered.used, metered.state, metered.is_list_price_value) == (Decimal(20), "ok", False)
    assert (of_plan.used, of_plan.state, of_plan.is_list_price_value) == (Decimal(90), "warning", True)
    assert quota_json(of_plan)["is_list_price_value"] is True


def test_tokens_of_a_subscription_are_tokens(store: Store) -> None:
    store.add([call(platform="work", billing="subscription")])
    plan = replace(work("2000", "tokens"), billing="subscription")

    (state,) = quota_states(store, [plan], now=NOON, timezone="UTC")

    assert (state.used, state.is_list_price_value) == (Decimal(1200), False)


def test_calls_without_a_price_are_told_beside_a_quota_of_money(store: Store) -> None:
    store.add([call(platform="work", cost=None, cost_source="unpriced", usage=TokenUsage(5, 5))])

    states = [quota_states(store, [work("10", unit)], now=NOON, timezone="UTC")[0] for unit in ("usd", "tokens")]

    assert [state.unpriced_requests for state in states] == [1, 0]


MONTHS = {
    "UTC": ("2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z"),
    "Asia/Kathmandu": ("2026-10-31T18:15:00Z", "2026-11-30T18:15:00Z"),
    "Europe/Berlin": ("2026-10-31T23:00:00Z", "2026-11-30T23:00:00Z"),
    "America/New_York": ("2026-11-01T04:00:00Z", "2026-12-01T05:00:00Z"),
}


@pytest.mark.parametrize(("timezone", "ends"), MONTHS.items(), ids=MONTHS)
def test_the_month_is_that_of_the_time_zone_to_the_millisecond(
    store: Store, timezone: str, ends: tuple[str, str]
) -> None:
    start, end = (datetime.fromisoformat(one) for one in ends)
    tick = timedelta(milliseconds=1)
    store.add([call(str(at), at, platform="work") for at in (start - tick, start, end - tick, end)])

    (state,) = quota_states(store, [work("10", "requests")], now=NOON, timezone=timezone)

    shown = quota_json(state)
    assert (shown["used"], shown["starts_at"], shown["resets_at"], shown["timezone"]) == ("2", *ends, timezone)


def test_platforms_without_a_quota_have_no_state(store: Store) -> None:
    plain = Platform(id="2", name="plain", provider_name="openai", created_at=NOON)

    assert quota_states(store, [plain], now=NOON, timezone="UTC") == []


def test_every_answer_of_the_proxy_tells_the_quota_and_warns_from_the_threshold_on(store: Store) -> None:
    (calm,) = quota_states(store, [work()], now=NOON, timezone="UTC")
    store.add([call(platform="work", cost=Decimal("85.5"))])
    (near,) = quota_states(store, [work()], now=NOON, timezone="UTC")
    store.add([call("2", platform="work", cost=Decimal(20))])
    (over,) = quota_states(store, [work()], now=NOON, timezone="UTC")

    told = b"used=85.5, amount=100, unit=usd, percent=85.5, resets=2026-12-01T00:00:00Z"
    assert [name for name, _ in quota_headers(calm)] == [b"x-tokenmon-quota"]
    assert quota_headers(near) == [
        (b"x-tokenmon-quota", told),
        (b"x-tokenmon-warning", b"monthly quota of work: 85.5 % used"),
    ]
    assert quota_headers(over)[1] == (b"x-tokenmon-warning", b"monthly quota of work: exceeded")


@pytest.mark.parametrize("amount", [Decimal(0), Decimal(-1), Decimal("NaN"), Decimal("Infinity")])
def test_a_quota_is_a_number_above_0(amount: Decimal) -> None:
    with pytest.raises(ValueError, match="a quota is a number above 0"):
        PlatformQuota(amount)


@pytest.mark.parametrize("warn_at", [0, 101, -5])
def test_a_warning_is_due_between_1_and_100_percent(warn_at: int) -> None:
    with pytest.raises(ValueError, match="percentage from 1 to 100"):
        PlatformQuota(Decimal(1), warn_at=warn_at)
