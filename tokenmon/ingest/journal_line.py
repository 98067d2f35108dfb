"""A journal line made of parts: what all calls of one kind share is encoded once, the rest for each call.

The same JSON as a `JournalEntry`'s at a third of its cost: the proxy writes one before the end of every answer.
"""

from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec

from tokenmon.core.record import UsageSource
from tokenmon.core.usage import TokenUsage


class CallMembers(msgspec.Struct):
    """The members of a record that differ from call to call; names and meanings are those of `UsageRecord`."""

    id: bytes
    occurred_at: datetime
    request_model: str | None
    response_model: str | None
    response_id: str | None
    stream: bool
    status: int
    error_type: str | None
    usage: TokenUsage | None
    usage_source: UsageSource
    latency_ms: int
    time_to_first_chunk_ms: int | None
    service_tier: str | None


_encoder = msgspec.json.Encoder()


def shared_members(**members: Any) -> bytes:
    """The start of a line: the members of a record that all calls of one kind share."""
    return b'{"record":' + _encoder.encode(members)[:-1] + b","


def journal_line(shared: bytes, call: CallMembers, stated_cost: Decimal | None) -> bytes:
    """One line, its end included; `stated_cost` is what the provider named, in US dollars."""
    if stated_cost is None:
        return shared + _encoder.encode(call)[1:] + b"}\n"
    return shared + _encoder.encode(call)[1:] + b',"stated_cost":' + _encoder.encode(stated_cost) + b"}\n"
