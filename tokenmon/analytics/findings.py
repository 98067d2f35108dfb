"""Where a provider's numbers and tokenmon's differ, in sentences and as JSON.

Apart from the comparison because here stands what a person can do about each cause.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from tokenmon.analytics.reconcile import COUNTED, Cause, Comparison, Line, Numbers, by_model
from tokenmon.core.money import decimal_text
from tokenmon.core.number_text import tokens_text, usd_text

NAMED = 6
NO_MODEL = "(no model)"


@dataclass(frozen=True, slots=True)
class Finding:
    """One reason for a difference: its kind, a sentence, and what it is about."""

    kind: str
    text: str
    models: tuple[str, ...] = ()
    days: tuple[datetime, ...] = ()


def findings(found: Comparison) -> list[Finding]:
    """The reasons for what differs, those first that hide others."""
    without = tuple(one.day for one in found.days if one.cause == "not_recorded" and one.day is not None)
    # What is missing on those days is told already.
    recorded = by_model([one for one in found.lines if one.is_pulled and one.day not in without])
    every = (
        _not_pulled(found),
        _days(
            found, without, "days_without_records",
            "the provider counts usage on {n} without a record: {sum}; was the proxy off?",
        ),
        _models(found.models, "not_recorded", "models_only_at_provider", "only the provider knows {names}: {sum}"),
        _models(
            found.models, "not_at_provider", "models_only_in_tokenmon",
            "only tokenmon knows {names}: {sum}; do these calls belong to another account?",
        ),
        _models(recorded, "usage", "usage_differs", "both know {names}, but count differently: {sum}"),
        _models(
            recorded, "price", "price_differs",
            "both count the same tokens of {names}, but at another cost: {sum}; see tokenmon price show MODEL",
        ),
        _models(found.models, "cost_alone", "cost_without_usage", "the provider bills {names} without usage: {sum}"),
        _unpriced(found.unpriced_requests),
        _projects(found.projects, found.total),
        *(_amount(unit, amount) for unit, amount in found.other_amounts),
    )  # fmt: skip
    return [one for one in every if one is not None]


def _not_pulled(found: Comparison) -> Finding | None:
    days = tuple(one.day for one in found.days if one.cause == "not_pulled" and one.day is not None)
    return _days(
        found, days, "days_not_pulled", "{n} with records were not pulled, so the provider's side is not known"
    )


def _days(found: Comparison, days: tuple[datetime, ...], kind: str, sentence: str) -> Finding | None:
    if not days:
        return None
    count = f"{len(days)} day{'' if len(days) == 1 else 's'} ({_spans(days)})"
    difference = sum((one.difference for one in found.days if one.day in days), Numbers())
    return Finding(kind, sentence.format(n=count, sum=difference_text(difference)), days=days)


def _spans(days: Sequence[datetime]) -> str:
    """Days as spans of neighbours: `2026-11-01 to 2026-11-04, 2026-11-09`."""
    spans: list[list[datetime]] = []
    for day in days:
        if spans and day - spans[-1][-1] == timedelta(days=1):
            spans[-1].append(day)
        else:
            spans.append([day])
    words = [f"{one[0]:%Y-%m-%d}" + (f" to {one[-1]:%Y-%m-%d}" if len(one) > 1 else "") for one in spans]
    return ", ".join(words[:NAMED]) + (", ..." if len(words) > NAMED else "")


def _models(models: Iterable[Line], cause: Cause, kind: str, sentence: str) -> Finding | None:
    meant = [one for one in models if one.cause == cause]
    if not meant:
        return None
    names = tuple(one.model or NO_MODEL for one in meant)
    shown = ", ".join(names[:NAMED]) + (f" and {len(names) - NAMED} more" if len(names) > NAMED else "")
    difference = sum((one.difference for one in meant), Numbers())
    return Finding(kind, sentence.format(names=shown, sum=difference_text(difference)), models=names)


def difference_text(difference: Numbers) -> str:
    """A difference in words, with its signs."""
    parts = []
    if difference.input_tokens or difference.output_tokens:
        parts += [
            f"{signed_tokens(difference.input_tokens)} input",
            f"{signed_tokens(difference.output_tokens)} output",
        ]
    if difference.cost is not None:
        parts.append(signed_usd(difference.cost))
    return ", ".join(parts) or "nothing that can be compared"


def signed_tokens(count: int | None) -> str:
    """Tokens with their sign; `?` when not known."""
    return "?" if count is None else ("+" if count > 0 else "-" if count < 0 else "") + tokens_text(abs(count))


def signed_usd(amount: Decimal | None) -> str:
    """Dollars with their sign; `?` when not known."""
    return "?" if amount is None else ("+" if amount > 0 else "") + usd_text(amount)


def _unpriced(requests: int) -> Finding | None:
    if not requests:
        return None
    return Finding("unpriced", f"{requests:,} calls have no price here and count as no cost: tokenmon price missing")


def _projects(projects: tuple[str, ...], total: Line) -> Finding | None:
    if len(projects) < 2 or total.cause == "equal":
        return None
    shown = ", ".join(projects[:NAMED]) + (f" and {len(projects) - NAMED} more" if len(projects) > NAMED else "")
    return Finding("several_projects", f"the provider's side holds {len(projects)} projects ({shown}): --project ID")


def _amount(unit: str, amount: Decimal) -> Finding:
    if unit == "byok_usd":
        return Finding("own_keys", f"calls with keys of your own cost {usd_text(amount)} at their providers, not here")
    return Finding("other_currency", f"the provider bills {decimal_text(amount)} {unit.upper()}, which is not compared")


def comparison_json(platform: str, provider_name: str, found: Comparison) -> dict[str, Any]:
    """A comparison as `reconcile --json` prints it."""
    return {
        "platform": platform,
        "provider_name": provider_name,
        "period": {"start": _time(found.window.start), "end": _time(found.window.end), "timezone": "UTC"},
        "totals": _line_json(found.total),
        "days": [{"day": _day(one), **_line_json(one)} for one in found.days],
        "models": [{"model": one.model or None, **_line_json(one)} for one in found.models],
        "lines": [{"day": _day(one), "model": one.model or None, **_line_json(one)} for one in found.lines],
        "findings": [
            {"kind": one.kind, "text": one.text, "models": list(one.models),
             "days": [f"{day:%Y-%m-%d}" for day in one.days]}
            for one in findings(found)
        ],
    }  # fmt: skip


def _line_json(line: Line) -> dict[str, Any]:
    return {
        "cause": line.cause,
        "provider": _numbers_json(line.provider),
        "tokenmon": _numbers_json(line.tokenmon),
        "difference": _numbers_json(line.difference),
    }


def _numbers_json(numbers: Numbers) -> dict[str, Any]:
    cost = numbers.cost
    counts = {name: getattr(numbers, name) for name in COUNTED}
    return {**counts, "cost_usd": None if cost is None else decimal_text(cost)}


def _day(line: Line) -> str | None:
    return None if line.day is None else f"{line.day:%Y-%m-%d}"


def _time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
