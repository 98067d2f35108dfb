"""A fast fake provider for benchmarks: answers chat calls with a fixed JSON of 1 KB, or a stream of 50 chunks.

Run by `proxy.py` as a process of its own; prints its port. A raw asyncio protocol, so that it is never the bottleneck.
`POST /v1/chat/completions` answers at once; with `"stream":true` it sends each chunk in a turn of the event loop of its
own; `/slow/...` waits 20 ms between chunks.
"""

import asyncio
import itertools
import json
import sys
from typing import cast

CHUNKS = 50
PAD = "x" * 560
_numbers = itertools.count(10**15)


def _chunked(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


def _event(value: object) -> bytes:
    return b"data: " + json.dumps(value, separators=(",", ":")).encode() + b"\n\n"


def answer(number: int) -> bytes:
    """A whole chat completion with a distinct id."""
    body = (
        b'{"id":"chatcmpl-B%015d","object":"chat.completion","created":1763900000,"model":"gpt-4o-2024-08-06",'
        b'"choices":[{"index":0,"message":{"role":"assistant","content":"%b"},"finish_reason":"stop"}],'
        b'"usage":{"prompt_tokens":120,"completion_tokens":48,"total_tokens":168,"prompt_tokens_details":'
        b'{"cached_tokens":64,"audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":16,"audio_tokens":0,'
        b'"accepted_prediction_tokens":0,"rejected_prediction_tokens":0}},"service_tier":"default"}'
    ) % (number, PAD.encode())
    return b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body)


def pieces(number: int) -> list[bytes]:
    """The pieces of a streamed chat completion, usage last."""
    head = {"id": f"chatcmpl-S{number:015d}", "object": "chat.completion.chunk", "created": 1763900000}
    head["model"] = "gpt-4o-2024-08-06"
    texts = [
        _event({**head, "choices": [{"index": 0, "delta": {"content": "token "}, "finish_reason": None}]})
        for _ in range(CHUNKS - 1)
    ]
    usage = {"prompt_tokens": 120, "completion_tokens": 48, "total_tokens": 168}
    last = _event({**head, "choices": [], "usage": usage}) + b"data: [DONE]\n\n"
    start = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
    return [start, *(_chunked(text) for text in texts), _chunked(last) + b"0\r\n\r\n"]


_TEMPLATE = pieces(0)
_OLD = b"chatcmpl-S000000000000000"


class Provider(asyncio.Protocol):
    """Serves one connection; requests must come whole and one at a time, as the proxy and wrk send them."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.buffer = b""
        self.loop = asyncio.get_running_loop()

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        head_end = self.buffer.find(b"\r\n\r\n")
        if head_end < 0:
            return
        head = self.buffer[:head_end].lower()
        at = head.find(b"content-length:")
        length = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
        if len(self.buffer) < head_end + 4 + length:
            return
        body = self.buffer[head_end + 4 : head_end + 4 + length]
        self.buffer = self.buffer[head_end + 4 + length :]
        number = next(_numbers)
        if b'"stream":true' in body.replace(b" ", b""):
            delay = 0.02 if b"/slow/" in head else 0.0
            name = b"chatcmpl-S%015d" % (number % 10**15)
            self._send([piece.replace(_OLD, name) for piece in _TEMPLATE], 0, delay)
        else:
            self.transport.write(answer(number % 10**15))

    def _send(self, parts: list[bytes], index: int, delay: float) -> None:
        if self.transport.is_closing():
            return
        self.transport.write(parts[index])
        if index + 1 == len(parts):
            return
        if delay:
            self.loop.call_later(delay, self._send, parts, index + 1, delay)
        else:
            self.loop.call_soon(self._send, parts, index + 1, delay)


async def _serve(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(Provider, "127.0.0.1", port)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    import uvloop

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(int(sys.argv[1]) if len(sys.argv) > 1 else 0))
