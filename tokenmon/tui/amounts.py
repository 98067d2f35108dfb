"""Amounts in drawings: short, in thin units, the ticks of one axis all in the same unit and with the same digits."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Literal

from tokenmon.core.number_text import UNITS, tokens_text, usd_text

Unit = Literal["usd", "tokens", "requests", "ms", "percent"]
SECOND = 1000
THOUSAND = 1000
# Below this step an amount has too many digits for an axis.
TINY = Decimal("0.00001")


def amount_text(value: Decimal, unit: Unit) -> str:
    """One amount with its unit."""
    match unit:
        case "usd":
            return usd_text(value)
        case "tokens":
            return tokens_text(int(value))
        case "requests":
            return f"{int(value):,}"
        case "ms":
            return f"{value / SECOND:.1f} s" if value >= SECOND else f"{value:.0f} ms"
        case _:
            return f"{value:.3g} %" if value < 1 else f"{value:.0f} %"


def tick_names(ticks: Sequence[Decimal], unit: Unit) -> list[str]:
    """The names of an axis's ticks, the lowest first."""
    match unit:
        case "usd" if ticks[0] < TINY:
            return [f"${tick:.1e}" for tick in ticks]
        case "usd":
            return [f"${name}" for name in _thin(ticks)]
        case "percent":
            return [f"{name}%" for name in _thin(ticks)]
        case "ms" if ticks[-1] >= SECOND:
            return [f"{name}s" for name in _thin([tick / SECOND for tick in ticks])]
        case "ms":
            return [f"{name}ms" for name in _thin(ticks)]
        case _:
            return _thin(ticks)


def _thin(ticks: Sequence[Decimal]) -> list[str]:
    """Numbers in the unit that fits the lowest."""
    largest = UNITS[0][0]
    if ticks[0] >= largest * THOUSAND:
        return [f"{tick:.1e}" for tick in ticks]
    size, sign = next(((size, sign) for size, sign in UNITS if size <= ticks[0]), (1, ""))
    return [f"{name}{sign}" for name in _even([tick / size for tick in ticks])]


def _even(ticks: Sequence[Decimal]) -> list[str]:
    """Numbers with as many digits as the finest of them needs."""
    digits = max(0, *(-int(tick.normalize().as_tuple().exponent) for tick in ticks))
    return [f"{tick:,.{digits}f}" for tick in ticks]
