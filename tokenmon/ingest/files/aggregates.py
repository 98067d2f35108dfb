"""Sums that providers export: usage and cost by day and model. They are not calls and never add to them.

`read_aggregates` is for whoever puts a provider's numbers beside our own.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from typing import Any

from tokenmon.errors import ConfigError
from tokenmon.ingest.files.cells import CellError, cost_cell, count_cell, moment_cell, needed, number_cell, text_cell
from tokenmon.ingest.files.rows import BadRow, Row


@dataclass(frozen=True, slots=True)
class Aggregate:
    """What a provider says was used of a model on a day (UTC), None for what it does not say.

    Counts mean what they mean in records: `input_tokens` includes cache reads and writes. `cost` is in `currency`.
    """

    provider_name: str
    day: date
    model: str | None
    requests: int | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_input_tokens: int | None = None
    cache_creation_input_tokens: int | None = None
    cost: Decimal | None = None
    currency: str = "USD"

    @property
    def key(self) -> tuple[str, date, str, str]:
        """What aggregates are summed by."""
        return self.provider_name, self.day, self.model or "", self.currency


SUMMED = tuple(one.name for one in fields(Aggregate) if one.name not in ("provider_name", "day", "model", "currency"))


def summed(parts: Iterator[Aggregate] | list[Aggregate]) -> list[Aggregate]:
    """One aggregate a provider, day, model and currency, in that order; what no part says stays None."""
    sums: dict[tuple[str, date, str, str], dict[str, Any]] = {}
    for one in parts:
        held = sums.setdefault(one.key, dict.fromkeys(SUMMED))
        for name in SUMMED:
            value = getattr(one, name)
            if value is not None:
                held[name] = value if held[name] is None else held[name] + value
    return [
        Aggregate(provider, day, model or None, currency=currency, **sums[provider, day, model, currency])
        for provider, day, model, currency in sorted(sums)
    ]


def read_aggregates(kind: str, rows: Iterator[Row | BadRow]) -> Iterator[Aggregate | BadRow]:
    """The aggregates of the rows of a file of a kind; a row that cannot be read is told in its place."""
    read = KINDS[kind]
    for row in rows:
        if isinstance(row, BadRow):
            yield row
            continue
        try:
            found = read(row.cells)
        except CellError as error:
            yield BadRow(row.number, error.reason, error.column)
            continue
        except ConfigError as error:
            yield BadRow(row.number, error.message)
            continue
        if found is not None:
            yield found


def _sum(*counts: int | None) -> int | None:
    given = [one for one in counts if one is not None]
    return sum(given) if given else None


def openai_usage(cells: Mapping[str, Any]) -> Aggregate | None:
    """OpenAI's usage export of completions; its cached tokens are inside its input. None for an empty period."""
    if "input_tokens" not in cells:
        return None
    moment = needed(moment_cell(cells, "start_time_iso", "start_time"), "start_time_iso")
    return Aggregate(
        "openai",
        moment.date(),
        text_cell(cells, "model"),
        requests=count_cell(cells, "num_model_requests"),
        input_tokens=count_cell(cells, "input_tokens"),
        output_tokens=count_cell(cells, "output_tokens"),
        cache_read_input_tokens=count_cell(cells, "input_cached_tokens"),
        cache_creation_input_tokens=count_cell(cells, "input_cache_write_tokens"),
    )


def anthropic_usage(cells: Mapping[str, Any]) -> Aggregate:
    """A row of the console's usage CSV; its cached tokens stand beside its input."""
    written = _sum(
        count_cell(cells, "usage_input_tokens_cache_write_5m", "usage_input_tokens_cache_write"),
        count_cell(cells, "usage_input_tokens_cache_write_1h"),
    )
    read = count_cell(cells, "usage_input_tokens_cache_read")
    return Aggregate(
        "anthropic",
        _day(cells, "usage_date_utc"),
        text_cell(cells, "model_version"),
        input_tokens=_sum(count_cell(cells, "usage_input_tokens_no_cache"), read, written),
        output_tokens=count_cell(cells, "usage_output_tokens"),
        cache_read_input_tokens=read,
        cache_creation_input_tokens=written,
    )


