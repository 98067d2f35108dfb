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
from tokenmon.providers.json_body import decode
from tokenmon.providers.openai_usage import openai_usage
from tokenmon.providers.reading import AnswerFacts, Statement

HEADERS = {
    b"x-amzn-bedrock-input-token-count": "inputTokenCount",
    b"x-amzn-bedrock-output-token-count": "outputTokenCount",
    b"x-amzn-bedrock-cache-read-input-token-count": "cacheReadInputTokenCount",
    b"x-amzn-bedrock-cache-write-input-token-count": "cacheWriteInputTokenCount",
}


# What stands in a chunk that counts: an object of the family's, Bedrock's own counts, those of Llama and Titan.
COUNT_MARKERS = (b'"usage"', b'"amazon-bedrock-invocationMetrics"', b"oken_count", b"TokenCount")


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
    totalOutputTextTokenCount: Any = None  # noqa: N815
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
        self._scattered: dict[str, int] = {}
        self._messages = MessagesReading(facts)
        self._is_stream = False

    def document(self, data: bytes) -> bool:
        try:
            answer = decode(_decoder, data)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            return False
        said = self._said
        said.name(answer.id, answer.model)
        said.tier = clean(answer.service_tier) or said.tier
        for usage in (answer.usage, members_of(answer.metadata).get("usage")):
            if isinstance(usage, dict):
                self.salvage(usage)
        if said.usage is None and isinstance(answer.meta, dict):
            said.usage = cohere_usage(answer.meta)
        metrics = metrics_usage(members_of(answer.metrics))
        if metrics is not None:
            self._counted = metrics
            # A stream's last chunk alone has them.
            said.is_complete = self._is_stream
        elif answer.guardrail != "INTERVENED":
            # Else the counts are of the text that stands for the answer; no model was called.
            self._scattered |= _scattered_counts(answer)
        return True

    def event(self, data: bytes) -> None:
        self.document(data)

    def frame(self, kind: str, name: str, payload: bytes) -> None:
        self._is_stream = True
        if kind != "event":
            self._said.error = clean(name) or "error"
            return
        try:
            data = base64.b64decode(decode(_chunk_decoder, payload).bytes)
        except (msgspec.MsgspecError, ValueError, RecursionError, binascii.Error):
            return
        # An event of Anthropic's may stand in it, which names the response in `message_start` alone.
        self._messages.event(data)
        if any(marker in data for marker in COUNT_MARKERS):
            self.document(data)

    def salvage(self, usage: Mapping[str, object]) -> None:
        self._said.usage = family_usage(usage) or self._said.usage

    def end(self) -> None:
        # A stream that ends without its last chunk was cut short, however cleanly.
        self._said.is_broken = self._is_stream and not self._messages.stated().is_complete
        self._said.end()

    def stated(self) -> StatedUsage:
        said, message = self._said, self._messages.stated()
        said.name(message.response_id, message.response_model)
        said.error = said.error or message.error_type
        answer = said.stated()
        return StatedUsage(
            usage=message.usage or answer.usage or self._counted or _scattered_usage(self._scattered),
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


def _scattered_counts(answer: _Answer) -> dict[str, int]:
    """The counts of the older families, which have no object of their own; a stream's grow, the last ones stand."""
    results = answer.results if isinstance(answer.results, list) else []
    texts = [members_of(one) for one in results]
    counts = {
        "input": _first(answer.inputTextTokenCount, answer.prompt_token_count),
        "output": _first(answer.generation_token_count, answer.totalOutputTextTokenCount),
    }
    if counts["output"] is None and texts:
        counts["output"] = sum(first_count(one, "tokenCount") or 0 for one in texts)
    return {name: number for name, number in counts.items() if number is not None}


def _first(*values: object) -> int | None:
    return next((number for one in values if (number := count(one)) is not None), None)


def _scattered_usage(counts: Mapping[str, int]) -> TokenUsage | None:
    return TokenUsage(counts.get("input", 0), counts.get("output", 0)) if counts else None
