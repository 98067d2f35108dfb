"""Records and sums as JSON values: the one shape that the command line, the HTTP API and exports share.

Money is a decimal string, times are ISO-8601 UTC with `Z`, unknown is None.
"""

import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any, get_args

from tokenmon.core.money import MAX_COST, decimal_text
from tokenmon.core.period import Period
from tokenmon.core.query import Group, Totals
from tokenmon.core.record import (
    COST_SOURCES,
    USAGE_SOURCES,
    Billing,
    UsageRecord,
    from_milliseconds,
    id_time,
    identified_id,
    milliseconds,
    random_id,
)
from tokenmon.core.text import clean, clean_name
from tokenmon.core.usage import COUNT_FIELDS, MAX_PLAUSIBLE, TokenUsage
from tokenmon.errors import ConfigError

# The keys of a record, in the order in which they are shown and exported.
RECORD_KEYS = (
    "id", "occurred_at", "platform", "provider_name", "operation_name", "request_model", "response_model",
    "response_id", "conversation_id", "project", "client_key", "source", "stream", "status", "error_type",
    "input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens",
    "cache_creation_1h_input_tokens", "reasoning_output_tokens", "audio_input_tokens", "audio_output_tokens",
    "cost_usd", "cost_source", "usage_source", "latency_ms", "time_to_first_chunk_ms", "service_tier", "processing",
    "server_address", "billing", "machine", "tags", "units", "parts",
)  # fmt: skip
KNOWN_KEYS = frozenset(RECORD_KEYS)
# Texts and counts that a record may lack: they are looked at only where they stand.
OPTIONAL_TEXTS = (
    "request_model", "response_model", "response_id", "conversation_id", "project", "client_key", "error_type",
    "service_tier", "processing", "server_address", "machine",
)  # fmt: skip
OPTIONAL_COUNTS = ("latency_ms", "time_to_first_chunk_ms")
BILLINGS: tuple[Billing, ...] = get_args(Billing)
TOTAL_KEYS = (
    "requests", "input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens",
    "cache_creation_1h_input_tokens", "reasoning_output_tokens", "audio_input_tokens", "audio_output_tokens",
    "unpriced_requests", "unpriced_tokens", "estimated_requests", "error_requests",
)  # fmt: skip
# Behind this date a clock is wrong, and before it no such API existed.
EARLIEST = datetime(2015, 1, 1, tzinfo=UTC)
FUTURE = timedelta(days=1)
NO_USAGE = TokenUsage(0, 0)
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@-]{0,127}")


def time_text(moment: datetime | None, *, timespec: str = "milliseconds") -> str | None:
    """A moment as ISO-8601 UTC with `Z`."""
    return None if moment is None else moment.astimezone(UTC).isoformat(timespec=timespec).replace("+00:00", "Z")


def record_json(record: UsageRecord) -> dict[str, Any]:
    """A record by RECORD_KEYS; the token fields are None when the call stated no usage."""
    usage = record.usage
    counts = {name: None if usage is None else getattr(usage, name) for name in COUNT_FIELDS}
    values: dict[str, Any] = {
        "id": record.id.hex(),
        "occurred_at": time_text(record.occurred_at),
        **counts,
        "cost_usd": None if record.cost is None else decimal_text(record.cost),
        "tags": dict(record.tags),
        "units": {} if usage is None else dict(usage.units),
        "parts": [] if usage is None else [_part_json(model, part) for model, part in usage.parts],
    }
    return {key: values[key] if key in values else getattr(record, key) for key in RECORD_KEYS}


def _part_json(model: str | None, part: TokenUsage) -> dict[str, Any]:
    """A pass that another model served (None for the record's own), without what it has nothing of."""
    counts = {name: count for name in COUNT_FIELDS if (count := getattr(part, name))}
    return {"model": model, **counts, **({"units": dict(part.units)} if part.units else {})}


