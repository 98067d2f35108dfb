"""The columns and the order of platforms, and the same values in full for export and copy."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from tokenmon.analytics.health import HealthWord
from tokenmon.core.headroom import RETRY
from tokenmon.core.number_text import duration_text
from tokenmon.core.record_json import time_text
from tokenmon.tui.measures import is_unpriced, measure_text, measured
from tokenmon.tui.numbers import Numbers
from tokenmon.tui.reading.platforms import PlatformRow, PlatformsSnapshot
from tokenmon.tui.sheet import Cell, Sheet
from tokenmon.tui.table_columns import Column, Stretch, fitting
from tokenmon.tui.texts import Line, Part, Tone

HEALTH_WORDS: dict[HealthWord, tuple[str, Tone]] = {
    "ok": ("ok", "good"),
    "degraded": ("! degraded", "warning"),
    "failing": ("!! failing", "error"),
    "idle": ("idle", "muted"),
}
WORST_FIRST: tuple[HealthWord, ...] = ("failing", "degraded", "ok", "idle")
# From so many per cent left of a rate limit on, calls will soon be refused.
SCARCE_PERCENT = 10
NAME_CELLS, LEFT_CELLS, ADDRESS_CELLS = (12, 28), (16, 26), (18, 60)
IMPORTANCE = ("cost", "requests", "left", "last", "value", "key", "provider", "billing", "quota", "address")
EARLIEST = datetime.min.replace(tzinfo=UTC)
# The orders that the key steps through; each begins in the direction that one would want first.
STEPS = ("name", "health", "cost", "requests", "last", "left")
DESCENDING = frozenset({"cost", "value", "requests", "last"})
SHEET_COLUMNS = (
    "name", "provider", "base_url", "key", "billing", "requests", "cost_usd", "subscription_value_usd",
    "unpriced_requests", "error_requests", "health", "last_call_at", "least_left", "percent_left",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Drawing:
    """How platforms are drawn in a room."""

    found: PlatformsSnapshot
    columns: tuple[Column, ...]
    numbers: Numbers
    place: ZoneInfo

    def cells(self, row: PlatformRow) -> tuple[Line, ...]:
        """A platform's cells."""
        return tuple((self._cell(column.key, row),) for column in self.columns)

    def _cell(self, key: str, row: PlatformRow) -> Part:
        match key:
            case "name":
                return Part(row.name, "strong")
            case "health":
                return Part(*HEALTH_WORDS[row.health.state])
            case "left":
                return left_part(row, self.found.as_of)
            case "requests":
                return Part(self.numbers.count(row.month.requests), "plain" if row.month.requests else "muted")
            case "cost":
                return cost_part(row, self.numbers)
            case "value":
                value = row.month.subscription_value
                return Part(self.numbers.money(value) if value else "-", "muted")
            case "last":
                return Part(last_words(row, now=self.found.as_of, place=self.place), "muted")
            case _:
                return _fact(key, row)


def drawing(found: PlatformsSnapshot, *, room: int, numbers: Numbers, place: ZoneInfo) -> Drawing:
    """The columns that fit."""
    money = max(numbers.money_cells, len("List price"))
    columns = [
        Column("name", "Name", NAME_CELLS[0], sort="name"),
        Column("health", "Health", 10, sort="health"),
        Column("left", "Least left", LEFT_CELLS[0], sort="left"),
        Column("requests", "Calls", 9, is_number=True, sort="requests"),
        Column("cost", "Cost", money, is_number=True, sort="cost"),
        Column("last", "Last call", 9, sort="last"),
        Column("provider", "Provider", 14),
        Column("key", "Key", 5),
        Column("billing", "Billing", 12),
        Column("quota", "Quota", 9, is_number=True),
        Column("address", "Base URL", ADDRESS_CELLS[0]),
    ]
    if any(row.month.subscription_value for row in found.rows):
        columns.insert(5, Column("value", "List price", money, is_number=True, sort="value"))
    stretches = (Stretch("name", NAME_CELLS[1]), Stretch("left", LEFT_CELLS[1]), Stretch("address", ADDRESS_CELLS[1]))
    return Drawing(found, fitting(columns, room=room, importance=IMPORTANCE, stretches=stretches), numbers, place)


