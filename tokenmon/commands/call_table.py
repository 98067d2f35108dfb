"""How calls look in `logs`: a table, JSON, or line by line as they come."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from tokenmon.core.number_text import LIST_PRICE_VALUE, usd_text
from tokenmon.core.period import zone
from tokenmon.core.record_json import record_json
from tokenmon.output import Column, number, plain, print_json, print_json_line, print_line, print_table, say

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from tokenmon.core.record import UsageRecord

COLUMNS = (
    Column("time"),
    Column("platform", shrinks=True),
    Column("model", shrinks=True),
    number("input"),
    number("cached"),
    number("output"),
    number("cost"),
    number("ms"),
    Column("status"),
)
WIDTHS = (19, 12, 26, 9, 9, 8, 11, 7, 12)


def print_calls(records: Sequence["UsageRecord"], timezone: str, *, as_json: bool) -> None:
    """Print calls in the order given."""
    if as_json:
        print_json([record_json(record) for record in records])
    elif records:
        place = zone(timezone)
        print_table(COLUMNS, [_cells(record, place) for record in records])
    else:
        say("no calls in this period")
        say("hint: widen it with --since all, or start recording: tokenmon proxy")


def print_stream(records: Iterable["UsageRecord"], timezone: str, *, as_json: bool) -> None:
    """Print calls one by one as they come: JSON lines, or lines in fixed columns."""
    place = zone(timezone)
    if not as_json:
        print_line(_line([column.title for column in COLUMNS]))
    for record in records:
        if as_json:
            print_json_line(record_json(record))
        else:
            print_line(_line(_cells(record, place)))


def _line(cells: Sequence[str]) -> str:
    parts = [
        f"{plain(cell):>{width}}" if column.align == "right" else f"{plain(cell):<{width}}"
        for cell, column, width in zip(cells, COLUMNS, WIDTHS, strict=True)
    ]
    return "  ".join(parts).rstrip()


def _cells(record: "UsageRecord", place: "ZoneInfo") -> list[str]:
    usage = record.usage
    return [
        record.occurred_at.astimezone(place).strftime("%Y-%m-%d %H:%M:%S"),
        record.platform,
        record.model or "-",
        "-" if usage is None else f"{usage.input_tokens:,}",
        "-" if usage is None else f"{usage.cache_read_input_tokens:,}",
        "-" if usage is None else f"{usage.output_tokens:,}",
        "-" if usage is None else usd_text(record.cost),
        "-" if record.latency_ms is None else f"{record.latency_ms:,}",
        status_text(record),
    ]


def status_text(record: "UsageRecord") -> str:
    """How a call ended, in a word: its error, or whether its usage is less than exact and its cost no spend."""
    if record.is_error:
        return f"! {record.error_type or record.status}"
    word = record.usage_source if record.usage_source in ("partial", "estimated", "none") else "ok"
    return f"{word}, {LIST_PRICE_VALUE}" if record.billing == "subscription" and record.cost else word
