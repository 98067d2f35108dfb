"""Claude Code's `claude_code.api_request`: one event a request; its input leaves cached tokens out.

Source: Claude Code's documentation, Monitoring. Its metric `claude_code.token.usage` counts the same tokens again.
"""

from tokenmon.core.usage import TokenUsage
from tokenmon.ingest.otlp.event import Call, Event, duration_ms, model_of, needed

EVENT = "claude_code.api_request"


def call_of(event: Event) -> Call | None:
    """The call of an event, None for another event."""
    if EVENT not in event.names:
        return None
    reads, writes = event.count("cache_read_tokens") or 0, event.count("cache_creation_tokens") or 0
    usage = TokenUsage(
        # Cached tokens stand beside the input, as in Anthropic's own usage.
        input_tokens=needed(event, "input_tokens") + reads + writes,
        output_tokens=needed(event, "output_tokens"),
        cache_read_input_tokens=reads,
        cache_creation_input_tokens=writes,
    )
    session, moment = event.text("session.id"), event.moment()
    request_id = event.text("request_id")
    unnamed = (session or "", event.text("event.sequence") or str(event.attributes.get("event.sequence", "")))
    return Call(
        provider_name="anthropic",
        operation_name="chat",
        ended_at=moment,
        usage=usage,
        identity=(request_id,) if request_id else ("claude-code", *unnamed, moment.isoformat(), repr(usage)),
        request_model=model_of(event),
        response_id=request_id,
        conversation_id=session,
        latency_ms=duration_ms(event, "duration_ms"),
        service_tier="fast" if event.text("speed") == "fast" else None,
    )
