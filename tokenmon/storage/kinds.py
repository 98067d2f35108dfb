"""Kinds: series that a question does not tell apart, which the database adds up by itself.

Which series are of which kind is decided over the label sets in memory. The database is told in one string of bytes,
in which it finds a series' kind by the series' number: at the same cost for three series and for thousands.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from tokenmon.storage.labels import Series

# Bytes of each place of a lookup.
WIDTH = 3
# Up to so many kinds the rows are read once for each: in the order of the table, so that nothing is sorted.
FEW = 4

Key = tuple[tuple[str, str | None], ...]
LABEL_VALUES: Mapping[str, Callable[[Series], str | None]] = {
    "platform": lambda one: one.platform,
    "provider": lambda one: one.provider_name,
    "model": lambda one: one.model,
    "source": lambda one: one.source,
    "project": lambda one: one.project,
    "key": lambda one: one.client_key,
    "operation": lambda one: one.operation_name,
    "status": lambda one: None if one.status is None else str(one.status),
    "error": lambda one: one.error_type,
    "tier": lambda one: one.service_tier,
    "billing": lambda one: one.billing,
    "machine": lambda one: one.machine,
}


@dataclass(frozen=True, slots=True)
class Kind:
    """What the series of a kind have in common: groupings with values (None for what is no label), and as what their
    sums count."""

    key: Key
    is_error: bool
    is_subscription: bool


@dataclass(frozen=True, slots=True)
class Column:
    """What is read beside sums to tell them apart: its text, the values that this takes, and what a result means.

    A column that is the same in all rows is not grouped by.
    """

    text: str
    meaning: Callable[[Any], Any]
    values: tuple[bytes, ...] = ()
    is_constant: bool = False


def constant(meaning: object) -> Column:
    """The column of rows that all mean the same."""
    return Column("0", lambda _: meaning, is_constant=True)


def lookup(name: str, low: int, places: bytes, meanings: Iterable[object]) -> Column:
    """A column that tells what a whole number from `low` on means, by the places of all of them."""
    # PostgreSQL counts bytes in 32 bits.
    text = f"substr(?, {WIDTH} * CAST({name} - {low} AS INTEGER) + 1, {WIDTH})"
    known = {place(number): meaning for number, meaning in enumerate(meanings)}
    return Column(text, lambda found: known[bytes(found)], (places,))


def place(number: int) -> bytes:
    """A number as a lookup holds it."""
    return number.to_bytes(WIDTH, "big")


@dataclass(frozen=True, slots=True)
class Pass:
    """One reading: which series it sums (None for all), and the column that tells their kinds."""

    column: Column
    series_ids: tuple[int, ...] | None = None


class Kinds:
    """The kinds of the series that a filter means; `is_all` when these are all there are."""

    def __init__(self, meant: Mapping[int, Series], by: Iterable[str], *, is_all: bool) -> None:
        self._kinds: dict[Kind, list[int]] = {}
        values = [(name, LABEL_VALUES.get(name)) for name in by]
        for number, one in meant.items():
            key = tuple((name, value_of(one) if value_of else None) for name, value_of in values)
            kind = Kind(key, one.is_error, one.billing == "subscription")
            self._kinds.setdefault(kind, []).append(number)
        self.series_ids = None if is_all else tuple(meant)

    def at_once(self) -> Pass:
        """All kinds in one pass."""
        if len(self._kinds) == 1:
            return Pass(constant(next(iter(self._kinds))), self.series_ids)
        low = min(numbers[0] for numbers in self._kinds.values())
        high = max(numbers[-1] for numbers in self._kinds.values())
        places = bytearray(WIDTH * (high - low + 1))
        for index, numbers in enumerate(self._kinds.values()):
            held = place(index)
            for number in numbers:
                at = WIDTH * (number - low)
                places[at : at + WIDTH] = held
        return Pass(lookup("series_id", low, bytes(places), self._kinds), self.series_ids)

    @property
    def are_few(self) -> bool:
        """Whether a pass for each is faster than sorting what is read by kinds."""
        return len(self._kinds) <= FEW

    def passes(self) -> list[Pass]:
        """One for each kind where they are few, else one for all."""
        if len(self._kinds) == 1 or not self.are_few:
            return [self.at_once()]
        return [Pass(constant(kind), tuple(numbers)) for kind, numbers in self._kinds.items()]
