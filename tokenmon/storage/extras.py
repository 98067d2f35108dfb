"""What a usage holds beside its counts, as the one text that a record points to: units, and parts of other models.

Few records have any of it, and those with units share their texts; so both are a text and not columns.
"""

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from tokenmon.core.usage import COUNT_FIELDS, TokenUsage

# No unit is called so: the units of the price catalogue are counts.
PARTS = "parts"


def units_text(usage: TokenUsage) -> str | None:
    """The text of a usage's units and parts, None without any."""
    if not usage.parts:
        return _units_text(usage.units) if usage.units else None
    content = {**dict(usage.units), PARTS: [[model, _part(part)] for model, part in usage.parts]}
    return json.dumps(content, ensure_ascii=False)


@lru_cache(maxsize=4096)
def _units_text(units: tuple[tuple[str, int], ...]) -> str:
    return json.dumps(dict(units), ensure_ascii=False)


def _part(usage: TokenUsage) -> dict[str, Any]:
    counts = {name: count for name in COUNT_FIELDS if (count := getattr(usage, name))}
    return {**counts, "units": dict(usage.units)} if usage.units else counts


def usage_from_text(counts: Mapping[str, int], text: str) -> TokenUsage:
    """The usage of counts and such a text."""
    content = json.loads(text)
    parts = tuple((model, _part_from(part)) for model, part in content.pop(PARTS, ()))
    return TokenUsage(**counts, units=tuple(sorted(content.items())), parts=parts)


def _part_from(content: dict[str, Any]) -> TokenUsage:
    units = tuple(sorted(content.pop("units", {}).items()))
    return TokenUsage(**{"input_tokens": 0, "output_tokens": 0, **content}, units=units)
