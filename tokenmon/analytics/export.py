"""Exports: records as CSV, a JSON array or JSON lines, written as they are read, so that memory does not grow."""

import csv
import json
from collections.abc import Callable, Iterable
from typing import Any, TextIO

from tokenmon.core.formula import quoted
from tokenmon.core.record import UsageRecord
from tokenmon.core.record_json import RECORD_KEYS, record_json

# Written by tokenmon itself, never by a caller: a number stays a number.
OWN_TEXTS = frozenset({"id", "occurred_at", "cost_usd", "cost_source", "usage_source", "billing"})


def write_csv(records: Iterable[UsageRecord], out: TextIO) -> int:
    """Write a header and one row a record (RFC 4180); unknown is an empty cell. The number of records."""
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(RECORD_KEYS)
    count = 0
    for record in records:
        writer.writerow([_cell(key, value) for key, value in record_json(record).items()])
        count += 1
    return count


def _cell(key: str, value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, (dict, list)):
        return json.dumps(value, ensure_ascii=False) if value else ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str) and key not in OWN_TEXTS:
        return quoted(value)
    return value


def write_json(records: Iterable[UsageRecord], out: TextIO) -> int:
    """Write one array, a record a line. The number of records."""
    count = 0
    out.write("[")
    for record in records:
        out.write(",\n" if count else "\n")
        out.write(json.dumps(record_json(record), ensure_ascii=False))
        count += 1
    out.write("\n]\n" if count else "]\n")
    return count


def write_jsonl(records: Iterable[UsageRecord], out: TextIO) -> int:
    """Write one JSON object a line. The number of records."""
    count = 0
    for record in records:
        out.write(json.dumps(record_json(record), ensure_ascii=False) + "\n")
        count += 1
    return count


WRITERS: dict[str, Callable[[Iterable[UsageRecord], TextIO], int]] = {
    "csv": write_csv,
    "json": write_json,
    "jsonl": write_jsonl,
}
