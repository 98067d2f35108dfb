"""Numbers as the dashboard writes them: thin or exact, in a currency, with the separators that are wanted."""

from decimal import Decimal

import pytest

from tokenmon.core.settings import Settings
from tokenmon.tui.numbers import THIN_SPACE, Numbers, numbers_of, separators

GERMAN = Numbers("€", Decimal("0.5"), ",", ".")


@pytest.mark.parametrize(
    ("numbers", "usd", "written"),
    [
        (Numbers(), None, "unpriced"),
        (Numbers(), Decimal(0), "$0.00"),
        (Numbers(), Decimal("1234.5"), "$1,234.50"),
        (GERMAN, Decimal(2469), "€1.234,50"),
        (Numbers(is_exact=True), Decimal("0.0000123"), "$0.0000123"),
        (Numbers(is_exact=True), Decimal("1234567.5"), "$1,234,567.50"),
        (Numbers(is_exact=True), Decimal("-0.25"), "-$0.25"),
        (Numbers(is_exact=True), Decimal("1E+3"), "$1,000.00"),
        (Numbers("CHF ", Decimal(1)), Decimal(3), "CHF 3.00"),
    ],
)
def test_an_amount_is_written_in_its_currency(numbers: Numbers, usd: Decimal | None, written: str) -> None:
    assert numbers.money(usd) == written


@pytest.mark.parametrize(
    ("numbers", "count", "written"),
    [
        (Numbers(), 999, "999"),
        (Numbers(), 1234, "1.2k"),
        (GERMAN, 1234, "1,2k"),
        (Numbers(is_exact=True), 1234567, "1,234,567"),
        (Numbers(group=THIN_SPACE, decimal=",", is_exact=True), 1234567, "1\u202f234\u202f567"),
    ],
)
def test_tokens_have_thin_units_until_every_digit_is_wanted(numbers: Numbers, count: int, written: str) -> None:
    assert numbers.tokens(count) == written


@pytest.mark.parametrize(
    ("milliseconds", "written", "exact"),
    [
        (None, "-", "-"),
        (0, "0 ms", "0 ms"),
        (999, "999 ms", "999 ms"),
        (1234, "1.2 s", "1,234 ms"),
        (99_900, "99.9 s", "99,900 ms"),
        (204_000, "3.4 min", "204,000 ms"),
    ],
)
def test_a_latency_has_the_unit_that_reads_well(milliseconds: int | None, written: str, exact: str) -> None:
    assert Numbers().duration(milliseconds) == written
    assert Numbers().exact().duration(milliseconds) == exact


@pytest.mark.parametrize(
    ("share", "written", "exact"),
    [("0", "0 %", "0.00 %"), ("4.25", "4.2 %", "4.25 %"), ("12.5", "12 %", "12.50 %"), ("-3.1", "-3.1 %", "-3.10 %")],
)
def test_a_share_has_a_digit_after_the_point_where_it_is_small(share: str, written: str, exact: str) -> None:
    assert Numbers().percent(Decimal(share)) == written
    assert Numbers().exact().percent(Decimal(share)) == exact


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("1,234.56", (".", ",")),
        ("1.234,56", (",", ".")),
        ("1 234,56", (",", THIN_SPACE)),
        ("1'234.56", (".", "'")),
    ],
)
def test_a_pattern_tells_both_separators(pattern: str, found: tuple[str, str]) -> None:
    assert separators(pattern) == found


def test_a_locale_that_the_system_lacks_leaves_points_and_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "xx_XX.UTF-8")

    assert separators("auto") == (".", ",")


@pytest.mark.parametrize(
    ("code", "is_ascii", "written"),
    [("EUR", False, "€1.00"), ("EUR", True, "EUR 1.00"), ("CHF", False, "CHF 1.00"), ("USD", True, "$1.00")],
)
def test_a_currency_has_its_sign_where_the_terminal_can_show_it(code: str, is_ascii: bool, written: str) -> None:
    settings = Settings(dash_currency=code, dash_numbers="1,234.56")

    assert numbers_of(settings, is_ascii=is_ascii).money(Decimal(1)) == written


@pytest.mark.parametrize("numbers", [Numbers(), Numbers("CHF ", Decimal(1)), Numbers().exact()])
def test_a_column_is_as_wide_as_the_costs_of_calls_are(numbers: Numbers) -> None:
    costs = [Decimal("0.000123"), Decimal("0.0123"), Decimal("12.34"), Decimal("999.99")]

    assert all(len(numbers.money(cost)) <= numbers.money_cells for cost in costs)
    assert all(len(numbers.tokens(count)) <= numbers.token_cells for count in (0, 999, 99_949, 999_999_999))


@pytest.mark.parametrize("numbers", [Numbers(), Numbers("CHF ", Decimal(1)), Numbers("¥", Decimal(150))])
@pytest.mark.parametrize("cost", ["0.000000001", "0.0000099", "0.00001", "9999.99", "99999.99", "1000000"])
def test_the_cost_of_one_call_is_written_whole_in_its_column(numbers: Numbers, cost: str) -> None:
    written = numbers.call_cost(Decimal(cost))

    assert len(written) <= numbers.money_cells


@pytest.mark.parametrize(
    ("cost", "written"),
    [("0.0000002", "<$0.00001"), ("0.000012", "$0.000012"), ("9999.99", "$9,999.99"), ("123456.78", "$123k")],
)
def test_a_cost_that_has_no_room_for_its_digits_is_bounded_not_cut(cost: str, written: str) -> None:
    assert Numbers().call_cost(Decimal(cost)) == written
