"""How the dashboard writes numbers: currency, separators, thin units or every digit.

Apart from `core/number_text.py`, which writes what tables and messages say: always dollars, with points.
"""

import locale
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_EVEN, Decimal

from tokenmon.core.number_text import tokens_text, usd_text
from tokenmon.core.settings import Settings

SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "CNY": "¥", "INR": "₹", "KRW": "₩", "BRL": "R$"}
# Narrow no-break space: what a thousands separator is in most of Europe, and what keeps a number on one line.
THIN_SPACE = "\u202f"
SECOND, MINUTE = 1000, 60_000
# What a column of single calls' costs has room for; an embedding of a few words costs less.
LEAST_SHOWN = "$0.00001"
# A smaller share would read as none.
LEAST_SHARE = Decimal("0.05")


@dataclass(frozen=True, slots=True)
class Numbers:
    """A way to write numbers. Amounts are given in US dollars and shown in the currency at `rate`; `is_exact` drops
    thin units and rounding. Widths are what a column needs, so that it never jumps."""

    symbol: str = "$"
    rate: Decimal = Decimal(1)
    decimal: str = "."
    group: str = ","
    is_exact: bool = False

    def exact(self) -> "Numbers":
        """The same with every digit."""
        return replace(self, is_exact=True)

    def money(self, usd: Decimal | None) -> str:
        """An amount; `unpriced` for None."""
        if usd is None:
            return "unpriced"
        amount = usd * self.rate
        if self.is_exact:
            sign, size = ("-", -amount) if amount < 0 else ("", amount)
            digits = max(2, -int(size.normalize().as_tuple().exponent)) if size else 2
            plain = f"{sign}${size.quantize(Decimal(1).scaleb(-min(digits, 9)), ROUND_HALF_EVEN):,f}"
        else:
            plain = usd_text(amount)
        return self._localised(plain).replace("$", self.symbol, 1)

    def call_cost(self, usd: Decimal | None) -> str:
        """The cost of one call within `money_cells`: no digit is cut off, `<$0.00001` and `$1.0M` say what is there."""
        whole = self.money(usd)
        if usd is None or self.is_exact or len(whole) <= self.money_cells:
            return whole
        amount = usd * self.rate
        if amount < 1:
            return "<" + self._localised(LEAST_SHOWN).replace("$", self.symbol, 1)
        return self.symbol + self._localised(tokens_text(round(amount)))

    def tokens(self, count: int) -> str:
        """A count of tokens: `1.2k`, or every digit."""
        return self._localised(f"{count:,}" if self.is_exact else tokens_text(count))

    def count(self, number: int) -> str:
        """A count of calls, every digit."""
        return self._localised(f"{number:,}")

    def duration(self, milliseconds: int | None) -> str:
        """A latency: `850 ms`, `1.2 s`, `3.4 min`; `-` for None."""
        if milliseconds is None:
            return "-"
        if self.is_exact or milliseconds < SECOND:
            return self._localised(f"{milliseconds:,} ms")
        if milliseconds < 100 * SECOND:
            return self._localised(f"{milliseconds / SECOND:.1f} s")
        return self._localised(f"{milliseconds / MINUTE:,.1f} min")

    def percent(self, share: Decimal) -> str:
        """A percentage given as such (12.5 is `12.5 %`); one digit after the point below ten, else none."""
        if self.is_exact:
            return self._localised(f"{share:.2f} %")
        if 0 < share < LEAST_SHARE:
            return self._localised("<0.1 %")
        return self._localised(f"{share:.1f} %" if 0 < abs(share) < 10 else f"{share:.0f} %")

    @property
    def money_cells(self) -> int:
        """The width of a column of single calls' costs."""
        return (14 if self.is_exact else 9) + len(self.symbol) - 1

    @property
    def token_cells(self) -> int:
        """The width of a column of tokens."""
        return 11 if self.is_exact else 5

    def _localised(self, plain: str) -> str:
        """A number written with commas and a point, with the separators that are wanted."""
        if (self.decimal, self.group) == (".", ","):
            return plain
        return plain.translate({ord(","): self.group, ord("."): self.decimal})


DOLLARS = Numbers()


def numbers_of(settings: Settings, *, is_ascii: bool = False) -> Numbers:
    """The way to write numbers that the settings name; `auto` asks the environment's locale."""
    code = settings.dash_currency
    decimal, group = separators(settings.dash_numbers)
    symbol = SYMBOLS.get(code, "")
    if not symbol or (is_ascii and not symbol.isascii()):
        symbol = code + " "
    return Numbers(symbol, Decimal(settings.dash_currency_rate), decimal, group)


def separators(pattern: str) -> tuple[str, str]:
    """The decimal and the thousands separator of a pattern such as `1.234,56`."""
    if pattern == "auto":
        return _locale_separators()
    group = pattern[1]
    return pattern[-3], THIN_SPACE if group == " " else group


def _locale_separators() -> tuple[str, str]:
    before = locale.setlocale(locale.LC_NUMERIC)
    try:
        locale.setlocale(locale.LC_NUMERIC, "")
        found = locale.localeconv()
    except locale.Error:
        # A locale that the environment names and the system does not have.
        return ".", ","
    finally:
        locale.setlocale(locale.LC_NUMERIC, before)
    decimal, group = str(found["decimal_point"]), str(found["thousands_sep"])
    if not decimal.isprintable() or decimal == group:
        return ".", ","
    if decimal == "," and not group:
        return ",", THIN_SPACE
    return decimal, group.replace("\xa0", THIN_SPACE) or ","
