"""One call through the proxy: the request goes on, the response comes back as it arrives, the record is journalled.

The order in each step is what makes the promise true that nothing is lost: the tap reads a piece, the record is in
the journal as soon as the response's end is known, and only then do the last bytes go to the caller.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from tokenmon.providers.request import RequestFacts
from tokenmon.proxy.call_record import CallRecord
from tokenmon.proxy.connection import UpstreamConnection
from tokenmon.proxy.failures import ProxyFailure, failure_response
from tokenmon.proxy.head import Head
from tokenmon.proxy.incoming import Incoming
from tokenmon.proxy.labels import Headers, response_headers
from tokenmon.proxy.pool import ConnectionPool
from tokenmon.proxy.stream_filter import StreamFilter, stream_filter_for
from tokenmon.proxy.tap import TapCounters, UsageTap
from tokenmon.proxy.upload import Upload, chunk, send_rest

# An abandoned answer is read to its end for at most this long, where the platform drains.
DRAIN_SECONDS = 600.0
RETRIED_METHODS = frozenset({"GET", "HEAD"})


# Not frozen, which would cost as much as three of its fields do: made once for each call, and never changed.
@dataclass(slots=True)
class Call:
    """What is sent: the judged head, its bytes for the provider, the body, and what the body says."""

    head: Head
    sent: bytes = field(repr=False)
    upload: Upload
    is_chunked_upload: bool
    facts: RequestFacts
    filters_usage: bool


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What all exchanges of one proxy share."""

    pool: ConnectionPool
    journal: Callable[[bytes], None]
    counters: TapCounters
    read_timeout_seconds: float
    max_body_bytes: int
    extra_headers: Callable[[str], Headers]
    note_head: Callable[[str, Headers], None]


