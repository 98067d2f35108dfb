"""The listing: every call that a filter means, by row number, for a table over millions of rows."""

from collections.abc import Callable
from contextlib import AbstractContextManager

from sqlalchemy import Connection

from tokenmon.core.query import Filter
from tokenmon.core.record import UsageRecord
from tokenmon.errors import ConfigError
from tokenmon.storage import read_order, records
from tokenmon.storage.labels import LabelBook
from tokenmon.storage.read_order import SORT_KEYS, ReadOrder, SortKey
from tokenmon.storage.selection import matching, selection
from tokenmon.storage.time_order import TimeOrder

Order = TimeOrder | ReadOrder
Reading = Callable[[], AbstractContextManager[Connection]]


class Listing:
    """What a filter meant when the listing was made: later calls shift no row, and rows of removed calls are empty.

    Holds no transaction open, and may be used from several threads.
    """

    def __init__(self, reading: Reading, book: LabelBook, order: Order) -> None:
        self._reading = reading
        self._book = book
        self._order = order

    @property
    def count(self) -> int:
        """How many rows there are."""
        return self._order.count

    @property
    def is_cut(self) -> bool:
        """Whether more calls are meant than the listing holds: only those that come first in its order."""
        return self._order.is_cut

    def page(self, offset: int, limit: int) -> list[UsageRecord]:
        """The calls of `limit` rows from row `offset` (0 is the first); fewer at the end or where calls are gone."""
        with self._reading() as connection:
            return records.by_ids(connection, self._book, self._order.ids(connection, offset, limit))

    def position(self, record_id: bytes) -> int | None:
        """The number of a call's row, None when the listing does not hold it."""
        with self._reading() as connection:
            return self._order.position(connection, record_id)


def make_order(connection: Connection, book: LabelBook, wanted: Filter, sort: SortKey, *, descending: bool) -> Order:
    """The rows that a filter means, in order; ConfigError for an order that there is not."""
    if sort not in SORT_KEYS:
        raise ConfigError(f"cannot sort by {sort[:40]!r}", hint="use one of " + ", ".join(SORT_KEYS))
    only = selection(connection, book, wanted)
    bounds = records.id_bounds(wanted.period.start, wanted.period.end)
    if only.is_empty or (sort == "time" and not only.clauses):
        return TimeOrder(connection, only, bounds, newest_first=descending)
    if sort == "time":
        return read_order.by_time(connection, only, bounds, descending=descending)
    if sort in read_order.NUMBERS:
        return read_order.by_number(connection, only, bounds, sort, descending=descending)
    series = matching(book.series(connection), wanted).values()
    return read_order.by_label(connection, only, bounds, sort, series, descending=descending)
