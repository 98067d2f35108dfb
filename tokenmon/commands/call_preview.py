"""How the first records of an import look, and the sums of a provider's export."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tokenmon.core.money import decimal_text
from tokenmon.core.record_json import time_text
from tokenmon.output import Column, number, print_table

if TYPE_CHECKING:
    from tokenmon.core.record import UsageRecord
    from tokenmon.ingest.files.aggregates import Aggregate
    from tokenmon.ingest.files.intake import Sums

COUNTS = ("requests", "input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")


def print_preview(records: "Sequence[UsageRecord]") -> None:
    """Print the first records as they would be stored."""
    columns = [Column("time"), Column("platform", shrinks=True), Column("model", shrinks=True)]
    columns += [number("input"), number("cached"), number("output"), Column("id", shrinks=True)]
    rows = []
    for one in records:
        usage = one.usage
        counts = (
            ["-", "-", "-"]
            if usage is None
            else [f"{count:,}" for count in (usage.input_tokens, usage.cache_read_input_tokens, usage.output_tokens)]
        )
        time = time_text(one.occurred_at, timespec="seconds") or ""
        rows.append([time, one.platform, one.model or "-", *counts, one.response_id or "-"])
    print_table(columns, rows)


def print_aggregates(sums: "Sequence[Aggregate]") -> None:
    """Print what a provider says by day and model."""
    titles = ("requests", "input", "output", "cached", "cache writes", "cost")
    columns = [Column("day"), Column("model", shrinks=True), *(number(title) for title in titles)]
    rows = []
    for one in sums:
        counts = ["-" if (count := getattr(one, name)) is None else f"{count:,}" for name in COUNTS]
        cost = "-" if one.cost is None else f"{decimal_text(one.cost)} {one.currency}"
        rows.append([one.day.isoformat(), one.model or "-", *counts, cost])
    print_table(columns, rows)


def sums_json(done: "Sums", *, file: str) -> dict[str, Any]:
    """The sums of a file as JSON; `kind` says that they are no calls."""
    return {
        "format": done.format,
        "file": file,
        "kind": "aggregates",
        "rows": done.rows,
        "bad": done.bad,
        "problems": [{"row": one.number, "column": one.column, "reason": one.reason} for one in done.problems],
        "sums": [
            {
                "provider_name": one.provider_name,
                "day": one.day.isoformat(),
                "model": one.model,
                **{name: getattr(one, name) for name in COUNTS},
                "cost": None if one.cost is None else decimal_text(one.cost),
                "currency": one.currency,
            }
            for one in done.sums
        ],
    }
