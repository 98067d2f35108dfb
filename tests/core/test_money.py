"""Money: exact in memory, whole nano-dollars in the database, a plain text outside."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tokenmon.core.money import decimal_text, from_nanousd, to_nanousd

TEXTS = {
    "0": "0", "0.00": "0", "-0": "0", "-0.000": "0", "1.50": "1.5", "100": "100", "1E+3": "1000", "1E-9": "0.000000001",
    "0.000000001000": "0.000000001", "12345678901234567890.5": "12345678901234567890.5", "-2.50": "-2.5",
}  # fmt: skip


@pytest.mark.parametrize(("amount", "text"), TEXTS.items(), ids=TEXTS)
def test_an_amount_is_written_plainly_and_no_longer_than_needed(amount: str, text: str) -> None:
    assert decimal_text(Decimal(amount)) == text


ROUNDED = {
    "0.0000000004": 0,
    "0.0000000005": 0,
    "0.0000000015": 2,
    "0.0000000025": 2,
    "0.00000000251": 3,
    "9223372036.854775807": 2**63 - 1,
}


@pytest.mark.parametrize(("amount", "nanousd"), ROUNDED.items(), ids=ROUNDED)
def test_an_amount_is_rounded_once_half_to_even(amount: str, nanousd: int) -> None:
    assert to_nanousd(Decimal(amount)) == nanousd


@settings(deadline=None, derandomize=True, database=None)
@given(st.integers(-(2**63), 2**63 - 1))
def test_nano_dollars_and_texts_come_back_exactly(nanousd: int) -> None:
    amount = from_nanousd(nanousd)

    assert to_nanousd(amount) == nanousd
    assert to_nanousd(Decimal(decimal_text(amount))) == nanousd
    assert "E" not in decimal_text(amount)
