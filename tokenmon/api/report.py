"""Reports: calls made elsewhere, as JSON, checked one by one and stored in the name of the key that reported them."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, NoReturn

from tokenmon.core.platform import ClientKey, Platform
from tokenmon.core.record import UsageRecord
from tokenmon.core.record_json import record_json
from tokenmon.errors import ConfigError, TokenmonError
from tokenmon.ingest.report import CAMEL_CASE, platforms_by_name, record_of
from tokenmon.session import Session

MAX_ITEMS = 10_000
WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# What a message may name though the item lacks it.
REQUIRED = frozenset({"platform", "provider_name", "request_model", "input_tokens", "output_tokens", "occurred_at"})


@dataclass(frozen=True, slots=True)
class ReportAnswer:
    """What became of a report; `status` is 200 when all was stored, 207 when some was, 422 when nothing was."""

    status: int
    content: dict[str, Any]


def read_items(body: bytes) -> list[Any]:
    """The items of a body: one object, or a list of them. ConfigError when it is neither."""
    try:
        content = json.loads(body, parse_float=Decimal, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise ConfigError("the body is not JSON", hint="send one object or a list of objects") from error
    items = content if isinstance(content, list) else [content]
    if not items or len(items) > MAX_ITEMS:
        raise ConfigError(f"a report holds 1 to {MAX_ITEMS} items, not {len(items)}", hint="send it in several parts")
    return items


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def report(session: Session, key: ClientKey, items: list[Any]) -> ReportAnswer:
    """Store the good items, each call once, and say of each bad one which field is wrong."""
    platforms = platforms_by_name(session.store.platforms())
    recorder = session.recorder()
    records: list[UsageRecord] = []
    stated: dict[bytes, Decimal] = {}
    errors: list[dict[str, Any]] = []
    for index, item in enumerate(items):
        try:
            record, cost = _record_of(item, session, key, platforms)
        except TokenmonError as error:
            errors.append({
                "index": index, "field": _field_of(item, error.message), "message": error.message, "hint": error.hint,
            })  # fmt: skip
            continue
        records.append(record)
        if cost is not None:
            stated[record.id] = cost
    if records:
        recorder.record(records, stated)
    stored = [record_json(recorder.price(record, stated.get(record.id))) for record in records]
    return ReportAnswer(_status(stored, errors), {"stored": stored, "errors": errors})


def _status(stored: list[Any], errors: list[Any]) -> int:
    if not errors:
        return 200
    return 207 if stored else 422


def _record_of(
    item: Any, session: Session, key: ClientKey, platforms: Mapping[str, Platform]
) -> tuple[UsageRecord, Decimal | None]:
    record, cost = record_of(item, platforms, now=session.now())
    if key.role != "admin":
        # Who may only report must not write history in the name of others.
        return replace(record, client_key=key.name, source="report"), cost
    return replace(record, client_key=record.client_key or key.name), cost


def _field_of(item: Any, message: str) -> str | None:
    """The field that a message names, as the item spells it."""
    if not isinstance(item, dict):
        return None
    spelled = {CAMEL_CASE.get(name, name): name for name in item}
    known = {**{name: name for name in REQUIRED}, **spelled, **{name: name for name in item}}
    return next((known[word] for word in WORD.findall(message) if word in known), None)
