"""Reports: calls made elsewhere, as JSON, checked one by one and stored in the name of the key that reported them."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, NoReturn

from tokenmon.api.access import RIGHTS
from tokenmon.core.platform import ClientKey, Platform
from tokenmon.core.record import UsageRecord
from tokenmon.core.record_json import RECORD_KEYS, record_json
from tokenmon.errors import ConfigError, TokenmonError
from tokenmon.ingest.report import CAMEL_CASE, platforms_by_name, record_of
from tokenmon.session import Session

MAX_ITEMS = 10_000
WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# What a reporter who may not read learns of a call that another has stored: what it said itself.
KNOWN_TO_ALL = ("id", "provider_name", "response_id")
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
    if records and key.role == "admin":
        recorder.record(records, stated)
    elif records:
        recorder.record_own(records, stated)
    stored = [_shown_to(key, record) for record in session.store.stored(records)]
    return ReportAnswer(_status(stored, errors), {"stored": stored, "errors": errors})


def _status(stored: list[Any], errors: list[Any]) -> int:
    if not errors:
        return 200
    return 207 if stored else 422


def _record_of(
    item: Any, session: Session, key: ClientKey, platforms: Mapping[str, Platform]
) -> tuple[UsageRecord, Decimal | None]:
    said = item if key.role == "admin" or not isinstance(item, dict) else _in_own_name(item, key)
    record, cost = record_of(said, platforms, now=session.now())
    return replace(record, client_key=record.client_key or key.name), cost


def _in_own_name(item: Mapping[str, Any], key: ClientKey) -> dict[str, Any]:
    """An item as said by a key that is no admin's: in no other's name, and never as the provider's own statement."""
    if item.get("id") is not None:
        raise ConfigError("id: only an admin may name it", hint="leave id out; a response_id makes the call count once")
    own = {**item, "client_key": key.name, "source": "report"}
    if own.get("usage_source") == "provider":
        own["usage_source"] = "reported"
    return own


def _shown_to(key: ClientKey, record: UsageRecord) -> dict[str, Any]:
    shown = record_json(record)
    if "read" in RIGHTS[key.role] or record.client_key == key.name:
        return shown
    return {name: shown[name] if name in KNOWN_TO_ALL else None for name in RECORD_KEYS}


def _field_of(item: Any, message: str) -> str | None:
    """The field that a message names, as the item spells it."""
    if not isinstance(item, dict):
        return None
    spelled = {CAMEL_CASE.get(name, name): name for name in item}
    known = {**{name: name for name in REQUIRED}, **spelled, **{name: name for name in item}}
    return next((known[word] for word in WORD.findall(message) if word in known), None)
