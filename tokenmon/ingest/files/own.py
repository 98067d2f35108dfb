"""tokenmon's own exports, read back: the same ids, every field as it was, the cost as it was found.

So one machine's export, imported on another, adds each call once, and a backup in CSV is a backup.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from tokenmon.core.formula import unquoted
from tokenmon.core.record import UsageRecord
from tokenmon.core.record_json import RECORD_KEYS, record_from_export
from tokenmon.core.usage import COUNT_FIELDS
from tokenmon.ingest.files.cells import CellError, shown

NAME = "tokenmon"
TITLE = "tokenmon export"
COLUMNS = frozenset({"id", "occurred_at", "platform", "provider_name", "source", "cost_source", "usage_source"})
NUMBERS = frozenset({*COUNT_FIELDS, "status", "latency_ms", "time_to_first_chunk_ms"})
OBJECTS = frozenset({"tags", "units", "parts"})


def record_of(cells: Mapping[str, Any], *, now: datetime, is_csv: bool) -> UsageRecord:
    """The record of a row of either kind of export."""
    return record_from_export(_from_csv(cells) if is_csv else cells, now=now)


def _from_csv(cells: Mapping[str, str]) -> dict[str, Any]:
    return {name: _value(name, cell) if name in RECORD_KEYS else cell for name, cell in cells.items() if cell != ""}


def _value(name: str, cell: str) -> Any:
    if name in NUMBERS:
        if not cell.isascii() or not cell.isdigit():
            raise CellError(name, f"{shown(cell)} is not a whole number from 0")
        return int(cell)
    if name == "stream":
        return {"true": True, "false": False}.get(cell, cell)
    if name in OBJECTS:
        try:
            return json.loads(cell)
        except (ValueError, RecursionError):
            raise CellError(name, f"{shown(cell)} is not JSON") from None
    return unquoted(cell)
