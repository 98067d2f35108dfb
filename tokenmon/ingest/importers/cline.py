"""Cline, Roo Code and Kilo's editor extension: one JSON list of events a task, with the cost that the tool reckoned."""

from typing import Any

import msgspec

from tokenmon.core.record import identity_of
from tokenmon.core.text import clean
from tokenmon.ingest.importers.call import Entries, LogFile, LoggedCall, SkippedError
from tokenmon.ingest.importers.makers import maker_of, provider_named
from tokenmon.ingest.importers.parts import usage_of_parts
from tokenmon.ingest.importers.values import first, first_count, members_of, money, time_ms

REQUEST = "api_req_started"
# What speaks the protocol, where the model is not named.
PROTOCOLS = {"anthropic": "anthropic", "openai": "openai"}


def cline_document(file: LogFile, data: bytes) -> Entries:
    """The requests of a task; the same task under several editors counts once."""
    task = file.parts[-2] if len(file.parts) > 1 else "task"
    events = msgspec.json.decode(data)
    for event in events if isinstance(events, list) else ():
        members = members_of(event)
        if members.get("say") != REQUEST:
            continue
        at_ms, request = time_ms(members.get("ts")), _request(members.get("text"))
        usage = usage_of_parts(
            uncached=first_count(request, "tokensIn"),
            output=first_count(request, "tokensOut"),
            cache_read=first_count(request, "cacheReads"),
            cache_write=first_count(request, "cacheWrites"),
        )
        if usage is None or at_ms is None:
            yield SkippedError("counters that add nothing" if usage is None else "no time that can be read")
            continue
        info = members_of(members.get("modelInfo"))
        model = clean(first(info, "modelId")) or clean(request.get("model"))
        provider = provider_named(info.get("providerId")) or maker_of(
            model, PROTOCOLS.get(str(request.get("apiProtocol")), "unknown")
        )
        yield LoggedCall(
            at_ms, identity_of("cline", task, str(at_ms)), provider, model, usage, conversation_id=clean(task),
            stated_cost=money(request.get("cost")),
        )  # fmt: skip


def _request(text: object) -> dict[str, Any]:
    """The counters, which are JSON in a text; a request under way has none."""
    try:
        return members_of(msgspec.json.decode(str(text)))
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return {}
