"""Numbers as people read them: thin units for tokens and times, dollars with as many digits as the amount needs."""

from datetime import timedelta
from decimal import ROUND_HALF_EVEN, Decimal

UNITS = ((10**12, "T"), (10**9, "B"), (10**6, "M"), (10**3, "k"))
SPANS = ((86_400, "d"), (3600, "h"), (60, "m"))
CENT = Decimal("0.01")
# Below this an amount in cents would show nothing or one digit.
SMALL = Decimal(1)


def tokens_text(count: int) -> str:
    """A count in at most five characters: `999`, `1.2k`, `12.3M`, `123M`."""
    for size, unit in UNITS:
        # 999,950 would round to 1000.0k.
        if count >= size - size // 2000:
            scaled = count / size
            return f"{scaled:.0f}{unit}" if scaled >= 99.95 else f"{scaled:.1f}{unit}"
    return str(count)


def usd_text(amount: Decimal | None) -> str:
    """Dollars: cents from one dollar on, four digits below, two significant ones when smaller; `unpriced` for None."""
    if amount is None:
        return "unpriced"
    if amount == 0:
        return "$0.00"
    sign, size = ("-", -amount) if amount < 0 else ("", amount)
    if size >= SMALL:
        return f"{sign}${size.quantize(CENT, ROUND_HALF_EVEN):,f}"
    digits = max(4, 1 - size.adjusted())
    return f"{sign}${size.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_EVEN):f}"


def duration_text(span: timedelta) -> str:
    """A span of time in its largest unit, rounded down: `0s`, `59s`, `3m`, `23h`, `12d`; nothing is shorter than 0s."""
    seconds = max(0, int(span.total_seconds()))
    for size, unit in SPANS:
        if seconds >= size:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


# What calls of a subscription are worth, in the words of every surface; it is never called cost or spend.
LIST_PRICE_VALUE = "list-price value"


def spent_text(cost: Decimal | None, value: Decimal) -> str:
    """What was spent, and apart from it what calls of a subscription are worth, each only if there is any."""
    if not value:
        return usd_text(cost)
    worth = f"{usd_text(value)} {LIST_PRICE_VALUE}"
    return f"{usd_text(cost)}, {worth}" if cost else worth
