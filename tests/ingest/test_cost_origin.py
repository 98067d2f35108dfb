"""Where a cost came from: the items of each pass, and whether today's prices say something else than is stored."""

from decimal import Decimal

import pytest

from tests.ingest.test_pricing import MODEL, OWN, UNKNOWN, USAGE, platform, pricer, unpriced
from tokenmon.core.usage import TokenUsage
from tokenmon.ingest.cost_origin import cost_origin
from tokenmon.providers.catalogue import Catalogue

D = Decimal


def test_the_items_are_those_of_the_catalogue(catalogue: Catalogue) -> None:
    record = unpriced(cost=D("0.004"), cost_source="catalogue")

    found = cost_origin(pricer(catalogue), record)

    (own,) = found.passes
    assert {(one.rate.unit, one.count, one.amount) for one in own.items} == {
        ("cache_read_tokens", 400, D("0.0005")),
        ("input_tokens", 600, D("0.0015")),
        ("output_tokens", 200, D("0.002")),
    }
    assert (found.cost, found.source, found.is_outdated) == (D("0.004"), "catalogue", False)


def test_own_prices_name_themselves(catalogue: Catalogue) -> None:
    found = cost_origin(pricer(catalogue, platform(OWN)), unpriced(cost=D("0.0068"), cost_source="override"))

    assert {one.rate.origin for one in found.passes[0].items} == {"the platform openai-work's own prices"}
    assert not found.is_outdated


@pytest.mark.parametrize(
    ("changes", "is_outdated"),
    [
        ({"cost": D("0.5"), "cost_source": "catalogue"}, True),
        ({"cost": None, "cost_source": "unpriced"}, True),
        ({"cost": D("0.5"), "cost_source": "provider"}, False),
        # The catalogue lists it no more: what was stored stays.
        ({"cost": D("0.5"), "cost_source": "catalogue", "response_model": UNKNOWN, "request_model": UNKNOWN}, False),
    ],
)
def test_a_cost_that_repricing_would_change_is_told(
    catalogue: Catalogue, changes: dict[str, object], is_outdated: bool
) -> None:
    assert cost_origin(pricer(catalogue), unpriced(**changes)).is_outdated is is_outdated


def test_a_call_without_usage_has_no_items(catalogue: Catalogue) -> None:
    found = cost_origin(pricer(catalogue), unpriced(usage=None, usage_source="none"))

    assert (found.passes, found.cost, found.is_outdated) == ((), None, False)


def test_each_pass_is_priced_by_its_own_model(catalogue: Catalogue) -> None:
    usage = TokenUsage(1000, 0, parts=((None, USAGE), ("gpt-4o-mini", USAGE), (UNKNOWN, USAGE)))

    found = cost_origin(pricer(catalogue), unpriced(usage=usage, response_model=MODEL))

    assert [(one.model, one.has_rates) for one in found.passes] == [
        (None, True), (None, True), ("gpt-4o-mini", True), (UNKNOWN, False),
    ]  # fmt: skip
    assert found.passes[2].items[0].price < found.passes[1].items[0].price
    assert found.cost is None
