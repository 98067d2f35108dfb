"""Money: `Decimal` US dollars in memory, whole nano-dollars in the database, decimal strings outside.

Sums of nano-dollars are exact integers; a call's cost is rounded once, half to even, when it is priced.
"""

from decimal import ROUND_HALF_EVEN, Decimal

NANO = Decimal("0.000000001")
NANOS_PER_USD = 1_000_000_000
# What no call costs: a larger amount is a slip of unit or an attack, and sums of such must still fit 64 bits.
MAX_COST = Decimal(10) ** 6


def to_nanousd(amount: Decimal) -> int:
    """Whole nano-dollars of an amount of US dollars, rounded half to even."""
    return int(amount.quantize(NANO, rounding=ROUND_HALF_EVEN).scaleb(9))


def from_nanousd(nanousd: int) -> Decimal:
    """US dollars of whole nano-dollars, exactly."""
    # Half the cost of `scaleb`, which takes its exponent apart.
    return Decimal(nanousd) * NANO


def decimal_text(amount: Decimal) -> str:
    """The shortest plain decimal string of an amount: no exponent, no trailing zeros, at least one digit."""
    text = f"{amount:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("", "-0") else text