class Exchange:
    """Carries one call from the caller to the provider and back."""

    def __init__(self, call: Call, around: Surroundings, incoming: Incoming) -> None:
        self._call = call
        self._around = around
        self._incoming = incoming
        self._record = CallRecord(call.head, call.facts, call.upload.data, around.journal)
        self._connection: UpstreamConnection | None = None
        self._is_abandoned = False
        self._drain_timer: asyncio.TimerHandle | None = None

    async def run(self) -> None:
        """Serve the call; every failure becomes an answer, or the end of an answer that had begun."""
        incoming = self._incoming
        incoming.on_gone = self._abandon
        try:
            await self._forward()
        except ProxyFailure as failure:
            if failure.kind == "client_disconnected" or self._is_abandoned:
                self._record.fail(self._status(499), "client_disconnected")
                return
            self._record.fail(self._status(failure.status), failure.kind)
            if not incoming.is_started:
                status, headers, body = failure_response(failure, self._call.head.target.provider)
                incoming.start(status, headers)
                incoming.write(body, is_last=True)
        except BaseException as error:
            # The stop's time is over, or a fault of our own: what this call used so far is still owed a record.
            is_stopped = isinstance(error, asyncio.CancelledError)
            self._record.fail(self._status(500), "proxy_stopped" if is_stopped else "internal")
            raise
        finally:
            incoming.on_gone = incoming.on_writable = None
            if self._drain_timer is not None:
                self._drain_timer.cancel()

    async def _forward(self) -> None:
        pool, origin = self._around.pool, self._call.head.target.origin
        connection = await self._acquire(pool.acquire(origin))
        try:
            try:
                await self._ask(connection)
            except ProxyFailure as failure:
                if not self._may_retry(failure, connection):
                    raise
                pool.release(origin, connection)
                connection = await self._acquire(pool.acquire_new(origin))
                await self._ask(connection)
            if not 200 <= connection.status <= 599:
                raise ProxyFailure("upstream_protocol", f"the provider answered with the status {connection.status}")
            await self._relay(connection)
        finally:
            if not self._record.is_sent:
                connection.close()
            pool.release(origin, connection)

    async def _acquire(self, acquiring: Awaitable[UpstreamConnection]) -> UpstreamConnection:
        connection = self._connection = await acquiring
        if self._is_abandoned:
            self._around.pool.release(self._call.head.target.origin, connection)
            raise ProxyFailure("client_disconnected", "the caller hung up")
        return connection

    async def _ask(self, connection: UpstreamConnection) -> None:
        """Send the request and wait for the answer's head, which may come before a streamed body is sent."""
        call = self._call
        is_head = call.head.method == "HEAD"
        if call.upload.is_whole:
            connection.start(call.sent + call.upload.data, is_head_request=is_head)
            self._record.is_sent = True
            await connection.head(self._around.read_timeout_seconds)
            return
        first = chunk(call.upload.data) if call.is_chunked_upload else call.upload.data
        connection.start(call.sent + first, is_head_request=is_head)
        loop = asyncio.get_running_loop()
        uploading = loop.create_task(self._send_rest(connection))
        answering = loop.create_task(connection.head(self._around.read_timeout_seconds))
        try:
            await asyncio.wait({uploading, answering}, return_when=asyncio.FIRST_COMPLETED)
            if not answering.done():
                await uploading
                self._record.is_sent = True
            await answering
        finally:
            for task in (uploading, answering):
                task.cancel()
            # Their failures were raised above, or came after the one that was.
            await asyncio.gather(uploading, answering, return_exceptions=True)

    async def _send_rest(self, connection: UpstreamConnection) -> None:
        call = self._call
        await send_rest(
            self._incoming.read,
            connection.write,
            sent=len(call.upload.data),
            is_chunked=call.is_chunked_upload,
            max_bytes=self._around.max_body_bytes,
        )

    def _may_retry(self, failure: ProxyFailure, connection: UpstreamConnection) -> bool:
        # A kept connection that the provider closed at the very moment of its next use. Only methods that change
        # nothing are sent again: a call that generates could be billed twice, and the SDK retries on its own.
        return (
            failure.kind == "upstream_disconnected"
            and connection.requests_served > 1
            and not connection.has_answer_bytes
            and self._call.head.method in RETRIED_METHODS
            and self._call.upload.is_whole
        )

    async def _relay(self, connection: UpstreamConnection) -> None:
        call, record, incoming = self._call, self._record, self._incoming
        status = connection.status
        if call.head.headroom_of is not None:
            self._around.note_head(call.head.headroom_of, connection.headers)
        content_type, content_encoding = _content_headers(connection.headers)
        tap = record.tap = UsageTap(
            call.head.endpoint.wire,
            status=status,
            content_type=content_type,
            content_encoding=content_encoding,
            counters=self._around.counters,
            keeps=record.keeps_stream and status < 400,
            cost_rule=call.head.endpoint.cost_rule,
            headers=connection.headers,
        )
        stream_filter = (
            stream_filter_for(content_type, content_encoding) if call.filters_usage and status == 200 else None
        )
        incoming.start(status, self._answer_headers(connection, stream_filter))
        if not connection.has_news:
            # The head came alone: the caller sees it now, not with the first piece.
            incoming.flush()
        incoming.on_writable = connection.resume

        def pass_on(data: bytes, is_done: bool) -> None:
            if data:
                record.note_piece()
                tap.feed(data)
            if is_done:
                tap.close()
            if is_done or tap.is_complete:
                record.finish(status)
            if stream_filter is not None:
                data = stream_filter.feed(data, is_done=is_done)
            if data or is_done:
                incoming.write(data, is_last=is_done)
                if incoming.is_slow:
                    connection.pause()

        await connection.relay(pass_on, self._around.read_timeout_seconds)

    def _answer_headers(self, connection: UpstreamConnection, stream_filter: StreamFilter | None) -> Headers:
        head = self._call.head
        is_decoded = stream_filter is not None and stream_filter.decoder is not None
        headers = response_headers(connection.headers, keep_length=stream_filter is None, keep_encoding=not is_decoded)
        if head.client_key is None:
            # What a platform spent is for those who may spend on it.
            return headers
        return headers + self._around.extra_headers(head.target.platform.name)

    def _abandon(self) -> None:
        """The caller hung up: the provider is told by a closed connection, or heard to the end where that is wished."""
        self._is_abandoned = True
        connection = self._connection
        if connection is None:
            return
        gone = ProxyFailure("client_disconnected", "the caller hung up")
        if self._call.head.target.platform.drain_on_disconnect:
            self._drain_timer = asyncio.get_running_loop().call_later(DRAIN_SECONDS, connection.fail, gone)
        else:
            connection.fail(gone)

    def _status(self, fallback: int) -> int:
        connection = self._connection
        return connection.status if connection is not None and connection.status >= 200 else fallback


def _content_headers(headers: Headers) -> tuple[str, str]:
    content_type = content_encoding = b""
    for name, value in headers:
        if name == b"content-type":
            content_type = value
        elif name == b"content-encoding":
            content_encoding = value
    return content_type.decode("latin-1"), content_encoding.decode("latin-1").strip().lower()
