"""Both sides of a month: how they are matched, what differs with which sign, and what is said about it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tokenmon.analytics.findings import comparison_json, findings
from tokenmon.analytics.reconcile import Comparison, Numbers, compare, model_names
from tokenmon.core.provider_sum import ProviderSum, Window
from tokenmon.core.query import Group, Totals

D = Decimal
FIRST = datetime(2026, 11, 1, tzinfo=UTC)
DAY = timedelta(days=1)
NOVEMBER = Window(FIRST, FIRST + 30 * DAY)


def theirs(day: int = 1, model: str | None = "gpt-5", **numbers: Any) -> ProviderSum:
    """A line of the provider's."""
    start = FIRST + (day - 1) * DAY
    return ProviderSum("work", "openai", "completions", start, start + DAY, model=model, **numbers)


def usage(day: int = 1, model: str | None = "gpt-5", tokens: int = 100) -> ProviderSum:
    """A line of usage."""
    return theirs(
        day, model, requests=1, input_tokens=tokens, output_tokens=tokens // 2, cache_read_input_tokens=0,
        cache_creation_input_tokens=0,
    )  # fmt: skip


def cost(day: int = 1, model: str | None = "gpt-5", amount: str = "1") -> ProviderSum:
    """A line of costs."""
    return replace(theirs(day, model), report="costs", cost=D(amount))


