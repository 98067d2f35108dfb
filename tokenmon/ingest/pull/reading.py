"""Reading a provider's report strictly: what is not as documented is an error that names the place, never a guess.

Stricter than `providers/counts.py`: a sum with a number left out would look like a difference that does not exist.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn

from tokenmon.core.provider_sum import DAY, MAX_AMOUNT, Window, day_of
from tokenmon.core.text import clean
from tokenmon.core.usage import MAX_COUNT

# Longer ones are no number of anything.
MAX_DIGITS = 64
MAX_QUANTITY = Decimal(10) ** 18
SMALLEST = Decimal("0.000000001")


class MalformedError(ValueError):
    """The content is not what the provider documents; the message names the place."""


@dataclass(frozen=True, slots=True)
class PageRequest:
    """A GET of one page: path and query parameters."""

    path: str
    params: tuple[tuple[str, str], ...]


def parsed(body: bytes) -> Any:
    """The JSON value of a body, its fractions exact."""
    try:
        return json.loads(body, parse_float=_fraction, parse_constant=_refuse)
    except (ValueError, RecursionError, InvalidOperation):
        raise MalformedError("the answer is not JSON") from None


def _fraction(text: str) -> Decimal:
    if len(text) > MAX_DIGITS:
        raise ValueError
    return Decimal(text)


def _refuse(name: str) -> NoReturn:
    raise ValueError(name)


@dataclass(frozen=True, slots=True)
class Members:
    """An object of an answer, and where in the answer it is."""

    values: Mapping[str, Any]
    place: str = "the answer"

    @classmethod
    def of(cls, value: Any, place: str = "the answer") -> "Members":
        """The members of a value that must be an object."""
        if not isinstance(value, dict):
            raise MalformedError(f"{place} is not an object")
        return cls(value, place)

    def wrong(self, name: str) -> MalformedError:
        """The error that a member is not as documented."""
        return MalformedError(f"{name} in {self.place} is {(clean(repr(self.values.get(name))) or '')[:40]}")

    def object(self, name: str) -> "Members":
        """A member that must be an object."""
        return Members.of(self.values.get(name), f"{name} in {self.place}")

    def objects(self, name: str) -> Iterator["Members"]:
        """The objects of a member that must be a list."""
        found = self.values.get(name)
        if not isinstance(found, list):
            raise self.wrong(name)
        for at, one in enumerate(found):
            yield Members.of(one, f"{name}[{at}] of {self.place}".removesuffix(" of the answer"))

    def text(self, name: str) -> str | None:
        """A text, None when there is none."""
        value = self.values.get(name)
        if value is not None and not isinstance(value, str):
            raise self.wrong(name)
        return clean(value)

    def count(self, name: str) -> int | None:
        """A whole number from 0, None when there is none."""
        value = self.values.get(name)
        if value is None:
            return None
        if isinstance(value, Decimal) and abs(value) <= MAX_COUNT and value == value.to_integral_value():
            value = int(value)
        if value.__class__ is not int or not 0 <= value <= MAX_COUNT:
            raise self.wrong(name)
        return int(value)

    def amount(self, name: str, *, limit: Decimal = MAX_AMOUNT) -> Decimal | None:
        """A number, also written as a text, of at most nine decimals; None when there is none."""
        value = self.values.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, str | int | Decimal) or len(str(value)) > MAX_DIGITS:
            raise self.wrong(name)
        try:
            number = Decimal(value)
        except InvalidOperation:
            raise self.wrong(name) from None
        if not number.is_finite() or abs(number) > limit:
            raise self.wrong(name)
        return number

    def day(self, name: str, window: Window) -> datetime:
        """The start of a UTC day of a window: seconds since 1970, a time with its zone, or a date."""
        value = self.values.get(name)
        try:
            if value.__class__ is int:
                moment = datetime.fromtimestamp(value, UTC)
            else:
                moment = datetime.fromisoformat(str(value))
                moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
        except (TypeError, ValueError, OverflowError, OSError):
            raise self.wrong(name) from None
        if moment != day_of(moment) or not window.start <= moment < window.end:
            raise MalformedError(f"{name} in {self.place} is no day that was asked for")
        return moment


def lines_of_days(answer: Members, name: str, window: Window) -> Iterator[tuple[datetime, Members]]:
    """The lines of each bucket of a page, with the start of its day (the member `name`).

    A window that is not over has no end in its request: days past it, by the provider's clock, are left for later.
    """
    beyond = Window(window.start, window.end + DAY)
    for bucket in answer.objects("data"):
        day = bucket.day(name, beyond)
        if day < window.end:
            for line in bucket.objects("results"):
                yield day, line


def quantity(members: Members, name: str) -> Decimal | None:
    """A number of what is billed; None when there is none or nothing."""
    found = members.amount(name, limit=MAX_QUANTITY)
    return None if not found else found.quantize(SMALLEST).normalize()


def next_page(answer: Members) -> str | None:
    """The cursor of the page after this one, None on the last."""
    has_more = answer.values.get("has_more", False)
    if not isinstance(has_more, bool):
        raise answer.wrong("has_more")
    if not has_more:
        return None
    cursor = answer.values.get("next_page")
    if not isinstance(cursor, str) or not 0 < len(cursor) <= 4096:
        raise answer.wrong("next_page")
    return cursor


def end_of(day: datetime) -> datetime:
    """The end of a UTC day."""
    return day + DAY
