"""A provider on loopback in a thread: every answer has an id of its own, and what it was asked is kept."""

import asyncio
import itertools
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from tests.proxy.servers import read_request

USAGE = {"prompt_tokens": 20, "completion_tokens": 5, "total_tokens": 25}


class Upstream:
    """Answers OpenAI chat calls, streams too; `requests` holds each request's head and body as they came."""

    def __init__(self) -> None:
        self.requests: list[tuple[bytes, bytes]] = []
        self.port = 0
        # Streams wait here before their last event while it is cleared.
        self.may_finish = threading.Event()
        self.may_finish.set()
        self.hang_ups = 0
        self._numbers = itertools.count(1)

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        try:
            while True:
                head, body = await read_request(reader)
                self.requests.append((head, body))
                name = f"chatcmpl-{next(self._numbers):024d}"
                if b'"stream":true' in body.replace(b" ", b""):
                    await self._stream(writer, name)
                else:
                    await self._answer(writer, name)
        except (ConnectionError, asyncio.IncompleteReadError):
            return
        finally:
            writer.close()

    async def _answer(self, writer: asyncio.StreamWriter, name: str) -> None:
        message = {"role": "assistant", "content": "hello"}
        choices = [{"index": 0, "message": message, "finish_reason": "stop"}]
        value: dict[str, object] = {
            "id": name,
            "object": "chat.completion",
            "model": "gpt-4o-2024-08-06",
            "usage": USAGE,
        }
        value |= {"choices": choices}
        body = json.dumps(value).encode()
        writer.write(
            b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body)
        )
        await writer.drain()

    async def _stream(self, writer: asyncio.StreamWriter, name: str) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n")
        for index in range(4):
            delta = {"role": "assistant", "content": f"part {index} "}
            await self._event(writer, {"id": name, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]})
        while not self.may_finish.is_set():
            await asyncio.sleep(0.005)
            if writer.transport.is_closing():
                self.hang_ups += 1
                return
        await self._event(writer, {"id": name, "choices": [], "usage": USAGE})
        done = b"data: [DONE]\n\n"
        writer.write(b"%x\r\n%b\r\n0\r\n\r\n" % (len(done), done))
        await writer.drain()

    async def _event(self, writer: asyncio.StreamWriter, value: dict[str, object]) -> None:
        value.update(object="chat.completion.chunk", created=1763900000, model="gpt-4o-2024-08-06")
        data = b"data: " + json.dumps(value, separators=(",", ":")).encode() + b"\n\n"
        writer.write(b"%x\r\n%b\r\n" % (len(data), data))
        await writer.drain()


@contextmanager
def upstream() -> Iterator[Upstream]:
    """A running provider; its port is in `port`."""
    served = Upstream()
    loop = asyncio.new_event_loop()
    ready = threading.Event()
    stopping = asyncio.Event()

    async def main() -> None:
        server = await asyncio.start_server(served.handle, "127.0.0.1", 0)
        served.port = server.sockets[0].getsockname()[1]
        ready.set()
        await stopping.wait()
        server.close()
        serving = asyncio.all_tasks() - {asyncio.current_task()}
        for task in serving:
            task.cancel()
        await asyncio.gather(*serving, return_exceptions=True)
        # A closed transport lets go of its socket in the loop's next turn.
        await asyncio.sleep(0)

    thread = threading.Thread(target=lambda: loop.run_until_complete(main()), daemon=True)
    thread.start()
    ready.wait(10)
    try:
        yield served
    finally:
        loop.call_soon_threadsafe(stopping.set)
        thread.join(10)
        loop.close()
