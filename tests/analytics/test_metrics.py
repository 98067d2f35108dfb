"""What a scraper gets: the same sums as everywhere, in a bounded number of series that never fall."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from tests.api.scraped import ScrapedFamily, scraped
from tests.core.sample import NOON, call
from tokenmon.analytics.metrics import OTHER, SeriesBound, process_families, stored_families
from tokenmon.core.exposition import exposition
from tokenmon.core.headroom import RETRY, Headroom
from tokenmon.core.official_limit import OfficialLimit
from tokenmon.core.platform import Platform, PlatformQuota
from tokenmon.core.process_state import ProcessState
from tokenmon.core.query import Group, Totals
from tokenmon.core.usage import TokenUsage
from tokenmon.storage.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(f"sqlite:///{tmp_path}/tokenmon.db") as opened:
        yield opened


def read(store: Store, bound: SeriesBound | None = None) -> dict[str, ScrapedFamily]:
    """What a scraper reads of a store at noon, by name without the prefix."""
    families = stored_families(store, bound or SeriesBound(), now=NOON, timezone="UTC")
    return {name.removeprefix("tokenmon_"): one for name, one in scraped(exposition(families)).items()}


def group(model: str, requests: int, platform: str = "work") -> Group:
    key = (("platform", platform), ("provider", "openai"), ("model", model), ("source", "proxy"))
    return Group(key, Totals(requests=requests, cost=Decimal(requests) / 8))


def names(sums: dict[tuple[tuple[str, str], ...], Totals]) -> dict[str, int]:
    """The requests of each series, by platform and model."""
    return {f"{dict(one)['platform']}/{dict(one)['model']}": totals.requests for one, totals in sums.items()}


def test_a_call_is_counted_under_its_labels(store: Store) -> None:
    usage = TokenUsage(
        1000, 200, cache_read_input_tokens=400, cache_creation_input_tokens=50, reasoning_output_tokens=30
    )
    store.add([call("one", usage=usage), call("two", usage=usage, status=429, error_type="rate_limit_error")])

    found = read(store)

    labels = {"platform": "openai-work", "provider": "openai", "model": "gpt-4o-2024-08-06", "source": "proxy"}
    assert {name: one.of(**labels) for name, one in found.items() if one.kind == "counter"} == {
        "requests_total": 2, "errors_total": 1, "input_tokens_total": 2000, "output_tokens_total": 400,
        "cache_read_input_tokens_total": 800, "cache_creation_input_tokens_total": 100,
        "reasoning_output_tokens_total": 60, "cost_usd_total": Decimal("0.0082"), "list_price_value_usd_total": 0,
        "unpriced_requests_total": 0,
    }  # fmt: skip


def test_spend_list_price_value_and_unpriced_calls_stay_apart(store: Store) -> None:
    store.add([
        call("spent", cost=Decimal("0.000000001")),
        call("plan", cost=Decimal(3), billing="subscription"),
        call("unknown", cost=None, cost_source="unpriced"),
    ])  # fmt: skip

    found = read(store)

    assert found["cost_usd_total"].total() == Decimal("0.000000001")
    assert found["list_price_value_usd_total"].total() == 3
    assert found["unpriced_requests_total"].total() == 1


def test_calls_of_any_time_count(store: Store) -> None:
    store.add([call(str(days), NOON - timedelta(days=days)) for days in (0, 1, 40, 800)])

    assert read(store)["requests_total"].total() == 4


def test_beyond_the_bound_the_rest_is_one_model_and_nothing_is_lost() -> None:
    groups = [group(f"m{number}", 100 - number) for number in range(10)]

    sums = SeriesBound(max_series=3).sums(groups)

    assert names(sums) == {"work/m0": 100, "work/m1": 99, "work/m2": 98, "work/other": sum(range(91, 98))}
    assert sum((one.totals for one in groups), Totals()) == sum(sums.values(), Totals())


def test_names_without_end_end_in_one_series() -> None:
    groups = [group("m", 1, platform=f"p{number}") for number in range(50)]

    sums = SeriesBound(max_series=2, max_rests=2).sums(groups)

    assert names(sums) == {"p0/m": 1, "p1/m": 1, "p2/other": 1, "p3/other": 1, "other/other": 46}


def test_a_model_of_the_name_of_the_rest_is_no_second_series() -> None:
    sums = SeriesBound(max_series=2).sums([group("m", 5), group(OTHER, 4), group("n", 3)])

    assert names(sums) == {"work/m": 5, "work/other": 7}


def test_whoever_is_overtaken_keeps_its_name() -> None:
    bound = SeriesBound(max_series=1)
    bound.sums([group("first", 2), group("second", 1)])

    sums = bound.sums([group("second", 9), group("first", 2)])

    assert names(sums) == {"work/other": 9, "work/first": 2}


def test_models_that_differ_in_what_is_cleaned_are_one_series() -> None:
    sums = SeriesBound().sums([group("m\x1b", 5), group("m", 4)])

    assert names(sums) == {"work/m": 9}


def test_a_quota_is_told_in_its_unit(store: Store) -> None:
    plain = Platform("1", "openai-work", "openai", NOON, quota=PlatformQuota(Decimal("0.0246"), "usd"))
    store.add_platform(plain)
    store.add_platform(replace(plain, id="2", name="idle", quota=PlatformQuota(Decimal(3), "requests")))
    store.add_platform(replace(plain, id="3", name="free", quota=None))
    store.add([call()])

    found = read(store)

    spent, idle = {"platform": "openai-work", "unit": "usd"}, {"platform": "idle", "unit": "requests"}
    assert found["quota_used_ratio"].of(**spent) == Decimal("0.166667")
    assert [found[name].of(**spent) for name in ("quota_limit", "quota_used")] == [Decimal("0.0246"), Decimal("0.0041")]
    assert [found[name].of(**idle) for name in ("quota_limit", "quota_used")] == [3, 0]
    assert len(found["quota_limit"].samples) == 2


def test_rate_limits_are_told_as_they_were_stated(store: Store) -> None:
    store.add_platform(Platform("1", "work", "openai", NOON))
    minute = timedelta(minutes=1)
    store.save_headroom([
        Headroom("work", "requests", 5000, 4999, NOON + minute, NOON),
        Headroom("work", "tokens", None, 7, None, NOON),
        Headroom("work", RETRY, None, None, NOON - minute, NOON - 2 * minute),
    ])  # fmt: skip

    found = read(store)

    requests, tokens = {"platform": "work", "dimension": "requests"}, {"platform": "work", "dimension": "tokens"}
    resets = found["rate_limit_reset_timestamp_seconds"]
    assert found["rate_limit_remaining"].of(**requests) == 4999
    assert found["rate_limit_remaining"].of(**tokens) == 7
    assert found["rate_limit_limit"].samples == {frozenset(requests.items()): 5000}
    assert resets.samples == {frozenset(requests.items()): int((NOON + minute).timestamp())}


def test_a_window_that_was_reset_since_tells_nothing(store: Store) -> None:
    hour = timedelta(hours=1)
    now = OfficialLimit("anthropic", "claude-code", "laptop", "five_hour", 300, Decimal("41.5"), NOON + hour, NOON)
    store.save_official_limits([now, replace(now, window="weekly", resets_at=NOON - hour, as_of=NOON - 2 * hour)])

    (series,) = read(store)["official_limit_used_ratio"].samples.items()

    labels = {"provider": "anthropic", "window": "five_hour", "tool": "claude-code", "machine": "laptop"}
    assert series == (frozenset(labels.items()), Decimal("0.415"))


def test_an_empty_database_has_all_names_and_no_series(store: Store) -> None:
    found = read(store)

    assert len(found) == 17
    assert all(one.help and not one.samples for one in found.values())


def test_a_process_tells_of_itself() -> None:
    state = ProcessState(NOON, waiting_records=3, refused_requests={"unauthorized": 2, "bad_host": 1})

    found = scraped(exposition(process_families(state)))

    assert found["tokenmon_start_time_seconds"].of() == int(NOON.timestamp())
    assert found["tokenmon_journal_waiting_records"].of() == 3
    assert found["tokenmon_journal_stored_records_total"].of() == 0
    assert found["tokenmon_refused_requests_total"].of(reason="unauthorized") == 2
