"""The flow of single minutes, from records: rollups are too coarse for what happens now."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from tokenmon.core.flow import Minute
from tokenmon.core.query import Filter
from tokenmon.storage.engine import run
from tokenmon.storage.labels import LabelBook
from tokenmon.storage.records import id_bounds
from tokenmon.storage.selection import selection

MINUTE = timedelta(minutes=1)


def minutes(connection: Connection, book: LabelBook, wanted: Filter, starts: Sequence[datetime]) -> list[Minute]:
    """The flow of the minutes that begin at some moments, among the records that a filter means; of its period only the
    end is heeded. Each minute is one look at the primary key."""
    only = selection(connection, book, wanted)
    if only.is_empty:
        return [Minute(start, 0, 0) for start in starts]
    found, end = [], wanted.period.end
    for start in starts:
        after = start + MINUTE if end is None else min(start + MINUTE, end)
        where, values = only.where(id_bounds(start, after))
        statement = f"SELECT COUNT(*), COALESCE(SUM(input_tokens + output_tokens), 0) FROM records WHERE {where}"
        row: Any = run(connection, statement, values).one()
        found.append(Minute(start, int(row[0]), int(row[1])))
    return found
