"""Cells as values: each says which column is wrong and what stands in it."""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from tokenmon.core.record import from_milliseconds
from tokenmon.core.text import clean, clean_name
from tokenmon.errors import ConfigError

NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?")
# Digits that are no more than any count: read as they are, without a look at signs, points and exponents.
MAX_PLAIN_DIGITS = 15
TRUE_WORDS, FALSE_WORDS = frozenset({"true", "1", "yes", "t"}), frozenset({"false", "0", "no", "f", ""})
# Above this a number of seconds since 1970 is one of milliseconds.
SECONDS_END = 10**11


class CellError(ConfigError):
    """A cell that cannot be what its column holds; the row is told and passed."""

    def __init__(self, column: str, reason: str) -> None:
        super().__init__(f"{column}: {reason}", hint="mend the row and import the file again: each call counts once")
        self.column = column
        self.reason = reason


def shown(value: Any) -> str:
    """A value as a message may repeat it."""
    return repr((clean(str(value)) or "")[:40])


def cell(cells: Mapping[str, Any], *columns: str) -> Any:
    """The value of the first column that has one; a dot leads into an object. None without any."""
    for column in columns:
        value = cells.get(column)
        if value is None:
            if "." not in column:
                continue
            value = _inner(cells, column)
        if value is not None and value != "":
            return value
    return None


def _inner(cells: Mapping[str, Any], path: str) -> Any:
    value: Any = cells
    for name in path.split("."):
        if not isinstance(value, Mapping):
            return None
        value = value.get(name)
    return value


def text_cell(cells: Mapping[str, Any], *columns: str) -> str | None:
    """A text, cleaned; numbers are texts too."""
    value = cell(cells, *columns)
    return None if value is None or isinstance(value, (dict, list)) else clean_name(str(value).strip())


def count_cell(cells: Mapping[str, Any], *columns: str) -> int | None:
    """A whole number from 0."""
    stated = cell(cells, *columns)
    if stated.__class__ is str and len(stated) <= MAX_PLAIN_DIGITS and stated.isdecimal() and stated.isascii():
        return int(stated)
    value = number_cell(cells, *columns)
    if value is None:
        return None
    if value != value.to_integral_value() or value < 0:
        raise CellError(_named(cells, columns), f"{shown(value)} is not a whole number from 0")
    return int(value)


def number_cell(cells: Mapping[str, Any], *columns: str) -> Decimal | None:
    """A number, exactly as written."""
    value = cell(cells, *columns)
    if value is None:
        return None
    if isinstance(value, (int, Decimal)) and not isinstance(value, bool):
        number = Decimal(value)
    elif isinstance(value, str) and NUMBER.fullmatch(value.strip()):
        try:
            number = Decimal(value.strip())
        except InvalidOperation:
            raise CellError(_named(cells, columns), f"{shown(value)} is not a number") from None
    else:
        raise CellError(_named(cells, columns), f"{shown(value)} is not a number")
    if not number.is_finite() or abs(number.adjusted()) > 30:
        raise CellError(_named(cells, columns), f"{shown(value)} is no number that a call could have")
    return number


def cost_cell(cells: Mapping[str, Any], *columns: str) -> Decimal | None:
    """An amount of US dollars from 0; a currency's sign may stand before it."""
    value = cell(cells, *columns)
    if isinstance(value, str) and "$" in value:
        cells = {**cells, _named(cells, columns): value.strip().lstrip("$")}
    amount = number_cell(cells, *columns)
    if amount is not None and amount < 0:
        raise CellError(_named(cells, columns), f"{shown(amount)} is less than nothing")
    return amount


def flag_cell(cells: Mapping[str, Any], *columns: str) -> bool:
    """True or false; nothing is false."""
    value = cell(cells, *columns)
    if value is None:
        return False
    word = str(value).strip().lower()
    if word in TRUE_WORDS:
        return True
    if word not in FALSE_WORDS:
        raise CellError(_named(cells, columns), f"{shown(value)} is not true or false")
    return False


def moment_cell(cells: Mapping[str, Any], *columns: str) -> datetime | None:
    """A moment: ISO 8601 (UTC where it names no zone), or seconds or milliseconds since 1970."""
    value = cell(cells, *columns)
    if value is None:
        return None
    try:
        if isinstance(value, str) and (
            (value[:4].isdecimal() and value[4:5] == "-") or not NUMBER.fullmatch(value.strip())
        ):
            moment = datetime.fromisoformat(value.strip().removesuffix(" UTC"))
            return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
        number = number_cell(cells, *columns) or Decimal(0)
        return from_milliseconds(int(number if number >= SECONDS_END else number * 1000))
    except (ValueError, OverflowError):
        raise CellError(_named(cells, columns), f"{shown(value)} is not a time") from None


def object_cell(cells: Mapping[str, Any], *columns: str) -> Mapping[str, Any]:
    """An object, or its JSON text; nothing is an empty one."""
    value = cell(cells, *columns)
    if isinstance(value, str):
        try:
            value = json.loads(value, parse_float=Decimal)
        except (ValueError, RecursionError):
            raise CellError(_named(cells, columns), f"{shown(value)} is not JSON") from None
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise CellError(_named(cells, columns), f"{shown(value)} is not an object")
    return value


def needed(value: Any, column: str) -> Any:
    """The value, or CellError when there is none."""
    if value is None:
        raise CellError(column, "it is empty")
    return value


def _named(cells: Mapping[str, Any], columns: tuple[str, ...]) -> str:
    """Which of the columns was meant: the first that has a value."""
    return next((one for one in columns if cell(cells, one) is not None), columns[0])
