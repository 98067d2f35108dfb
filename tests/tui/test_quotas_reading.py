"""What the quotas screen reads: forecasts by the one rule, the filter's say over platforms, a replay's past."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from tests.tui.accounts import fill_accounts, fill_limits
from tests.tui.sample import NOW
from tokenmon.core.filter_language import parse_filter
from tokenmon.session import Session
from tokenmon.tui.asking import Asking
from tokenmon.tui.reading.quotas import QuotaOrder, read_quotas


@pytest.fixture
def asking(session: Session) -> Asking:
    fill_accounts(session.store)
    fill_limits(session.store)
    return Asking(session.store, session.settings, NOW)


def test_a_quota_is_forecast_at_the_mean_of_the_last_full_days(asking: Asking) -> None:
    (work,) = [one for one in read_quotas(asking).quotas if one.platform == "work"]

    # 20 cents a day; seven days and 8.5 hours are left.
    assert work.state.used == Decimal("1.60")
    assert work.left == Decimal("0.40")
    assert work.forecast is not None
    assert work.forecast.per_day == Decimal("0.2")
    assert work.expected_percent is not None
    assert round(work.expected_percent) == 154
    assert work.runs_out == NOW + timedelta(days=2)


def test_a_forecast_of_requests_counts_requests(asking: Asking) -> None:
    (play,) = [one for one in read_quotas(asking).quotas if one.platform == "play"]

    assert play.state.used == 8
    assert play.forecast is not None
    assert play.forecast.expected < 1000
    assert play.runs_out is None


def test_a_subscription_is_forecast_by_its_list_price_value(asking: Asking) -> None:
    (plan,) = [one for one in read_quotas(asking).quotas if one.platform == "plan"]

    assert plan.state.is_list_price_value
    assert plan.state.used == Decimal("0.12")
    assert plan.forecast is not None
    assert plan.forecast.per_day > 0


@pytest.mark.parametrize(
    ("order", "names"),
    [
        ("fullest", ["plan", "work", "play"]),
        ("platform", ["plan", "play", "work"]),
        ("runs out", ["plan", "work", "play"]),
    ],
)
def test_the_orders(asking: Asking, order: QuotaOrder, names: list[str]) -> None:
    found = read_quotas(asking, order=order)

    assert [one.platform for one in found.quotas] == names


def test_the_platforms_without_a_quota_are_those_that_may_get_one(asking: Asking) -> None:
    found = read_quotas(asking)

    assert found.without == ("house",)
    assert found.platforms == 4


def test_a_filter_by_platform_hides_quotas_and_one_by_model_changes_no_sum(asking: Asking) -> None:
    by_platform = read_quotas(replace(asking, conditions=parse_filter("platform:work")))
    by_model = read_quotas(replace(asking, conditions=parse_filter("model:nothing")))

    assert [one.platform for one in by_platform.quotas] == ["work"]
    assert by_platform.hidden == 2
    assert {one.platform for one in by_platform.alerts} == {"work"}
    assert by_model.quotas == read_quotas(asking).quotas


def test_a_replay_knows_nothing_of_what_came_later(asking: Asking) -> None:
    past = NOW - timedelta(hours=1, minutes=30)

    found = read_quotas(replace(asking, now=past, is_replay=True))

    assert [(one.platform, one.threshold) for one in found.alerts] == [("work", 80)]
    assert [one.tool for one in found.official] == ["codex"]
    assert next(one for one in found.quotas if one.platform == "work").state.used < Decimal("1.60")


def test_a_new_quota_of_an_unused_platform_has_no_forecast(session: Session, asking: Asking) -> None:
    house = session.store.platform("house")
    session.store.replace_platform(replace(house, quota=read_quotas(asking).quotas[0].state.quota, name="unused"))

    found = next(one for one in read_quotas(asking).quotas if one.platform == "unused")

    assert (found.forecast, found.runs_out, found.expected_percent) == (None, None, None)
