"""The demo's callers: a few hundred calls of many kinds, as the SDKs would send them, through the proxy."""

import asyncio
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

CONCURRENCY = 16
CALL_SECONDS = 20.0
PROJECTS = ("search", "support", "reports")
# One in so many streams is left in the middle, as people do.
ABANDONED_EVERY = 41


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of call: the platform's path, the header that carries the key, and the body."""

    path: str
    key_header: str
    body: dict[str, Any]

    @property
    def is_stream(self) -> bool:
        """Whether the answer comes in pieces."""
        return bool(self.body.get("stream")) or "stream" in self.path


def _chat(path: str, model: str, header: str = "authorization", **more: Any) -> Kind:
    messages = [{"role": "user", "content": "How many tokens is this?"}]
    return Kind(path, header, {"model": model, "messages": messages, **more})


_GEMINI = {"contents": [{"role": "user", "parts": [{"text": "How many tokens is this?"}]}]}
_CLAUDE = "/anthropic/v1/messages"
_GPT = "/openai/v1"
_AZURE = "/azure/openai/deployments/gpt-4o/chat/completions?api-version=2024-10-21"
KINDS = (
    _chat(f"{_GPT}/chat/completions", "gpt-5-mini"),
    _chat(f"{_GPT}/chat/completions", "gpt-4o", stream=True),
    _chat(f"{_GPT}/chat/completions", "gpt-5-mini", stream=True, stream_options={"include_usage": True}),
    Kind(f"{_GPT}/responses", "authorization", {"model": "gpt-5", "input": "How many tokens is this?"}),
    Kind(f"{_GPT}/responses", "authorization", {"model": "gpt-5", "input": "How many?", "stream": True}),
    Kind(f"{_GPT}/embeddings", "authorization", {"model": "text-embedding-3-small", "input": "a text"}),
    _chat(_CLAUDE, "claude-sonnet-4-5", "x-api-key", max_tokens=1024),
    _chat(_CLAUDE, "claude-sonnet-4-5", "x-api-key", max_tokens=1024, stream=True),
    _chat(_CLAUDE, "claude-haiku-4-5", "x-api-key", max_tokens=256, stream=True),
    Kind("/gemini/v1beta/models/gemini-2.5-flash:generateContent", "x-goog-api-key", _GEMINI),
    Kind("/gemini/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse", "x-goog-api-key", _GEMINI),
    Kind("/gemini/v1beta/models/gemini-2.5-pro:streamGenerateContent", "x-goog-api-key", _GEMINI),
    _chat(_AZURE, "gpt-4o", "api-key"),
    _chat("/local/v1/chat/completions", "house-model", stream=True),
    Kind("/local/v1/completions", "authorization", {"model": "house-model", "prompt": "Once"}),
    _chat(f"{_GPT}/chat/completions", "experimental-model-without-price"),
)


@dataclass(slots=True)
class Tally:
    """How the calls ended: whole answers, refusals, and answers left in the middle."""

    whole: int = 0
    refused: int = 0
    abandoned: int = 0

    @property
    def calls(self) -> int:
        """All of them."""
        return self.whole + self.refused + self.abandoned


async def send_calls(port: int, key: str, count: int, on_progress: Callable[[int, int], None]) -> Tally:
    """Send calls of all kinds through the proxy, several at once, and read their answers."""
    tally = Tally()
    numbers = iter(range(count))
    async with asyncio.TaskGroup() as group:
        for _ in range(min(CONCURRENCY, count)):
            group.create_task(_caller(port, key, numbers, tally, lambda: on_progress(tally.calls, count)))
    return tally


async def _caller(port: int, key: str, numbers: Iterator[int], tally: Tally, tell: Callable[[], None]) -> None:
    for number in numbers:
        async with asyncio.timeout(CALL_SECONDS):
            await send_call(port, key, number, tally)
        tell()


async def send_call(port: int, key: str, number: int, tally: Tally) -> None:
    """Send one call, of the kind that its number means."""
    kind = KINDS[number % len(KINDS)]
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(_request(kind, port, key, number))
        await writer.drain()
        if kind.is_stream and number % ABANDONED_EVERY == ABANDONED_EVERY - 1:
            await reader.readuntil(b"data: ")
            tally.abandoned += 1
            return
        answer = await reader.read()
        while piece := await reader.read():
            answer += piece
        if answer.startswith(b"HTTP/1.1 200 "):
            tally.whole += 1
        else:
            tally.refused += 1
    finally:
        writer.close()


def _request(kind: Kind, port: int, key: str, number: int) -> bytes:
    body = json.dumps(kind.body).encode()
    value = f"Bearer {key}" if kind.key_header == "authorization" else key
    lines = (
        f"POST {kind.path} HTTP/1.1", f"host: 127.0.0.1:{port}", f"{kind.key_header}: {value}",
        "content-type: application/json", f"content-length: {len(body)}", "connection: close",
        f"x-tokenmon-project: {PROJECTS[number % len(PROJECTS)]}", f"x-tokenmon-tags: number={number}",
        f"x-tokenmon-conversation: sample-{number // 10}",
    )  # fmt: skip
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body