def totals_json(totals: Totals) -> dict[str, Any]:
    """Sums by name; `cost_usd` holds metered calls alone, `subscription_value_usd` is the rest's list price."""
    return {
        **{name: getattr(totals, name) for name in TOTAL_KEYS},
        "cost_usd": decimal_text(totals.cost),
        "estimated_cost_usd": decimal_text(totals.estimated_cost),
        "subscription_value_usd": decimal_text(totals.subscription_value),
        "average_latency_ms": _average(totals.latency_ms, totals.latency_requests),
        "average_time_to_first_chunk_ms": _average(totals.first_chunk_ms, totals.first_chunk_requests),
    }


def _average(total: int, count: int) -> int | None:
    return round(total / count) if count else None


def group_json(group: Group) -> dict[str, Any]:
    """A group: its key by grouping, then its sums."""
    return {"key": dict(group.key), **totals_json(group.totals)}


def period_json(period: Period) -> dict[str, Any]:
    """A period: its ends (None for open) and the time zone in which its days are counted."""
    return {
        "start": time_text(period.start, timespec="seconds"),
        "end": time_text(period.end, timespec="seconds"),
        "timezone": period.timezone,
    }


def record_from_json(content: Mapping[str, Any], *, now: datetime) -> tuple[UsageRecord, Decimal | None]:
    """A record from a report, with the names of `record_json`, and the cost that it states, if any.

    `platform`, `provider_name`, `request_model` (or `response_model`), `input_tokens` and `output_tokens` are needed
    (embeddings have no output). A cost counts as stated unless `cost_source` says that tokenmon found it. ConfigError
    names the key and what is wrong with it.

    Any `response_id` is the call's identity, a short one too: who reports chooses it, so that repeating the report
    counts the call once. The proxy takes a short one for a counter that repeats and gives such calls random ids, so
    only a call with a long one is known to be the same when both the proxy and a report have seen it.
    """
    record = _record(content, now)
    if record.model is None:
        raise ConfigError("request_model: the model is missing", hint="name the model that was called")
    return record, _stated_cost(content)


def record_from_export(content: Mapping[str, Any], *, now: datetime) -> UsageRecord:
    """The record that `record_json` wrote, equal in every field, its cost as it was found; ConfigError as above."""
    for key in ("id", "source"):
        _needed(content, key)
    record = _record(content, now)
    source = _word(content, "cost_source", COST_SOURCES, "unpriced")
    cost = None if source == "unpriced" else _amount(content)
    if cost is None and source != "unpriced":
        raise ConfigError("cost_usd: it is missing", hint="or write unpriced as cost_source")
    return record.priced(cost, source)  # type: ignore[arg-type]


def _record(content: Mapping[str, Any], now: datetime) -> UsageRecord:
    _refuse_unknown(content)
    occurred_at = _time(content, now)
    usage = _usage(content)
    optional: dict[str, Any] = {name: _text(content, name) for name in OPTIONAL_TEXTS if name in content}
    optional |= {name: _count(content, name) for name in OPTIONAL_COUNTS if name in content}
    return UsageRecord(
        id=_id(content, occurred_at),
        occurred_at=occurred_at,
        platform=_platform(content),
        provider_name=_needed(content, "provider_name"),
        operation_name=_text(content, "operation_name") or "chat",
        source=_text(content, "source") or "report",
        stream=_flag(content, "stream"),
        status=_count(content, "status", maximum=999),
        usage=usage,
        usage_source="none" if usage is None else _usage_source(content),  # type: ignore[arg-type]
        billing=_billing(content),
        tags=_pairs(content),
        **optional,
    )


def _refuse_unknown(content: Mapping[str, Any]) -> None:
    if content.keys() <= KNOWN_KEYS:
        return
    for key in content:
        if key not in KNOWN_KEYS:
            near = difflib.get_close_matches(str(key), RECORD_KEYS, n=1)
            shown = (clean(str(key)) or "")[:60]
            raise ConfigError(
                f"{shown}: there is no such field", hint=f"did you mean {near[0]}?" if near else "see logs --json"
            )


