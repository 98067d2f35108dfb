"""The filter language: `model:opus cost>0.10 status:error -project:x` to conditions and back.

Terms stand apart by spaces and must all hold. A term is `field:value`, `field=value`, `field!=value` or a comparison; a
comma means any of, `-` or `!` before a term means not, quotes hold spaces, and a word without a field is looked for in
model, project and platform.
"""

import difflib
import re
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any

from tokenmon.core.condition import (
    ANY,
    CLASS_OF_STATUSES,
    FIELDS,
    NUMBER_KINDS,
    WORDS,
    Condition,
    Operator,
    Value,
    is_record_id,
)
from tokenmon.core.money import decimal_text
from tokenmon.core.text import UNSAFE
from tokenmon.errors import ConfigError

MAX_LENGTH = 1000
MAX_TERMS = 32
EXAMPLE = "model:opus cost>0.10 status:error -project:x"
HEAD = re.compile(r"([A-Za-z_]+)(!=|>=|<=|[:=<>])")
NUMBER = re.compile(r"(\$?)([0-9]{1,15}(?:\.[0-9]{1,12})?)([A-Za-z]*)")
# More than anything counts, and with its fraction still exact as a Decimal.
MAX_NUMBER = 10**15
TOKEN_UNITS = {"": 1, "k": 10**3, "m": 10**6, "b": 10**9}
TIME_UNITS = {"": 1, "ms": 1, "s": 1000, "m": 60_000}
UNKNOWN = ("-", "none")
STREAM = {"true": "yes", "false": "no"}
# Values that need no quotes, beside a field and alone.
PLAIN = re.compile(r"[\w.*?/@+$%][\w.*?/@+$%:=-]*")
PLAIN_ALONE = re.compile(r"[\w.*?/@+$%][\w.*?/@+$%-]*")
EXAMPLES = {
    "tokens": "tokens>10k", "cost": "cost>0.10", "time": "latency>2s",
    "status": "status:error, status:5xx or status>=500",
}  # fmt: skip


def parse_filter(text: str) -> tuple[Condition, ...]:
    """The conditions that a text means, none for an empty one. ConfigError names the word that cannot be read."""
    if len(text) > MAX_LENGTH:
        raise ConfigError(f"the filter is longer than {MAX_LENGTH:,} characters", hint=f"for example: {EXAMPLE}")
    terms = list(_terms(text))
    if len(terms) > MAX_TERMS:
        raise ConfigError(
            f"the filter has more than {MAX_TERMS} terms", hint="join values by commas: model:opus,sonnet"
        )
    return tuple(_Term(text, start, end).condition() for start, end in terms)


def _terms(text: str) -> Iterator[tuple[int, int]]:
    """Where each term begins and ends."""
    at = 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        start = at
        while at < len(text) and not text[at].isspace():
            at = _end_of_quotes(text, at) if text[at] == '"' else at + 1
        yield start, at


def _end_of_quotes(text: str, start: int) -> int:
    at = start + 1
    while at < len(text):
        if text[at] == '"':
            return at + 1
        at += 2 if text[at] == "\\" else 1
    raise ConfigError(
        f"a quote is not closed in the filter, at character {start + 1}", hint='for example: project:"two words"'
    )


