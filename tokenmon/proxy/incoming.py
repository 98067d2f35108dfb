"""One request on the port and the answer to it: the body as it comes, the answer as it is ready.

Writing is synchronous, so that a provider's bytes can go to the caller in the very callback that brought them; a
caller who reads slowly is told by `is_slow`, and `on_writable` says when to go on.
"""

import asyncio
import http
from collections.abc import Callable
from typing import Protocol

from tokenmon.proxy.failures import ProxyFailure

Headers = list[tuple[bytes, bytes]]

STATUS_LINES = {status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode() for status in http.HTTPStatus}
BODILESS = frozenset({204, 304})
# Bytes of a request's body that wait to be read before the socket is paused.
HIGH_WATER = 64 * 1024
GONE = "the caller hung up before the request was complete"


class Line(Protocol):
    """The connection that a request came on, as far as its answer needs it."""

    def write(self, data: bytes) -> None:
        """Send bytes now."""

    def pause_reading(self) -> None:
        """Take no more of the body."""

    def resume_reading(self) -> None:
        """Go on taking it."""

    def answered(self, incoming: "Incoming") -> None:
        """The answer is complete."""


class Incoming:
    """A request with its answer.

    `headers` have names in lower case and are all but the body's length, which is `content_length`; `raw_path` and
    `query` are as they came.
    """

    __slots__ = (
        "_body", "_has_whole_body", "_head", "_is_bodiless", "_is_chunked", "_left", "_line", "_may_continue", "_size",
        "_waiter", "_writable", "content_length", "headers", "http_version", "is_complete", "is_gone", "is_slow",
        "is_started", "is_upgrade", "keeps_alive", "method", "on_gone", "on_writable", "query", "raw_path",
    )  # fmt: skip

    def __init__(
        self, line: Line, method: str, raw_path: bytes, query: bytes, headers: Headers, http_version: str,
        *, content_length: int | None, keeps_alive: bool, is_upgrade: bool = False,
    ) -> None:  # fmt: skip
        self._line = line
        self.method = method
        self.raw_path = raw_path
        self.query = query
        self.headers = headers
        self.http_version = http_version
        self.keeps_alive = keeps_alive
        self.content_length = content_length
        # A WebSocket is asked for: there is no body, and what comes after the head is the session's.
        self.is_upgrade = is_upgrade
        # The caller may wait for a word before it sends the body.
        self._may_continue = True
        self._body: list[bytes] = []
        self._size = 0
        self._has_whole_body = False
        self._waiter: asyncio.Future[None] | None = None
        self._writable: asyncio.Future[None] | None = None
        self._head = b""
        self._is_bodiless = self._is_chunked = False
        # Bytes of the announced length that are still to come; None when no length was announced.
        self._left: int | None = None
        self.is_started = self.is_complete = self.is_gone = self.is_slow = False
        # Called when the caller hangs up before the answer is complete, and when a slow caller took what was sent.
        self.on_gone: Callable[[], None] | None = None
        self.on_writable: Callable[[], None] | None = None

    def key(self) -> tuple[object, ...]:
        """All that the head says but for the body's length: equal for equal heads."""
        return (self.raw_path, self.query, self.method, self.http_version, tuple(self.headers))

    # The request's body

    async def read(self) -> tuple[bytes, bool]:
        """The bytes of the body that came since the last call (waits for some), and whether it ended with them.

        Raises ProxyFailure `client_disconnected` when the rest will never come.
        """
        while not self._body and not self._has_whole_body:
            if self.is_gone:
                raise ProxyFailure("client_disconnected", GONE)
            if self._may_continue and not self.is_started:
                self._may_continue = False
                if any(name == b"expect" and value.lower() == b"100-continue" for name, value in self.headers):
                    self._line.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            self._line.resume_reading()
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter
        data = self._body[0] if len(self._body) == 1 else b"".join(self._body)
        self._body = []
        self._size = 0
        return data, self._has_whole_body

    async def until_gone(self) -> None:
        """Wait until the caller hung up or the answer is complete."""
        while not self.is_gone and not self.is_complete:
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter

    # The answer

    def start(self, status: int, headers: Headers) -> None:
        """Prepare status and headers (names in lower case); they leave with the first piece, or by `flush`."""
        parts = [STATUS_LINES.get(status) or b"HTTP/1.1 %d\r\n" % status]
        length: int | None = None
        for name, value in headers:
            if name == b"content-length":
                length = int(value)
            elif name == b"connection":
                self.keeps_alive = self.keeps_alive and b"close" not in value.lower()
                continue
            parts.append(b"%b: %b\r\n" % (name, value))
        # What is left of an unread body is not heard out as long as it lasts: the connection ends with the answer.
        self.keeps_alive = self.keeps_alive and self._has_whole_body
        self._is_bodiless = self.method == "HEAD" or status in BODILESS
        self._left = length
        if length is None and not self._is_bodiless:
            self._is_chunked = self.http_version == "1.1"
            if self._is_chunked:
                parts.append(b"transfer-encoding: chunked\r\n")
            else:
                self.keeps_alive = False
        if not self.keeps_alive:
            parts.append(b"connection: close\r\n")
        head = b"".join(parts)
        if head.count(b"\n") != len(parts) or head.count(b"\r") != len(parts) or b"\0" in head:
            raise ValueError("a response header holds a line break or NUL")
        self._head = head + b"\r\n"
        self.is_started = True

    def switch(self, head: bytes) -> None:
        """Agree to another protocol: a head as it is, then bytes as they are, to the end of the connection."""
        self.is_started = True
        self.keeps_alive = False
        self._line.write(head)

    def flush(self) -> None:
        """Send status and headers without waiting for the first piece."""
        if self._head and not self.is_gone:
            self._line.write(self._head)
            self._head = b""

    def write(self, data: bytes, *, is_last: bool) -> None:
        """Send the next piece of the answer; ValueError when it does not fit the announced length."""
        if self.is_complete or self.is_gone:
            return
        if self._is_bodiless:
            data = b""
        elif self._is_chunked:
            if data:
                data = b"%x\r\n%b\r\n" % (len(data), data)
            if is_last:
                data += b"0\r\n\r\n"
        elif self._left is not None:
            self._left -= len(data)
            if self._left < 0 or (is_last and self._left):
                raise ValueError("the answer's length is not the announced one")
        if self._head:
            data = self._head + data
            self._head = b""
        if data:
            self._line.write(data)
        if is_last:
            self.is_complete = True
            self._wake()
            self._line.answered(self)

    @property
    def ends_by_close(self) -> bool:
        """Whether the end of the connection is the end of the answer."""
        return self.is_started and self._left is None and not self._is_chunked and not self._is_bodiless

    async def drain(self) -> None:
        """Wait until a slow caller took most of what was sent."""
        while self.is_slow and not self.is_gone:
            self._writable = asyncio.get_running_loop().create_future()
            await self._writable

    # The connection's side

    def feed(self, data: bytes) -> None:
        """More of the body came."""
        if self.is_complete:
            return
        self._body.append(data)
        self._size += len(data)
        if self._size > HIGH_WATER:
            self._line.pause_reading()
        self._wake()

    def end_body(self) -> None:
        """The body is whole."""
        self._has_whole_body = True
        self._wake()

    @property
    def has_whole_body(self) -> bool:
        """Whether all of the body came."""
        return self._has_whole_body

    def lose(self) -> None:
        """The caller hung up."""
        if self.is_complete or self.is_gone:
            return
        self.is_gone = True
        self._wake()
        self.set_slow(False)
        if self.on_gone is not None:
            self.on_gone()

    def set_slow(self, is_slow: bool) -> None:
        """The socket is full, or has room again."""
        self.is_slow = is_slow
        if is_slow:
            return
        if self._writable is not None and not self._writable.done():
            self._writable.set_result(None)
        if self.on_writable is not None:
            self.on_writable()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
