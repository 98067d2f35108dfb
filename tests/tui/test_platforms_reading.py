"""What the platforms screen reads: figures of all calls, and never a key."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from tests.tui.accounts import SECRET, fill_accounts, fill_limits
from tests.tui.sample import NOW, call
from tokenmon.core.filter_language import parse_filter
from tokenmon.core.platform import Platform
from tokenmon.core.price_rule import PriceOverride, PriceRule
from tokenmon.providers.platform_change import with_hint
from tokenmon.session import Session
from tokenmon.tui.asking import Asking
from tokenmon.tui.platform_columns import SHEET_COLUMNS, sheet_row
from tokenmon.tui.reading.platforms import PlatformRow, read_platforms


@pytest.fixture
def asking(session: Session) -> Asking:
    fill_accounts(session.store)
    fill_limits(session.store)
    return Asking(session.store, session.settings, NOW)


def row(asking: Asking, name: str) -> PlatformRow:
    return next(one for one in read_platforms(asking).rows if one.name == name)


def test_a_platform_comes_with_its_month_its_health_and_its_quota(asking: Asking) -> None:
    work = row(asking, "work")

    assert (work.month.requests, work.month.cost, work.month.unpriced_requests) == (33, Decimal("1.60"), 1)
    assert work.health.state == "ok"
    assert work.quota is not None
    assert work.quota.state.state == "warning"
    assert (work.address, work.provider_title) == ("https://api.openai.com/v1", "OpenAI")


def test_a_failing_platform_is_said_to_fail(asking: Asking) -> None:
    assert row(asking, "house").health.state == "failing"


def test_the_tightest_limit_is_a_wait_then_the_lowest_share(asking: Asking) -> None:
    tightest = {one.name: one.tightest(NOW) for one in read_platforms(asking).rows}

    assert {name: one and one.dimension for name, one in tightest.items()} == {
        "house": None, "plan": "5h", "play": "retry", "work": "tokens",
    }  # fmt: skip


def test_what_was_reset_since_is_tight_no_more(asking: Asking) -> None:
    work = row(asking, "work")

    assert work.tightest(NOW + timedelta(hours=1)) is None


def test_a_quiet_platform_tells_the_day_of_its_last_call(asking: Asking) -> None:
    play = row(asking, "play")

    assert play.health.last_call_at is None
    assert play.last_day == date(2026, 11, 20)


def test_rules_are_those_whose_platform_fits_and_whose_day_has_come(asking: Asking) -> None:
    asking.store.set_price_rule(PriceRule("later", PriceOverride(Decimal(1)), NOW, "work", date(2026, 12, 1)))
    asking.store.set_price_rule(PriceRule("all", PriceOverride(Decimal(1)), NOW))

    assert [rule.model for rule in row(asking, "work").rules] == ["all", "gpt-5*"]
    assert [rule.model for rule in row(asking, "play").rules] == ["all"]


def test_a_filter_by_platform_hides_platforms_and_one_by_model_changes_no_sum(asking: Asking) -> None:
    by_platform = read_platforms(replace(asking, conditions=parse_filter("platform:work,play")))
    by_model = read_platforms(replace(asking, conditions=parse_filter("model:nothing")))

    assert [one.name for one in by_platform.rows] == ["play", "work"]
    assert by_platform.hidden == 2
    assert by_model.rows == read_platforms(asking).rows


def test_a_replay_knows_nothing_of_what_came_later(asking: Asking) -> None:
    asking.store.add([call(5, platform="work", cost=Decimal(1))])
    past = replace(asking, now=NOW - timedelta(minutes=30), is_replay=True)

    work = row(past, "work")

    assert work.headroom == ()
    assert work.month.cost == Decimal("1.40")


def test_a_snapshot_holds_no_key_sealed_or_not(session: Session, asking: Asking) -> None:
    platform = Platform("p9", "keyed", "openai", NOW)
    session.store.add_platform(with_hint(platform, SECRET), session.vault.sealing("p9", SECRET))
    sealed = session.store.platform("keyed").sealed_key
    assert sealed is not None

    found = read_platforms(asking)
    keyed = next(one for one in found.rows if one.name == "keyed")

    assert (keyed.has_key, keyed.key_words, keyed.platform.sealed_key) == (True, "…a1b2", None)
    assert SECRET not in repr(found)
    assert repr(sealed) not in repr(found)


def test_without_a_platform_nothing_is_asked(session: Session) -> None:
    found = read_platforms(Asking(session.store, session.settings, NOW))

    assert (found.rows, found.hidden) == ((), 0)


def test_the_cost_of_a_platform_without_any_price_is_exported_as_unknown(session: Session) -> None:
    session.store.add_platform(Platform("p1", "work", "openai", NOW))
    session.store.add([call(1, cost=None, cost_source="unpriced")])
    (work,) = read_platforms(Asking(session.store, session.settings, NOW)).rows

    found = dict(zip(SHEET_COLUMNS, sheet_row(work, NOW), strict=True))

    assert (found["requests"], found["cost_usd"]) == (1, None)
