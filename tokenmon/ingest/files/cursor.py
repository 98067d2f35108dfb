"""Cursor's usage events, as its dashboard exports them (CSV): one row a call, without any id.

Cursor is who serves and bills: `Included` calls are part of the plan, so that their cost is a list-price value.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from tokenmon.ingest.files.call import FileCall
from tokenmon.ingest.files.cells import CellError, cost_cell, count_cell, moment_cell, needed, text_cell

NAME = "cursor"
TITLE = "Cursor usage events CSV"
WRITTEN, UNCACHED, READ = "Input (w/ Cache Write)", "Input (w/o Cache Write)", "Cache Read"
OUTPUT, TOTAL, COST, OWED = "Output Tokens", "Total Tokens", "Cost", "Cost to you"
COLUMNS = frozenset({"Date", "Model", WRITTEN, UNCACHED, READ, OUTPUT})
# Costs that nobody knows.
NO_COST = ("nan", "-", "included")
NOT_CHARGED = ("no charge", "not charged")
# A bare date is a day of which nothing else is known: its noon lies in the same day nearly everywhere.
NOON = timedelta(hours=12)


def call_of(cells: Mapping[str, Any]) -> FileCall:
    """The call of a row."""
    kind = (text_cell(cells, "Kind") or "").lower()
    listed, owed = _cost(cells, COST), _cost(cells, OWED)
    if any(words in kind for words in NOT_CHARGED):
        listed = owed = Decimal(0)
    # The older export has no kind and says what is owed: what is not, the plan includes.
    is_included = kind.startswith("included") if kind else owed == 0 and bool(listed)
    cost = listed if is_included or owed is None else owed
    model = needed(text_cell(cells, "Model"), "Model")
    is_max = (text_cell(cells, "Max Mode") or "").lower() in ("yes", "true")
    content = {
        "occurred_at": _moment(cells),
        "provider_name": NAME,
        "request_model": model,
        "response_model": model,
        **_counts(cells),
        "usage_source": "provider",
        "billing": "subscription" if is_included else "metered",
        "tags": {"max_mode": "yes"} if is_max else None,
    }
    return FileCall(content, cost=cost, is_providers=cost is not None)


def _moment(cells: Mapping[str, Any]) -> datetime:
    moment: datetime = needed(moment_cell(cells, "Date"), "Date")
    return moment + NOON if len(text_cell(cells, "Date") or "") == len("2026-05-03") else moment


def _counts(cells: Mapping[str, Any]) -> dict[str, int]:
    """The four columns lie beside each other, and add up to the total; in some the first holds the second."""
    written, uncached, read, output = (count_cell(cells, one) or 0 for one in (WRITTEN, UNCACHED, READ, OUTPUT))
    total = count_cell(cells, TOTAL)
    if total not in (None, written + uncached + read + output):
        if total != written + read + output or uncached > written:
            raise CellError(TOTAL, "the other columns do not add up to it")
        written -= uncached
    return {
        "input_tokens": uncached + written + read,
        "output_tokens": output,
        "cache_read_input_tokens": read,
        "cache_creation_input_tokens": written,
    }


def _cost(cells: Mapping[str, Any], column: str) -> Decimal | None:
    text = (text_cell(cells, column) or "").replace(",", "")
    return None if text.lower() in NO_COST else cost_cell({column: text}, column)
