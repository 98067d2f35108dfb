"""Lines of the journal as the proxy writes them: records that are not priced yet."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from tests.core.sample import NOON, call
from tokenmon.ingest.segment import JournalEntry


def entry(number: int = 1, *, stated_cost: Decimal | None = None, **changes: Any) -> JournalEntry:
    """The entry of one call among many: each number is another call, a second after the one before."""
    at = NOON + timedelta(seconds=number)
    record = call(f"chatcmpl-{number:016d}", at, cost=None, cost_source="unpriced", **changes)
    return JournalEntry(record, stated_cost)
