"""Reading counts from what providers send: wrong types, negative and absurd numbers become None, never an error."""

from collections.abc import Mapping
from typing import Any

from tokenmon.core.usage import MAX_PLAUSIBLE

NO_MEMBERS: Mapping[str, Any] = {}


def count(value: object) -> int | None:
    """A whole number from 0 (also written as 12.0), else None."""
    if value.__class__ is int or (value.__class__ is float and value.is_integer()):
        number = int(value)
    else:
        return None
    return number if 0 <= number <= MAX_PLAUSIBLE else None


def first_count(members: Mapping[str, Any], *names: str) -> int | None:
    """The first of several members that is a count."""
    for name in names:
        found = count(members.get(name))
        if found is not None:
            return found
    return None


def members_of(value: object) -> Mapping[str, Any]:
    """An object's members, or none for anything else."""
    return value if isinstance(value, dict) else NO_MEMBERS
