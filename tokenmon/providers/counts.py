"""Reading counts from what providers send: wrong types, negative and absurd numbers become None, never an error."""

from collections.abc import Mapping
from typing import Any

from tokenmon.core.usage import MAX_PLAUSIBLE

NO_MEMBERS: Mapping[str, Any] = {}


def count(value: object, *, maximum: int = MAX_PLAUSIBLE) -> int | None:
    """A whole number from 0 (also written as 12.0), else None."""
    if value is None:
        return None
    if value.__class__ is int or (value.__class__ is float and value.is_integer()):
        number = int(value)
    else:
        return None
    return number if 0 <= number <= maximum else None


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


def pairs_of(units: Mapping[str, int | None]) -> tuple[tuple[str, int], ...]:
    """Counts by unit as a usage holds them: sorted, without the zeros."""
    return tuple(sorted((name, number) for name, number in units.items() if number))


def by_modality(details: object, *, member: str = "tokenCount") -> Mapping[str, int]:
    """The tokens of each modality (in capitals) in Google's lists of `{modality, tokenCount}`."""
    if not isinstance(details, list):
        return NO_MEMBERS
    found: dict[str, int] = {}
    for one in details:
        members = members_of(one)
        modality, tokens = members.get("modality"), count(members.get(member))
        if isinstance(modality, str) and tokens is not None:
            modality = modality.upper()
            found[modality] = found.get(modality, 0) + tokens
    return found
