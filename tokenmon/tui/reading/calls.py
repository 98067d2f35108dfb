"""What the table of calls reads: a listing, its sums, the first page; then only how many calls are new."""

from dataclasses import dataclass, replace
from datetime import datetime

from tokenmon.core.query import Filter, Totals
from tokenmon.core.span import Span
from tokenmon.storage.listing import Listing
from tokenmon.storage.read_order import SortKey
from tokenmon.tui.asking import Asking
from tokenmon.tui.call_rows import PAGE_ROWS, Page, pages_of
from tokenmon.tui.reading.emptiness import Emptiness, read_emptiness


@dataclass(frozen=True, slots=True)
class Asked:
    """What the reader of the table wants to see; `replay` is the beginning of a day that is replayed."""

    span: Span
    sort: SortKey = "time"
    is_descending: bool = True
    where: str = ""
    replay: datetime | None = None


@dataclass(frozen=True, slots=True)
class Anchor:
    """A call that is to stay where it is seen, and the number of its row when that was asked."""

    id: bytes
    row: int


@dataclass(frozen=True, slots=True)
class CallsSnapshot:
    """A listing and what was known when it was made, `pages` among it by their numbers.

    `every` counts the calls of the range whatever the filter, `fresh` those that are stored since the listing was made.
    `shift` is by how many rows the anchor has moved.
    """

    asked: Asked
    wanted: Filter
    listing: Listing
    totals: Totals
    every: int
    pages: tuple[tuple[int, Page], ...]
    fresh: int = 0
    shift: int | None = None
    emptiness: Emptiness | None = None

    @property
    def count(self) -> int:
        """How many calls the filter meant when the listing was made; the listing may hold only the first of them."""
        return self.totals.requests if self.listing.is_cut else self.listing.count


def read_calls(asking: Asking, *, asked: Asked, anchor: Anchor | None = None) -> CallsSnapshot:
    """A new listing with the page on which it is looked at first."""
    store, wanted = asking.store, asking.span_filter(asked.span)
    listing = store.listing(wanted, sort=asked.sort, descending=asked.is_descending)
    totals = store.totals(wanted)
    every = totals.requests
    if asking.conditions:
        every = store.totals(replace(asking, conditions=()).span_filter(asked.span)).requests
    row = None if anchor is None else listing.position(anchor.id)
    shift = None if anchor is None else 0 if row is None else row - anchor.row
    first = row or 0
    return CallsSnapshot(
        asked=asked,
        wanted=wanted,
        listing=listing,
        totals=totals,
        every=every,
        pages=read_pages(listing, pages_of(first - PAGE_ROWS // 2, min(listing.count, first + PAGE_ROWS // 2))),
        shift=shift,
        emptiness=None if listing.count else read_emptiness(asking, wanted.period),
    )


def read_fresh(asking: Asking, *, before: CallsSnapshot, numbers: tuple[int, ...]) -> CallsSnapshot:
    """The same listing, how many calls it does not hold, and what its pages in sight hold now."""
    present = asking.span_filter(before.asked.span)
    # From where the listing began: a span that moves on loses calls at its other end.
    period = replace(before.wanted.period, end=present.period.end)
    meant = asking.store.totals(replace(before.wanted, period=period)).requests
    return replace(before, fresh=max(0, meant - before.count), pages=read_pages(before.listing, numbers))


def read_pages(listing: Listing, numbers: "range | tuple[int, ...]") -> tuple[tuple[int, Page], ...]:
    """Pages of a listing by their numbers."""
    return tuple((number, tuple(listing.page(number * PAGE_ROWS, PAGE_ROWS))) for number in numbers)
