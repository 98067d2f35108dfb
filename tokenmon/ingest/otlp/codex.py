"""Codex's `codex.sse_event` of the kind `response.completed`: its input includes cached tokens, its output reasoning.

Source: Codex's configuration reference, `[otel]`. `tool_token_count` is the total of the others, no count of its own.
"""

from tokenmon.core.record import Billing
from tokenmon.core.usage import TokenUsage
from tokenmon.ingest.otlp.event import Call, Event, model_of, needed

EVENT, KIND = "codex.sse_event", "response.completed"


def call_of(event: Event) -> Call | None:
    """The call of an event, None for another event; a completion without counts failed."""
    if EVENT not in event.names or event.text("event.kind") != KIND:
        return None
    if event.count("input_token_count") is None and event.text("error.message") is not None:
        return None
    usage = TokenUsage(
        input_tokens=needed(event, "input_token_count"),
        output_tokens=needed(event, "output_token_count"),
        cache_read_input_tokens=event.count("cached_token_count") or 0,
        reasoning_output_tokens=event.count("reasoning_token_count") or 0,
    )
    conversation, moment = event.text("conversation.id"), event.moment()
    by_plan: Billing | None = "subscription" if (event.text("auth_mode") or "").lower() == "chatgpt" else None
    return Call(
        provider_name="openai",
        operation_name="chat",
        ended_at=moment,
        usage=usage,
        # It names no response: one conversation completes no two in one millisecond with the same counts.
        identity=("codex", conversation or "", event.text("event.timestamp") or moment.isoformat(), repr(usage)),
        request_model=model_of(event),
        conversation_id=conversation,
        billing=by_plan,
    )
