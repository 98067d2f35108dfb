"""Cursor's usage events, by hand, in both of their headers."""

from decimal import Decimal
from typing import Any

import pytest

from tests.ingest.files.reading import NOW, calls_of, records_of
from tests.ingest.files.test_formats import as_csv
from tokenmon.core.platform import Platform
from tokenmon.core.usage import TokenUsage

ROW: dict[str, Any] = {
    "Date": "2026-05-03T10:00:00.000Z", "Kind": "Included", "Model": "auto", "Max Mode": "No",
    "Input (w/ Cache Write)": "12000", "Input (w/o Cache Write)": "800", "Cache Read": "60000",
    "Output Tokens": "1500", "Total Tokens": "74300", "Cost": "0.11",
}  # fmt: skip
OLDER: dict[str, Any] = {
    **{name: value for name, value in ROW.items() if name not in ("Kind", "Max Mode")}, "Cost": "$1,234.5",
    "Cost to you": "$0.00",
}  # fmt: skip


def test_cursors_input_columns_lie_beside_each_other() -> None:
    (record,) = records_of(as_csv(ROW))

    assert record.usage == TokenUsage(72800, 1500, 60000, 12000)
    assert (record.platform, record.provider_name, record.source) == ("cursor", "cursor", "import:cursor")
    assert (record.model, record.usage_source, record.tags) == ("auto", "provider", ())


def test_an_input_column_that_holds_the_other_is_known_by_the_total() -> None:
    (record,) = records_of(as_csv({**ROW, "Total Tokens": "73500", "Max Mode": "Yes"}))

    assert record.usage == TokenUsage(72000, 1500, 60000, 11200)
    assert record.tags == (("max_mode", "yes"),)


def test_columns_that_do_not_add_up_are_told() -> None:
    assert calls_of(as_csv({**ROW, "Total Tokens": "74301"})) == ["Total Tokens: the other columns do not add up to it"]


@pytest.mark.parametrize(
    ("row", "billing", "cost"),
    [
        (ROW, "subscription", "0.11"),
        ({**ROW, "Kind": "Included in Pro", "Cost": "NaN"}, "subscription", None),
        ({**ROW, "Kind": "On-Demand"}, "metered", "0.11"),
        ({**ROW, "Kind": "On-Demand", "Cost": ""}, "metered", None),
        ({**ROW, "Kind": "Errored, No Charge"}, "metered", "0"),
        (OLDER, "subscription", "1234.5"),
        ({**OLDER, "Cost to you": "0.5"}, "metered", "0.5"),
    ],
)
def test_what_the_plan_includes_is_a_value_and_the_rest_a_cost(
    row: dict[str, Any], billing: str, cost: str | None
) -> None:
    (found,) = calls_of(as_csv(row))

    assert (found.record.billing, found.stated) == (billing, None if cost is None else Decimal(cost))


def test_a_rows_own_billing_holds_over_that_of_the_platform() -> None:
    plan = Platform("p1", "my-cursor", "cursor", NOW, billing="subscription")

    (record,) = records_of(as_csv({**ROW, "Kind": "On-Demand"}), plan)

    assert (record.platform, record.billing) == ("my-cursor", "metered")


def test_equal_rows_are_calls_of_their_own_and_a_bare_date_is_its_noon() -> None:
    one, two = records_of(as_csv({**ROW, "Date": "2026-05-03"}, {**ROW, "Date": "2026-05-03"}))

    assert one.id != two.id
    assert one.occurred_at.isoformat() == "2026-05-03T12:00:00+00:00"
