"""Conditions: one test of a call each, by a label that many calls share or by what the record alone holds.

Apart from `filter_language.py` because the store and the screens use conditions that nobody typed. What a condition
means is said here, once, in Python; SQL that answers the same is held to it by a test.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from operator import eq, ge, gt, le, lt
from typing import Literal, Protocol

from tokenmon.core.record import COST_SOURCES, USAGE_SOURCES, UsageRecord

Operator = Literal[":", "=", ">", ">=", "<", "<="]
# How a field's values are written and compared: `part` and `whole` are texts that `:` finds within or as a whole.
Kind = Literal["part", "whole", "word", "status", "tag", "id", "tokens", "cost", "time"]
# None stands for unknown: a label that a call lacks, a number that nobody stated.
Value = str | Decimal | None

# The field of a word without one: the model, the project or the platform.
ANY = "any"
LABEL_FIELDS: Mapping[str, Kind] = {
    ANY: "part", "platform": "whole", "provider": "whole", "model": "part", "source": "whole", "project": "part",
    "key": "part", "machine": "part", "operation": "whole", "status": "status", "error": "part", "tier": "whole",
    "billing": "word", "stream": "word",
}  # fmt: skip
RECORD_FIELDS: Mapping[str, Kind] = {
    "cost": "cost", "input": "tokens", "output": "tokens", "cache": "tokens", "cached": "tokens",
    "reasoning": "tokens", "tokens": "tokens", "latency": "time", "ttfc": "time", "session": "part", "tag": "tag",
    "id": "id", "usage": "word", "price": "word",
}  # fmt: skip
FIELDS: Mapping[str, Kind] = {**LABEL_FIELDS, **RECORD_FIELDS}
# The only values of a field of words.
WORDS: Mapping[str, tuple[str, ...]] = {
    "billing": ("metered", "subscription"),
    "stream": ("yes", "no"),
    "usage": USAGE_SOURCES,
    "price": COST_SOURCES,
    "status": ("error", "ok"),
}
NUMBER_KINDS = ("tokens", "cost", "time")
COMPARISONS: Mapping[str, Callable[[Decimal, Decimal], bool]] = {
    ":": eq, "=": eq, ">": gt, ">=": ge, "<": lt, "<=": le,
}  # fmt: skip
CLASS_OF_STATUSES = re.compile(r"[1-5]xx")


@dataclass(frozen=True, slots=True)
class Condition:
    """One test: any of `values` fits the field, or with `is_negated` none of them does.

    Costs are in dollars, times in milliseconds. A comparison never fits what is unknown; so the negated one does.
    """

    field: str
    operator: Operator
    values: tuple[Value, ...]
    is_negated: bool = False

    @property
    def is_on_labels(self) -> bool:
        """Whether labels answer it, so that sums need no record."""
        return self.field in LABEL_FIELDS


class Labelled(Protocol):
    """What has a call's labels: a record, and a series."""

    @property
    def platform(self) -> str: ...
    @property
    def provider_name(self) -> str: ...
    @property
    def operation_name(self) -> str: ...
    @property
    def request_model(self) -> str | None: ...
    @property
    def response_model(self) -> str | None: ...
    @property
    def source(self) -> str: ...
    @property
    def project(self) -> str | None: ...
    @property
    def client_key(self) -> str | None: ...
    @property
    def machine(self) -> str | None: ...
    @property
    def service_tier(self) -> str | None: ...
    @property
    def stream(self) -> int: ...
    @property
    def status(self) -> int | None: ...
    @property
    def error_type(self) -> str | None: ...
    @property
    def billing(self) -> str: ...
    @property
    def is_error(self) -> bool: ...


Texts = tuple[str | None, ...]
LABEL_TEXTS: Mapping[str, Callable[[Labelled], Texts]] = {
    ANY: lambda one: (one.response_model, one.request_model, one.project, one.platform),
    "platform": lambda one: (one.platform,),
    "provider": lambda one: (one.provider_name,),
    "model": lambda one: (one.response_model, one.request_model),
    "source": lambda one: (one.source,),
    "project": lambda one: (one.project,),
    "key": lambda one: (one.client_key,),
    "machine": lambda one: (one.machine,),
    "operation": lambda one: (one.operation_name,),
    "error": lambda one: (one.error_type,),
    "tier": lambda one: (one.service_tier,),
    "billing": lambda one: (one.billing,),
    "stream": lambda one: ("yes" if one.stream else "no",),
}
RECORD_TEXTS: Mapping[str, Callable[[UsageRecord], Texts]] = {
    "session": lambda one: (one.conversation_id,),
    "tag": lambda one: tag_texts(one.tags) or (None,),
    "usage": lambda one: (one.usage_source,),
    "price": lambda one: (one.cost_source,),
}
NUMBERS: Mapping[str, Callable[[UsageRecord], int | Decimal | None]] = {
    "cost": lambda one: one.cost,
    "input": lambda one: None if one.usage is None else one.usage.input_tokens,
    "output": lambda one: None if one.usage is None else one.usage.output_tokens,
    "cache": lambda one: None if one.usage is None else one.usage.cache_creation_input_tokens,
    "cached": lambda one: None if one.usage is None else one.usage.cache_read_input_tokens,
    "reasoning": lambda one: None if one.usage is None else one.usage.reasoning_output_tokens,
    "tokens": lambda one: None if one.usage is None else one.usage.total_tokens,
    "latency": lambda one: one.latency_ms,
    "ttfc": lambda one: one.time_to_first_chunk_ms,
}


