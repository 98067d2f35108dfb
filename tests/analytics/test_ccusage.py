"""ccusage's JSON from our records: its keys, its meaning of each number, its totals."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from tests.core.sample import call
from tokenmon.analytics.ccusage import GROUPINGS, Kind, ccusage_json
from tokenmon.core.period import Period
from tokenmon.core.query import Filter
from tokenmon.core.usage import TokenUsage
from tokenmon.storage.store import Store

GOLDEN = Path(__file__).parent / "golden"
ALL = Filter(Period(None, None, "Europe/Berlin"))
RECORDS = [
    call(
        "claude-1", datetime(2026, 11, 22, 9, tzinfo=UTC), source="import:claude-code", conversation_id="session-1",
        project="/home/zoe/shop", response_model="claude-sonnet-4-6", billing="subscription", cost=Decimal("0.5"),
        usage=TokenUsage(1700, 200, 1000, 600, 600, 50),
    ),
    # 23:30 UTC: the next day in Berlin, and of the next week.
    call(
        "claude-2", datetime(2026, 11, 22, 23, 30, tzinfo=UTC), source="import:claude-code",
        conversation_id="session-1", project="/home/zoe/shop", response_model="claude-opus-4-8",
        billing="subscription", cost=Decimal("1.25"), usage=TokenUsage(10, 5),
    ),
    call(
        "codex-1", datetime(2026, 11, 30, 23, 30, tzinfo=UTC), source="import:codex", conversation_id="session-2",
        response_model="gpt-5.4", cost=Decimal("0.000000001"), usage=TokenUsage(100, 20, 90),
    ),
    call("proxy-1", datetime(2026, 11, 23, 12, tzinfo=UTC), usage=TokenUsage(1, 1)),
    call(
        "unpriced", datetime(2026, 11, 23, 13, tzinfo=UTC), cost=None, cost_source="unpriced", request_model=None,
        response_model=None, usage=None, usage_source="none",
    ),
]  # fmt: skip
NUMBERS = ("inputTokens", "outputTokens", "cacheCreationTokens", "cacheReadTokens", "totalTokens", "totalCost")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(f"sqlite:///{tmp_path}/tokenmon.db") as opened:
        opened.add(RECORDS)
        yield opened


@pytest.mark.parametrize("kind", GROUPINGS)
def test_the_same_records_are_the_same_report(store: Store, kind: Kind) -> None:
    shown = json.dumps(ccusage_json(store, ALL, kind), indent=2, ensure_ascii=False) + "\n"

    assert shown == (GOLDEN / f"ccusage-{kind}.json").read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", GROUPINGS)
def test_rows_and_their_models_add_up_to_the_totals(store: Store, kind: Kind) -> None:
    report = ccusage_json(store, ALL, kind)

    for name in NUMBERS:
        assert sum(row[name] for row in report[kind]) == pytest.approx(report["totals"][name])
    for row in report[kind]:
        assert row["totalTokens"] == sum(row[name] for name in NUMBERS[:4])
        assert sorted(one["modelName"] for one in row["modelBreakdowns"]) == row["modelsUsed"]
        assert sum(one["cost"] for one in row["modelBreakdowns"]) == pytest.approx(row["totalCost"])


def test_a_filter_holds_for_sessions_and_their_times(store: Store) -> None:
    late = Period(datetime(2026, 11, 22, 12, tzinfo=UTC), None)

    report = ccusage_json(store, Filter(late, sources=("import:*",)), "session")

    assert [(row["sessionId"], row["firstActivity"]) for row in report["sessions"]] == [
        ("session-1", "2026-11-22T23:30:00.000Z"), ("session-2", "2026-11-30T23:30:00.000Z"),
    ]  # fmt: skip


@pytest.mark.parametrize("kind", GROUPINGS)
def test_no_calls_are_an_empty_report(store: Store, kind: Kind) -> None:
    report = ccusage_json(store, Filter(Period(datetime(2027, 1, 1, tzinfo=UTC), None)), kind)

    assert report[kind] == []
    assert report["totals"] == dict.fromkeys(NUMBERS, 0)