def anthropic_cost(cells: Mapping[str, Any]) -> Aggregate:
    """A row of the console's cost CSV, whose models have display names."""
    model = text_cell(cells, "model")
    return Aggregate(
        "anthropic",
        _day(cells, "usage_date_utc"),
        None if model is None else model_of_title(model),
        cost=needed(cost_cell(cells, "cost_usd"), "cost_usd"),
    )


def model_of_title(title: str) -> str:
    """A model by its display name: `Claude Sonnet 4.6` is `claude-sonnet-4-6`."""
    return re.sub(r"[ .]+", "-", title.strip().lower())


def deepseek_amount(cells: Mapping[str, Any]) -> Aggregate:
    """A row of DeepSeek's amounts: one kind of token, or the count of requests."""
    kind = needed(text_cell(cells, "type"), "type")
    count = needed(count_cell(cells, "amount"), "amount")
    members = {
        "input_cache_hit_tokens": {"input_tokens": count, "cache_read_input_tokens": count},
        "input_cache_miss_tokens": {"input_tokens": count},
        "output_tokens": {"output_tokens": count},
        "request_count": {"requests": count},
    }.get(kind)
    if members is None:
        raise CellError("type", f"{kind[:40]!r} is not known")
    return Aggregate("deepseek", _deepseek_day(cells), text_cell(cells, "model"), **members)


def deepseek_cost(cells: Mapping[str, Any]) -> Aggregate:
    """A row of DeepSeek's costs, in the currency of the wallet."""
    return Aggregate(
        "deepseek",
        _deepseek_day(cells),
        text_cell(cells, "model"),
        cost=needed(cost_cell(cells, "cost"), "cost"),
        currency=(text_cell(cells, "currency") or "USD").upper(),
    )


def openrouter_activity(cells: Mapping[str, Any]) -> Aggregate:
    """A row of OpenRouter's activity API: a model at a provider on a day."""
    own = number_cell(cells, "byok_usage_inference") or Decimal(0)
    return Aggregate(
        "openrouter",
        _day(cells, "date"),
        text_cell(cells, "model_permaslug", "model"),
        requests=count_cell(cells, "requests"),
        input_tokens=count_cell(cells, "prompt_tokens"),
        output_tokens=count_cell(cells, "completion_tokens"),
        cost=needed(cost_cell(cells, "usage"), "usage") + own,
    )


def _day(cells: Mapping[str, Any], column: str) -> date:
    return needed(moment_cell(cells, column), column).date()  # type: ignore[no-any-return]


def _deepseek_day(cells: Mapping[str, Any]) -> date:
    return _day(cells, "start_time_iso")


Reader = Callable[[Mapping[str, Any]], Aggregate | None]
KINDS: Mapping[str, Reader] = {
    "openai-usage": openai_usage,
    "anthropic-usage": anthropic_usage,
    "anthropic-cost": anthropic_cost,
    "deepseek-amount": deepseek_amount,
    "deepseek-cost": deepseek_cost,
    "openrouter-activity": openrouter_activity,
}
MARKS: Mapping[str, frozenset[str]] = {
    "openai-usage": frozenset({"start_time", "end_time", "start_time_iso", "end_time_iso"}),
    "anthropic-usage": frozenset({"usage_date_utc", "model_version", "usage_output_tokens"}),
    "anthropic-cost": frozenset({"usage_date_utc", "model", "cost_usd"}),
    "deepseek-amount": frozenset({"start_time_iso", "model", "type", "amount"}),
    "deepseek-cost": frozenset({"start_time_iso", "model", "cost", "currency"}),
    "openrouter-activity": frozenset({"date", "model", "usage", "requests", "prompt_tokens"}),
}
RECOGNISERS = tuple((name, marks.issubset) for name, marks in MARKS.items())
