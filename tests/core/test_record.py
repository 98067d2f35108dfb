"""Records: their identity, what they refuse, and which of two sights of a call says more."""

from dataclasses import FrozenInstanceError, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.core.sample import NOON, call
from tokenmon.core.record import (
    USAGE_SOURCES,
    CostSource,
    UsageRecord,
    from_milliseconds,
    id_time,
    identified_id,
    is_distinct_response_id,
    milliseconds,
    random_id,
    supersedes,
)
from tokenmon.core.usage import MAX_COUNT, TokenUsage

DISTINCT = (
    "chatcmpl-CkLpJ8XyAb12", "resp_68e1f2a3b4c5", "msg_01XFDUDYJgAACzvnptvVoYEL", "gen-1700000000-AbCdEfGhIjKlMnOp",
    "0123456789ab", "aaaaaaaa-bbbb-cccc-dddd-eeee", "a_b_c_d_e_f_g_h_i_j_k_l_m",
)  # fmt: skip
REPEATED = ("chatcmpl-123", "chatcmpl-12345678901", "0123456789a", "resp_1", "1", "-", "")


@pytest.mark.parametrize("response_id", DISTINCT)
def test_a_long_response_id_identifies_a_call(response_id: str) -> None:
    assert is_distinct_response_id(response_id)


@pytest.mark.parametrize("response_id", REPEATED)
def test_a_counter_identifies_nothing(response_id: str) -> None:
    assert not is_distinct_response_id(response_id)


def test_the_same_call_has_the_same_identity_at_any_time() -> None:
    first = identified_id(NOON, "openai", "chatcmpl-1")
    later = identified_id(NOON + timedelta(hours=1), "openai", "chatcmpl-1")

    assert first[6:] == later[6:]
    assert first < later


def test_identities_of_shifted_parts_differ() -> None:
    identities = {identified_id(NOON, *parts) for parts in (("a", "bc"), ("ab", "c"), ("abc",), ("a", "b", "c"))}

    assert len(identities) == 4


def test_an_identity_never_changes_between_versions() -> None:
    assert identified_id(NOON, "openai", "chatcmpl-1").hex() == "01a20846fe00b9886a46df8ff6a40eb3"


def test_calls_without_identity_never_meet() -> None:
    assert len({random_id(NOON) for _ in range(100)}) == 100


def test_an_id_holds_its_time_to_the_millisecond() -> None:
    moment = NOON + timedelta(microseconds=123_999)

    assert id_time(random_id(moment)) == NOON + timedelta(milliseconds=123)
    assert from_milliseconds(milliseconds(moment)) == NOON + timedelta(milliseconds=123)


HALF_BUILT: dict[str, dict[str, Any]] = {
    "a short id": {"id": b"short"},
    "a cost without a source": {"cost_source": "unpriced"},
    "a source without a cost": {"cost": None},
    "a usage without a source": {"usage_source": "none"},
    "a source without a usage": {"usage": None},
}


@pytest.mark.parametrize("changes", HALF_BUILT.values(), ids=HALF_BUILT)
def test_a_record_is_never_half_built(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="a record"):
        call(**changes)


@pytest.mark.parametrize("count", [-1, MAX_COUNT + 1, 1.0, True, None, "1"])
def test_a_count_is_a_whole_number_from_0(count: Any) -> None:
    with pytest.raises(ValueError, match="input_tokens must be a whole number"):
        TokenUsage(count, 0)


def test_the_uncached_part_is_never_negative() -> None:
    assert TokenUsage(100, 0, cache_read_input_tokens=30, cache_creation_input_tokens=20).uncached_input_tokens == 50
    assert TokenUsage(100, 0, cache_read_input_tokens=300).uncached_input_tokens == 0


def test_usage_sources_rank_from_none_to_provider() -> None:
    sights = [
        call(usage=None if source == "none" else TokenUsage(10, 0), usage_source=source) for source in USAGE_SOURCES
    ]

    for rank, new in enumerate(sights):
        assert [supersedes(new, old) for old in sights] == [other < rank for other in range(len(sights))]


def test_between_equal_sources_the_larger_usage_wins() -> None:
    small, large = call(usage=TokenUsage(10, 1)), call(usage=TokenUsage(9, 3))

    assert supersedes(large, small)
    assert not supersedes(small, large)
    assert not supersedes(large, large)


FAILED = {(None, None): False, (200, None): False, (399, None): False, (400, None): True, (200, "overloaded"): True}


@pytest.mark.parametrize(("outcome", "is_error"), FAILED.items(), ids=str)
def test_a_call_failed_by_its_status_or_a_stated_error(outcome: tuple[int | None, str | None], is_error: bool) -> None:
    assert call(status=outcome[0], error_type=outcome[1]).is_error is is_error


def test_the_model_that_answered_comes_before_the_one_asked_for() -> None:
    assert call(request_model="alias", response_model="real").model == "real"
    assert call(request_model="alias", response_model=None).model == "alias"
    assert call(cost=Decimal(0), cost_source="free").cost == 0


FULL = UsageRecord(
    b"0" * 16, NOON, "work", "openai", "chat", "proxy", "gpt-4o", "gpt-4o-2024-08-06", "resp", "talk", "project",
    "key", True, 200, "cut", TokenUsage(1, 2), "provider", Decimal(1), "catalogue", 10, 5, "flex", "batch", "host",
    "subscription", (("team", "search"),),
)  # fmt: skip


@pytest.mark.parametrize(("cost", "source"), [(Decimal("0.5"), "override"), (None, "unpriced")])
def test_pricing_changes_the_cost_and_nothing_else(cost: Decimal | None, source: CostSource) -> None:
    priced = FULL.priced(cost, source)

    assert type(priced) is UsageRecord
    assert priced == replace(FULL, cost=cost, cost_source=source)
    assert FULL.cost == 1
    with pytest.raises(FrozenInstanceError):
        priced.cost = Decimal(2)  # type: ignore[misc]


@pytest.mark.parametrize(("cost", "source"), [(Decimal(1), "unpriced"), (None, "catalogue")])
def test_a_priced_record_has_a_cost(cost: Decimal | None, source: CostSource) -> None:
    with pytest.raises(ValueError, match="exactly when it is priced"):
        FULL.priced(cost, source)
