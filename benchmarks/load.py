"""A load generator in one file: keep-alive connections that send one fixed request as fast as answers come.

Run by `proxy.py` as a process of its own; prints one JSON line of figures. Raw asyncio protocols, so that it takes
less CPU than any server under test.
"""

import argparse
import asyncio
import json
import time
from typing import cast


class Client(asyncio.Protocol):
    """One connection; the end of an answer is found by its length or by its last chunk."""

    def __init__(self, load: "Load") -> None:
        self.load = load
        self.buffer = b""
        self.sent_at = 0.0
        self.first_at = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self._next()

    def _next(self) -> None:
        if self.load.is_over():
            self.transport.close()
            return
        self.sent_at = time.perf_counter()
        self.first_at = 0.0
        self.buffer = b""
        self.transport.write(self.load.request)

    def data_received(self, data: bytes) -> None:
        self.buffer = self.buffer + data if self.buffer else data
        head_end = self.buffer.find(b"\r\n\r\n")
        if head_end < 0:
            return
        if not self.first_at and len(self.buffer) > head_end + 4:
            self.first_at = time.perf_counter()
        head = self.buffer[:head_end].lower()
        at = head.find(b"content-length:")
        if at >= 0:
            length = int(head[at + 15 :].split(b"\r\n", 1)[0])
            is_whole = len(self.buffer) >= head_end + 4 + length
        else:
            is_whole = self.buffer.endswith(b"\r\n0\r\n\r\n")
        if is_whole:
            now = time.perf_counter()
            self.load.done(now - self.sent_at, self.first_at - self.sent_at, ok=head.startswith(b"http/1.1 200"))
            self._next()

    def connection_lost(self, exc: Exception | None) -> None:
        self.load.closed()


class Load:
    """Counts and times for a number of requests or seconds."""

    def __init__(self, request: bytes, *, connections: int, seconds: float, requests: int) -> None:
        self.request = request
        self.connections = connections
        self.open = connections
        self.limit = requests
        self.started = time.perf_counter()
        self.ends_at = self.started + seconds
        self.count = 0
        self.failed = 0
        self.times: list[float] = []
        self.firsts: list[float] = []
        self.finished = asyncio.get_running_loop().create_future()

    def is_over(self) -> bool:
        """Whether no further request is to be sent."""
        return time.perf_counter() >= self.ends_at or (self.limit > 0 and self.count >= self.limit)

    def done(self, seconds: float, first: float, *, ok: bool) -> None:
        """Count one answer."""
        self.count += 1
        self.failed += not ok
        if len(self.times) < 200_000:
            self.times.append(seconds)
            self.firsts.append(first)

    def closed(self) -> None:
        """One connection has ended."""
        self.open -= 1
        if self.open == 0 and not self.finished.done():
            self.finished.set_result(None)


def build_request(port: int, path: str, *, key: str, stream: bool) -> bytes:
    """A chat request as an SDK sends it, in one piece."""
    content: dict[str, object] = {"model": "gpt-4o", "messages": [{"role": "user", "content": "hello " * 30}]}
    if stream:
        content.update(stream=True, stream_options={"include_usage": True})
    body = json.dumps(content, separators=(",", ":")).encode()
    lines = [
        f"POST {path} HTTP/1.1", f"host: 127.0.0.1:{port}", "accept: application/json",
        "content-type: application/json", "user-agent: OpenAI/Python 3.54.0", "x-stainless-lang: python",
        "x-stainless-package-version: 3.54.0",
        f"authorization: Bearer {key}", f"content-length: {len(body)}",
    ]  # fmt: skip
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


async def run(arguments: argparse.Namespace) -> dict[str, float]:
    """Put the load on and return its figures; times in seconds."""
    request = build_request(arguments.port, arguments.path, key=arguments.key, stream=arguments.stream)
    load = Load(request, connections=arguments.connections, seconds=arguments.seconds, requests=arguments.requests)
    loop = asyncio.get_running_loop()
    for _ in range(arguments.connections):
        await loop.create_connection(lambda: Client(load), "127.0.0.1", arguments.port)
    await load.finished
    elapsed = time.perf_counter() - load.started
    times, firsts = sorted(load.times), sorted(load.firsts)
    return {
        "count": load.count,
        "failed": load.failed,
        "per_second": load.count / elapsed,
        "median": times[len(times) // 2],
        "p99": times[int(len(times) * 0.99)],
        "first_median": firsts[len(firsts) // 2],
    }


if __name__ == "__main__":
    import uvloop

    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--path", default="/v1/chat/completions")
    parser.add_argument("--key", default="sk-none")
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--requests", type=int, default=0)
    parser.add_argument("--stream", action="store_true")
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        print(json.dumps(runner.run(run(parser.parse_args()))))
