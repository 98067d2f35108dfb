"""`tokenmon price` as typed: own prices, what a model costs and why, and past calls at today's prices."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.commands.runner import Home
from tests.providers.price_lists import as_bytes, providers

MINI = ("--provider", "openai", "--model", "gpt-4o-mini")


def report(home: Home, platform: str, *options: str, tokens: int = 1_000_000) -> None:
    counts = ("--input-tokens", str(tokens), "--output-tokens", "0")
    assert home.run("report", "--platform", platform, *options, *counts).code == 0


def cost(home: Home) -> str:
    return str(home.run("stats", "--json").json["totals"]["cost_usd"])


def rate(shown: Any, unit: str, tier: str | None = None) -> Any:
    return next(one for one in shown["rates"] if (one["unit"], one["tier"]) == (unit, tier))


def test_a_models_rates_are_shown_with_their_origin(home: Home) -> None:
    shown = home.run("price", "show", "gpt-5.4", "--at", "2026-11-23", "--json").json

    whole = rate(shown, "input_tokens")
    assert (shown["provider"], shown["at"]) == ("openai", "2026-11-23T12:00:00.000Z")
    assert (whole["price_usd"], whole["per"]) == ("2.5", 1_000_000)
    assert whole["above"] == [{"input_tokens": 272_000, "price_usd": "5"}]
    assert whole["origin"].startswith("genai-prices ")
    assert rate(shown, "input_tokens", "batch")["price_usd"] == "1.25"
    assert rate(shown, "output_tokens", "priority")["price_usd"] == "30"


def test_a_price_has_a_day_since_which_it_holds(home: Home) -> None:
    shown = home.run("price", "show", "gpt-oss-120b", "--provider", "fireworks", "--at", "2026-11-23", "--json").json

    assert rate(shown, "cache_read_tokens")["since"] == "2026-10-19"


def test_a_price_that_depends_on_the_hour_says_so(home: Home) -> None:
    options = ("--provider", "deepseek", "--at")
    peak = home.run("price", "show", "deepseek-v4-pro", *options, "2026-11-23T02:00Z", "--json").json
    weekend = home.run("price", "show", "deepseek-v4-pro", *options, "2026-11-22T02:00Z", "--json").json

    assert rate(peak, "input_tokens")["price_usd"] == "1.32"
    assert rate(weekend, "input_tokens")["price_usd"] == "0.66"
    assert peak["varies_by_hour"] is True
    assert "see --at" in home.run("price", "show", "deepseek-v4-pro", *options, "2026-11-23").err


def test_own_prices_are_set_shown_and_forgotten(home: Home) -> None:
    options = ("--input-price", "0.002", "--output-price", "$0.01", "--per", "1K", "--from", "2026-11-01")
    done = home.run("price", "set", "gpt-4o-mini", *options, "--json")

    assert done.json["input_price"] == "2"
    assert done.json["from"] == "2026-11-01"
    assert "reprice --dry-run" in done.err
    assert [one["model"] for one in home.run("price", "show", "--json").json] == ["gpt-4o-mini"]
    own = rate(home.run("price", "show", "gpt-4o-mini", "--at", "2026-11-23", "--json").json, "input_tokens")
    assert (own["price_usd"], own["origin"], own["since"]) == ("2", "your own price of gpt-4o-mini", "2026-11-01")
    earlier = home.run("price", "show", "gpt-4o-mini", "--at", "2026-10-31", "--json").json
    assert rate(earlier, "input_tokens")["price_usd"] == "0.15"
    assert home.run("price", "unset", "gpt-4o-mini").code == 0
    assert home.run("price", "show", "--json").json == []


def test_a_rule_of_a_platform_comes_before_its_plain_prices_and_those_before_a_general_rule(work: Home) -> None:
    work.run("price", "set", "gpt-4o-mini", "--input-price", "7", "--output-price", "7")
    plain = work.run("price", "show", "gpt-4o-mini", "--platform", "work", "--json").json
    work.run("price", "set", "gpt-*", "--platform", "work", "--input-price", "3")
    ruled = work.run("price", "show", "gpt-4o-mini", "--platform", "work", "--json").json

    assert (rate(plain, "input_tokens")["price_usd"], rate(plain, "output_tokens")["price_usd"]) == ("2", "10")
    assert rate(plain, "input_tokens")["origin"] == "the platform work's own prices"
    assert (rate(ruled, "input_tokens")["price_usd"], rate(ruled, "output_tokens")["price_usd"]) == ("3", "10")


@pytest.mark.parametrize(
    ("price", "warning"),
    [
        ("1500", "more than any model costs"),
        ("0.00015", "1,000 times that: is it meant per 1K?"),
        ("150", "1,000 times the catalogue's: is --per right?"),
        ("0.15", None),
    ],
)
def test_a_slip_of_unit_is_warned_about_and_set(home: Home, price: str, warning: str | None) -> None:
    done = home.run("price", "set", "gpt-4o-mini", "--input-price", price)

    assert done.code == 0
    assert warning in done.err if warning else "warning" not in done.err


@pytest.mark.parametrize(("price", "is_slip"), [("0.01", True), ("1", False)])
def test_a_slip_in_the_price_of_a_glob_is_warned_about(home: Home, price: str, is_slip: bool) -> None:
    done = home.run("price", "set", "gpt-5*", "--output-price", price)

    assert done.code == 0
    assert ("is it meant per 1K?" in done.err) is is_slip


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("show", "no-such-model"), 2),
        (("show", "no-such-model", "--provider", "openai"), 1),
        (("show", "gpt-5", "--platform", "nobody"), 1),
        (("show", "gpt-5", "--at", "soon"), 2),
        (("set", "gpt-5"), 2),
        (("set", "", "--input-price", "1"), 2),
        (("set", "gpt-5", "--input-price", "cheap"), 2),
        (("set", "gpt-5", "--input-price", "1", "--per", "1G"), 2),
        (("set", "gpt-5", "--input-price", "1", "--from", "soon"), 2),
        (("unset", "gpt-5"), 1),
        (("missing", "--since", "someday"), 2),
        (("reprice", "--since", "someday"), 2),
    ],
)
def test_errors_are_one_line_and_a_hint(home: Home, arguments: tuple[str, ...], code: int) -> None:
    done = home.run("price", *arguments)

    assert done.code == code
    assert [line.partition(": ")[0] for line in done.err.splitlines()] == ["tokenmon", "hint"]


def test_models_without_a_price_are_listed_with_their_tokens(work: Home) -> None:
    report(work, "lab", "--provider", "openai", "--model", "gpt-99", tokens=100)
    report(work, "lab", "--provider", "openai", "--model", "gpt-99", tokens=200)
    report(work, "lab", *MINI)

    assert work.run("price", "missing", "--json").json == [
        {"model": "gpt-99", "provider_name": "openai", "platform": "lab", "calls": 2, "tokens": 300}
    ]
    assert "gpt-99" in work.run("price", "missing").out


def test_nothing_is_missing(work: Home) -> None:
    report(work, "lab", *MINI)

    assert work.run("price", "missing").err == "every call has a price\n"
    assert work.run("price", "missing", "--json").json == []


def test_a_dry_run_shows_and_changes_nothing(home: Home) -> None:
    report(home, "lab", *MINI)
    home.run("price", "set", "gpt-4o-mini", "--input-price", "2")

    done = home.run("price", "reprice", "--dry-run", "--json")

    assert (done.json["applied"], done.json["changed"]) == (False, 1)
    assert [(one["before_usd"], one["after_usd"]) for one in done.json["models"]] == [("0.15", "2")]
    assert cost(home) == "0.15"


def test_repricing_changes_calls_and_totals_and_says_so(home: Home) -> None:
    report(home, "lab", *MINI)
    report(home, "lab", "--provider", "openai", "--model", "gpt-99")
    home.run("price", "set", "gpt-*", "--input-price", "2", "--output-price", "8")

    done = home.run("price", "reprice", "--yes")

    assert done.code == 0
    assert "changed the cost of 2 of 2 calls" in done.err
    assert "$0.1500" in done.out
    assert "+$2.00" in done.out
    assert "1 → 0" in done.out
    assert cost(home) == "4"
    assert {one["cost_source"] for one in home.run("logs", "--json").json} == {"override"}


def test_repricing_twice_changes_nothing_the_second_time(home: Home) -> None:
    report(home, "lab", *MINI)
    home.run("price", "set", "gpt-*", "--input-price", "2")
    home.run("price", "reprice", "--yes")

    assert home.run("price", "reprice", "--yes").err == "all 1 calls have today's prices\n"


def test_a_stated_cost_stays(home: Home) -> None:
    report(home, "lab", *MINI, "--cost", "0.42")
    home.run("price", "set", "gpt-*", "--input-price", "2")

    done = home.run("price", "reprice", "--yes", "--json")

    assert (done.json["changed"], done.json["kept_provider_stated"]) == (0, 1)
    assert cost(home) == "0.42"


def test_only_what_a_filter_means_is_repriced(home: Home) -> None:
    report(home, "lab", *MINI)
    report(home, "office", *MINI)
    home.run("price", "set", "gpt-*", "--input-price", "2")

    home.run("price", "reprice", "--yes", "--platform", "office")

    groups = home.run("stats", "--by", "platform", "--json").json["groups"]
    assert {one["key"]["platform"]: one["cost_usd"] for one in groups} == {"office": "2", "lab": "0.15"}


def test_without_a_terminal_repricing_needs_yes(home: Home) -> None:
    report(home, "lab", *MINI)
    home.run("price", "set", "gpt-*", "--input-price", "2")

    done = home.run("price", "reprice")

    assert done.code == 2
    assert done.err.endswith("hint: tokenmon price reprice --yes, or --dry-run to only look\n")
    assert Decimal(cost(home)) == Decimal("0.15")


def test_an_own_price_that_was_forgotten_leaves_a_call_unpriced(home: Home) -> None:
    home.run("price", "set", "gpt-99", "--input-price", "2", "--output-price", "2")
    report(home, "lab", "--provider", "openai", "--model", "gpt-99")
    home.run("price", "unset", "gpt-99")

    home.run("price", "reprice", "--yes")

    assert home.run("stats", "--json").json["totals"]["unpriced_requests"] == 1


def test_local_models_are_free(home: Home) -> None:
    report(home, "mine", "--provider", "ollama", "--model", "llama3.2")

    call = home.run("logs", "--json").json[0]
    assert (call["cost_usd"], call["cost_source"]) == ("0", "free")
    assert rate(home.run("price", "show", "llama3.2", "--provider", "ollama", "--json").json, "input_tokens")


def test_a_list_from_a_file_is_used_from_then_on(home: Home, tmp_path: Path) -> None:
    path = tmp_path / "data.json"
    path.write_bytes(as_bytes(providers(extra=3000, gpt_4o_input=7)))

    first, again = (
        home.run("price", "update", "--file", str(path), "--json"),
        home.run("price", "update", "--file", str(path), "--json"),
    )
    shown = home.run("price", "show", "gpt-4o", "--provider", "openai", "--json").json

    assert (first.json["updated"], first.json["models"], again.json["updated"]) == (True, 3003, False)
    assert Path(first.json["file"]).parent == home.folder / "data" / "prices"
    assert rate(shown, "input_tokens")["price_usd"] == "7"
    assert rate(shown, "input_tokens")["origin"].startswith("genai-prices list of 20")


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"<html>", "is not JSON"), (as_bytes(providers()), "has 3 models, expected at least")],
)
def test_a_bad_list_is_refused_and_the_prices_stay(home: Home, tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "data.json"
    path.write_bytes(content)

    done = home.run("price", "update", "--file", str(path))

    assert done.code == 1
    assert said in done.err
    assert rate(home.run("price", "show", "gpt-4o", "--json").json, "input_tokens")["price_usd"] == "2.5"


def test_without_a_network_an_update_fails_for_now_and_names_the_file_option(home: Home) -> None:
    done = home.run("price", "update")

    assert done.code == 3
    assert done.err.splitlines()[1].endswith("tokenmon price update --file FILE")
