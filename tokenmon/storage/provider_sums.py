"""Providers' own sums and the days they are complete for: apart from records and rollups, and never added to them."""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection

from tokenmon.core.money import decimal_text, from_nanousd, to_nanousd
from tokenmon.core.provider_sum import COUNTS, DIMENSIONS, ProviderSum, Window
from tokenmon.core.record import from_milliseconds, milliseconds
from tokenmon.storage.engine import insert, run

REPORT = "platform = ? AND provider_name = ? AND report = ?"
SPAN = "starts_at >= ? AND starts_at < ?"
COLUMNS = (
    "id", "platform", "provider_name", "report", "starts_at", "ends_at", *DIMENSIONS, *COUNTS, "cost_nanousd",
    "quantity",
)  # fmt: skip
CHANGED = (*COUNTS, "cost_nanousd", "quantity")


def replace(
    connection: Connection, key: tuple[str, str, str], window: Window, sums: Iterable[ProviderSum], pulled_at: datetime
) -> None:
    """Put a window's sums in place of what was stored of it, and note its days as pulled.

    `key` names platform, provider and report. What the provider no longer states is gone: it moves usage between
    dimensions when it corrects itself.
    """
    bounds = (milliseconds(window.start), milliseconds(window.end))
    run(connection, f"DELETE FROM provider_sums WHERE {REPORT} AND {SPAN}", (*key, *bounds))
    updates = ", ".join(f"{name} = excluded.{name}" for name in CHANGED)
    insert(
        connection,
        f"INSERT INTO provider_sums ({', '.join(COLUMNS)}) VALUES",
        [_row(one) for one in _distinct(sums)],
        ending=f"ON CONFLICT (id) DO UPDATE SET {updates}",
    )
    insert(
        connection,
        "INSERT INTO provider_days (platform, provider_name, report, starts_at, pulled_at) VALUES",
        [(*key, milliseconds(day), milliseconds(pulled_at)) for day in window.days],
        ending="ON CONFLICT (platform, provider_name, report, starts_at) DO UPDATE SET pulled_at = excluded.pulled_at",
    )


def provider_sums(connection: Connection, platform: str, window: Window) -> list[ProviderSum]:
    """The sums of a platform's days, in order."""
    rows = run(
        connection,
        f"SELECT {', '.join(COLUMNS[1:])} FROM provider_sums WHERE platform = ? AND {SPAN} "
        "ORDER BY starts_at, report, model, line_item, id",
        (platform, milliseconds(window.start), milliseconds(window.end)),
    )
    return [_sum(row) for row in rows]


def pulled_days(connection: Connection, platform: str, window: Window) -> dict[tuple[str, str, datetime], datetime]:
    """When each day of a platform was pulled last, by provider, report and the day's start."""
    rows = run(
        connection,
        f"SELECT provider_name, report, starts_at, pulled_at FROM provider_days WHERE platform = ? AND {SPAN}",
        (platform, milliseconds(window.start), milliseconds(window.end)),
    )
    found = [tuple(row) for row in rows]
    return {(one, report, from_milliseconds(day)): from_milliseconds(at) for one, report, day, at in found}


def _distinct(sums: Iterable[ProviderSum]) -> list[ProviderSum]:
    """One sum for each set of dimensions, the last stated: one statement may not change a row twice."""
    return list({_digest(one): one for one in sums}.values())


def _digest(one: ProviderSum) -> bytes:
    named = [one.platform, one.provider_name, one.report, one.start.isoformat()]
    # None and an empty text are different dimensions.
    parts = [*named, *("" if (value := getattr(one, name)) is None else f"={value}" for name in DIMENSIONS)]
    return hashlib.blake2b("\x1f".join(parts).encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _row(one: ProviderSum) -> tuple[Any, ...]:
    return (
        _digest(one),
        one.platform,
        one.provider_name,
        one.report,
        milliseconds(one.start),
        milliseconds(one.end),
        *(getattr(one, name) for name in (*DIMENSIONS, *COUNTS)),
        None if one.cost is None else to_nanousd(one.cost),
        None if one.quantity is None else decimal_text(one.quantity),
    )


def _sum(row: Sequence[Any]) -> ProviderSum:
    named = dict(zip(COLUMNS[1:], row, strict=True))
    cost, quantity = named.pop("cost_nanousd"), named.pop("quantity")
    return ProviderSum(
        start=from_milliseconds(named.pop("starts_at")),
        end=from_milliseconds(named.pop("ends_at")),
        cost=None if cost is None else from_nanousd(cost),
        quantity=None if quantity is None else Decimal(quantity),
        **named,
    )