class _Term:
    """One term of a filter while it is read."""

    def __init__(self, text: str, start: int, end: int) -> None:
        self._word = text[start:end]
        self._start = start

    def condition(self) -> Condition:
        """The condition that the term means."""
        at = 1 if self._word[0] in "-!" else 0
        is_negated = at == 1
        field, operator = ANY, ":"
        head = HEAD.match(self._word, at)
        if head is not None:
            field, operator, at = self._field(head[1]), head[2], head.end()
        if operator == "!=":
            operator, is_negated = "=", not is_negated
        kind = FIELDS[field]
        if operator not in (":", "=") and kind not in (*NUMBER_KINDS, "status"):
            raise self._problem(f"{field} is no number to compare", f"for example: {field}:value")
        values = tuple(self._value(field, operator, *part) for part in self._parts(at))
        return Condition(field, _operator(operator), values, is_negated)

    def _problem(self, reason: str, hint: str) -> ConfigError:
        shown = self._word if len(self._word) <= 40 else self._word[:39] + "…"
        return ConfigError(f"cannot read {shown!r} at character {self._start + 1} of the filter: {reason}", hint=hint)

    def _field(self, name: str) -> str:
        if name.lower() in FIELDS:
            return name.lower()
        near = difflib.get_close_matches(name.lower(), FIELDS, n=1)
        meant = f"did you mean {near[0]}? " if near else f"fields are {', '.join(FIELDS)}; "
        raise self._problem(
            f"there is no field {name[:30]}", f'{meant}for example: {EXAMPLE}, or quote a text: "mistral:7b"'
        )

    def _parts(self, at: int) -> Iterator[tuple[str, bool]]:
        """The values that commas part, each with whether it was quoted."""
        word, value, is_quoted = self._word, "", False
        while at < len(word):
            if word[at] == '"':
                end = _end_of_quotes(word, at)
                value, is_quoted, at = value + _unquoted(word[at + 1 : end - 1]), True, end
            elif word[at] == ",":
                yield self._checked(value), is_quoted
                value, is_quoted, at = "", False, at + 1
            else:
                value, at = value + word[at], at + 1
        yield self._checked(value), is_quoted

    def _checked(self, value: str) -> str:
        if not value:
            raise self._problem("a value is missing", f"for example: {EXAMPLE}")
        if UNSAFE.search(value):
            raise self._problem("it holds a control character", f"for example: {EXAMPLE}")
        return value

    def _value(self, field: str, operator: str, value: str, is_quoted: bool) -> Value:
        kind, word = FIELDS[field], value.lower()
        is_unknown = not is_quoted and word in UNKNOWN and operator in (":", "=")
        if kind == "word":
            return self._word_of(field, STREAM.get(word, word))
        if is_unknown and field != ANY and kind != "id":
            return None
        if kind == "status" and operator in (":", "="):
            if word in WORDS["status"] or CLASS_OF_STATUSES.fullmatch(word):
                return word
            return self._number(kind, value)
        if kind in NUMBER_KINDS or kind == "status":
            return self._number(kind, value)
        return word if kind == "id" and is_record_id(word) else value

    def _word_of(self, field: str, word: str) -> str:
        words = WORDS[field]
        if word not in words:
            near = difflib.get_close_matches(word, words, n=1)
            meant = f"did you mean {field}:{near[0]}?" if near else f"for example: {field}:{words[0]}"
            raise self._problem(f"{field} is one of {', '.join(words)}", meant)
        return word

    def _number(self, kind: str, value: str) -> Decimal:
        found = NUMBER.fullmatch(value)
        units: dict[str, int] = {"tokens": TOKEN_UNITS, "time": TIME_UNITS}.get(kind, {"": 1})
        if found is None or found[3].lower() not in units or (found[1] and kind != "cost"):
            raise self._problem(f"{value[:30]!r} is no such number", f"for example: {EXAMPLES[kind]}")
        number = Decimal(found[2]) * units[found[3].lower()]
        if number >= MAX_NUMBER:
            raise self._problem(f"{value[:30]!r} is too large", f"for example: {EXAMPLES[kind]}")
        return number


def _unquoted(inside: str) -> str:
    return re.sub(r'\\(["\\])', r"\1", inside)


def _operator(text: str) -> Operator:
    names: dict[str, Operator] = {":": ":", "=": "=", ">": ">", ">=": ">=", "<": "<", "<=": "<="}
    return names[text]


def filter_text(conditions: Iterable[Condition]) -> str:
    """A text that means these conditions, and that `parse_filter` reads back as they are."""
    return " ".join(_term_text(one) for one in conditions)


def _term_text(condition: Condition) -> str:
    is_bare = condition.field == ANY and condition.operator == ":"
    values = ",".join(_value_text(value, is_alone=is_bare) for value in condition.values)
    if is_bare:
        return f"-{values}" if condition.is_negated else values
    if condition.is_negated and condition.operator == "=":
        return f"{condition.field}!={values}"
    return f"{'-' if condition.is_negated else ''}{condition.field}{condition.operator}{values}"


def _value_text(value: Any, *, is_alone: bool) -> str:
    if value is None:
        return "none"
    if isinstance(value, Decimal):
        return decimal_text(value)
    plain = PLAIN_ALONE if is_alone else PLAIN
    if plain.fullmatch(value) and (is_alone or value.lower() not in UNKNOWN):
        return str(value)
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