def ours(day: int = 1, model: str | None = "gpt-5", tokens: int = 100, amount: str = "1", **more: Any) -> Group:
    """A group of tokenmon's."""
    totals = Totals(requests=1, input_tokens=tokens, output_tokens=tokens // 2, cost=D(amount))
    return Group((("day", f"2026-11-{day:02}"), ("model", model)), replace(totals, **more))


def compared(sums: list[ProviderSum], groups: list[Group], *, pulled: int = 30) -> Comparison:
    """Both sides of November, of which the first days were pulled."""
    return compare(NOVEMBER, sums, groups, [FIRST + DAY * at for at in range(pulled)])


def kinds(found: Comparison) -> list[str]:
    """What the findings are about."""
    return [one.kind for one in findings(found)]


def test_sides_that_agree_leave_nothing_to_say() -> None:
    found = compared([usage(), cost(amount="1.005")], [ours()])

    assert found.lines[0].cause == "equal"
    assert found.total.difference == Numbers(0, 0, 0, 0, 0, D("0.005"))
    assert findings(found) == []


CAUSES: dict[str, tuple[list[ProviderSum], list[Group], str, str]] = {
    "a model that only the provider knows": (
        [usage(), cost()], [ours(model="gpt-4o", tokens=0, amount="0", requests=0)], "not_recorded",
        "only the provider knows gpt-5: +100 input, +50 output, +$1.00",
    ),
    "a model that only tokenmon knows": (
        [], [ours()], "not_at_provider",
        "only tokenmon knows gpt-5: -100 input, -50 output, -$1.00; do these calls belong to another account?",
    ),
    "more tokens at the provider": (
        [usage(tokens=300), cost(amount="3")], [ours()], "usage",
        "both know gpt-5, but count differently: +200 input, +100 output, +$2.00",
    ),
    "fewer tokens at the provider": (
        [usage(tokens=60), cost(amount="0.6")], [ours()], "usage",
        "both know gpt-5, but count differently: -40 input, -20 output, -$0.4000",
    ),
    "the same tokens at another cost": (
        [usage(), cost(amount="0.5")], [ours()], "price",
        "both count the same tokens of gpt-5, but at another cost: -$0.5000; see tokenmon price show MODEL",
    ),
    "a cost without usage": (
        [cost(model=None, amount="2")], [], "cost_alone", "the provider bills (no model) without usage: +$2.00",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("sums", "groups", "cause", "sentence"), CAUSES.values(), ids=CAUSES)
def test_where_the_difference_is(sums: list[ProviderSum], groups: list[Group], cause: str, sentence: str) -> None:
    found = compared(sums, groups)

    assert [one.cause for one in found.lines] == [cause]
    assert sentence in [one.text for one in findings(found)]


def test_days_without_a_record_are_named_as_spans() -> None:
    sums = [usage(day) for day in (1, 2, 3, 5, 6)]

    found = compared(sums, [ours(6)])

    (finding,) = (one for one in findings(found) if one.kind == "days_without_records")
    assert "4 days (2026-11-01 to 2026-11-03, 2026-11-05)" in finding.text
    assert [day.day for day in finding.days] == [1, 2, 3, 5]
    assert kinds(found) == ["days_without_records"]


def test_days_that_were_not_pulled_are_no_difference() -> None:
    found = compared([usage(1)], [ours(1), ours(2)], pulled=1)

    assert [one.cause for one in found.lines] == ["equal", "not_pulled"]
    assert found.lines[1].provider == Numbers()
    assert kinds(found)[0] == "days_not_pulled"


def test_lines_days_and_models_add_up_to_the_total() -> None:
    sums = [usage(day, model, 10 * day) for day in (1, 2, 3) for model in ("gpt-5", "o3", None)]
    groups = [ours(day, model, 7 * day) for day in (2, 3, 4) for model in ("gpt-5", "gpt-4o")]

    found = compared(sums, groups)

    for lines in (found.lines, found.days, found.models):
        for side in ("provider", "tokenmon", "difference"):
            assert sum(getattr(one, side).input_tokens for one in lines) == getattr(found.total, side).input_tokens
    assert found.total.provider.input_tokens == 180
    assert found.total.tokenmon.input_tokens == 126


def test_what_a_provider_never_states_is_unknown_and_not_zero() -> None:
    sums = [theirs(input_tokens=100, output_tokens=50)]

    found = compared(sums, [ours(), ours(2)])

    assert [one.provider.requests for one in found.lines] == [None, None]
    assert found.lines[1].provider.input_tokens == 0
    assert found.total.difference.requests is None


def test_calls_that_failed_are_not_missed_at_the_provider() -> None:
    found = compared([usage()], [ours(error_requests=0), ours(2, tokens=0, amount="0", error_requests=1)])

    assert [one.cause for one in found.lines] == ["equal"]


def test_what_is_not_compared_is_told() -> None:
    euros = replace(theirs(model=None), quantity=D(3), unit="eur")
    own_keys = replace(usage(), quantity=D("0.5"), unit="byok_usd")

    found = compared([euros, own_keys], [ours(unpriced_requests=2)])

    texts = [one.text for one in findings(found)]
    assert "2 calls have no price here and count as no cost: tokenmon price missing" in texts
    assert "the provider bills 3 EUR, which is not compared" in texts
    assert "calls with keys of your own cost $0.5000 at their providers, not here" in texts


def test_several_projects_on_the_providers_side_are_told_where_the_sides_differ() -> None:
    sums = [replace(usage(), project=project) for project in ("p1", "p2")]

    texts = [one.text for one in findings(compared(sums, [ours()]))]

    assert texts[-1] == "the provider's side holds 2 projects (p1, p2): --project ID"
    assert findings(compared(sums, [ours(tokens=200)])) == []


NAMES: dict[str, tuple[list[str], list[str], dict[str, str]]] = {
    "the same names": (["gpt-5", "o3"], ["gpt-5"], {"gpt-5": "gpt-5", "o3": "o3"}),
    "a snapshot on one side": (
        ["gpt-5-2025-08-07"], ["gpt-5"], {"gpt-5-2025-08-07": "gpt-5", "gpt-5": "gpt-5"},
    ),
    "the same snapshots": (
        ["gpt-4o-2024-08-06", "gpt-4o-2024-11-20"], ["gpt-4o-2024-11-20", "gpt-4o-2024-08-06"],
        {"gpt-4o-2024-08-06": "gpt-4o-2024-08-06", "gpt-4o-2024-11-20": "gpt-4o-2024-11-20"},
    ),
    "a snapshot that one side lacks": (
        ["gpt-4o-2024-08-06", "gpt-4o-2024-11-20"], ["gpt-4o-2024-11-20"],
        {"gpt-4o-2024-08-06": "gpt-4o", "gpt-4o-2024-11-20": "gpt-4o"},
    ),
    "other spellings of dates": (
        ["claude-opus-4-5-20251101"], ["claude-opus-4-5@20251101"],
        {"claude-opus-4-5-20251101": "claude-opus-4-5", "claude-opus-4-5@20251101": "claude-opus-4-5"},
    ),
    "no date": (["gpt-4-0613"], ["gpt-4"], {"gpt-4-0613": "gpt-4-0613", "gpt-4": "gpt-4"}),
    "one side alone": (["o3-2025-04-16"], [], {"o3-2025-04-16": "o3-2025-04-16"}),
}  # fmt: skip


@pytest.mark.parametrize(("provider", "recorded", "expected"), NAMES.values(), ids=NAMES)
def test_models_are_compared_under_one_name(provider: list[str], recorded: list[str], expected: dict[str, str]) -> None:
    assert model_names(provider, recorded) == expected


def test_as_json_money_is_text_and_unknown_is_null() -> None:
    found = comparison_json("work", "openai", compared([theirs(input_tokens=100, output_tokens=50)], [ours()]))

    assert found["period"] == {"start": "2026-11-01T00:00:00Z", "end": "2026-12-01T00:00:00Z", "timezone": "UTC"}
    assert found["lines"] == [
        {
            "day": "2026-11-01",
            "model": "gpt-5",
            "cause": "equal",
            "provider": {
                "requests": None, "input_tokens": 100, "output_tokens": 50, "cache_read_input_tokens": None,
                "cache_creation_input_tokens": None, "cost_usd": None,
            },
            "tokenmon": {
                "requests": 1, "input_tokens": 100, "output_tokens": 50, "cache_read_input_tokens": 0,
                "cache_creation_input_tokens": 0, "cost_usd": "1",
            },
            "difference": {
                "requests": None, "input_tokens": 0, "output_tokens": 0, "cache_read_input_tokens": None,
                "cache_creation_input_tokens": None, "cost_usd": None,
            },
        }
    ]  # fmt: skip
