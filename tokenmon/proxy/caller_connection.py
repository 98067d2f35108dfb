"""One connection on the port: HTTP/1.1 from its bytes to requests, one answered after the other.

Own code under uvicorn's server because this is the hot path: a request costs half of what it does through a general
ASGI protocol, and a provider's bytes are written on in the callback that brought them. What a request's head may hold
is bounded in bytes and in time; whatever httptools finds ambiguous (two framings, folded headers) ends the connection.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any, Protocol, cast

import httptools

from tokenmon.proxy.failures import ProxyFailure, failure_response
from tokenmon.proxy.incoming import Headers, Incoming
from tokenmon.proxy.tasks import without_text

logger = logging.getLogger("tokenmon.proxy")

MAX_HEAD_BYTES = 64 * 1024
HEAD_SECONDS = 20.0
KEEP_ALIVE_SECONDS = 75.0
# How long a caller may send nothing of a body it began, or take nothing of an answer, before it is given up.
STALL_SECONDS = 120.0
WATCH_SECONDS = 15.0
# How long the rest of a body is heard out after its answer, so that the caller reads the answer before the end.
LINGER_SECONDS = 2.0

Handler = Callable[[Incoming], Awaitable[None]]


class Server(Protocol):
    """What uvicorn's server shares with its connections; all of it is uvicorn's to read, at stopping above all."""

    connections: set[Any]
    tasks: set[asyncio.Task[None]]
    total_requests: int


class Configured(Protocol):
    """What uvicorn hands a connection of its configuration: here the handler of requests, not an ASGI application."""

    app: Any


class CallerConnection(asyncio.Protocol):
    """Reads requests and hands each to the configured handler; the next begins when the one before is answered."""

    def __init__(
        self,
        config: Configured,
        server_state: Server,
        app_state: object,
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        self._handle = cast(Handler, config.app)
        self._server = server_state
        self._loop = _loop or asyncio.get_running_loop()
        self._parser: Any = httptools.HttpRequestParser(self)
        self._transport: asyncio.Transport | None = None
        self._is_read_paused = False
        # The request that is being answered, those that wait behind it, and the one whose body is being read.
        self._current: Incoming | None = None
        self._waiting: deque[Incoming] = deque()
        self._arriving: Incoming | None = None
        # Nothing further on this connection is read as a request.
        self._is_ended = False
        # When a byte came or an answer ended, and how much was unsent when that was last looked at, and since when.
        self._active_at = self._loop.time()
        self._is_write_paused = False
        self._unsent, self._unsent_since = 0, 0.0
        self._watch_timer: asyncio.TimerHandle | None = None
        self._head_timer: asyncio.TimerHandle | None = None
        self._is_in_head = True
        # All that came since the head began: one endless header is never handed over by the parser.
        self._arrived = 0
        self._url = b""
        self._headers: Headers = []
        self._length: bytes | None = None
        self._is_upgrade = False
        # The request that asked for a WebSocket: it takes all that still comes.
        self._session: Incoming | None = None

    # asyncio's side

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._server.connections.add(self)
        self._watch_timer = self._loop.call_later(WATCH_SECONDS, self._watch)

    def connection_lost(self, exc: Exception | None) -> None:
        self._server.connections.discard(self)
        self._transport = None
        self._is_ended = True
        for timer in (self._watch_timer, self._head_timer):
            if timer is not None:
                timer.cancel()
        for incoming in (self._current, self._arriving, *self._waiting):
            if incoming is not None:
                incoming.lose()
        self._waiting.clear()

    def data_received(self, data: bytes) -> None:
        if self._session is not None:
            self._session.feed(data)
            return
        if self._is_ended:
            return
        self._active_at = self._loop.time()
        self._arrived += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as switch:
            self._go_on_after_upgrade(data[switch.args[0] :])
            return
        except httptools.HttpParserError:
            self._refuse("this is not a valid HTTP request")
            return
        if self._arrived > MAX_HEAD_BYTES:
            self._refuse("the request headers are too large")
        elif self._arrived and self._is_in_head and self._head_timer is None:
            self._head_timer = self._loop.call_later(HEAD_SECONDS, self._head_took_too_long)

    def _go_on_after_upgrade(self, rest: bytes) -> None:
        self._session = self._arriving
        if self._session is None:
            # Another protocol than WebSocket was offered (h2c): RFC 9110 section 7.8 lets a server pass over it.
            self._parser = httptools.HttpRequestParser(self)
        if rest:
            self.data_received(rest)

    def pause_writing(self) -> None:
        self._is_write_paused = True
        self._unsent, self._unsent_since = -1, self._loop.time()
        if self._current is not None:
            self._current.set_slow(True)

    def resume_writing(self) -> None:
        self._is_write_paused = False
        if self._current is not None:
            self._current.set_slow(False)
        elif not self._is_ended:
            self._go_on()

    def shutdown(self) -> None:
        """The server stops: end now, or after the answer in flight."""
        if self._current is None and not self._waiting:
            self._close()
        else:
            self._end_after_current()

    # httptools' side

    def on_message_begin(self) -> None:
        self._is_in_head = True
        self._url = b""
        self._headers = []
        self._length = None
        self._is_upgrade = False

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._is_in_head:
            # A trailer: it comes after all checks and goes nowhere.
            return
        name = name.lower()
        if name == b"content-length":
            # The parser has refused a second one and anything but digits.
            self._length = value
        else:
            if name == b"upgrade":
                self._is_upgrade = value.strip().lower() == b"websocket"
            self._headers.append((name, value))

    def on_headers_complete(self) -> None:
        self._is_in_head = False
        if self._arrived > MAX_HEAD_BYTES:
            self._bound_head()
        self._arrived = 0
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None
        url = self._url
        if url[:1] != b"/" or b"#" in url or not url.isascii():
            raise ValueError("only paths are served")
        raw_path, _, query = url.partition(b"?")
        version = self._parser.get_http_version()
        is_upgrade = self._is_upgrade and self._parser.should_upgrade()
        incoming = self._arriving = Incoming(
            self,
            self._parser.get_method().decode("ascii"),
            raw_path,
            query,
            self._headers,
            version,
            content_length=None if self._length is None else int(self._length),
            keeps_alive=version == "1.1" and not is_upgrade and self._parser.should_keep_alive(),
            is_upgrade=is_upgrade,
        )
        if self._current is None and not self._is_write_paused:
            self._begin(incoming)
        else:
            self._waiting.append(incoming)
            self.pause_reading()

    def on_body(self, body: bytes) -> None:
        self._arrived = 0
        if self._arriving is not None:
            self._arriving.feed(body)

    def on_message_complete(self) -> None:
        if self._arriving is not None and not self._arriving.is_upgrade:
            self._arriving.end_body()
            self._arriving = None
        self._is_in_head = True
        self._arrived = 0

    def _bound_head(self) -> None:
        # What came may have been mostly body; counted in full only when it came in pieces this large.
        if len(self._url) + sum(len(name) + len(value) for name, value in self._headers) > MAX_HEAD_BYTES:
            raise ValueError("the request's head is too large")

    # The answers' side

    def write(self, data: bytes) -> None:
        """Send bytes to the caller; dropped when there is none any more."""
        if self._transport is not None:
            self._transport.write(data)

    def pause_reading(self) -> None:
        """Take nothing more from the socket."""
        if not self._is_read_paused and self._transport is not None:
            self._is_read_paused = True
            self._transport.pause_reading()

    def resume_reading(self) -> None:
        """Go on taking from the socket."""
        if self._is_read_paused and self._transport is not None and not self._transport.is_closing():
            self._is_read_paused = False
            self._transport.resume_reading()

    def answered(self, incoming: Incoming) -> None:
        """An answer is complete: the next request, if the connection is kept."""
        self._server.total_requests += 1
        self._current = None
        self._active_at = self._loop.time()
        if not incoming.keeps_alive:
            self._is_ended = True
            self._close() if incoming.has_whole_body or incoming.is_upgrade else self._linger()
        elif self._is_write_paused and not self._is_ended:
            # What is answered is not taken yet: the next waits for that, and so does the socket.
            self.pause_reading()
        else:
            self._go_on()

    def _go_on(self) -> None:
        """The next request, more of the socket, or the end."""
        if self._waiting:
            self._begin(self._waiting.popleft())
        elif self._is_ended:
            self._close()
        else:
            self.resume_reading()

    def _begin(self, incoming: Incoming) -> None:
        self._current = incoming
        if self._is_write_paused:
            incoming.set_slow(True)
        task = self._loop.create_task(self._serve(incoming))
        self._server.tasks.add(task)
        task.add_done_callback(self._server.tasks.discard)

    async def _serve(self, incoming: Incoming) -> None:
        try:
            await self._handle(incoming)
        except asyncio.CancelledError:
            self._abort()
            raise
        except Exception as error:
            # Without the text of the error: it could quote what was sent.
            logger.error("a request failed in the proxy itself: %s", without_text(error))
        if incoming.is_complete or incoming.is_gone:
            return
        if incoming.is_started:
            # The caller must see that the answer is cut short.
            self._abort() if incoming.ends_by_close else self._close()
        else:
            incoming.keeps_alive = False
            incoming.start(500, [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", b"21")])
            incoming.write(b"Internal Server Error", is_last=True)

    # Ends

    def _refuse(self, message: str) -> None:
        """What came is not a request that can be trusted: one answer that says so, and the end."""
        self._is_ended = True
        current = self._current
        if current is not None and current.has_whole_body:
            # Rubbish behind a good request: that one is still answered, then the connection ends.
            self._end_after_current()
        elif current is not None and current.is_started:
            self._abort()
        else:
            # Nobody knows whom it was meant for, so the error has the shape that most clients read.
            status, headers, body = failure_response(ProxyFailure("bad_request", message), None)
            lines = b"".join(b"%b: %b\r\n" % pair for pair in headers)
            self.write(b"HTTP/1.1 %d Bad Request\r\n%bconnection: close\r\n\r\n%b" % (status, lines, body))
            if current is not None:
                current.lose()
            self._close()

    def _end_after_current(self) -> None:
        self._is_ended = True
        if self._waiting and not self._waiting[-1].has_whole_body:
            self._waiting.pop()
        last = self._waiting[-1] if self._waiting else self._current
        if last is None:
            self._close()
        else:
            last.keeps_alive = False

    def _close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def _linger(self) -> None:
        if self._transport is None:
            return
        if self._transport.can_write_eof():
            self._transport.write_eof()
        self._loop.call_later(LINGER_SECONDS, self._close)

    def _abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def _head_took_too_long(self) -> None:
        self._head_timer = None
        if self._is_in_head and self._transport is not None and not self._transport.is_closing():
            self._refuse("the request headers took too long")

    def _watch(self) -> None:
        """One timer for the life of the connection: re-arming one for each request would cost more than the request."""
        transport = self._transport
        if transport is None:
            return
        now = self._loop.time()
        silent = now - self._active_at
        if self._current is None and self._arriving is None and silent >= KEEP_ALIVE_SECONDS:
            self._close()
        elif self._awaits_body() and silent >= STALL_SECONDS:
            self._abort()
        elif self._is_write_paused:
            unsent = transport.get_write_buffer_size()
            if unsent != self._unsent:
                self._unsent, self._unsent_since = unsent, now
            elif now - self._unsent_since >= STALL_SECONDS:
                self._abort()
        self._watch_timer = self._loop.call_later(WATCH_SECONDS, self._watch)

    def _awaits_body(self) -> bool:
        """Whether it is the caller's turn to send more of a body; a session may be silent as long as it likes."""
        return self._arriving is not None and not self._arriving.is_upgrade and not self._is_read_paused
