"""Gemini CLI's `gemini_cli.api_response`: thoughts stand beside the output, tool prompts beside the input.

Source: Gemini CLI's documentation, Telemetry; the counts are those of Gemini's `usageMetadata`.
"""

from tokenmon.core.record import Billing
from tokenmon.core.usage import TokenUsage
from tokenmon.ingest.otlp.event import Call, Event, duration_ms, model_of, needed

EVENT = "gemini_cli.api_response"


def call_of(event: Event) -> Call | None:
    """The call of an event, None for another event."""
    if EVENT not in event.names:
        return None
    thoughts, tools = event.count("thoughts_token_count") or 0, event.count("tool_token_count") or 0
    usage = TokenUsage(
        input_tokens=needed(event, "input_token_count") + tools,
        output_tokens=needed(event, "output_token_count") + thoughts,
        cache_read_input_tokens=event.count("cached_content_token_count") or 0,
        reasoning_output_tokens=thoughts,
        units=(("input_tool_tokens", tools),) if tools else (),
    )
    session, moment = event.text("session.id"), event.moment()
    status = event.count("status_code")
    account = event.text("auth_type") or ""
    by_plan: Billing | None = "subscription" if account == "oauth-personal" else None
    return Call(
        provider_name="vertex" if account == "vertex-ai" else "gemini",
        operation_name="chat",
        ended_at=moment,
        usage=usage,
        identity=("gemini-cli", session or "", event.text("prompt_id") or "", moment.isoformat(), repr(usage)),
        request_model=model_of(event),
        conversation_id=session,
        latency_ms=duration_ms(event, "duration_ms"),
        status=status if status is not None and 100 <= status <= 599 else None,
        error_type=event.text("error_type", "error.type", "error"),
        billing=by_plan,
    )
