"""Small answers of our own writing in every wire format, each with what it states.

They hold the traps by which the formats differ; their numbers tell the fields apart.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from tests.wire import aws
from tokenmon.core.usage import TokenUsage


@dataclass(frozen=True, slots=True)
class Sample:
    """A response and what it states; `wire`, `cost_rule` and `headers` are what the proxy would know of it.

    `is_complete` is False where an answer came to its end without all that it had to state.
    """

    wire: str
    body: bytes
    usage: TokenUsage | None
    model: str | None = None
    response_id: str | None = None
    tier: str | None = None
    cost: Decimal | None = None
    error: str | None = None
    status: int = 200
    content_type: str = "application/json"
    cost_rule: str | None = None
    headers: tuple[tuple[bytes, bytes], ...] = field(default=())
    is_complete: bool = True


def doc(value: object) -> bytes:
    """A whole JSON body."""
    return json.dumps(value).encode()


def sse(values: Iterable[object], *, end: str = "\n", done: bool = False, named: bool = False) -> bytes:
    """An event stream."""
    lines = []
    for value in values:
        if named and isinstance(value, dict):
            lines.append(f"event: {value['type']}{end}")
        lines.append(f"data: {json.dumps(value)}{end}{end}")
    return ("".join(lines) + (f"data: [DONE]{end}{end}" if done else "")).encode()


def lines(values: Iterable[object]) -> bytes:
    """JSON lines."""
    return b"".join(doc(value) + b"\n" for value in values)


def chat(usage: object, **more: object) -> dict[str, Any]:
    """A chat completion or a chunk of one."""
    return {"id": "chatcmpl-0123456789abcdef", "model": "some-model", "choices": [{"index": 0}], "usage": usage, **more}


ID, MESSAGE_ID, BEDROCK_ID = "chatcmpl-0123456789abcdef", "msg_0123456789abcdef", "msg_bdrk_0123456789ab"
RESPONSE_ID, COHERE_ID = "resp_0123456789abcdef", "01234567-89ab-cdef-0123-456789abcdef"
PLAIN = {"prompt_tokens": 30, "completion_tokens": 7, "total_tokens": 37}
MESSAGE = {"input_tokens": 5, "cache_read_input_tokens": 300, "cache_creation_input_tokens": 20, "output_tokens": 9}
AGED = {**MESSAGE, "cache_creation": {"ephemeral_5m_input_tokens": 12, "ephemeral_1h_input_tokens": 8}}
CONVERSE = {
    "inputTokens": 5, "outputTokens": 9, "totalTokens": 334,
    "cacheReadInputTokens": 300, "cacheReadInputTokenCount": 300,
    "cacheWriteInputTokens": 20, "cacheWriteInputTokenCount": 20, "cacheDetails": [{"ttl": "1h", "inputTokens": 8}],
}  # fmt: skip
CACHED_USAGE = TokenUsage(325, 9, 300, 20, 8)
METRICS = {
    "inputTokenCount": 5, "outputTokenCount": 9, "cacheReadInputTokenCount": 300, "cacheWriteInputTokenCount": 20,
}  # fmt: skip
BYOK = {"cost": 0.01, "is_byok": True, "cost_details": {"upstream_inference_cost": 0.0123}}
GEMINI = {
    "promptTokenCount": 60, "cachedContentTokenCount": 40, "candidatesTokenCount": 11, "thoughtsTokenCount": 22,
    "toolUsePromptTokenCount": 4, "totalTokenCount": 97, "serviceTier": "PRIORITY",
    "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 20}, {"modality": "AUDIO", "tokenCount": 25},
                            {"modality": "VIDEO", "tokenCount": 15}],
    "cacheTokensDetails": [{"modality": "AUDIO", "tokenCount": 13}],
}  # fmt: skip
GEMINI_USAGE = TokenUsage(
    64, 33, 40, reasoning_output_tokens=22, audio_input_tokens=25,
    units=(("cache_audio_read_tokens", 13), ("input_tool_tokens", 4), ("input_video_tokens", 15)),
)  # fmt: skip
COHERE = {
    "billed_units": {"input_tokens": 12, "output_tokens": 5}, "tokens": {"input_tokens": 212, "output_tokens": 6},
    "cached_tokens": 200,
}  # fmt: skip
COHERE_USAGE = TokenUsage(212, 6, 200, units=(("billed_input_tokens", 12), ("billed_output_tokens", 5)))
INTERACTION = {
    "total_input_tokens": 50, "total_cached_tokens": 10, "total_output_tokens": 6, "total_thought_tokens": 21,
    "total_tool_use_tokens": 3, "total_tokens": 80, "input_tokens_by_modality": [{"modality": "image", "tokens": 40}],
}  # fmt: skip
INTERACTION_USAGE = TokenUsage(
    53, 27, 10, reasoning_output_tokens=21, units=(("input_image_tokens", 40), ("input_tool_tokens", 3))
)
RUN = {"id": "run_0123456789abcdef", "object": "thread.run", "model": "some-model", "usage": PLAIN}

SAMPLES: dict[str, Sample] = {
    "azure's first chunk is empty": Sample(
        "openai_chat",
        sse(
            [{"id": "", "model": "", "choices": []}, chat(None), chat(None), {**chat(PLAIN), "choices": []}],
            done=True,
        ),
        TokenUsage(30, 7), "some-model", ID, content_type="text/event-stream",
    ),
    "usage in a chunk with choices, no end": Sample(
        "openai_chat", sse([chat(None), chat(PLAIN)]), TokenUsage(30, 7), "some-model", ID,
    ),
    "cumulative usage, line ends of two characters": Sample(
        "openai_chat",
        sse([chat({**PLAIN, "completion_tokens": n, "total_tokens": 30 + n}) for n in range(8)], end="\r\n"),
        TokenUsage(30, 7), "some-model", ID,
    ),
    "data over several lines": Sample(
        "openai_chat",
        b": a comment\n\ndata:" + doc(chat(None)) + b'\n\ndata: {"id": "' + ID.encode() + b'",\ndata: "usage":\ndata: '
        + doc(PLAIN) + b"}\n\n",
        TokenUsage(30, 7), "some-model", ID,
    ),
    "groq's older streams": Sample(
        "openai_chat", sse([chat(None, x_groq={"usage": PLAIN})]), TokenUsage(30, 7), "some-model", ID,
    ),
    "reasoning beside the completion, in ticks": Sample(
        "openai_chat",
        doc(chat({"prompt_tokens": 12, "completion_tokens": 1, "total_tokens": 303, "cost_in_usd_ticks": 1330500,
                  "completion_tokens_details": {"reasoning_tokens": 290}})),
        TokenUsage(12, 291, reasoning_output_tokens=290), "some-model", ID, cost=Decimal("0.00013305"),
        cost_rule="ticks",
    ),
    "no ticks are no price": Sample(
        "openai_chat", doc(chat({**PLAIN, "cost_in_usd_ticks": 0})), TokenUsage(30, 7), "some-model", ID,
        cost_rule="ticks",
    ),
    "ticks without tokens": Sample(
        "openai_chat", doc({"data": [{}], "usage": {"cost_in_usd_ticks": 200000000}}), None, cost=Decimal("0.02"),
        cost_rule="ticks",
    ),
    "ticks of another provider": Sample(
        "openai_chat", doc(chat({**PLAIN, "cost_in_usd_ticks": 5})), TokenUsage(30, 7), "some-model", ID,
    ),
    "thinking in the total alone": Sample(
        "openai_chat", doc(chat({"prompt_tokens": 66, "completion_tokens": 6, "total_tokens": 100})),
        TokenUsage(66, 34, reasoning_output_tokens=28), "some-model", ID,
    ),
    "audio beside the prompt": Sample(
        "openai_chat",
        doc(chat({"prompt_tokens": 9, "completion_tokens": 248, "total_tokens": 632,
                  "prompt_tokens_details": {"audio_tokens": 375}})),
        TokenUsage(384, 248, audio_input_tokens=375), "some-model", ID,
    ),
    "cached at the top level": Sample(
        "openai_chat", doc(chat({**PLAIN, "cached_tokens": 16})), TokenUsage(30, 7, 16), "some-model", ID,
    ),
    "cache hits": Sample(
        "openai_chat",
        doc(chat({**PLAIN, "prompt_cache_hit_tokens": 20, "prompt_cache_miss_tokens": 10})),
        TokenUsage(30, 7, 20), "some-model", ID,
    ),
    "more cached than read": Sample(
        "openai_chat", doc(chat({**PLAIN, "prompt_tokens_details": {"cached_tokens": 99}})), TokenUsage(30, 7, 99),
        "some-model", ID,
    ),
    "cost of a call": Sample(
        "openai_chat", doc(chat({**PLAIN, "cost": 0.0002448, "is_byok": False, "server_tool_use_details":
                                 {"web_search_requests": 3}})),
        TokenUsage(30, 7, units=(("web_searches", 3),)), "some-model", ID, cost=Decimal("0.0002448"),
        cost_rule="openrouter",
    ),
    "cost with a key of one's own": Sample(
        "openai_chat", sse([chat({**PLAIN, **BYOK})], done=True), TokenUsage(30, 7), "some-model", ID,
        cost=Decimal("0.0123"), cost_rule="openrouter",
    ),
    "cost with the request's fee": Sample(
        "openai_chat", doc(chat({**PLAIN, "cost": {"request_cost": 0.005, "total_cost": 0.00519}})), TokenUsage(30, 7),
        "some-model", ID, cost=Decimal("0.00519"), cost_rule="total_cost",
    ),
    "a total alone": Sample("openai_chat", doc(chat({"total_tokens": 12})), TokenUsage(12, 0), "some-model", ID),
    "speech by the second": Sample(
        "openai_chat", doc({"text": "hi", "usage": {"type": "duration", "seconds": 3.2}}),
        TokenUsage(0, 0, units=(("audio_seconds", 4),)),
    ),
    "an error in a stream": Sample(
        "openai_chat", sse([chat(None), {"error": {"code": "tool_use_failed", "message": "no"}}]), None, "some-model",
        ID, error="tool_use_failed", is_complete=False,
    ),
    "an error after a cumulative usage": Sample(
        "openai_chat", sse([chat(PLAIN), {"error": {"code": 502, "message": "no"}}]), TokenUsage(30, 7), "some-model",
        ID, error="502", is_complete=False,
    ),
    "an error, then the stream's own end": Sample(
        "openai_chat", sse([chat(PLAIN), {"error": {"code": 502}}], done=True), TokenUsage(30, 7), "some-model", ID,
        error="502",
    ),
    "found by connectors": Sample(
        "openai_chat",
        doc(chat({"prompt_tokens": 10, "completion_tokens": 5, "connector_tokens": 100, "total_tokens": 115})),
        TokenUsage(110, 5), "some-model", ID,
    ),
    "pages of a document": Sample(
        "openai_chat", doc({"pages": [{}], "model": "ocr", "usage_info": {"pages_processed": 29, "doc_size_bytes": 3}}),
        TokenUsage(0, 0, units=(("input_document_pages", 29),)), "ocr",
    ),
    "cost in a text": Sample(
        "openai_chat", doc(chat({**PLAIN, "cost": "0.001"})), TokenUsage(30, 7), "some-model", ID,
        cost=Decimal("0.001"), cost_rule="openrouter",
    ),
    "cost with a key of one's own in parts": Sample(
        "openai_chat",
        doc(chat({**PLAIN, "cost": 0, "is_byok": True, "cost_details":
                  {"upstream_inference_prompt_cost": 0.01, "upstream_inference_completions_cost": 0.02}})),
        TokenUsage(30, 7), "some-model", ID, cost=Decimal("0.03"), cost_rule="openrouter",
    ),
    "cost as a bare number": Sample(
        "openai_chat", doc(chat({**PLAIN, "cost": 0.006})), TokenUsage(30, 7), "some-model", ID,
        cost=Decimal("0.006"), cost_rule="total_cost",
    ),
    "cost in parts": Sample(
        "openai_chat",
        doc(chat({**PLAIN, "cost": {"input_tokens_cost": 0.001, "output_tokens_cost": 0.002, "request_cost": 0.005}})),
        TokenUsage(30, 7), "some-model", ID, cost=Decimal("0.008"), cost_rule="total_cost",
    ),
    "usage in a choice": Sample(
        "openai_chat",
        sse([chat(None), {**chat(None), "choices": [{"finish_reason": "stop", "usage": PLAIN}]}], done=True),
        TokenUsage(30, 7), "some-model", ID,
    ),
    "asked for later": Sample(
        "openai_chat",
        doc({"id": COHERE_ID, "model": "sonar", "status": "COMPLETED", "response":
             {"id": ID, "model": "sonar", "usage": {**PLAIN, "cost": {"total_cost": 0.4}}}}),
        TokenUsage(30, 7), "sonar", COHERE_ID, cost=Decimal("0.4"), cost_rule="total_cost",
    ),
    "a chat that was cut": Sample(
        "openai_chat", doc(chat(PLAIN))[:-1] + b', "choices": [{"mess', TokenUsage(30, 7), is_complete=False,
    ),
    "incomplete response": Sample(
        "openai_responses",
        sse(
            [
                {"type": "response.created", "response": {"id": RESPONSE_ID, "model": "m", "usage": None}},
                {"type": "response.incomplete", "response": {
                    "id": RESPONSE_ID, "model": "m", "service_tier": "flex", "tool_usage": {"web_search":
                    {"num_requests": 2}}, "usage": {"input_tokens": 40, "output_tokens": 8, "total_tokens": 48,
                    "input_tokens_details": {"cached_tokens": 10, "cache_write_tokens": 5}}}},
            ],
            named=True,
        ),
        TokenUsage(40, 8, 10, 5, units=(("web_searches", 2),)), "m", RESPONSE_ID, "flex",
    ),
    "response in the background": Sample(
        "openai_responses", doc({"id": RESPONSE_ID, "model": "m", "status": "queued", "usage": None}), None,
        "m", RESPONSE_ID,
    ),
    "batch": Sample(
        "openai_object",
        doc({"id": "batch_0123456789abcdef", "model": "m", "usage": {"input_tokens": 36, "output_tokens": 224}}),
        TokenUsage(36, 224), "m", "batch_0123456789abcdef",
    ),
    "run in a stream": Sample(
        "openai_run",
        sse(
            [{**RUN, "usage": None}, {"id": MESSAGE_ID, "object": "thread.message"},
             {"id": "step_0123456789abcde", "object": "thread.run.step", "usage": {"total_tokens": 1}}, RUN],
            done=True,
        ),
        TokenUsage(30, 7), "some-model", "run_0123456789abcdef",
    ),
    "message that grows": Sample(
        "anthropic",
        sse(
            [
                {"type": "message_start", "message": {"id": MESSAGE_ID, "model": "claude", "usage":
                 {**AGED, "output_tokens": 1, "service_tier": "standard"}}},
                {"type": "ping"},
                {"type": "message_delta", "usage": {"input_tokens": 2068, "output_tokens": 30,
                 "cache_read_input_tokens": None,
                 "server_tool_use": {"web_search_requests": 1, "web_fetch_requests": 2}}},
                {"type": "message_stop"},
            ],
            named=True,
        ),
        TokenUsage(2388, 30, 300, 20, 8, units=(("web_fetches", 2), ("web_searches", 1))), "claude",
        MESSAGE_ID, "standard",
    ),
    "message with an adviser": Sample(
        "anthropic",
        doc({"id": MESSAGE_ID, "model": "claude", "usage": {**MESSAGE, "iterations": [
            {"type": "message", **MESSAGE}, {"type": "compaction", **AGED},
            {"type": "advisor_message", "model": "wiser", "input_tokens": 70, "output_tokens": 3}]}}),
        TokenUsage(325, 9, 300, 20, parts=((None, CACHED_USAGE), ("wiser", TokenUsage(70, 3)))), "claude",
        MESSAGE_ID,
    ),
    "overloaded": Sample(
        "anthropic", sse([{"type": "error", "error": {"type": "overloaded_error"}}], named=True), None,
        error="overloaded_error", is_complete=False,
    ),
    "overloaded on the way": Sample(
        "anthropic",
        sse([{"type": "message_start", "message": {"id": MESSAGE_ID, "model": "claude", "usage": MESSAGE}},
             {"type": "message_delta", "usage": {"output_tokens": 30}},
             {"type": "error", "error": {"type": "overloaded_error"}}], named=True),
        TokenUsage(325, 30, 300, 20), "claude", MESSAGE_ID, error="overloaded_error", is_complete=False,
    ),
    "a split beside a sum of 0": Sample(
        "anthropic", doc({"id": MESSAGE_ID, "usage": {**AGED, "cache_creation_input_tokens": 0}}), CACHED_USAGE, None,
        MESSAGE_ID,
    ),
    "a fast message": Sample(
        "anthropic", doc({"id": MESSAGE_ID, "model": "claude", "usage": {**MESSAGE, "service_tier": "standard",
                          "speed": "fast"}}),
        TokenUsage(325, 9, 300, 20), "claude", MESSAGE_ID, "fast",
    ),
    "a message of a batch is never fast": Sample(
        "anthropic", doc({"id": MESSAGE_ID, "model": "claude", "usage": {**MESSAGE, "service_tier": "batch",
                          "speed": "fast"}}),
        TokenUsage(325, 9, 300, 20), "claude", MESSAGE_ID, "batch",
    ),
    "candidates": Sample(
        "gemini", doc({"responseId": "0123456789abcdef", "modelVersion": "g", "usageMetadata": GEMINI}), GEMINI_USAGE,
        "g", "0123456789abcdef", "priority",
    ),
    "candidates in an array": Sample(
        "gemini",
        b"[" + doc({"responseId": "0123456789abcdef", "modelVersion": "g", "usageMetadata": {"promptTokenCount": 60}})
        + b"\n,\r\n" + doc({"usageMetadata": GEMINI}) + b"]",
        GEMINI_USAGE, "g", "0123456789abcdef", "priority",
    ),
    "candidates whose last chunks count nothing": Sample(
        "gemini",
        sse([{"responseId": "0123456789abcdef", "modelVersion": "g", "usageMetadata": {"promptTokenCount": 60}},
             {"usageMetadata": GEMINI}, {"usageMetadata": {}}, {"usageMetadata": {"trafficType": "ON_DEMAND"}}]),
        GEMINI_USAGE, "g", "0123456789abcdef", "priority",
    ),
    "candidates named in the second chunk": Sample(
        "gemini",
        sse([{"usageMetadata": {"promptTokenCount": 60}},
             {"responseId": "0123456789abcdef", "modelVersion": "g", "usageMetadata": {"promptTokenCount": 60}},
             {"usageMetadata": GEMINI}]),
        GEMINI_USAGE, "g", "0123456789abcdef", "priority",
    ),
    "candidates in an array that was cut": Sample(
        "gemini",
        b"[" + doc({"responseId": "0123456789abcdef", "usageMetadata": GEMINI}) + b',\n{"usageMetadata": {"promptT',
        GEMINI_USAGE, tier="priority", is_complete=False,
    ),
    "candidates, then an error": Sample(
        "gemini",
        sse([{"responseId": "0123456789abcdef", "usageMetadata": GEMINI}, {"usageMetadata": {"promptTokenCount": 7}},
             {"error": {"code": 503, "status": "UNAVAILABLE"}}]),
        TokenUsage(7, 0), None, "0123456789abcdef", "priority", error="UNAVAILABLE", is_complete=False,
    ),
    "candidates and an error in an array": Sample(
        "gemini", doc([{"usageMetadata": GEMINI}, {"error": {"status": "UNAVAILABLE"}}]), GEMINI_USAGE,
        tier="priority", error="UNAVAILABLE", is_complete=False,
    ),
    "embeddings with a total alone": Sample(
        "gemini", doc({"embedding": {}, "usageMetadata": {"totalTokenCount": 11}}), TokenUsage(11, 0),
    ),
    "tier in a header": Sample(
        "gemini", doc({"usageMetadata": {"promptTokenCount": 5}}), TokenUsage(5, 0), tier="flex",
        headers=((b"x-gemini-service-tier", b"flex"),),
    ),
    "interaction": Sample(
        "gemini_interaction",
        sse(
            [{"interaction": {"id": "v1_0123456789abcdef", "model": "g"}, "event_type": "interaction.created"},
             {"interaction": {"id": "v1_0123456789abcdef", "model": "g", "usage": INTERACTION},
              "event_type": "interaction.completed"}],
            done=True,
        ),
        INTERACTION_USAGE, "g", "v1_0123456789abcdef",
    ),
    "predictions": Sample(
        "vertex_predict",
        doc({"predictions": [{"embeddings": {"values": [0.1], "statistics": {"token_count": n}}} for n in (10, 5)],
             "metadata": {"billableCharacterCount": 44}}),
        TokenUsage(15, 0, units=(("input_characters", 44),)),
    ),
    "converse": Sample("bedrock_converse", doc({"output": {}, "usage": CONVERSE}), CACHED_USAGE),
    "converse in frames": Sample(
        "bedrock_converse",
        aws.event("messageStart", {"role": "assistant"}) + aws.event("contentBlockDelta", {"delta": {"text": "hi"}})
        + aws.event("messageStop", {}) + aws.event("metadata", {"usage": CONVERSE, "metrics": {"latencyMs": 1}}),
        CACHED_USAGE, content_type="application/vnd.amazon.eventstream",
    ),
    "converse that is throttled": Sample(
        "bedrock_converse",
        aws.event("messageStart", {}) + aws.exception("throttlingException", "slow down"),
        None, error="throttlingException", is_complete=False,
    ),
    "invoked message": Sample(
        "bedrock_invoke", doc({"id": BEDROCK_ID, "model": "claude", "usage": AGED}), CACHED_USAGE, "claude",
        BEDROCK_ID, headers=((b"x-amzn-bedrock-input-token-count", b"5"),),
    ),
    "counted in headers": Sample(
        "bedrock_invoke", doc({"embeddings": {"float": [[0.1]]}}), TokenUsage(25, 0, 0, 20),
        headers=((b"x-amzn-bedrock-input-token-count", b"5"), (b"x-amzn-bedrock-cache-write-input-token-count", b"20")),
    ),
    "counts of older families": Sample(
        "bedrock_invoke", doc({"inputTextTokenCount": 8, "results": [{"tokenCount": 3}]}), TokenUsage(8, 3),
    ),
    "blocked by a guardrail": Sample(
        "bedrock_invoke", doc({"inputTextTokenCount": 8, "amazon-bedrock-guardrailAction": "INTERVENED"}), None,
    ),
    "invoked message in frames": Sample(
        "bedrock_invoke",
        aws.chunk({"type": "message_start", "message": {"id": BEDROCK_ID, "model": "claude", "usage": AGED}})
        + aws.chunk({"type": "message_delta", "usage": {"output_tokens": 9}})
        + aws.chunk({"type": "message_stop", "amazon-bedrock-invocationMetrics": METRICS}),
        CACHED_USAGE, "claude", BEDROCK_ID,
    ),
    "invoked message that was cut": Sample(
        "bedrock_invoke",
        aws.chunk({"type": "message_start", "message": {"id": BEDROCK_ID, "model": "claude", "usage": AGED}}),
        CACHED_USAGE, "claude", BEDROCK_ID, is_complete=False,
    ),
    "invoked message that broke off": Sample(
        "bedrock_invoke",
        aws.chunk({"type": "message_start", "message": {"id": BEDROCK_ID, "model": "claude", "usage": AGED}})
        + aws.exception("modelStreamErrorException", "no"),
        CACHED_USAGE, "claude", BEDROCK_ID, error="modelStreamErrorException", is_complete=False,
    ),
    "llama's chunks without metrics": Sample(
        "bedrock_invoke",
        aws.chunk({"generation": "a", "prompt_token_count": 8, "generation_token_count": 1})
        + aws.chunk({"generation": "b", "prompt_token_count": None, "generation_token_count": 5}),
        TokenUsage(8, 5), is_complete=False,
    ),
    "titan's chunks without metrics": Sample(
        "bedrock_invoke",
        aws.chunk({"outputText": "a", "inputTextTokenCount": 8, "totalOutputTextTokenCount": None})
        + aws.chunk({"outputText": "b", "inputTextTokenCount": 8, "totalOutputTextTokenCount": 5}),
        TokenUsage(8, 5), is_complete=False,
    ),
    "metrics in the last chunk": Sample(
        "bedrock_invoke",
        aws.chunk({"outputText": "a"}) + aws.chunk({"outputText": "", "amazon-bedrock-invocationMetrics": METRICS}),
        TokenUsage(325, 9, 300, 20),
    ),
    "cohere v2 in a stream": Sample(
        "cohere",
        sse([{"type": "message-start", "id": COHERE_ID},
             {"type": "message-end", "delta": {"finish_reason": "COMPLETE", "usage": COHERE}}], named=True),
        COHERE_USAGE, response_id=COHERE_ID,
    ),
    "cohere v1 in lines": Sample(
        "cohere",
        lines([{"event_type": "stream-start", "generation_id": "g"}, {"event_type": "text-generation", "text": "a"},
               {"event_type": "stream-end", "response": {"response_id": COHERE_ID,
                                                         "meta": COHERE}}]),
        COHERE_USAGE, response_id=COHERE_ID,
    ),
    "nothing charged": Sample(
        "cohere", doc({"id": COHERE_ID, "usage": {**COHERE, "billed_units": {"input_tokens": 0, "output_tokens": 0}}}),
        TokenUsage(212, 6, 200, units=(("billed_input_tokens", 0), ("billed_output_tokens", 0))),
        response_id=COHERE_ID,
    ),
    "one line and more line ends": Sample(
        "cohere", doc({"id": COHERE_ID, "results": [{"index": 0}]}) + b"\n\n", None, response_id=COHERE_ID,
    ),
    "reranking by the search": Sample(
        "cohere", doc({"id": COHERE_ID, "meta": {"billed_units": {"search_units": 2}}}),
        TokenUsage(0, 0, units=(("rerank_searches", 2),)), response_id=COHERE_ID,
    ),
    "reranking of another": Sample(
        "cohere", json.dumps({"model": "rerank", "usage": {"total_tokens": 43}}, indent=2).encode(), TokenUsage(43, 0),
        "rerank",
    ),
    "llama in lines": Sample(
        "ollama",
        lines([{"model": "llama", "response": "a", "done": False},
               {"model": "llama", "done": True, "prompt_eval_count": 17, "eval_count": 66}]),
        TokenUsage(17, 66), "llama",
    ),
    "llama whose prompt was cached": Sample(
        "ollama", json.dumps({"model": "llama", "done": True, "eval_count": 79}, indent=1).encode(), TokenUsage(0, 79),
        "llama",
    ),
    "llama that is not there": Sample("ollama", doc({"error": "not found"}), None, error="error", status=404),
}  # fmt: skip
