"""Amazon Bedrock's InvokeModel: the body has the shape of the model's own family, headers or a last chunk count too.

The body's own usage comes first (it tells cache writes of an hour apart), then what Bedrock counts, then the older
models' scattered counts. Bedrock's own input count excludes cached tokens.
Source: https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters.html
"""

import base64
import binascii
from collections.abc import Mapping
from typing import Any

import msgspec

from tokenmon.core.text import clean
from tokenmon.core.usage import StatedUsage, TokenUsage
from tokenmon.providers.anthropic_messages import MessagesReading, anthropic_usage
from tokenmon.providers.bedrock_converse import converse_usage
from tokenmon.providers.cohere import cohere_usage
from tokenmon.providers.counts import count, first_count, members_of
from tokenmon.providers.openai_usage import openai_usage
from tokenmon.providers.reading import AnswerFacts, Statement

HEADERS = {
    b"x-amzn-bedrock-input-token-count": "inputTokenCount",
    b"x-amzn-bedrock-output-token-count": "outputTokenCount",
    b"x-amzn-bedrock-cache-read-input-token-count": "cacheReadInputTokenCount",
    b"x-amzn-bedrock-cache-write-input-token-count": "cacheWriteInputTokenCount",
}


class _Chunk(msgspec.Struct):
    bytes: str = ""


class _Answer(msgspec.Struct):
    id: Any = None
    model: Any = None
    usage: Any = None
    meta: Any = None
    metadata: Any = None
    service_tier: Any = None
    # Titan, then Llama.
    inputTextTokenCount: Any = None  # noqa: N815 - Amazon's spelling
    results: Any = None
    prompt_token_count: Any = None
    generation_token_count: Any = None
    guardrail: Any = msgspec.field(name="amazon-bedrock-guardrailAction", default=None)
    metrics: Any = msgspec.field(name="amazon-bedrock-invocationMetrics", default=None)


_decoder = msgspec.json.Decoder(_Answer)
_chunk_decoder = msgspec.json.Decoder(_Chunk)


def metrics_usage(metrics: Mapping[str, Any]) -> TokenUsage | None:
    """What Bedrock itself counted."""
    names = {"inputTokenCount": "inputTokens", "outputTokenCount": "outputTokens"}
    return converse_usage({names.get(name, name): value for name, value in metrics.items()})


def family_usage(usage: Mapping[str, Any]) -> TokenUsage | None:
    """The usage object of whichever family the model belongs to."""
    if "inputTokens" in usage or "outputTokens" in usage:
        return converse_usage(usage)
    if "prompt_tokens" in usage or "total_tokens" in usage:
        return openai_usage(usage)
    return anthropic_usage(usage)


class InvokeReading:
    """Reads one answer; see `reading.FrameReading`."""

    markers = (b'"usage"',)
    idle_marker = b""
    wants_all = True

    def __init__(self, facts: AnswerFacts) -> None:
        self._said = Statement(facts.cost_rule)
        self._counted = metrics_usage(_counts_in(facts))
        self._messages = MessagesReading(facts)

    def document(self, data: bytes) -> None:
        try:
            answer = _decoder.decode(data)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            return
        said = self._said
        said.name(answer.id, answer.model)
        said.tier = clean(answer.service_tier) or said.tier
        for usage in (answer.usage, members_of(answer.metadata).get("usage")):
            if isinstance(usage, dict):
                self.salvage(usage)
        if said.usage is None and isinstance(answer.meta, dict):
            said.usage = cohere_usage(answer.meta)
        self._counted = metrics_usage(members_of(answer.metrics)) or self._counted or _scattered_usage(answer)

    def event(self, data: bytes) -> None:
        self.document(data)

    def frame(self, kind: str, name: str, payload: bytes) -> None:
        if kind != "event":
            self._said.error = clean(name) or "error"
            return
        try:
            data = base64.b64decode(_chunk_decoder.decode(payload).bytes)
        except (msgspec.MsgspecError, ValueError, RecursionError, binascii.Error):
            return
        # An event of Anthropic's may stand in it, which names the response in `message_start` alone.
        self._messages.event(data)
        if b'"usage"' in data or b'"amazon-bedrock-invocationMetrics"' in data or b"oken_count" in data:
            self.document(data)

    def salvage(self, usage: Mapping[str, object]) -> None:
        self._said.usage = family_usage(usage) or self._said.usage

    def end(self) -> None:
        self._said.is_complete = True

    def stated(self) -> StatedUsage:
        said, message = self._said, self._messages.stated()
        said.name(message.response_id, message.response_model)
        said.error = said.error or message.error_type
        answer = said.stated()
        return StatedUsage(
            usage=message.usage or answer.usage or self._counted,
            response_model=answer.response_model,
            response_id=answer.response_id,
            service_tier=answer.service_tier or message.service_tier,
            error_type=answer.error_type,
            is_complete=answer.is_complete,
        )


def _counts_in(facts: AnswerFacts) -> dict[str, int]:
    counts: dict[str, int] = {}
    for name, value in facts.headers:
        known = HEADERS.get(name)
        if known is not None and value.isdigit() and len(value) < 19:
            counts[known] = int(value)
    return counts


def _scattered_usage(answer: _Answer) -> TokenUsage | None:
    """The counts of the older families, which have no object of their own."""
    if answer.guardrail == "INTERVENED":
        # The counts are of the text that stands for the answer; no model was called.
        return None
    into = count(answer.inputTextTokenCount)
    into = count(answer.prompt_token_count) if into is None else into
    out = count(answer.generation_token_count)
    if into is None and out is None:
        return None
    results = answer.results if isinstance(answer.results, list) else []
    results_out = sum(first_count(members_of(one), "tokenCount") or 0 for one in results)
    return TokenUsage(into or 0, out or results_out)
