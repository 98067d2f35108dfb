"""Reading what logs hold: times in any of their forms, names of working directories, counters of doubtful type."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

from tokenmon.core.record import milliseconds
from tokenmon.core.text import clean
from tokenmon.core.usage import MAX_PLAUSIBLE

# Beyond these a number is damage, not a time: 1970 and the year 9999.
MAX_MS = 253_402_300_799_999
SEPARATORS = re.compile(r"[/\\]")
# Counts of seconds, milliseconds, microseconds and nanoseconds since 1970 differ by more than any of them grows.
UNITS = ((10**17, 10**-6), (10**14, 10**-3), (10**11, 1.0))


def time_ms(value: object) -> int | None:
    """Milliseconds since 1970 of an ISO text or a number in any unit; None for what is no time."""
    if value.__class__ is str:
        return _text_ms(str(value))
    if value.__class__ is int or value.__class__ is float:
        number = float(value)
        # NaN compares false with everything.
        if not 0 < number < 10**20:
            return None
        factor = next((factor for least, factor in UNITS if number >= least), 1000.0)
        found = int(number * factor) if factor != 1.0 else int(number)
        return found if found <= MAX_MS else None
    return None


def _text_ms(text: str) -> int | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        digits = text.strip()
        return time_ms(float(digits)) if digits.replace(".", "", 1).isdecimal() and digits.isascii() else None
    try:
        found = milliseconds(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    except OverflowError:
        return None
    return found if 0 <= found <= MAX_MS else None


def count(value: object) -> int:
    """A counter: whole from 0, also as a float or in digits; 0 for anything else."""
    if value.__class__ is int:
        return value if 0 <= value <= MAX_PLAUSIBLE else 0
    if value.__class__ is float:
        return int(value) if 0 <= value <= MAX_PLAUSIBLE else 0
    if value.__class__ is str and str(value).isascii() and str(value).isdecimal():
        return count(int(str(value)[:20]))
    return 0


def first(members: Mapping[str, Any], *names: str) -> Any:
    """The first of several members that is there and not null."""
    for name in names:
        value = members.get(name)
        if value is not None:
            return value
    return None


def first_count(members: Mapping[str, Any], *names: str) -> int:
    """The counter under the first of several names that is there."""
    for name in names:
        value = members.get(name)
        if value is not None:
            return count(value)
    return 0


def members_of(value: object) -> dict[str, Any]:
    """An object's members, or none for anything else."""
    return value if isinstance(value, dict) else {}


def money(value: object) -> Decimal | None:
    """A cost above 0 in US dollars; None otherwise: 0 stands for `not known` in logs."""
    if value.__class__ not in (int, float, str, Decimal):
        return None
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        return None
    return found if found.is_finite() and 0 < found < 10**6 else None


def last_name(path: object) -> str | None:
    """The last name of a path of either kind of system: what a project is called."""
    if path.__class__ is not str:
        return None
    names = [name for name in SEPARATORS.split(str(path)) if name]
    return clean(names[-1]) if names else None


@lru_cache(maxsize=4096)
def project_in(folder: str, directory: str | None) -> str | None:
    """The project's name: of the ancestor of the working directory that a session's folder stands for.

    Tools name the folder of a session after the directory where it began, each other character made a dash; a session
    that went on to work in a directory below still belongs to that project.
    """
    if not directory:
        return clean(folder)
    path = directory.rstrip("/\\")
    while path:
        if re.sub(r"[^A-Za-z0-9]", "-", path) == folder:
            return last_name(path)
        shorter = path[: max(path.rfind("/"), path.rfind("\\"), 0)]
        path = shorter if shorter != path else ""
    return last_name(directory)
