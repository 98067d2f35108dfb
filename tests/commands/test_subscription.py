"""What calls of a subscription are worth: on every surface a list-price value, on none a cost or part of one."""

import json
from typing import Any

import pytest

from tests.commands.runner import Home

VALUE = "list-price value"


def call(platform: str, identity: str) -> dict[str, Any]:
    """A call that costs two dollars on the platforms below."""
    return {
        "platform": platform, "request_model": "gpt-4o", "input_tokens": 500_000, "output_tokens": 100_000,
        "response_id": identity,
    }  # fmt: skip


@pytest.fixture
def both(home: Home) -> Home:
    """A home with a metered platform and a plan: two dollars spent, and calls worth four."""
    prices = ("--provider", "openai", "--no-key", "--input-price", "2", "--output-price", "10", "--quota", "3 USD")
    home.run("platform", "add", "work", *prices)
    home.run("platform", "add", "plan", *prices, "--billing", "subscription")
    calls = [call("work", "chatcmpl-work"), call("plan", "chatcmpl-one"), call("plan", "chatcmpl-two")]
    assert home.run("report", "-", text="\n".join(map(json.dumps, calls))).code == 0
    return home


SURFACES: dict[str, tuple[str, ...]] = {
    "glance": (),
    "stats": ("stats",),
    "by platform": ("stats", "--by", "platform"),
    "daily": ("daily",),
    "weekly": ("weekly",),
    "monthly": ("monthly",),
    "session": ("session",),
    "logs": ("logs",),
    "quotas": ("quota", "list"),
    "dashboard": ("dash", "--once", "--width", "120"),
}


@pytest.mark.parametrize("command", SURFACES.values(), ids=SURFACES)
def test_every_surface_names_the_value_and_adds_it_to_nothing(both: Home, command: tuple[str, ...]) -> None:
    out = both.run(*command).out

    assert VALUE in out
    assert "$2.00" in out
    assert "$6.00" not in out


def test_the_row_of_a_plan_has_a_value_and_no_cost(both: Home) -> None:
    lines = both.run("stats", "--by", "platform").out.splitlines()

    rows = {line.split()[0]: line.split() for line in lines if line.startswith(("work", "plan", "total"))}
    assert [rows[name][5:7] for name in ("work", "plan", "total")] == [
        ["$2.00", "-"],
        ["$0.00", "$4.00"],
        ["$2.00", "$4.00"],
    ]


def test_without_a_subscription_no_column_is_for_it(work: Home) -> None:
    work.run("report", "-", text=json.dumps(call("work", "chatcmpl-work")))

    assert VALUE not in work.run("stats", "--by", "platform").out


def test_sums_as_json_keep_cost_and_value_apart(both: Home) -> None:
    totals = both.run("stats", "--json").json["totals"]

    assert (totals["cost_usd"], totals["subscription_value_usd"]) == ("2", "4")


def test_a_quota_of_a_plan_counts_its_value_alone(both: Home) -> None:
    states = {one["platform"]: one for one in both.run("quota", "list", "--json").json}

    assert [(one["used"], one["is_list_price_value"]) for one in (states["work"], states["plan"])] == [
        ("2", False), ("4", True),
    ]  # fmt: skip


def test_an_export_says_whose_cost_is_a_value(both: Home) -> None:
    rows = [json.loads(line) for line in both.run("export", "jsonl", "--since", "all").out.splitlines()]

    assert sorted((row["platform"], row["cost_usd"], row["billing"]) for row in rows) == [
        ("plan", "2", "subscription"), ("plan", "2", "subscription"), ("work", "2", "metered"),
    ]  # fmt: skip


def test_a_report_tells_the_value_of_its_call(both: Home) -> None:
    tokens = ("--model", "gpt-4o", "--input-tokens", "500000", "--output-tokens", "100000")

    assert both.run("report", "--platform", "plan", *tokens).err.endswith(f"on plan: $2.00 {VALUE}\n")
    assert both.run("report", "--platform", "work", *tokens).err.endswith("on work: $2.00\n")


def test_a_table_with_the_value_fits_eighty_columns(both: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")

    lines = both.run("daily").out.splitlines()

    assert max(map(len, lines)) <= 80
    assert "…" not in "".join(lines)
