"""Questions in words: what options and URLs mean, and the one answer to them."""

from decimal import Decimal
from pathlib import Path

import pytest

from tests.core.sample import NOON, call
from tokenmon.analytics.queries import build_filter, groupings, read_stats, split_names, stats_json
from tokenmon.core.period import Period
from tokenmon.core.platform import Platform, PlatformQuota
from tokenmon.core.query import Filter
from tokenmon.errors import ConfigError
from tokenmon.storage.store import Store


def test_words_become_a_filter() -> None:
    wanted = build_filter(
        now=NOON, timezone="Europe/Berlin", since="today", platforms=["a,b", "c"], models=[" gpt-* , ", ""]
    )

    start = NOON.replace(day=22, hour=23)
    assert wanted == Filter(Period(start, None, "Europe/Berlin"), platforms=("a", "b", "c"), models=("gpt-*",))


def test_names_may_be_repeated_and_joined_with_commas() -> None:
    assert split_names(["a, b", "c", ",", ""]) == ("a", "b", "c")


def test_groupings_are_checked() -> None:
    assert groupings(["day,model"]) == ("day", "model")
    with pytest.raises(ConfigError, match="cannot group by 'colour'"):
        groupings(["colour"])


def test_the_groups_of_an_answer_add_up_to_its_totals(tmp_path: Path) -> None:
    platforms = [
        Platform(id=name, name=name, provider_name="openai", created_at=NOON, quota=PlatformQuota(Decimal(10)))
        for name in ("a", "b")
    ]
    with Store.open(f"sqlite:///{tmp_path}/tokenmon.db") as store:
        for platform in platforms:
            store.add_platform(platform)
        store.add([call(str(number), platform="ab"[number % 2], cost=Decimal(number)) for number in range(5)])
        wanted = build_filter(now=NOON, timezone="UTC", platforms=["a"])

        whole = stats_json(read_stats(store, wanted, (), now=NOON, quota_timezone="UTC"))
        grouped = stats_json(read_stats(store, wanted, ("project", "model"), now=NOON, quota_timezone="UTC"))

    assert whole["totals"] == grouped["totals"]
    assert (whole["totals"]["requests"], whole["totals"]["cost_usd"], whole["groups"]) == (3, "6", [])
    assert [group["key"] for group in grouped["groups"]] == [{"project": None, "model": "gpt-4o-2024-08-06"}]
    assert [(quota["platform"], quota["used"], quota["state"]) for quota in grouped["quotas"]] == [("a", "6", "ok")]


@pytest.mark.parametrize(
    ("platforms", "shown"), [((), ["a", "b"]), (("a*",), ["a"]), (("?",), ["a", "b"]), (("x*",), [])]
)
def test_quotas_follow_the_filter_and_their_own_month(
    tmp_path: Path, platforms: tuple[str, ...], shown: list[str]
) -> None:
    with Store.open(f"sqlite:///{tmp_path}/tokenmon.db") as store:
        for name in ("a", "b"):
            store.add_platform(Platform(name, name, "openai", NOON, quota=PlatformQuota(Decimal(10))))
        wanted = build_filter(now=NOON, timezone="Asia/Tokyo", platforms=platforms)

        stats = stats_json(read_stats(store, wanted, (), now=NOON, quota_timezone="Europe/Berlin"))

    assert [quota["platform"] for quota in stats["quotas"]] == shown
    assert {quota["timezone"] for quota in stats["quotas"]} <= {"Europe/Berlin"}
