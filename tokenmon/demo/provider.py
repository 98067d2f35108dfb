"""The sample provider: answers on loopback as OpenAI, Azure, Anthropic and Gemini do, and keeps a ledger of it."""

import asyncio
import json
import random
import re
from typing import Any

from tokenmon.demo import replies
from tokenmon.demo.replies import Reply, Spent
from tokenmon.providers.request import read_request

# What the platforms of the demo store; nothing but this sample provider takes it.
PROVIDER_KEY = "sk-sample-provider-key-0000"
SEED = 8484
GEMINI = re.compile(r"/models/([^/:]+):(generateContent|streamGenerateContent)")
REFUSED_EVERY = 29
# Slow enough that a stream is still running when its caller hangs up.
PIECE_SECONDS = 0.002


class SampleProvider:
    """Serves until closed; `spent` sums what its whole answers stated, `answered` counts them."""

    def __init__(self) -> None:
        self.answered = 0
        self.input_tokens = 0
        self.output_tokens = 0
        self.port = 0
        self._server: asyncio.Server | None = None
        self._numbers = random.Random(SEED)  # noqa: S311  (sample data)
        self._calls = 0

    async def start(self) -> None:
        """Listen on a free port of loopback."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = int(self._server.sockets[0].getsockname()[1])

    async def close(self) -> None:
        """Listen no more."""
        if self._server is not None:
            self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                lines = head.split("\r\n")
                headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:])}
                body = await reader.readexactly(int(headers.get("content-length", "0")))
                spent = self._next_usage()
                reply = self._answer(lines[0].split(" ")[1], headers, body, spent)
                await self._send_all_but_last(writer, reply)
                # Noted before the end leaves: whoever has the whole answer finds it in the ledger.
                if reply.status == 200 and not lines[0].startswith("GET "):
                    self._note(spent, lines[0])
                await self._send_last(writer, reply)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            return
        finally:
            writer.close()

    def _note(self, spent: Spent, request_line: str) -> None:
        self.answered += 1
        self.input_tokens += spent.input_tokens
        self.output_tokens += 0 if "/embeddings" in request_line else spent.output_tokens

    def _next_usage(self) -> Spent:
        self._calls += 1
        draw = self._numbers.randint
        size, out = draw(200, 6000), draw(20, 900)
        return Spent(size, out, cached=draw(0, size // 2), written=draw(0, size // 4), reasoning=draw(0, out // 2))

    def _answer(self, target: str, headers: dict[str, str], body: bytes, spent: Spent) -> Reply:
        path = target.partition("?")[0]
        style = "anthropic" if path.endswith("/messages") else "gemini" if GEMINI.search(path) else "openai"
        if not any(PROVIDER_KEY in value for value in headers.values()):
            return replies.refusal(style, 401, "authentication_error", "this is not the sample provider's key")
        if path.endswith("/models"):
            return replies.models(style)
        if self._calls % REFUSED_EVERY == 0:
            return replies.refusal(style, 429, "rate_limit_error", "too many requests for this sample")
        name = f"{self._calls:08d}{self._numbers.getrandbits(64):016x}"
        if match := GEMINI.search(path):
            return _gemini_reply(name, match[1], spent, match[2], target)
        facts = read_request(body)
        return _json_reply(path, name, facts.model or "gpt-4o", spent, body, stream=facts.stream)

    async def _send_all_but_last(self, writer: asyncio.StreamWriter, reply: Reply) -> None:
        start = f"HTTP/1.1 {reply.status} Sample\r\ncontent-type: {reply.content_type}\r\n"
        if len(reply.pieces) == 1:
            writer.write(f"{start}content-length: {len(reply.pieces[0])}\r\n\r\n".encode())
            return
        writer.write(f"{start}transfer-encoding: chunked\r\n\r\n".encode())
        for piece in reply.pieces[:-1]:
            writer.write(_chunk(piece))
            await writer.drain()
            await asyncio.sleep(PIECE_SECONDS)

    async def _send_last(self, writer: asyncio.StreamWriter, reply: Reply) -> None:
        last = reply.pieces[-1]
        writer.write(last if len(reply.pieces) == 1 else _chunk(last) + b"0\r\n\r\n")
        await writer.drain()


def _chunk(piece: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(piece), piece)


def _gemini_reply(name: str, model: str, spent: Spent, call: str, target: str) -> Reply:
    if call == "generateContent":
        return replies.generate(name, model, spent)
    return replies.generate_stream(name, model, spent, as_events="alt=sse" in target)


def _json_reply(path: str, name: str, model: str, spent: Spent, body: bytes, *, stream: bool) -> Reply:
    if path.endswith("/messages"):
        return (replies.messages_stream if stream else replies.messages)(name, model, spent)
    if path.endswith("/responses"):
        return (replies.responses_stream if stream else replies.responses)(name, model, spent)
    if path.endswith("/embeddings"):
        return replies.embeddings(model, spent)
    if path.endswith("/chat/completions"):
        if not stream:
            return replies.chat(name, model, spent)
        content: dict[str, Any] = json.loads(body)
        asked = bool((content.get("stream_options") or {}).get("include_usage"))
        return replies.chat_stream(name, model, spent, states_usage=asked)
    if path.endswith("/completions"):
        return replies.completion(name, model, spent)
    return replies.refusal("openai", 404, "not_found_error", "the sample provider has no such path")
