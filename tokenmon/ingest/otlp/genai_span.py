"""Spans by OpenTelemetry's conventions for generative AI: `gen_ai.usage.*` of one call to a model.

Source: the GenAI semantic conventions, with the older names that instrumentations still write. Input includes caches.
"""

from tokenmon.core.record import is_distinct_response_id
from tokenmon.core.usage import TokenUsage
from tokenmon.ingest.otlp.event import Call, Event, UnusableEventError

# Spans of agents and workflows repeat the sums of the calls within them.
CALLS = frozenset({"chat", "text_completion", "generate_content", "embeddings", "completion"})
# These tell each call by an event of their own, and in spans again.
OWN_EVENTS = ("claude-code", "claude_code", "gemini-cli", "codex")
PROVIDERS = {
    "azure.ai.openai": "azure", "azure.ai.inference": "azure", "az.ai.openai": "azure", "az.ai.inference": "azure",
    "azure_openai": "azure", "aws.bedrock": "bedrock", "aws_bedrock": "bedrock", "gcp.gemini": "gemini",
    "gcp.gen_ai": "gemini", "google": "gemini", "gcp.vertex_ai": "vertex", "vertex_ai": "vertex",
    "mistral_ai": "mistral", "mistralai": "mistral", "x_ai": "xai", "moonshot_ai": "moonshot",
}  # fmt: skip
INPUT = ("gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens")
OUTPUT = ("gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens")
READS = ("gen_ai.usage.cache_read.input_tokens", "gen_ai.usage.cache_read_input_tokens")
WRITES = ("gen_ai.usage.cache_creation.input_tokens", "gen_ai.usage.cache_creation_input_tokens")
REASONING = ("gen_ai.usage.reasoning.output_tokens", "gen_ai.usage.reasoning_tokens")
NANOS_PER_MS = 1_000_000
DAY_MS = 24 * 3_600_000


def call_of(event: Event) -> Call | None:
    """The call of a span, None for a span of anything else."""
    operation = event.text("gen_ai.operation.name", "llm.request.type")
    stated = event.count(*INPUT), event.count(*OUTPUT)
    if stated == (None, None) or event.service.startswith(OWN_EVENTS):
        return None
    if operation is not None and operation not in CALLS:
        return None
    provider = event.text("gen_ai.provider.name", "gen_ai.system")
    request_model, response_model = event.text("gen_ai.request.model"), event.text("gen_ai.response.model")
    if provider is None or (request_model is None and response_model is None):
        raise UnusableEventError("gen_ai.provider.name or gen_ai.request.model is missing")
    name = provider.lower()
    usage = _usage(event, stated[0] or 0, stated[1] or 0)
    response_id = event.text("gen_ai.response.id")
    moment = event.moment()
    elapsed = (event.ended_ns - event.started_ns) // NANOS_PER_MS if event.started_ns and event.ended_ns else -1
    return Call(
        provider_name=PROVIDERS.get(name, name),
        operation_name="chat" if operation in (None, "completion") else operation,
        ended_at=moment,
        usage=usage,
        identity=_identity(event, response_id, moment.isoformat()),
        request_model=request_model,
        response_model=response_model,
        response_id=response_id,
        conversation_id=event.text("gen_ai.conversation.id", "session.id"),
        project=None if event.service.startswith("unknown_service") else event.service or None,
        latency_ms=elapsed if 0 <= elapsed <= DAY_MS else None,
        error_type=event.text("error.type"),
        service_tier=event.text("openai.response.service_tier", "gen_ai.openai.response.service_tier"),
        server_address=event.text("server.address"),
    )


def _identity(event: Event, response_id: str | None, time: str) -> tuple[str, ...]:
    """The response id, by which the proxy knows the call too; of a call whose id is a counter, the span's own."""
    if response_id is not None and is_distinct_response_id(response_id):
        return (response_id,)
    return ("span", event.text("span.id") or "", time, response_id or "")


def _usage(event: Event, stated_input: int, output: int) -> TokenUsage:
    reads, writes = event.count(*READS) or 0, event.count(*WRITES) or 0
    if reads + writes > stated_input:
        # Older instrumentations of Anthropic pass its own counts on, in which caches stand beside the input.
        stated_input += reads + writes
    return TokenUsage(
        input_tokens=stated_input,
        output_tokens=output,
        cache_read_input_tokens=reads,
        cache_creation_input_tokens=writes,
        reasoning_output_tokens=event.count(*REASONING) or 0,
    )
