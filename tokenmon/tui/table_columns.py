"""The columns of a list: which fit into a room, by their importance, so that a row never jumps with its values."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from tokenmon.tui.texts import Part

GAP = 2


@dataclass(frozen=True, slots=True)
class Column:
    """One column; numbers stand right. `sort` is what a click on its title sorts by, empty for nothing."""

    key: str
    title: str
    width: int
    is_number: bool = False
    sort: str = ""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A column that takes what room is left, up to a width."""

    key: str
    most: int


def title_part(column: Column, sort: str, *, is_descending: bool, marks: str) -> Part:
    """A column's title, with a sign of the direction where the table is sorted by it."""
    if not column.sort or column.sort != sort:
        return Part(column.title)
    down, up = ("v", "^") if marks == "ascii" else ("▼", "▲")
    sign = down if is_descending else up
    return Part(f"{sign}{column.title}" if column.is_number else f"{column.title} {sign}", "strong")


def sort_at(columns: Sequence[Column], x: int, *, gap: int = GAP) -> str:
    """What a click on the titles sorts by, in the cell `x` from the left; empty for nothing."""
    end = 0
    for column in columns:
        end += column.width + gap
        if x < end:
            return column.sort
    return ""


def fitting(
    columns: Sequence[Column], *, room: int, importance: Iterable[str], stretches: Sequence[Stretch] = ()
) -> tuple[Column, ...]:
    """The columns that fit, in their order: chosen by importance, any that is not named there counting as needed.

    Keys with a space between them come together or not at all.
    """
    widths = {one.key: one.width for one in columns}
    ranked = [[key for key in keys.split() if key in widths] for keys in importance]
    chosen = widths.keys() - {key for keys in ranked for key in keys}
    used = sum(widths[key] + GAP for key in chosen) - GAP
    for keys in ranked:
        more = sum(widths[key] + GAP for key in keys)
        if used + more <= room:
            chosen |= set(keys)
            used += more
    for stretch in stretches:
        if stretch.key in chosen:
            more = max(0, min(stretch.most - widths[stretch.key], room - used))
            widths[stretch.key] += more
            used += more
    return tuple(replace(one, width=widths[one.key]) for one in columns if one.key in chosen)
