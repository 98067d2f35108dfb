"""Names of amounts: thin, and alike along one axis."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenmon.tui.amounts import Unit, amount_text, tick_names
from tokenmon.tui.chart import NAME_CELLS


@pytest.mark.parametrize(
    ("unit", "ticks", "names"),
    [
        ("usd", ["2.5", "5"], ["$2.5", "$5.0"]),
        ("usd", ["500", "1000"], ["$500", "$1,000"]),
        ("usd", ["2500", "5000"], ["$2.5k", "$5.0k"]),
        ("usd", ["0.0005", "0.001"], ["$0.0005", "$0.0010"]),
        ("usd", ["0.000000002", "0.000000004"], ["$2.0e-9", "$4.0e-9"]),
        ("tokens", ["1000000", "2000000"], ["1M", "2M"]),
        ("tokens", ["500", "1000"], ["500", "1,000"]),
        ("tokens", ["2E+15"], ["2.0e+15"]),
        ("requests", ["1", "2"], ["1", "2"]),
        ("ms", ["250", "500"], ["250ms", "500ms"]),
        ("ms", ["500", "1000"], ["0.5s", "1.0s"]),
        ("ms", ["2000000", "4000000"], ["2ks", "4ks"]),
        ("percent", ["2.5", "5"], ["2.5%", "5.0%"]),
    ],
)
def test_ticks_of_one_axis_have_one_unit_and_the_same_digits(unit: Unit, ticks: list[str], names: list[str]) -> None:
    assert tick_names([Decimal(tick) for tick in ticks], unit) == names


@given(st.integers(-8, 20), st.sampled_from([1, 2, 5]), st.integers(1, 6), st.sampled_from(["usd", "tokens", "ms"]))
def test_a_name_fits_beside_the_axis(power: int, digit: int, count: int, unit: Unit) -> None:
    step = Decimal(digit).scaleb(power if unit == "usd" else abs(power))

    names = tick_names([step * at for at in range(1, count + 1)], unit)

    assert max(map(len, names)) <= NAME_CELLS


@pytest.mark.parametrize(
    ("unit", "value", "text"),
    [
        ("usd", "12.345", "$12.34"),
        ("tokens", "1234567", "1.2M"),
        ("requests", "1234", "1,234"),
        ("ms", "812", "812 ms"),
        ("ms", "1250", "1.2 s"),
        ("percent", "0.25", "0.25 %"),
        ("percent", "99.4", "99 %"),
    ],
)
def test_an_amount_has_its_unit(unit: Unit, value: str, text: str) -> None:
    assert amount_text(Decimal(value), unit) == text
