"""A gauge: how much of a limit is used, where the warning stands and where the period will end."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from rich.cells import cell_len

from tokenmon.tui.amounts import Unit, amount_text
from tokenmon.tui.texts import QUOTA_WORD_CELLS, QUOTA_WORDS, Line, Marks, Part, Tone, joined

BAR_CELLS = (6, 40)
# Used, unused, the warning, the forecast within the bar and beyond it, the limit inside the bar of what is above it.
SIGNS = {"blocks": tuple("━─╂◆▶┃"), "braille": tuple("⠶⠤⡇◆▶⡇"), "ascii": tuple("=-!o>|")}
COUNTED: tuple[Unit, ...] = ("tokens", "requests")
FORECAST_WORDS = {"blocks": "→", "braille": "→", "ascii": "->"}
# Parts have the same width in every gauge, so that gauges below each other line up.
PERCENT_CELLS = len(" 100 %")
USED_CELLS = len("  12.3M of 12.3M requests")
FORECAST_CELLS = len("  ! -> $1,234.00")
FULL = Decimal(100)


@dataclass(frozen=True, slots=True)
class Gauge:
    """What is used of a limit, in one unit; `warn_at` in percent of it, `forecast` for the end of the period."""

    used: Decimal
    limit: Decimal
    unit: Unit
    state: Literal["ok", "warning", "exceeded"]
    warn_at: int | None = None
    forecast: Decimal | None = None

    @property
    def percent(self) -> Decimal:
        """The share that is used; all of it where there is nothing to use."""
        return self.used * 100 / self.limit if self.limit else FULL


def draw(
    gauge: Gauge, *, width: int, marks: Marks = "blocks", amount: Callable[[Decimal], str] | None = None
) -> list[Line]:
    """Bar, percentage, word and amounts in one line of at most `width` cells.

    Where they do not fit the bar shrinks, then the amounts go (the forecast's first), then the word, then the bar.
    """
    word, tone = QUOTA_WORDS[gauge.state]
    percent = f" {int(gauge.percent):,} %".rjust(PERCENT_CELLS)
    words = f" {word}".ljust(QUOTA_WORD_CELLS + 1)
    used, forecast = _amounts(gauge, marks, amount)
    tails: tuple[tuple[int, Line], ...] = (
        (
            QUOTA_WORD_CELLS + 1 + USED_CELLS + FORECAST_CELLS,
            (Part(words, tone), Part(used.ljust(USED_CELLS), "muted"), forecast),
        ),
        (QUOTA_WORD_CELLS + 1 + USED_CELLS, (Part(words, tone), Part(used, "muted"))),
        (QUOTA_WORD_CELLS + 1, (Part(words.rstrip(), tone),)),
        (0, ()),
    )
    for cells, tail in tails:
        bar = width - len(percent) - cells
        # A longer text than the usual ones is not cut, it goes.
        if bar >= BAR_CELLS[0] and sum(cell_len(part.text) for part in tail) <= cells:
            return [joined((*bar_line(gauge, min(bar, BAR_CELLS[1]), marks, tone), Part(percent), *tail))]
    short = percent.strip()
    return [(Part(short, tone),)] if len(short) <= width else []


def _amounts(gauge: Gauge, marks: Marks, amount: Callable[[Decimal], str] | None) -> tuple[str, Part]:
    """What is used of what, and what it will be; a forecast above the limit is trouble."""
    name = amount or (lambda value: amount_text(value, gauge.unit))
    unit = f" {gauge.unit}" if amount is None and gauge.unit in COUNTED else ""
    used = f"  {name(gauge.used)} of {name(gauge.limit)}{unit}"
    if gauge.forecast is None:
        return used, Part("")
    arrow = f"{FORECAST_WORDS[marks]} {name(gauge.forecast)}"
    if gauge.forecast > gauge.limit:
        return used, Part(f"  ! {arrow}", "warning")
    return used, Part(f"  {arrow}", "muted")


def bar_line(gauge: Gauge, cells: int, marks: Marks, tone: Tone) -> Line:
    """The bar up to the limit; where more is used, up to that, with the limit inside."""
    full, rest, warn, ahead, beyond, limit = SIGNS[marks]
    reach = max(gauge.limit, gauge.used) or Decimal(1)
    filled = _cell(gauge.used, reach, cells)
    if gauge.used > 0:
        # The least use is seen, and a full bar means a used limit.
        filled = max(1, filled)
    signs: list[tuple[str, Tone]] = [(full, tone)] * filled + [(rest, "muted")] * (cells - filled)
    if gauge.used > gauge.limit:
        signs[min(cells - 1, _cell(gauge.limit, reach, cells))] = (limit, "strong")
        return joined(Part(sign, tone) for sign, tone in signs)
    if gauge.warn_at is not None and 0 < gauge.warn_at < FULL:
        at = _cell(Decimal(gauge.warn_at), FULL, cells)
        signs[at] = (warn, signs[at][1])
    if gauge.forecast is not None and gauge.forecast > gauge.limit:
        signs[-1] = (beyond, "warning")
    elif gauge.forecast is not None:
        signs[max(0, min(cells, _cell(gauge.forecast, reach, cells)) - 1)] = (ahead, "strong")
    return joined(Part(sign, tone) for sign, tone in signs)


def _cell(value: Decimal, reach: Decimal, cells: int) -> int:
    return max(0, min(cells, int(value * cells / reach)))
