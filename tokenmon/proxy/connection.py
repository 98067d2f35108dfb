"""One HTTP/1.1 connection to a provider: writes a request, hands out its response as it arrives.

Own code because this is the hot path: one wake-up gives head, body and end of a small response, and a socket read is
handed on as one piece. `pool.py` decides which connection serves a request; this file knows nothing of that.
"""

import asyncio
from collections.abc import Callable
from typing import Any, cast

import httptools

from tokenmon.proxy.failures import ProxyFailure

Headers = list[tuple[bytes, bytes]]
# Takes a piece of the body, and whether the body ended with it.
Sink = Callable[[bytes, bool], None]

# Bytes held for a slow reader before the socket is paused, and the most a response's head may take.
HIGH_WATER = 256 * 1024
MAX_HEAD = 256 * 1024
BODILESS = frozenset({204, 304})
_NEVER = float("inf")


class UpstreamConnection(asyncio.Protocol):
    """One keep-alive connection; serves one request at a time.

    Use: `start(...)`, then `await head()`, then `await relay(sink)`, or `await read()` until its second value is True.
    `is_reusable` tells afterwards whether another request may follow.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._transport: asyncio.Transport | None = None
        self._parser: Any = None
        self._waiter: asyncio.Future[None] | None = None
        self._writable: asyncio.Future[None] | None = None
        self._sink: Sink | None = None
        self._timeout = 0.0
        self._sink_error: Exception | None = None
        self._is_write_paused = False
        self._is_read_paused = False
        self._failure: ProxyFailure | None = None
        self._chunks: list[bytes] = []
        self._buffered = 0
        # Bytes that came since the last piece of a body: a head, trailers, or one that never ends.
        self._unread = 0
        self._has_head = False
        self._is_done = True
        self._is_head_request = False
        # The request asks for a WebSocket; once the provider agreed, all that comes is the session's.
        self._is_upgrade = False
        self._is_switched = False
        self._has_length = False
        self._keeps_alive = False
        self._saw_bytes = False
        self.status = 0
        self.headers: Headers = []
        self.requests_served = 0
        # Loop times: when the current wait fails, and since when the connection rests in the pool.
        self.deadline = _NEVER
        self.idle_since = 0.0

    # asyncio's side

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        if self._is_done:
            # Bytes that no request asked for: whatever follows could be taken for another call's answer.
            self._drop()
            return
        self._saw_bytes = True
        self._unread += len(data)
        if self._is_switched:
            self.on_body(data)
            self._deliver()
            return
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as switch:
            if self._is_upgrade and self.status == 101:
                self.on_body(data[switch.args[0] :])
            else:
                self._fail(ProxyFailure("upstream_protocol", "the provider switched protocols unasked"))
        except httptools.HttpParserError:
            self._fail(ProxyFailure("upstream_protocol", "the provider's answer is not valid HTTP"))
        if self._unread > MAX_HEAD:
            self._fail(ProxyFailure("upstream_protocol", "the provider's response headers are too large"))
        self._deliver()

    def _deliver(self) -> None:
        if self._sink is not None:
            self._hand_over()
            if not self._is_done and self._failure is None:
                return
        elif self._buffered > HIGH_WATER:
            self.pause()
        self._wake()

    def eof_received(self) -> bool:
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._keeps_alive = False
        if not self._is_done:
            if self._has_head and not self._has_length and exc is None and self._failure is None:
                # Neither a length nor chunks were announced: the end of the connection is the end of the body.
                self._is_done = True
                if self._sink is not None:
                    self._hand_over()
            else:
                self._fail(ProxyFailure("upstream_disconnected", "the provider closed the connection mid-answer"))
        if self._writable is not None and not self._writable.done():
            self._writable.set_result(None)
        self._wake()

    def pause_writing(self) -> None:
        self._is_write_paused = True

    def resume_writing(self) -> None:
        self._is_write_paused = False
        if self._writable is not None and not self._writable.done():
            self._writable.set_result(None)

    # httptools' side

    def on_message_begin(self) -> None:
        if self._is_done:
            # A second answer to one request: nothing of it is anybody's.
            self._drop()

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._has_head:
            # Trailers say nothing that a caller could not do without, and they come after all checks.
            return
        name = name.lower()
        if name in (b"content-length", b"transfer-encoding"):
            self._has_length = True
        self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        if self._has_head:
            return
        self._unread = 0
        self.status = self._parser.get_status_code()
        if self.status == 101 and self._is_upgrade:
            self._has_head = self._is_switched = True
            return
        if self.status < 200:
            return
        self._has_head = True
        if self._is_head_request or self.status in BODILESS:
            # llhttp cannot be told that a HEAD's response has no body, so the connection ends here.
            self._is_done = True
            self._keeps_alive = not self._is_head_request and bool(self._parser.should_keep_alive())

    def on_body(self, body: bytes) -> None:
        self._unread = 0
        if body and not self._is_done:
            self._chunks.append(body)
            self._buffered += len(body)

    def on_message_complete(self) -> None:
        if not self._has_head:
            # A 1xx: the real response follows on the same connection.
            self.headers = []
            self._has_length = False
            return
        if not self._is_done and not self._is_switched:
            self._is_done = True
            self._keeps_alive = self._has_length and self._parser.should_keep_alive()

    # The caller's side

    @property
    def is_open(self) -> bool:
        """Whether the transport is connected and not closing."""
        return self._transport is not None and not self._transport.is_closing()

    @property
    def is_reusable(self) -> bool:
        """Whether the last response ended cleanly and the provider keeps the connection."""
        return self._is_done and self._keeps_alive and self._failure is None and self.is_open

    @property
    def has_news(self) -> bool:
        """Whether `read` would return at once."""
        return bool(self._chunks) or self._is_done

    @property
    def has_head(self) -> bool:
        """Whether the final response's head came."""
        return self._has_head

    @property
    def has_answer_bytes(self) -> bool:
        """Whether any byte of the current response came."""
        return self._saw_bytes

    def start(self, head: bytes, *, is_head_request: bool = False, is_upgrade: bool = False) -> None:
        """Begin a request: write its head (and body, when the caller joined it)."""
        transport = self._transport
        if transport is None or transport.is_closing():
            raise ProxyFailure("upstream_disconnected", "the provider closed the connection")
        self._parser = httptools.HttpResponseParser(self)
        self._failure = None
        self._chunks = []
        self._buffered = 0
        self._unread = 0
        self._has_head = self._is_done = self._has_length = self._keeps_alive = self._saw_bytes = False
        self._is_head_request = is_head_request
        self._is_upgrade = is_upgrade
        self._is_switched = False
        self.status = 0
        self.headers = []
        self.requests_served += 1
        transport.write(head)

    async def write(self, data: bytes) -> None:
        """Write a piece of a streamed upload; waits while the socket is full."""
        if self._failure is not None:
            raise self._failure
        if self._transport is None or self._transport.is_closing():
            raise ProxyFailure("upstream_disconnected", "the provider closed the connection during the upload")
        self._transport.write(data)
        if self._waiter is not None:
            # The answer is not due before the request is sent.
            self.deadline = self._loop.time() + self._timeout
        if self._is_write_paused:
            self._writable = self._loop.create_future()
            await self._writable
            if self._failure is not None:
                raise self._failure

    async def head(self, timeout_seconds: float) -> None:
        """Wait until `status` and `headers` are those of the final response."""
        while not self._has_head:
            await self._wait(timeout_seconds)

    async def read(self, timeout_seconds: float) -> tuple[bytes, bool]:
        """The bytes that came since the last call (waits for some), and whether the body ended with them."""
        while not self._chunks and not self._is_done:
            await self._wait(timeout_seconds)
        chunks = self._chunks
        data = chunks[0] if len(chunks) == 1 else b"".join(chunks)
        self._chunks = []
        self._buffered = 0
        self.resume()
        return data, self._is_done

    async def relay(self, sink: Sink, timeout_seconds: float) -> None:
        """Hand each piece of the body to `sink` in the very callback that brings it, until the body has ended.

        Raises ProxyFailure when it does not end well, and what the sink raised.
        """
        self._sink, self._timeout = sink, timeout_seconds
        try:
            if self.has_news:
                self._hand_over()
            while not self._is_done and self._sink_error is None:
                await self._wait(timeout_seconds)
            if self._sink_error is not None:
                raise self._sink_error
        finally:
            self._sink = self._sink_error = None

    def _hand_over(self) -> None:
        chunks, sink = self._chunks, self._sink
        if sink is None or not (chunks or self._is_done):
            return
        self._chunks = []
        self._buffered = 0
        if self.deadline != _NEVER and not self._is_read_paused:
            self.deadline = self._loop.time() + self._timeout
        try:
            sink(chunks[0] if len(chunks) == 1 else b"".join(chunks), self._is_done)
        except Exception as error:
            # Not the provider's fault: it is raised where the call waits.
            self._sink_error = error
            self._drop()
            self._wake()

    def pause(self) -> None:
        """Take nothing more from the provider for now; the time that this takes is not counted against it."""
        if not self._is_read_paused and self._transport is not None:
            self._is_read_paused = True
            self._transport.pause_reading()
            self.deadline = _NEVER

    def resume(self) -> None:
        """Go on taking."""
        if self._is_read_paused and self._transport is not None:
            self._is_read_paused = False
            self._transport.resume_reading()
            if self._waiter is not None:
                self.deadline = self._loop.time() + self._timeout

    def fail(self, failure: ProxyFailure) -> None:
        """End the exchange from outside: the waiting caller gets the failure, the socket closes."""
        self._fail(failure)
        self._wake()

    def close(self) -> None:
        """Close at once; unsent bytes are dropped."""
        if self._transport is not None:
            self._transport.abort()

    async def _wait(self, timeout_seconds: float) -> None:
        if self._failure is not None:
            raise self._failure
        self._waiter = self._loop.create_future()
        self._timeout = timeout_seconds
        # The pool's sweep compares this each second: cheaper than a timer for every wait.
        self.deadline = _NEVER if self._is_read_paused else self._loop.time() + timeout_seconds
        try:
            await self._waiter
        finally:
            self._waiter = None
            self.deadline = _NEVER
        self._raise_failure()

    def _raise_failure(self) -> None:
        # What arrived before the failure is read first.
        if self._failure is not None and not self._chunks:
            raise self._failure

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _fail(self, failure: ProxyFailure) -> None:
        if self._failure is None:
            self._failure = failure
        self._drop()

    def _drop(self) -> None:
        self._keeps_alive = False
        if self._transport is not None:
            self._transport.abort()
