"""What the samples are made of: framings, and usages that several of them state."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

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