def _time(content: Mapping[str, Any], now: datetime) -> datetime:
    value = content.get("occurred_at")
    if value is None:
        if content.get("id") is not None:
            return id_time(_given_id(content["id"]))
        return from_milliseconds(milliseconds(now))
    try:
        # Whoever read the time of a row has it already.
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(value)
        if moment.tzinfo is None:
            raise ValueError
        moment = from_milliseconds(milliseconds(moment.astimezone(UTC)))
    except (TypeError, ValueError, OverflowError):
        raise ConfigError(
            f"occurred_at: {_shown(value)} is not a time with its zone", hint="write 2026-11-23T15:00:00Z"
        ) from None
    if not EARLIEST <= moment <= now + FUTURE:
        raise ConfigError(f"occurred_at: {_shown(value)} is not a time of a call", hint="check the clock that wrote it")
    return moment


def _id(content: Mapping[str, Any], occurred_at: datetime) -> bytes:
    if content.get("id") is not None:
        given = _given_id(content["id"])
        if id_time(given) != occurred_at:
            raise ConfigError("id: it belongs to another time than occurred_at", hint="leave id out")
        return given
    response_id = _text(content, "response_id")
    if response_id is not None:
        return identified_id(occurred_at, _needed(content, "provider_name"), response_id)
    return random_id(occurred_at)


def _given_id(value: Any) -> bytes:
    if isinstance(value, str) and re.fullmatch(r"[0-9a-f]{32}", value):
        given = bytes.fromhex(value)
        if milliseconds(EARLIEST) <= int.from_bytes(given[:6], "big") < 2**42:
            return given
    raise ConfigError(f"id: {_shown(value)} is not a record's id", hint="leave id out, or copy it from logs --json")


def _usage(content: Mapping[str, Any]) -> TokenUsage | None:
    if content.get("usage_source") == "none":
        return None
    given: dict[str, Any] = {name: _count(content, name) for name in COUNT_FIELDS if content.get(name) is not None}
    if "output_tokens" not in given and content.get("operation_name") == "embeddings":
        given["output_tokens"] = 0
    units = tuple(sorted(_units(content).items()))
    for name in ("input_tokens", "output_tokens"):
        if name not in given:
            raise ConfigError(f"{name}: the count is missing", hint=f"give {name}, 0 if there were none")
    # Providers err here and are stored as they state it; a report that does is a slip of whoever wrote it.
    if content.get("source") in (None, "report"):
        check_parts(given)
    passes = tuple(_passes(content)) if content.get("parts") is not None else ()
    usage = TokenUsage(**given, units=units, parts=())
    return replace(usage, parts=passes) if passes else usage


def _passes(content: Mapping[str, Any]) -> Iterator[tuple[str | None, TokenUsage]]:
    value = content.get("parts")
    if value is None:
        return
    if not isinstance(value, list) or len(value) > 64 or not all(isinstance(one, Mapping) for one in value):
        raise ConfigError("parts: must be a list of objects", hint="copy it from logs --json")
    for one in value:
        given: dict[str, Any] = {name: count for name in COUNT_FIELDS if (count := _count(one, name)) is not None}
        units = tuple(sorted(_units(one).items()))
        yield _text(one, "model"), replace(NO_USAGE, **given, units=units)


# What a total includes: parts that exclude each other stand together.
PARTS = (
    (("cache_read_input_tokens", "cache_creation_input_tokens"), "input_tokens"),
    (("cache_creation_1h_input_tokens",), "cache_creation_input_tokens"),
    (("reasoning_output_tokens",), "output_tokens"),
    (("audio_input_tokens",), "input_tokens"),
    (("audio_output_tokens",), "output_tokens"),
)


def check_parts(given: Mapping[str, int]) -> None:
    """Raise ConfigError when a part is larger than the count that includes it."""
    for parts, whole in PARTS:
        count, limit = sum(given.get(part, 0) for part in parts), given.get(whole, 0)
        if count > limit:
            named = [part for part in parts if given.get(part)]
            raise ConfigError(
                f"{' and '.join(named)}: {count} is more than {whole}, which includes it", hint=f"add it to {whole}"
            )


