"""The sample provider's answers: the real wire formats of OpenAI, Anthropic and Gemini, with a usage decided before.

Pure functions from a usage to bytes, so that a test can read each one back with the parsers.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

WORDS = ("Tokens", " are", " counted", " here", ", one", " by", " one", ".")


@dataclass(frozen=True, slots=True)
class Spent:
    """What one answer states: all input and output, of which cached, written to the cache, and reasoned."""

    input_tokens: int
    output_tokens: int
    cached: int = 0
    written: int = 0
    reasoning: int = 0


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer: its content type and its pieces, sent one by one (one piece unless it is a stream)."""

    content_type: str
    pieces: tuple[bytes, ...]
    status: int = 200


def _json(value: object, status: int = 200) -> Reply:
    return Reply("application/json", (json.dumps(value).encode(),), status)


def _events(values: Iterable[object], *, done: bool = False, named: bool = False) -> Reply:
    pieces = [
        (f"event: {value['type']}\n" if named and isinstance(value, dict) else "").encode()
        + b"data: "
        + json.dumps(value).encode()
        + b"\n\n"
        for value in values
    ]
    return Reply("text/event-stream", (*pieces, b"data: [DONE]\n\n") if done else tuple(pieces))


def _chat_usage(spent: Spent) -> dict[str, Any]:
    return {
        "prompt_tokens": spent.input_tokens,
        "completion_tokens": spent.output_tokens,
        "total_tokens": spent.input_tokens + spent.output_tokens,
        "prompt_tokens_details": {"cached_tokens": spent.cached, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": spent.reasoning, "audio_tokens": 0},
    }


def chat(name: str, model: str, spent: Spent) -> Reply:
    """OpenAI chat completions, whole."""
    message = {"role": "assistant", "content": "".join(WORDS), "refusal": None}
    choices = [{"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}]
    return _json({
        "id": f"chatcmpl-{name}", "object": "chat.completion", "created": 1763900000, "model": model,
        "choices": choices, "usage": _chat_usage(spent), "service_tier": "default",
    })  # fmt: skip


def chat_stream(name: str, model: str, spent: Spent, *, states_usage: bool) -> Reply:
    """OpenAI chat completions as a stream; the usage comes in a chunk of its own, if asked for."""
    shared = {
        "id": f"chatcmpl-{name}", "object": "chat.completion.chunk", "created": 1763900000, "model": model,
    }  # fmt: skip
    empty = {"usage": None} if states_usage else {}
    chunks: list[dict[str, Any]] = [
        {**shared, "choices": [{"index": 0, "delta": {"content": word}, "finish_reason": None}], **empty}
        for word in WORDS
    ]
    chunks.append({**shared, "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}], **empty})
    if states_usage:
        chunks.append({**shared, "choices": [], "usage": _chat_usage(spent)})
    return _events(chunks, done=True)


def completion(name: str, model: str, spent: Spent) -> Reply:
    """OpenAI's legacy completions."""
    usage = {"prompt_tokens": spent.input_tokens, "completion_tokens": spent.output_tokens}
    return _json({
        "id": f"cmpl-{name}", "object": "text_completion", "created": 1763900000, "model": model,
        "choices": [{"text": "".join(WORDS), "index": 0, "finish_reason": "stop", "logprobs": None}],
        "usage": {**usage, "total_tokens": spent.input_tokens + spent.output_tokens},
    })  # fmt: skip


def embeddings(model: str, spent: Spent) -> Reply:
    """OpenAI embeddings: input only, and no id."""
    data = [{"object": "embedding", "index": 0, "embedding": [0.25, -0.5, 0.125]}]
    usage = {"prompt_tokens": spent.input_tokens, "total_tokens": spent.input_tokens}
    return _json({"object": "list", "data": data, "model": model, "usage": usage})


def _response(name: str, model: str, spent: Spent, status: str) -> dict[str, Any]:
    usage = {
        "input_tokens": spent.input_tokens,
        "input_tokens_details": {"cached_tokens": spent.cached},
        "output_tokens": spent.output_tokens,
        "output_tokens_details": {"reasoning_tokens": spent.reasoning},
        "total_tokens": spent.input_tokens + spent.output_tokens,
    }
    content = [{"type": "output_text", "text": "".join(WORDS), "annotations": []}]
    output = [{"type": "message", "id": f"msg_{name}", "status": "completed", "role": "assistant", "content": content}]
    is_done = status == "completed"
    return {
        "id": f"resp_{name}", "object": "response", "created_at": 1763900000, "status": status, "model": model,
        "output": output if is_done else [], "usage": usage if is_done else None, "service_tier": "default",
        "error": None, "parallel_tool_calls": True, "tool_choice": "auto", "tools": [],
    }  # fmt: skip


def responses(name: str, model: str, spent: Spent) -> Reply:
    """OpenAI responses, whole."""
    return _json(_response(name, model, spent, "completed"))


def responses_stream(name: str, model: str, spent: Spent) -> Reply:
    """OpenAI responses as a stream."""
    events: list[dict[str, Any]] = [
        {"type": "response.created", "response": _response(name, model, spent, "in_progress")},
        *({"type": "response.output_text.delta", "item_id": f"msg_{name}", "delta": word} for word in WORDS),
        {"type": "response.completed", "response": _response(name, model, spent, "completed")},
    ]
    return _events([{**event, "sequence_number": at} for at, event in enumerate(events)], named=True)


def _anthropic_usage(spent: Spent) -> dict[str, Any]:
    """Anthropic states cached tokens beside the input, not inside it."""
    return {
        "input_tokens": spent.input_tokens - spent.cached - spent.written,
        "cache_read_input_tokens": spent.cached,
        "cache_creation_input_tokens": spent.written,
        "cache_creation": {"ephemeral_5m_input_tokens": spent.written, "ephemeral_1h_input_tokens": 0},
        "output_tokens": spent.output_tokens,
        "service_tier": "standard",
    }


def _message(name: str, model: str) -> dict[str, Any]:
    return {
        "id": f"msg_{name}", "type": "message", "role": "assistant", "model": model, "content": [],
        "stop_reason": None, "stop_sequence": None,
    }  # fmt: skip


def messages(name: str, model: str, spent: Spent) -> Reply:
    """Anthropic messages, whole."""
    content = [{"type": "text", "text": "".join(WORDS)}]
    ended = {"content": content, "stop_reason": "end_turn", "usage": _anthropic_usage(spent)}
    return _json({**_message(name, model), **ended})


def messages_stream(name: str, model: str, spent: Spent) -> Reply:
    """Anthropic messages as a stream: the input is stated at the start, the output at the end."""
    begun = {**_message(name, model), "usage": {**_anthropic_usage(spent), "output_tokens": 1}}
    return _events(
        [
            {"type": "message_start", "message": begun},
            {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
            *(
                {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": word}}
                for word in WORDS
            ),
            {"type": "content_block_stop", "index": 0},
            {
                "type": "message_delta",
                "delta": {"stop_reason": "end_turn", "stop_sequence": None},
                "usage": {"output_tokens": spent.output_tokens},
            },
            {"type": "message_stop"},
        ],
        named=True,
    )


def _gemini(name: str, model: str, spent: Spent, text: str, *, is_last: bool) -> dict[str, Any]:
    """Gemini states thoughts beside the candidates, not inside them."""
    candidate: dict[str, Any] = {"content": {"parts": [{"text": text}], "role": "model"}, "index": 0}
    if is_last:
        candidate["finishReason"] = "STOP"
    usage = {
        "promptTokenCount": spent.input_tokens,
        "cachedContentTokenCount": spent.cached,
        "candidatesTokenCount": spent.output_tokens - spent.reasoning,
        "thoughtsTokenCount": spent.reasoning,
        "totalTokenCount": spent.input_tokens + spent.output_tokens,
    }
    return {"candidates": [candidate], "usageMetadata": usage, "modelVersion": model, "responseId": name}


def generate(name: str, model: str, spent: Spent) -> Reply:
    """Gemini generateContent."""
    return _json(_gemini(name, model, spent, "".join(WORDS), is_last=True))


def generate_stream(name: str, model: str, spent: Spent, *, as_events: bool) -> Reply:
    """Gemini streamGenerateContent: events with `alt=sse`, else one JSON array that grows."""
    parts = [_gemini(name, model, spent, word, is_last=word is WORDS[-1]) for word in WORDS]
    if as_events:
        return _events(parts)
    pieces = [(b"[" if at == 0 else b",\r\n") + json.dumps(part).encode() for at, part in enumerate(parts)]
    return Reply("application/json", (*pieces, b"]"))


def models(style: str) -> Reply:
    """The list of models, as `platform test` asks for it."""
    if style == "gemini":
        return _json({"models": [{"name": "models/gemini-2.5-flash"}]})
    return _json(
        {"object": "list", "data": [{"id": "gpt-5-mini", "object": "model", "created": 0, "owned_by": "sample"}]}
    )


def refusal(style: str, status: int, kind: str, message: str) -> Reply:
    """An error in the shape of `openai`, `anthropic` or `gemini`."""
    shapes: Mapping[str, Callable[[], object]] = {
        "openai": lambda: {"error": {"message": message, "type": kind, "param": None, "code": kind}},
        "anthropic": lambda: {"type": "error", "error": {"type": kind, "message": message}},
        "gemini": lambda: {"error": {"code": status, "message": message, "status": kind.upper()}},
    }
    return _json(shapes[style](), status)