def ordered(found: PlatformsSnapshot, sort: str, *, is_descending: bool) -> tuple[PlatformRow, ...]:
    """The platforms in an order, by name where they are equal."""
    orders: dict[str, Callable[[PlatformRow], Any]] = {
        "name": lambda row: row.name,
        "health": lambda row: WORST_FIRST.index(row.health.state),
        "left": lambda row: _percent_left(row, found.as_of),
        "requests": lambda row: row.month.requests,
        "cost": lambda row: row.month.cost,
        "value": lambda row: row.month.subscription_value,
        "last": lambda row: (row.health.last_call_at or EARLIEST, row.last_day or date.min),
    }
    by_name = sorted(found.rows, key=lambda row: row.name)
    return tuple(sorted(by_name, key=orders[sort], reverse=is_descending))


def _percent_left(row: PlatformRow, now: datetime) -> int:
    tightest = row.tightest(now)
    if tightest is None or tightest.dimension == RETRY:
        return 101 if tightest is None else -1
    return tightest.percent_left or 0


def left_part(row: PlatformRow, now: datetime) -> Part:
    """The rate limit of which least is left."""
    tightest = row.tightest(now)
    if tightest is None:
        return Part("-", "muted")
    if tightest.dimension == RETRY:
        wait = "" if tightest.resets_at is None else f" {duration_text(tightest.resets_at - now)}"
        return Part(f"! to wait{wait}", "warning")
    percent = tightest.percent_left or 0
    # `output` alone is clear enough here, and fits.
    words = f"{tightest.title.removesuffix(' tokens')} {percent} %"
    if percent > SCARCE_PERCENT:
        return Part(words)
    return Part(f"! {words}", "warning") if percent else Part(f"!! {words}", "error")


def cost_part(row: PlatformRow, numbers: Numbers) -> Part:
    """What the month cost; a subscription's calls cost nothing by themselves."""
    month = row.month
    if not month.requests or (row.platform.billing == "subscription" and not month.cost):
        return Part("-", "muted")
    return Part(measure_text(month, "cost", numbers), "muted" if is_unpriced(month) else "plain")


def last_words(row: PlatformRow, *, now: datetime, place: ZoneInfo) -> str:
    """When it was called last."""
    if row.health.last_call_at is not None:
        return f"{duration_text(now - row.health.last_call_at)} ago"
    if row.last_day is None:
        return "-"
    days = (now.astimezone(place).date() - row.last_day).days
    return "yesterday" if days == 1 else f"{days}d ago"


def _fact(key: str, row: PlatformRow) -> Part:
    match key:
        case "provider":
            return Part(row.platform.provider_name, "muted")
        case "key":
            return Part(row.key_words or "none", "plain" if row.has_key else "muted")
        case "billing":
            return Part(row.platform.billing, "muted")
        case "quota":
            return _quota_part(row)
        case _:
            return Part((row.address or "-").removeprefix("https://"), "muted")


def _quota_part(row: PlatformRow) -> Part:
    if row.quota is None:
        return Part("-", "muted")
    percent, state = f"{int(row.quota.state.percent)} %", row.quota.state.state
    return {"ok": Part(percent), "warning": Part(f"! {percent}", "warning")}.get(state, Part(f"!! {percent}", "error"))


def platform_sheet(found: PlatformsSnapshot, rows: tuple[PlatformRow, ...]) -> Sheet:
    """The platforms with exact values; of keys the last four characters."""
    return Sheet(SHEET_COLUMNS, tuple(sheet_row(row, found.as_of) for row in rows))


def sheet_row(row: PlatformRow, now: datetime) -> tuple[Cell, ...]:
    """One platform's exact values."""
    tightest = row.tightest(now)
    return (
        row.name, row.platform.provider_name, row.address, row.key_words or None, row.platform.billing,
        row.month.requests, measured(row.month, "cost"), row.month.subscription_value, row.month.unpriced_requests,
        row.month.error_requests, row.health.state, time_text(row.health.last_call_at),
        None if tightest is None else tightest.dimension, None if tightest is None else tightest.percent_left,
    )  # fmt: skip
