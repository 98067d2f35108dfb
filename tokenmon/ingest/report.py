"""Reports: calls made elsewhere, in the names of records or in the short form of other trackers' scripts."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from tokenmon.core.platform import Platform
from tokenmon.core.record import UsageRecord
from tokenmon.core.record_json import record_from_json
from tokenmon.errors import ConfigError, NotFoundError

# The short form that scripts written for other trackers send.
CAMEL_CASE = {
    "platformId": "platform",
    "model": "request_model",
    "promptTokens": "input_tokens",
    "completionTokens": "output_tokens",
}
TOTAL = "totalTokens"


def platforms_by_name(platforms: list[Platform]) -> Mapping[str, Platform]:
    """Platforms by their names and ids, as reports may name them."""
    by_name = {platform.name: platform for platform in platforms}
    return {platform.id: platform for platform in platforms} | by_name


def record_of(item: Any, platforms: Mapping[str, Platform], *, now: datetime) -> tuple[UsageRecord, Decimal | None]:
    """The record that a report means, and the cost that it states; ConfigError or NotFoundError names the field."""
    if not isinstance(item, dict):
        raise ConfigError("the item is not an object", hint="send one object or a list of objects")
    named = long_form(item)
    platform = platforms.get(str(named.get("platform")))
    if platform is not None:
        named = {**named, "platform": platform.name, "provider_name": platform.provider_name}
    elif named.get("provider_name") is None and isinstance(named.get("platform"), str):
        raise NotFoundError(
            f"platform: there is no platform {named['platform'][:63]!r}",
            hint="tokenmon platform list; a report for another needs provider_name",
        )
    record, cost = record_from_json(named, now=now)
    return (record if platform is None else replace(record, billing=platform.billing)), cost


def long_form(item: Mapping[str, Any]) -> dict[str, Any]:
    """An item with the names of records; a short form's total is checked and fills in what is missing."""
    for short, long in CAMEL_CASE.items():
        if short in item and long in item:
            raise ConfigError(f"{short}: {long} is given too", hint="name each value once")
    named = {CAMEL_CASE.get(name, name): value for name, value in item.items() if name != TOTAL}
    total = item.get(TOTAL)
    if total is None:
        return named
    parts = ("input_tokens", "output_tokens")
    given = {name: named[name] for name in parts if named.get(name) is not None}
    if any(value.__class__ is not int for value in (total, *given.values())):
        raise ConfigError(f"{TOTAL}: token counts are whole numbers", hint="send numbers, not text")
    rest = total - sum(given.values())
    missing = [name for name in parts if name not in given]
    if rest < 0 or (rest > 0 and not missing):
        raise ConfigError(f"{TOTAL}: {total} is not the sum of promptTokens and completionTokens")
    # A total with nothing beside it can only be taken as input: the part that every call has.
    return {**named, **{name: rest if at == 0 else 0 for at, name in enumerate(missing)}}
