"""The rows of a listing as far as they were fetched: pages of calls, those that were looked at last."""

from collections import OrderedDict
from collections.abc import Iterable, Sequence

from tokenmon.core.record import UsageRecord
from tokenmon.tui.call_columns import Writing, call_cell
from tokenmon.tui.table_columns import Column
from tokenmon.tui.texts import Part

PAGE_ROWS = 200
# Four thousand calls: some ten megabytes.
KEPT_PAGES = 20
# What stands for a call that is gone: removed since the listing was made.
GONE = b""

Page = tuple[UsageRecord, ...]


class CallRows:
    """What a table of calls shows; a row that was not fetched yet has no key."""

    def __init__(self, count: int, writing: Writing) -> None:
        self.count = count
        self.writing = writing
        self._pages: OrderedDict[int, Page] = OrderedDict()

    def keep(self, pages: Iterable[tuple[int, Page]]) -> None:
        """Take pages by their numbers, in the place of what was known of them."""
        for number, page in pages:
            self._pages[number] = page
            self._pages.move_to_end(number)
        while len(self._pages) > KEPT_PAGES:
            self._pages.popitem(last=False)

    def lacking(self, first: int, after: int) -> list[int]:
        """The numbers of the pages that some rows lie on and that are not there."""
        return [number for number in pages_of(first, min(after, self.count)) if number not in self._pages]

    def present(self, first: int, after: int) -> tuple[int, ...]:
        """The numbers of the pages that some rows lie on and that are there."""
        return tuple(number for number in pages_of(first, min(after, self.count)) if number in self._pages)

    def record(self, row: int) -> UsageRecord | None:
        """The call of a row; None where it is gone or not there yet."""
        page = self._pages.get(row // PAGE_ROWS)
        return None if page is None or row % PAGE_ROWS >= len(page) else page[row % PAGE_ROWS]

    def key(self, row: int) -> UsageRecord | bytes | None:
        """A row's call, GONE where there is none any more; None until it was fetched."""
        page = self._pages.get(row // PAGE_ROWS)
        if page is None:
            return None
        return page[row % PAGE_ROWS] if row % PAGE_ROWS < len(page) else GONE

    def cells(self, row: int, columns: Sequence[Column]) -> tuple[Part, ...]:
        """The texts of a row."""
        record = self.record(row)
        if record is None:
            return tuple(Part("removed" if one.key == "model" else "", "muted") for one in columns)
        return tuple(call_cell(record, one, self.writing) for one in columns)


def pages_of(first: int, after: int) -> range:
    """The numbers of the pages that some rows lie on."""
    return range(max(0, first) // PAGE_ROWS, -(-after // PAGE_ROWS))
