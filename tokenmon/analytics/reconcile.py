"""A provider's own numbers beside tokenmon's, day by day and model by model.

Pure over values: the provider's sums and tokenmon's groups go in. Days are UTC, as providers count. A difference is
the provider's number less tokenmon's, so that a positive one is what tokenmon has not seen.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Literal

from tokenmon.core.provider_sum import ProviderSum, Window
from tokenmon.core.query import Group, Totals

# `-20251101`, `-2025-08-07` and `@20251101` name a snapshot of a model.
SNAPSHOT = re.compile(r"[-@](\d{8}|\d{4}-\d{2}-\d{2})$")
# Costs are rounded call by call here and line by line there: so much differs without a reason.
ROUNDING = Decimal("0.01")

Cause = Literal["equal", "usage", "price", "not_recorded", "not_at_provider", "cost_alone", "not_pulled"]
COUNTED = ("requests", "input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")
NUMBERS = (*COUNTED, "cost")


@dataclass(frozen=True, slots=True)
class Numbers:
    """What one side says; None where it does not say."""

    requests: int | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_input_tokens: int | None = None
    cache_creation_input_tokens: int | None = None
    cost: Decimal | None = None

    def __add__(self, other: "Numbers") -> "Numbers":
        return self._with(other, lambda one, two: (two if one is None else one) if None in (one, two) else one + two)

    def __sub__(self, other: "Numbers") -> "Numbers":
        return self._with(other, lambda one, two: None if None in (one, two) else one - two)

    def _with(self, other: "Numbers", joined: Callable[[Any, Any], Any]) -> "Numbers":
        return Numbers(*(joined(getattr(self, name), getattr(other, name)) for name in NUMBERS))

    @property
    def has_usage(self) -> bool:
        """Whether calls or tokens are said."""
        return any(getattr(self, name) for name in COUNTED)

    @property
    def is_nothing(self) -> bool:
        """Whether nothing is said, or only zeros."""
        return not self.has_usage and not self.cost


NOTHING = Numbers()
ZERO = Numbers(0, 0, 0, 0, 0, Decimal(0))


@dataclass(frozen=True, slots=True)
class Line:
    """What each side counts: of one model on one day, or, where `day` or `model` is None, of all of them.

    `model` is an empty text for what the provider bills without naming a model.
    """

    day: datetime | None
    model: str | None
    provider: Numbers
    tokenmon: Numbers
    is_pulled: bool = True

    @property
    def difference(self) -> Numbers:
        """The provider's numbers less tokenmon's."""
        return self.provider - self.tokenmon

    @property
    def cause(self) -> Cause:
        """Why the sides differ, as far as the numbers tell."""
        if not self.is_pulled:
            return "not_pulled"
        if self.provider.is_nothing:
            return "equal" if self.tokenmon.is_nothing else "not_at_provider"
        if self.tokenmon.is_nothing:
            return "not_recorded" if self.provider.has_usage else "cost_alone"
        difference = self.difference
        if difference.input_tokens or difference.output_tokens:
            return "usage"
        return "price" if difference.cost is not None and abs(difference.cost) > ROUNDING else "equal"


@dataclass(frozen=True, slots=True)
class Comparison:
    """Both sides of a window: by day and model, by day, by model and in all; the larger folds add up the smaller.

    `unpriced_requests` are calls whose cost tokenmon does not know, `other_amounts` what the provider bills in another
    currency or does not bill itself, by unit, and `projects` the provider's projects or workspaces in its numbers.
    """

    window: Window
    lines: tuple[Line, ...]
    days: tuple[Line, ...]
    models: tuple[Line, ...]
    total: Line
    unpriced_requests: int
    other_amounts: tuple[tuple[str, Decimal], ...]
    projects: tuple[str, ...]


def compare(
    window: Window, sums: Sequence[ProviderSum], groups: Sequence[Group], pulled: Iterable[datetime]
) -> Comparison:
    """Both sides of a window; `groups` are tokenmon's by day and model, `pulled` the days that were told."""
    known = frozenset(pulled)
    ours = [_ours(group) for group in groups]
    names = model_names((one.model or "" for one in sums), (model for _, model, _ in ours))
    theirs: dict[tuple[datetime, str], Numbers] = {}
    for one in sums:
        key = (one.start, names[one.model or ""])
        theirs[key] = theirs.get(key, NOTHING) + _numbers(one)
    seen: dict[tuple[datetime, str], Numbers] = {}
    for day, model, totals in ours:
        key = (day, names[model])
        seen[key] = seen.get(key, NOTHING) + _counted(totals)
    zero = _zero(theirs.values())
    lines = [
        Line(day, model, theirs.get((day, model), zero if day in known else NOTHING), seen.get((day, model), ZERO),
             day in known)
        for day, model in sorted({*theirs, *seen})
    ]  # fmt: skip
    lines = [one for one in lines if not (one.provider.is_nothing and one.tokenmon.is_nothing)]
    days = sorted({one.day for one in lines if one.day is not None})
    return Comparison(
        window,
        tuple(lines),
        tuple(_fold([one for one in lines if one.day == day], day=day) for day in days),
        by_model(lines),
        _fold(lines),
        sum(totals.unpriced_requests for _, _, totals in ours),
        _other_amounts(sums),
        tuple(sorted({one.project for one in sums if one.project is not None})),
    )


