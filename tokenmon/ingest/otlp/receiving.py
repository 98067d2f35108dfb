"""From events to records: each dialect is asked, and each call gets its platform, its identity and its time."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tokenmon.core.platform import Platform
from tokenmon.core.record import UsageRecord, from_milliseconds, identified_id, milliseconds
from tokenmon.core.record_json import EARLIEST, FUTURE, NAME
from tokenmon.core.text import clean
from tokenmon.core.usage import MAX_PLAUSIBLE
from tokenmon.errors import ConfigError
from tokenmon.ingest.otlp import claude_code, codex, gemini_cli, genai_span
from tokenmon.ingest.otlp.event import Call, Event, UnusableEventError
from tokenmon.ingest.otlp.wire import Signal

SOURCE = "otlp"
# Generative AI conventions count in spans alone: some programs write the same as a log record, too.
DIALECTS: dict[Signal, tuple[Callable[[Event], Call | None], ...]] = {
    "logs": (claude_code.call_of, codex.call_of, gemini_cli.call_of),
    "traces": (genai_span.call_of,),
    "metrics": (),
}


@dataclass(frozen=True, slots=True)
class Labels:
    """What the sender says of all its calls: the platform and project, in the address it sends to."""

    platform: str | None = None
    project: str | None = None


@dataclass(frozen=True, slots=True)
class Received:
    """The records of an export, and how many events of calls could not become one, with the first reason."""

    records: tuple[UsageRecord, ...]
    rejected: int = 0
    reason: str = ""


def receive(
    signal: Signal, events: Iterable[Event], platforms: Sequence[Platform], *, labels: Labels, key: str, now: datetime
) -> Received:
    """The records that events tell of; those that tell of no call are passed over."""
    if labels.platform is not None and not NAME.fullmatch(labels.platform):
        raise ConfigError("platform: it is not a platform's name", hint="tokenmon platform list")
    records: list[UsageRecord] = []
    rejected, reason = 0, ""
    for event in events:
        try:
            call = next((found for read in DIALECTS[signal] if (found := read(event)) is not None), None)
            if call is not None:
                records.append(_record(call, event, platforms, labels, key, now))
        except ValueError as error:
            rejected, reason = rejected + 1, reason or str(error)
    return Received(tuple(records), rejected, reason)


def _record(
    call: Call, event: Event, platforms: Sequence[Platform], labels: Labels, key: str, now: datetime
) -> UsageRecord:
    started_at = call.ended_at - timedelta(milliseconds=call.latency_ms or 0)
    started_at = from_milliseconds(milliseconds(started_at))
    if not EARLIEST <= started_at <= now + FUTURE:
        raise UnusableEventError("its time is none of a call")
    if max(call.usage.input_tokens, call.usage.output_tokens) > MAX_PLAUSIBLE:
        raise UnusableEventError("its counts are none of a call")
    platform = _platform(call, labels.platform or clean(event.resource.get("tokenmon.platform")), platforms)
    return UsageRecord(
        id=identified_id(started_at, call.provider_name, *call.identity),
        occurred_at=started_at,
        platform=call.provider_name if platform is None else platform.name,
        provider_name=call.provider_name,
        operation_name=call.operation_name,
        source=SOURCE,
        request_model=call.request_model,
        response_model=call.response_model,
        response_id=call.response_id,
        conversation_id=call.conversation_id,
        project=labels.project or clean(event.resource.get("tokenmon.project")) or call.project,
        client_key=key,
        status=call.status,
        error_type=call.error_type,
        usage=call.usage,
        usage_source="reported",
        latency_ms=call.latency_ms,
        service_tier=call.service_tier,
        server_address=call.server_address,
        billing=call.billing or ("metered" if platform is None else platform.billing),
    )


def _platform(call: Call, name: str | None, platforms: Sequence[Platform]) -> Platform | None:
    """The platform that was named, else the only one at the call's provider."""
    if name is not None:
        found = next((one for one in platforms if one.name == name), None)
        if found is None:
            raise UnusableEventError(f"there is no platform {name[:63]!r}")
        return found
    fitting = [one for one in platforms if one.provider_name == call.provider_name]
    return fitting[0] if len(fitting) == 1 else None
