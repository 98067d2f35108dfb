"""How a distribution is looked at: what is counted, the order, what is unfolded; and the rows that this gives."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from tokenmon.core.query import Totals
from tokenmon.tui.dimensions import value_text
from tokenmon.tui.measures import MEASURES, Measure, change, change_order, measured
from tokenmon.tui.reading.breakdown import BreakdownSnapshot, Key, Share

NAME, CHANGE = "name", "change"


@dataclass(frozen=True, slots=True)
class View:
    """`measure` is None while nobody chose: cost, or the list value where nothing was spent. `sort` is a column's key,
    None for the measure's own."""

    measure: Measure | None = None
    sort: str | None = None
    is_descending: bool = True
    opened: frozenset[Key] = frozenset()
    is_all_open: bool = False

    def counted(self, found: BreakdownSnapshot) -> Measure:
        """What is counted of a snapshot."""
        if self.measure is not None and self.measure in measures(found):
            return self.measure
        return "value" if found.totals.subscription_value and not found.totals.cost else "cost"

    def sorted_by(self, found: BreakdownSnapshot) -> str:
        """The key of the column by which a snapshot is sorted."""
        return self.sort or self.counted(found)

    def is_open(self, key: Key) -> bool:
        """Whether the parts below a value are shown."""
        return self.is_all_open or key in self.opened

    def toggled(self, key: Key, found: BreakdownSnapshot) -> "View":
        """The view with a value unfolded, or folded again."""
        opened = frozenset(one.key for one in found.shares) if self.is_all_open else self.opened
        return replace(self, opened=opened ^ {key}, is_all_open=False)

    def by_column(self, sort: str, found: BreakdownSnapshot) -> "View":
        """The view sorted by a column, the other way round if it was; numbers begin with the largest."""
        if sort == self.sorted_by(found):
            return self.reversed()
        wanted = None if sort == self.counted(found) else sort
        return replace(self, sort=wanted, is_descending=sort != NAME)

    def reversed(self) -> "View":
        """The view in the other direction."""
        return replace(self, is_descending=not self.is_descending)

    def counting(self, steps: int, found: BreakdownSnapshot) -> "View":
        """The view of the measure so many further on."""
        offered = measures(found)
        following = offered[(offered.index(self.counted(found)) + steps) % len(offered)]
        # A column that becomes the measure is sorted by as such.
        return replace(self, measure=following, sort=None if self.sort == following else self.sort)


def measures(found: BreakdownSnapshot) -> tuple[Measure, ...]:
    """What can be counted; a list value only where there is any."""
    has_value = has_list_value(found)
    return tuple(one for one in MEASURES if one != "value" or has_value)


def has_list_value(found: BreakdownSnapshot) -> bool:
    """Whether subscription calls have a value, now or in the period before."""
    return bool(found.totals.subscription_value or found.before.subscription_value)


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table: a value of the first dimension, or one of the second below it."""

    share: Share
    depth: int = 0
    is_open: bool = False

    @property
    def now(self) -> Totals:
        """The sums of now, nothing for what is gone."""
        return self.share.now or Totals()


def rows(found: BreakdownSnapshot, view: View) -> tuple[Row, ...]:
    """The rows in their order; what is gone stands at the end where changes are looked at, and nowhere else."""
    sort, measure = view.sorted_by(found), view.counted(found)
    shown: list[Row] = []
    for top in _ordered(found.shares, sort, measure, is_descending=view.is_descending):
        is_open = bool(top.parts) and view.is_open(top.key)
        shown.append(Row(top, is_open=is_open))
        if is_open:
            parts = _ordered(top.parts, sort, measure, is_descending=view.is_descending)
            shown += [Row(part, depth=1) for part in parts]
    return tuple(shown)


def leaves(found: BreakdownSnapshot, view: View) -> tuple[Row, ...]:
    """The rows that add up to the totals: those of the second dimension where anything is unfolded."""
    if not any(top.parts and view.is_open(top.key) for top in found.shares):
        return rows(found, replace(view, opened=frozenset(), is_all_open=False))
    return tuple(row for row in rows(found, replace(view, is_all_open=True)) if row.depth or not row.share.parts)


def _ordered(shares: Iterable[Share], sort: str, measure: Measure, *, is_descending: bool) -> Sequence[Share]:
    every = list(shares)
    present = [one for one in every if one.now is not None]
    order: Callable[[Share], Any] = ORDERS.get(sort) or (lambda share: _amount(share, sort))
    if sort == CHANGE:
        present.sort(key=lambda one: change_order(change(one.now, one.before, measure)), reverse=is_descending)
        return [*present, *(one for one in every if one.now is None)]
    known = [one for one in present if order(one) is not None]
    known.sort(key=order, reverse=is_descending)
    return [*known, *(one for one in present if order(one) is None)]


def _amount(share: Share, sort: str) -> Decimal | None:
    totals = share.now or Totals()
    return next((measured(totals, one) for one in MEASURES if one == sort), None)


def _name(share: Share) -> str | None:
    return None if share.key[-1] is None else value_text(share.key[-1]).casefold()


def _cached(share: Share) -> Any:
    totals = share.now or Totals()
    return cached_share(totals)


def cached_share(totals: Totals) -> Decimal | None:
    """The percentage of the input that was read from a cache; None without input."""
    if not totals.input_tokens:
        return None
    # Some providers state more cached tokens than input.
    return min(Decimal(100), Decimal(totals.cache_read_input_tokens) * 100 / totals.input_tokens)


ORDERS: dict[str, Callable[[Share], Any]] = {
    NAME: _name,
    "input": lambda share: (share.now or Totals()).input_tokens,
    "output": lambda share: (share.now or Totals()).output_tokens,
    "cached": _cached,
    "unpriced": lambda share: (share.now or Totals()).unpriced_requests,
}
