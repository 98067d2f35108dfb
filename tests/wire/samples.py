"""Small answers of our own writing in every wire format, each with what it states.

They hold the traps by which the formats differ; their numbers tell the fields apart.
"""

import json

from tests.wire import aws
from tests.wire.chat_samples import CHAT_SAMPLES
from tests.wire.usages import (
    AGED,
    BEDROCK_ID,
    CACHED_USAGE,
    COHERE,
    COHERE_ID,
    COHERE_USAGE,
    CONVERSE,
    GEMINI,
    GEMINI_USAGE,
    INTERACTION,
    INTERACTION_USAGE,
    MESSAGE,
    MESSAGE_ID,
    METRICS,
    RESPONSE_ID,
    RUN,
    Sample,
    doc,
    lines,
    sse,
)
from tokenmon.core.usage import TokenUsage

SAMPLES: dict[str, Sample] = CHAT_SAMPLES | {
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
