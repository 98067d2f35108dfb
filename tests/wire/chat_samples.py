"""Answers in OpenAI's chat format, of all who send it, each with what it states."""

from decimal import Decimal

from tests.wire.usages import BYOK, COHERE_ID, ID, PLAIN, Sample, chat, doc, sse
from tokenmon.core.usage import TokenUsage

CHAT_SAMPLES: dict[str, Sample] = {
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
}  # fmt: skip
