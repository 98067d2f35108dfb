"""What a filter selects from the records beside its period: some series, and conditions as SQL.

Which series are meant is decided here over the label sets in memory; the rest is one clause for both databases.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from tokenmon.core.condition import matches_labels
from tokenmon.core.query import Filter, matches
from tokenmon.storage.condition_sql import clause
from tokenmon.storage.labels import LabelBook, Series


@dataclass(frozen=True, slots=True)
class Selection:
    """Some series or (None) all, and clauses with their values."""

    series_ids: tuple[int, ...] | None = None
    clauses: tuple[str, ...] = ()
    values: tuple[Any, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether no record at all can be meant."""
        return self.series_ids == ()

    def where(self, bounds: tuple[bytes, bytes]) -> tuple[str, tuple[Any, ...]]:
        """The terms of a WHERE, and their values, for the records between two ids (low inclusive, high exclusive)."""
        return " AND ".join(("id >= ? AND id < ?", *self.terms())), (*bounds, *self.values)

    def terms(self) -> tuple[str, ...]:
        """What must hold of a record, whatever its time."""
        if self.series_ids is None:
            return self.clauses
        # Numbers that the database gave, so they may stand in the text: thousands of variables would not fit.
        return f"series_id IN ({', '.join(map(str, self.series_ids))})", *self.clauses


EVERYTHING = Selection()


def selection(connection: Connection, book: LabelBook, wanted: Filter) -> Selection:
    """What a filter selects as the database stands now."""
    series_ids = None
    if not is_unlabelled(wanted):
        series_ids = tuple(sorted(matching(book.series(connection), wanted)))
    parts = [clause(connection, book, one) for one in wanted.record_conditions]
    return Selection(
        series_ids, tuple(text for text, _ in parts), tuple(value for _, values in parts for value in values)
    )


def matching(series: Mapping[int, Series], wanted: Filter) -> dict[int, Series]:
    """The series that a filter means."""
    conditions = wanted.label_conditions
    return {
        number: one
        for number, one in series.items()
        if matches(wanted.platforms, one.platform)
        and matches(wanted.providers, one.provider_name)
        and (matches(wanted.models, one.response_model) or matches(wanted.models, one.request_model))
        and matches(wanted.sources, one.source)
        and matches(wanted.projects, one.project)
        and matches(wanted.keys, one.client_key)
        and matches(wanted.machines, one.machine)
        and matches_labels(conditions, one)
    }


def is_unlabelled(wanted: Filter) -> bool:
    """Whether a filter asks for no label."""
    return not (
        wanted.platforms
        or wanted.providers
        or wanted.models
        or wanted.sources
        or wanted.projects
        or wanted.keys
        or wanted.machines
        or wanted.label_conditions
    )
