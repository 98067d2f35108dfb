"""The lines of one call: every field, the arithmetic of its cost, and what to do where the two disagree."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from rich.cells import cell_len

from tests.tui.sample import call
from tokenmon.core.period import zone
from tokenmon.core.pricing import Rate, Rates, cost_items
from tokenmon.core.record import CostSource, UsageRecord
from tokenmon.core.record_json import RECORD_KEYS, record_json
from tokenmon.core.usage import TokenUsage
from tokenmon.ingest.cost_origin import CostOrigin, PricedPass
from tokenmon.tui.call_columns import Writing
from tokenmon.tui.call_detail import call_lines
from tokenmon.tui.cost_lines import cost_lines
from tokenmon.tui.numbers import DOLLARS, Numbers
from tokenmon.tui.texts import Line, plain

D = Decimal
WRITING = Writing(zone("Europe/Berlin"), DOLLARS)
READ = Rate("cache_read_tokens", D("0.5"), origin="the list", since=date(2026, 5, 1))
INPUT = Rate("input_tokens", D(5), within=("cache_read_tokens",), origin="the list", tiers=((200_000, D(9)),))
OUTPUT = Rate("output_tokens", D(25), origin="the list")
USAGE = TokenUsage(1000, 200, cache_read_input_tokens=400)
# 400 x 0.5 + 600 x 5 + 200 x 25, per million.
COST = D("0.0082")


def record(**changes: object) -> UsageRecord:
    return call(0, **{"usage": USAGE, "cost": COST, "response_model": "gpt-4o-2024-08-06", **changes})


def origin(
    cost: Decimal | None = COST,
    *,
    source: CostSource = "catalogue",
    is_outdated: bool = False,
    usage: TokenUsage = USAGE,
) -> CostOrigin:
    items = cost_items(usage, Rates((READ, INPUT, OUTPUT), source))
    return CostOrigin((PricedPass(None, items, has_rates=True),), cost, source, is_outdated)


def words(lines: list[Line]) -> str:
    return "\n".join(plain(line) for line in lines)


def cost_words(one: UsageRecord, found: CostOrigin | None, *, numbers: Numbers | None = None, width: int = 70) -> str:
    return words(cost_lines(one, found, numbers or DOLLARS.exact(), width=width))


def test_each_count_times_its_rate_adds_up_to_the_cost() -> None:
    assert [line.split() for line in cost_words(record(), origin()).splitlines()] == [
        ["Cost", "$0.0082", "by", "the", "price", "list"],
        ["Input", "600", "×", "$5.00", "/", "1M", "$0.003"],
        ["Cache", "reads", "400", "×", "$0.50", "/", "1M", "$0.0002"],
        ["Output", "200", "×", "$25.00", "/", "1M", "$0.005"],
        ["Sum", "$0.0082"],
        ["rates", "of", "the", "list,", "since", "2026-05-01"],
        ["rates", "of", "the", "list"],
    ]


def test_the_amounts_stand_with_their_points_below_each_other() -> None:
    lines = cost_words(record(), origin()).splitlines()[1:5]

    assert len({line.rindex("$") for line in lines}) == 1
    assert {cell_len(line) for line in lines} == {70}


def test_a_narrow_pane_has_the_product_below_its_name() -> None:
    lines = cost_words(record(), origin(), width=40).splitlines()

    assert "  600 × $5.00 / 1M" in lines
    assert all(cell_len(line) <= 40 for line in lines)


def test_a_tier_tells_above_what_it_holds() -> None:
    usage = TokenUsage(300_000, 0)

    assert "300,000 × $9.00 / 1M, above 200,000 in" in cost_words(record(), origin(usage=usage))


def test_the_readers_own_separators_and_currency_are_used() -> None:
    numbers = Numbers("€", D("0.5"), ",", ".").exact()

    assert "€0,0041" in cost_words(record(), origin(), numbers=numbers)


@pytest.mark.parametrize(
    ("changes", "found", "said"),
    [
        ({}, None, "looking up the rates ..."),
        ({"cost_source": "override"}, origin(), "by your own prices"),
        ({"cost_source": "provider"}, origin(), "as the provider stated it"),
        ({"cost_source": "provider", "cost": D("0.01")}, origin(), "charged $0.0018 more than these rates"),
        ({"cost_source": "provider", "cost": D("0.008")}, origin(), "charged $0.0002 less than these rates"),
        ({"cost_source": "free", "cost": D(0)}, origin(D(0), source="free"), "free of charge"),
        ({"billing": "subscription"}, origin(), "this is its list-price value, not spent"),
        ({"cost": D(9)}, origin(is_outdated=True), "they make it $0.0082; to correct it: tokenmon price reprice"),
        ({"cost": D(9)}, origin(None, is_outdated=True), "they give no price"),
        ({"cost": D(9)}, origin(None), "the price list has this model no more"),
        ({"cost": None, "cost_source": "unpriced"}, origin(None), "tokenmon price set 'gpt-4o-2024-08-06'"),
        ({"usage": None, "usage_source": "none", "cost": None, "cost_source": "unpriced"}, None, "states no usage"),
    ],
)
def test_how_a_cost_is_known_is_said(changes: dict[str, object], found: CostOrigin | None, said: str) -> None:
    assert said in " ".join(cost_words(record(**changes), found, width=200).split())


def test_a_cost_that_agrees_says_no_more() -> None:
    assert "reprice" not in cost_words(record(), origin())


def test_passes_of_other_models_stand_apart() -> None:
    found = origin()
    other = PricedPass("small\x1b[31m-model", (), has_rates=False)

    text = cost_words(record(), replace(found, passes=(*found.passes, other)))

    assert "Also, by small[31m-model" in text
    assert "no rates of this model are known" in text


FULL = record(
    provider_name="some-provider", operation_name="chat", source="proxy", response_id="resp-1",
    conversation_id="conv-1", project="the-project", client_key="the-key", stream=True, status=500,
    error_type="server_error",
    usage=TokenUsage(9001, 8002, 7003, 6004, 5005, 4006, 3007, 2008, units=(("web_searches", 17),),
                     parts=(("other-model", TokenUsage(111, 222)),)),
    latency_ms=3456, time_to_first_chunk_ms=789, service_tier="flex", processing="batch",
    server_address="api.example.com", billing="subscription", tags=(("team", "blue"),), machine="laptop",
)  # fmt: skip
# Told in words.
IN_WORDS = {"cost_usd", "cost_source", "usage_source", "stream", "occurred_at", "parts", "units", "tags"}


@pytest.mark.parametrize("width", [40, 74, 130])
def test_every_field_is_told(width: int) -> None:
    text = "".join(words(call_lines(FULL, origin(), writing=WRITING, width=width)).split())
    values = record_json(FULL)

    for key in RECORD_KEYS:
        value = values[key]
        if key not in IN_WORDS:
            assert (f"{value:,}" if key.endswith(("tokens", "_ms")) else str(value)) in text, key
    for told in (
        "webs", "17", "blue", "teamblue", "Streamyes", "statedbytheprovider", "2026-11-23T15:29:00.000Z",
        "Mon23Nov202616:29:00.000CET", "Also,byother-model", "111", "222", "3,000tokens/sofoutput",
    ):  # fmt: skip
        assert told in text


@pytest.mark.parametrize("width", [40, 74, 99, 100, 130, 190])
def test_no_line_is_wider_than_the_pane(width: int) -> None:
    lines = call_lines(replace(FULL, project="模型" * 60), origin(), writing=WRITING, width=width)

    assert max(cell_len(plain(line)) for line in lines) <= width


def test_texts_from_outside_are_cleaned() -> None:
    hostile = replace(FULL, project="\x1b[31mred", tags=(("\x1b]0;x", "\x07"),), error_type="a\nb")

    assert not any(
        ord(one) < 32 for line in call_lines(hostile, None, writing=WRITING, width=74) for one in plain(line)
    )


def test_a_call_without_anything_is_told_too() -> None:
    bare = record(usage=None, usage_source="none", cost=None, cost_source="unpriced", status=None, latency_ms=None)

    assert "none stated" in words(call_lines(bare, origin(None), writing=WRITING, width=74))