def by_model(lines: Sequence[Line]) -> tuple[Line, ...]:
    """The lines of each model added up."""
    models = sorted({one.model or "" for one in lines})
    return tuple(_fold([one for one in lines if one.model == model], model=model) for model in models)


def model_names(theirs: Iterable[str], ours: Iterable[str]) -> Mapping[str, str]:
    """Each side's model names to the name under which both are compared.

    A side may name a snapshot (`gpt-5-2025-08-07`) where the other does not. Where both name the same snapshots of a
    model these stay apart; else all of its snapshots become one.
    """
    families: dict[str, tuple[set[str], set[str]]] = {}
    for side, names in enumerate((theirs, ours)):
        for name in names:
            families.setdefault(SNAPSHOT.sub("", name.lower()), (set(), set()))[side].add(name)
    return {
        name: name if one == two or len(one | two) == 1 else family
        for family, (one, two) in families.items()
        for name in one | two
    }


def _ours(group: Group) -> tuple[datetime, str, Totals]:
    key = dict(group.key)
    return datetime.fromisoformat(key["day"] or "").replace(tzinfo=UTC), key["model"] or "", group.totals


def _numbers(one: ProviderSum) -> Numbers:
    return Numbers(*(getattr(one, name) for name in NUMBERS))


def _counted(totals: Totals) -> Numbers:
    # Providers do not count calls that failed.
    numbers = Numbers(*(getattr(totals, name) for name in NUMBERS))
    return replace(numbers, requests=totals.requests - totals.error_requests)


def _zero(stated: Iterable[Numbers]) -> Numbers:
    """What a provider says that lists nothing: 0 of all that it states elsewhere, and of the rest nothing still."""
    said = sum(stated, NOTHING)
    return ZERO if said == NOTHING else ZERO._with(said, lambda zero, stated: None if stated is None else zero)


def _fold(lines: Sequence[Line], *, day: datetime | None = None, model: str | None = None) -> Line:
    provider = sum((one.provider for one in lines), NOTHING)
    tokenmon = sum((one.tokenmon for one in lines), NOTHING)
    return Line(day, model, provider, tokenmon, not lines or any(one.is_pulled for one in lines))


def _other_amounts(sums: Iterable[ProviderSum]) -> tuple[tuple[str, Decimal], ...]:
    found: dict[str, Decimal] = {}
    for one in sums:
        # A cost report without a cost is in another currency, named by the unit.
        is_other = one.unit == "byok_usd" or (one.cost is None and one.unit is not None and len(one.unit) == 3)
        if is_other and one.unit is not None and one.quantity is not None:
            found[one.unit] = found.get(one.unit, Decimal(0)) + one.quantity
    return tuple(sorted(found.items()))