def _units(content: Mapping[str, Any]) -> dict[str, int]:
    value = content.get("units")
    if value is None:
        return {}
    if not isinstance(value, Mapping) or len(value) > 32:
        raise ConfigError("units: must be an object of counts", hint='such as {"web_searches": 2}')
    return {
        str(clean(key)): count
        for key in value
        if clean(key) is not None and (count := _count(value, key, name="units")) is not None
    }


def _count(
    content: Mapping[str, Any], key: str, *, maximum: int = MAX_PLAUSIBLE, name: str | None = None
) -> int | None:
    value = content.get(key)
    if value is None:
        return None
    if value.__class__ is not int or not 0 <= value <= maximum:
        raise ConfigError(
            f"{name or key}: {_shown(value)} is not a whole number from 0 to {maximum:,}", hint=f"mend {name or key}"
        )
    return int(value)


def _shown(value: Any) -> str:
    return repr((clean(str(value)) or "")[:40])


def _text(content: Mapping[str, Any], key: str) -> str | None:
    value = content.get(key)
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise ConfigError(f"{key}: {_shown(value)} is not a text", hint=f"put {key} in quotes")
    return clean_name(value)


def _needed(content: Mapping[str, Any], key: str) -> str:
    value = _text(content, key)
    if value is None:
        raise ConfigError(f"{key}: it is missing", hint=f"give {key}")
    return value


def _platform(content: Mapping[str, Any]) -> str:
    name = _needed(content, "platform")
    if not NAME.fullmatch(name):
        raise ConfigError(f"platform: {_shown(name)} is not a platform's name", hint="tokenmon platform list")
    return name


def _flag(content: Mapping[str, Any], key: str) -> bool:
    value = content.get(key)
    if value is None:
        return False
    if not isinstance(value, bool):
        raise ConfigError(f"{key}: {_shown(value)} is not true or false", hint=f"mend {key}")
    return value


def _word(content: Mapping[str, Any], key: str, words: tuple[str, ...], default: str) -> str:
    value = content.get(key)
    if value is None:
        return default
    if value not in words:
        raise ConfigError(f"{key}: {_shown(value)} is not one of {', '.join(words)}", hint=f"mend {key}")
    return str(value)


def _usage_source(content: Mapping[str, Any]) -> str:
    return _word(content, "usage_source", USAGE_SOURCES, "reported")


def _billing(content: Mapping[str, Any]) -> Billing:
    return "subscription" if _word(content, "billing", BILLINGS, "metered") == "subscription" else "metered"


def _pairs(content: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    value = content.get("tags")
    if value is None:
        return ()
    if not isinstance(value, Mapping) or len(value) > 16 or not all(isinstance(one, str) for one in value.values()):
        raise ConfigError("tags: must be an object of at most 16 texts", hint='such as {"team": "search"}')
    return _sorted_pairs(tuple(value.items()))


@lru_cache(maxsize=4096)
def _sorted_pairs(pairs: tuple[tuple[Any, str], ...]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((name, clean(text) or "") for key, text in pairs if (name := clean(key)) is not None))


def _stated_cost(content: Mapping[str, Any]) -> Decimal | None:
    source = _word(content, "cost_source", COST_SOURCES, "provider")
    return _amount(content) if source == "provider" else None


def _amount(content: Mapping[str, Any]) -> Decimal | None:
    value = content.get("cost_usd")
    if value is None:
        return None
    try:
        if isinstance(value, (bool, float)) or not isinstance(value, (str, int, Decimal)):
            raise ValueError
        cost = Decimal(value)
        if not cost.is_finite() or not 0 <= cost <= MAX_COST:
            raise ValueError
    except (ValueError, InvalidOperation):
        raise ConfigError(
            f"cost_usd: {_shown(value)} is not an amount of US dollars from 0 to {MAX_COST:,f}",
            hint='write it as a text: "0.0123"',
        ) from None
    return cost
