"""A call as a file tells it, on its way to a record: the names of reports, and what identifies it."""

import hashlib
import json
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from tokenmon.core.platform import Platform
from tokenmon.core.record import UsageRecord, identified_id, is_distinct_response_id
from tokenmon.core.record_json import record_from_json
from tokenmon.errors import ConfigError
from tokenmon.ingest.files.cells import CellError

# How many rows back a row is known to be the same again; more would not fit a constant memory.
MAX_REMEMBERED = 100_000


@dataclass(frozen=True, slots=True)
class FileCall:
    """What a row says of a call, by the names of reports (`RECORD_KEYS`).

    `identity` is what identifies it where that is not the provider's own response id; a row without either is known
    by its content. `cost` is what the file says it cost: the provider's statement when `is_providers`, else what
    another tool reckoned, which counts only where no price is known here.
    """

    content: Mapping[str, Any]
    identity: tuple[str, ...] = ()
    cost: Decimal | None = None
    is_providers: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """A record that is ready to be priced, with the costs that the file states, by whose word."""

    record: UsageRecord
    stated: Decimal | None = None
    reckoned: Decimal | None = None


@dataclass(slots=True)
class RecordMaker:
    """Makes records of the calls of one file: its source, the platform that was named, and the present."""

    source: str
    platforms: Mapping[str, Platform]
    platform: Platform | None
    now: datetime
    _seen: "OrderedDict[bytes, int]" = field(default_factory=OrderedDict)

    def found(self, call: FileCall, cells: Mapping[str, Any]) -> Found:
        """The record of a call; CellError or ConfigError names what is wrong with it."""
        named = {name: value for name, value in call.content.items() if value is not None}
        if "occurred_at" not in named:
            raise CellError("occurred_at", "the row tells no time")
        provider = str(named.get("provider_name") or (self.platform.provider_name if self.platform else ""))
        if not provider:
            raise ConfigError("the row names no provider", hint="name a platform: --platform NAME")
        platform = self.platform or self._platform_of(named.get("platform"), provider)
        named["platform"] = platform.name if platform else named.get("platform") or provider
        named["provider_name"] = provider
        named["source"] = self.source
        record, _ = record_from_json(named, now=self.now)
        # What a row itself says holds: a plan may include some calls of a platform, and bill others.
        billing = record.billing if platform is None or "billing" in named else platform.billing
        record_id = self._id(record, call.identity, cells)
        if (record_id, billing) != (record.id, record.billing):
            record = replace(record, id=record_id, billing=billing)
        if call.is_providers:
            return Found(record, stated=call.cost)
        return Found(record, reckoned=call.cost)

    def _platform_of(self, name: Any, provider: str) -> Platform | None:
        """The platform that a row names, else the only one at its provider."""
        if name is not None:
            return self.platforms.get(str(name))
        fitting = {one.name: one for one in self.platforms.values() if one.provider_name == provider}
        return next(iter(fitting.values())) if len(fitting) == 1 else None

    def _id(self, record: UsageRecord, identity: tuple[str, ...], cells: Mapping[str, Any]) -> bytes:
        if identity:
            return identified_id(record.occurred_at, *identity)
        if record.response_id is not None and is_distinct_response_id(record.response_id):
            return record.id
        # The content is all there is, with the account that it is of. The same row again in one file is another call
        # like it; the number of the row is no part of it, since the next export may begin elsewhere.
        content = json.dumps(cells, sort_keys=True, default=str, ensure_ascii=True).encode()
        digest = hashlib.blake2b(content, digest_size=16).digest()
        before = self._seen.pop(digest, 0)
        self._seen[digest] = before + 1
        if len(self._seen) > MAX_REMEMBERED:
            self._seen.popitem(last=False)
        return identified_id(record.occurred_at, self.source, record.platform, digest.hex(), str(before))
