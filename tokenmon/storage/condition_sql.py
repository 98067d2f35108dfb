"""Conditions on records as SQL: the one place, and the same answer as `core.condition.matches_record`.

Texts that records share are matched in Python, because the databases disagree on the case of letters; their numbers
then stand in the clause.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any

from sqlalchemy import Connection

from tokenmon.core.condition import Condition, Value, fits_texts, is_record_id, tag_texts
from tokenmon.core.record import COST_SOURCES, ID_BYTES, USAGE_SOURCES
from tokenmon.storage.engine import run
from tokenmon.storage.labels import LabelBook, storable

NUMBERS = {
    "cost": "cost_nanousd",
    "input": "input_tokens",
    "output": "output_tokens",
    "cache": "cache_creation_input_tokens",
    "cached": "cache_read_input_tokens",
    "reasoning": "reasoning_output_tokens",
    "tokens": "(input_tokens + output_tokens)",
    "latency": "latency_ms",
    "ttfc": "first_chunk_ms",
}
RANKS: dict[str, tuple[str, Sequence[str]]] = {
    "usage": ("usage_source", USAGE_SOURCES),
    "price": ("cost_source", COST_SOURCES),
}
LARGEST = 2**63 - 1
NEVER = "1 = 0"

Clause = tuple[str, tuple[Any, ...]]


def clause(connection: Connection, book: LabelBook, condition: Condition) -> Clause:
    """A condition on records as a term with `?` for its values."""
    found: Clause
    if condition.field in NUMBERS:
        found = _any_of([_number(condition, value) for value in condition.values])
    elif condition.field in RANKS:
        found = _rank(condition)
    elif condition.field == "id":
        found = _any_of([_id(condition, str(value)) for value in condition.values])
    else:
        found = _shared_text(connection, book, condition)
    text, values = found
    # Of what is unknown neither a comparison nor SQL's own denial of it holds.
    return f"({text}) IS NOT TRUE" if condition.is_negated else f"({text})", values


def _any_of(parts: list[Clause]) -> Clause:
    return " OR ".join(text for text, _ in parts), tuple(value for _, values in parts for value in values)


def _number(condition: Condition, value: Value) -> Clause:
    column = NUMBERS[condition.field]
    if value is None:
        return f"{column} IS NULL", ()
    # What is stored are whole numbers, so a fraction is a question of which side it is rounded to.
    exact = Decimal(value).scaleb(9 if condition.field == "cost" else 0)
    operator = "=" if condition.operator == ":" else condition.operator
    if operator == "=" and exact != exact.to_integral_value():
        return NEVER, ()
    bound = exact.to_integral_value(ROUND_CEILING if operator in (">=", "<") else ROUND_FLOOR)
    return f"{column} {operator} ?", (min(int(bound), LARGEST),)


def _rank(condition: Condition) -> Clause:
    column, words = RANKS[condition.field]
    numbers = [str(rank) for rank, word in enumerate(words) if fits_texts(condition, (word,))]
    return (f"{column} IN ({', '.join(numbers)})" if numbers else NEVER), ()


def _id(condition: Condition, value: str) -> Clause:
    if not is_record_id(value):
        wanted = storable(value)
        if condition.operator == "=":
            return "response_id = ?", (wanted,)
        return f"substr(response_id, 1, {len(wanted)}) = ?", (wanted,)
    digits = 2 * ID_BYTES
    if condition.operator == "=" or len(value) == digits:
        return ("id = ?", (bytes.fromhex(value),)) if len(value) == digits else (NEVER, ())
    low, high = bytes.fromhex(value.ljust(digits, "0")), bytes.fromhex(value.ljust(digits, "f"))
    return "(id >= ? AND id <= ?)", (low, high)


def _shared_text(connection: Connection, book: LabelBook, condition: Condition) -> Clause:
    """Sessions and tags: texts that records point to."""
    column = "conversation_id" if condition.field == "session" else "tags_id"
    known = tuple(value for value in condition.values if value is not None)
    parts = [f"{column} IS NULL"] if len(known) < len(condition.values) else []
    if condition.field == "session" and condition.operator == "=":
        numbers = book.text_numbers.known(connection, [str(value) for value in known])
    else:
        numbers = list(_fitting_texts(connection, replace(condition, values=known))) if known else []
    if numbers:
        parts.append(f"{column} IN ({', '.join(map(str, numbers))})")
    return " OR ".join(parts) or NEVER, ()


def _fitting_texts(connection: Connection, condition: Condition) -> Iterator[int]:
    is_session = condition.field == "session"
    only = "" if is_session else " WHERE substr(text, 1, 1) = '{'"
    rows: Iterable[Sequence[Any]] = run(connection, f"SELECT id, text FROM texts{only}", ())
    for row in rows:
        if fits_texts(condition, (row[1],) if is_session else _tags(row[1])):
            yield row[0]


def _tags(text: str) -> tuple[str, ...]:
    """The tags of a text, none when it is something else: conversations are texts of the same table."""
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        return ()
    return tag_texts(content.items()) if isinstance(content, dict) else ()
