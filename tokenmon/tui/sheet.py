"""What a screen shows, as a table that can be exported or copied: exact values, machine-readable words."""

import csv
import json
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TextIO

from tokenmon.core.formula import quoted
from tokenmon.core.money import decimal_text

Cell = str | int | Decimal | None
KINDS = ("csv", "json", "jsonl")


@dataclass(frozen=True, slots=True)
class Exporting:
    """Something to write: the stem of its file's name, and how it is written as one of KINDS; it gives the rows."""

    stem: str
    write: Callable[[str, TextIO], int]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table of exact values; columns have the names of `stats --json`."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]

    def write(self, kind: str, out: TextIO) -> int:
        """Write it as CSV, a JSON array or JSON lines; the number of rows."""
        if kind == "csv":
            writer = csv.writer(out, lineterminator="\r\n")
            writer.writerow(self.columns)
            writer.writerows([_csv_cell(cell) for cell in row] for row in self.rows)
            return len(self.rows)
        objects = [json.dumps(self._object(row), ensure_ascii=False) for row in self.rows]
        if kind == "jsonl":
            out.writelines(line + "\n" for line in objects)
        else:
            out.write("[\n" + ",\n".join(objects) + "\n]\n" if objects else "[]\n")
        return len(self.rows)

    def _object(self, row: tuple[Cell, ...]) -> dict[str, Any]:
        cells = (decimal_text(cell) if isinstance(cell, Decimal) else cell for cell in row)
        return dict(zip(self.columns, cells, strict=True))


def _csv_cell(cell: Cell) -> str | int:
    if cell is None:
        return ""
    if isinstance(cell, Decimal):
        return decimal_text(cell)
    # A spreadsheet must not take a model's name for a formula.
    return quoted(cell) if isinstance(cell, str) else cell