def tag_texts(tags: Iterable[tuple[str, object]]) -> tuple[str, ...]:
    """Tags as conditions see them: `key=value` each."""
    return tuple(f"{key}={value}" for key, value in tags)


def matches_record(conditions: Iterable[Condition], record: UsageRecord) -> bool:
    """Whether a record meets all conditions."""
    return all(_holds_for_record(one, record) for one in conditions)


def matches_labels(conditions: Iterable[Condition], labels: Labelled) -> bool:
    """Whether calls with these labels meet all conditions, each of which is on labels."""
    return all(_holds_for_labels(one, labels) for one in conditions)


def _holds_for_record(condition: Condition, record: UsageRecord) -> bool:
    if condition.is_on_labels:
        return _holds_for_labels(condition, record)
    if condition.field == "id":
        found = any(_is_id(condition.operator, value, record) for value in condition.values)
    elif condition.field in NUMBERS:
        found = fits_number(condition, NUMBERS[condition.field](record))
    else:
        found = fits_texts(condition, RECORD_TEXTS[condition.field](record))
    return found is not condition.is_negated


def _holds_for_labels(condition: Condition, labels: Labelled) -> bool:
    if condition.field == "status":
        found = any(_is_status(condition.operator, value, labels) for value in condition.values)
    else:
        found = fits_texts(condition, LABEL_TEXTS[condition.field](labels))
    return found is not condition.is_negated


def _is_status(operator: Operator, value: Value, labels: Labelled) -> bool:
    if value is None:
        return labels.status is None
    if isinstance(value, Decimal):
        return labels.status is not None and COMPARISONS[operator](Decimal(labels.status), value)
    if value in WORDS["status"]:
        return labels.is_error is (value == "error")
    return labels.status is not None and str(labels.status // 100) == value[0]


def is_record_id(value: str) -> bool:
    """Whether a value names a record by its own id or the id's beginning, not by the provider's response id."""
    return re.fullmatch(r"[0-9a-f]{1,32}", value) is not None


def _is_id(operator: Operator, value: Value, record: UsageRecord) -> bool:
    wanted = str(value)
    own = record.id.hex() if is_record_id(wanted) else record.response_id
    return own is not None and (own == wanted if operator == "=" else own.startswith(wanted))


def fits_number(condition: Condition, number: int | Decimal | None) -> bool:
    """Whether any value of a condition fits a number, whether or not the condition is negated."""
    return any(
        number is None
        if value is None
        else number is not None and COMPARISONS[condition.operator](Decimal(number), Decimal(value))
        for value in condition.values
    )


def fits_texts(condition: Condition, texts: Texts) -> bool:
    """Whether any value of a condition fits any of a field's texts, whether or not the condition is negated."""
    return any(
        all(text is None for text in texts)
        if value is None
        else any(text is not None and _fits(condition, str(value), text) for text in texts)
        for value in condition.values
    )


def _fits(condition: Condition, value: str, text: str) -> bool:
    if condition.operator == "=":
        return text == value
    wanted, text = value.casefold(), text.casefold()
    if "*" in wanted or "?" in wanted:
        return _glob(wanted).fullmatch(text) is not None
    return wanted == text if FIELDS[condition.field] in ("whole", "word") else wanted in text


@lru_cache(maxsize=256)
def _glob(pattern: str) -> re.Pattern[str]:
    first, *rest = [re.escape(part).replace(r"\?", ".") for part in re.sub(r"\*+", "*", pattern).split("*")]
    if not rest:
        return re.compile(first, re.DOTALL)
    # What a star has passed over is never tried again, so that no pattern takes longer than its text is long.
    between = "".join(f"(?>.*?{part})" for part in rest[:-1])
    return re.compile(f"{first}{between}.*{rest[-1]}", re.DOTALL)
