"""What the breakdown shows: the period's sums by one dimension or two, beside those of the period before."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tokenmon.core.query import Group, Totals
from tokenmon.core.span import Span
from tokenmon.tui.asking import Asking
from tokenmon.tui.reading.emptiness import Emptiness, read_emptiness

Key = tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class Share:
    """The sums of one value of the first dimension, or of one value of each; None for a period without such calls.

    `parts` are the values of the second dimension below it.
    """

    key: Key
    now: Totals | None
    before: Totals | None
    parts: tuple["Share", ...] = ()


@dataclass(frozen=True, slots=True)
class BreakdownSnapshot:
    """The distribution by `first` and, where it is not None, `second`; `has_before` tells that there is a period to
    compare with. The shares add up to `totals`."""

    first: str
    second: str | None
    shares: tuple[Share, ...]
    totals: Totals
    before: Totals
    has_before: bool
    emptiness: Emptiness | None = None


def read_breakdown(asking: Asking, *, span: Span, first: str, second: str | None) -> BreakdownSnapshot:
    """Sum the span and the one before it."""
    by = (first,) if second is None else (first, second)
    wanted = asking.span_filter(span)
    present = _sums(asking.store.groups(wanted, by))
    previous = span.previous(now=asking.now, timezone=asking.timezone)
    past: dict[Key, Totals] = {}
    if previous is not None:
        past = _sums(asking.store.groups(asking.filter(previous), by))
    shares = _shares(present, past, has_parts=second is not None)
    return BreakdownSnapshot(
        first,
        second,
        shares,
        totals=sum(present.values(), Totals()),
        before=sum(past.values(), Totals()),
        has_before=previous is not None,
        emptiness=None if present else read_emptiness(asking, wanted.period),
    )


def _sums(groups: Iterable[Group]) -> dict[Key, Totals]:
    return {tuple(value for _, value in group.key): group.totals for group in groups}


def _shares(present: Mapping[Key, Totals], past: Mapping[Key, Totals], *, has_parts: bool) -> tuple[Share, ...]:
    """A share for each key of either period, in the present one's order; two dimensions are folded by the first."""
    leaves = [Share(key, present.get(key), past.get(key)) for key in {**present, **past}]
    if not has_parts:
        return tuple(leaves)
    folded: dict[Key, list[Share]] = {}
    for leaf in leaves:
        folded.setdefault(leaf.key[:1], []).append(leaf)
    return tuple(
        Share(key, _sum(part.now for part in parts), _sum(part.before for part in parts), tuple(parts))
        for key, parts in folded.items()
    )


def _sum(found: Iterable[Totals | None]) -> Totals | None:
    known = [one for one in found if one is not None]
    return sum(known, Totals()) if known else None
