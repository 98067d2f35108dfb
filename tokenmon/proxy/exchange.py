"""One call through the proxy: the request goes on, the response comes back as it arrives, the record is journalled.

The order in each step is what makes the promise true that nothing is lost: the tap reads a piece, the record is in
the journal as soon as the response's end is known, and only then do the last bytes go to the caller.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from tokenmon.core.record import UsageSource, from_milliseconds, identified_id, is_distinct_response_id, random_id
from tokenmon.core.usage import StatedUsage, TokenUsage
from tokenmon.ingest.journal_line import CallMembers, journal_line
from tokenmon.providers.decoding import BodyDecoder
from tokenmon.providers.estimate import input_estimate
from tokenmon.providers.request import RequestFacts
from tokenmon.providers.usage_filter import UsageChunkFilter
from tokenmon.proxy.connection import UpstreamConnection
from tokenmon.proxy.failures import ProxyFailure, failure_response
from tokenmon.proxy.head import Head
from tokenmon.proxy.incoming import Incoming
from tokenmon.proxy.labels import Headers, response_headers
from tokenmon.proxy.pool import ConnectionPool
from tokenmon.proxy.tap import TapCounters, UsageTap
from tokenmon.proxy.upload import Upload, chunk, send_rest

# An abandoned answer is read to its end for at most this long, where the platform drains.
DRAIN_SECONDS = 600.0
RETRIED_METHODS = frozenset({"GET", "HEAD"})
# Calls that are text both ways, as far as an estimate goes.
ESTIMATED_OPERATIONS = frozenset({"chat", "text_completion", "generate_content"})
# The provider had the request, and what it made of it is not known.
UNHEARD = frozenset({"client_disconnected", "upstream_timeout", "proxy_stopped"})


# Not frozen, which would cost as much as three of its fields do: made once for each call, and never changed.
@dataclass(slots=True)
class Call:
    """What is sent: the judged head, its bytes for the provider, the body, and what the body says."""

    head: Head
    sent: bytes
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


class Exchange:
    """Carries one call from the caller to the provider and back."""

    def __init__(self, call: Call, around: Surroundings, incoming: Incoming) -> None:
        self._call = call
        self._around = around
        self._incoming = incoming
        self._started_ms = time.time_ns() // 1_000_000
        self._started = time.perf_counter()
        self._first_chunk: float | None = None
        self._connection: UpstreamConnection | None = None
        self._tap: UsageTap | None = None
        self._is_sent = False
        self._is_abandoned = False
        self._drain_timer: asyncio.TimerHandle | None = None
        self._record_id: bytes | None = None
        self._recorded: tuple[StatedUsage, str | None] | None = None

    async def run(self) -> None:
        """Serve the call; every failure becomes an answer, or the end of an answer that had begun."""
        incoming = self._incoming
        incoming.on_gone = self._abandon
        try:
            await self._forward()
        except ProxyFailure as failure:
            if failure.kind == "client_disconnected" or self._is_abandoned:
                self._journal(None, self._status(499), "client_disconnected", is_whole=False)
                return
            self._journal(None, self._status(failure.status), failure.kind, is_whole=False)
            if not incoming.is_started:
                status, headers, body = failure_response(failure, self._call.head.target.provider)
                incoming.start(status, headers)
                incoming.write(body, is_last=True)
        finally:
            incoming.on_gone = incoming.on_writable = None
            if self._drain_timer is not None:
                self._drain_timer.cancel()

    async def _forward(self) -> None:
        call = self._call
        pool = self._around.pool
        origin = call.head.target.origin
        connection = await pool.acquire(origin)
        is_upload_done = call.upload.is_whole
        try:
            self._connection = connection
            if self._is_abandoned:
                raise ProxyFailure("client_disconnected", "the caller hung up")
            try:
                await self._send_request(connection)
                is_upload_done = self._is_sent = True
                await connection.head(self._around.read_timeout_seconds)
            except ProxyFailure as failure:
                if not self._may_retry(failure, connection):
                    raise
                pool.release(origin, connection)
                connection = self._connection = await pool.acquire_new(origin)
                await self._send_request(connection)
                await connection.head(self._around.read_timeout_seconds)
            if not 200 <= connection.status <= 599:
                raise ProxyFailure("upstream_protocol", f"the provider answered with the status {connection.status}")
            await self._relay(connection)
        finally:
            if not is_upload_done:
                connection.close()
            pool.release(origin, connection)

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

    async def _send_request(self, connection: UpstreamConnection) -> None:
        call = self._call
        is_head = call.head.method == "HEAD"
        if call.upload.is_whole:
            connection.start(call.sent + call.upload.data, is_head_request=is_head)
            return
        first = chunk(call.upload.data) if call.is_chunked_upload else call.upload.data
        connection.start(call.sent + first, is_head_request=is_head)
        await send_rest(
            self._incoming.read,
            connection.write,
            sent=len(call.upload.data),
            is_chunked=call.is_chunked_upload,
            max_bytes=self._around.max_body_bytes,
        )

    async def _relay(self, connection: UpstreamConnection) -> None:
        call = self._call
        status = connection.status
        content_type, content_encoding = _content_headers(connection.headers)
        is_stream = call.facts.stream or call.head.endpoint.is_stream
        tap = self._tap = UsageTap(
            call.head.endpoint.wire,
            status=status,
            content_type=content_type,
            content_encoding=content_encoding,
            counters=self._around.counters,
            keeps=is_stream and status < 400 and call.head.endpoint.operation_name in ESTIMATED_OPERATIONS,
        )
        chunk_filter = UsageChunkFilter() if call.filters_usage and status == 200 else None
        decoder = BodyDecoder(content_encoding) if chunk_filter and content_encoding not in ("", "identity") else None
        headers = response_headers(connection.headers, keep_length=chunk_filter is None, keep_encoding=decoder is None)
        headers += self._around.extra_headers(call.head.target.platform.name)
        incoming = self._incoming
        incoming.start(status, headers)
        if not connection.has_news:
            # The head came alone: the caller sees it now, not with the first piece.
            incoming.flush()
        incoming.on_writable = connection.resume

        def pass_on(data: bytes, is_done: bool) -> None:
            if data:
                if self._first_chunk is None:
                    self._first_chunk = time.perf_counter()
                tap.feed(data)
            if is_done:
                tap.close()
            if is_done or tap.is_complete:
                self._journal(tap.stated(), status, None, is_whole=True)
            if chunk_filter is not None:
                data = _filtered(chunk_filter, data if decoder is None else decoder.feed(data), is_done)
            if data or is_done:
                incoming.write(data, is_last=is_done)
                if incoming.is_slow:
                    connection.pause()

        try:
            await connection.relay(pass_on, self._around.read_timeout_seconds)
        except ProxyFailure as failure:
            kind = "client_disconnected" if self._is_abandoned else failure.kind
            self._journal(tap.stated(), status, kind, is_whole=False)
            raise
        except asyncio.CancelledError:
            # The stop's time is over; what this call used so far is still owed a record.
            self._journal(tap.stated(), status, "proxy_stopped", is_whole=False)
            raise

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

    # The record

    def _status(self, fallback: int) -> int:
        connection = self._connection
        return connection.status if connection is not None and connection.status >= 200 else fallback

    def _journal(self, stated: StatedUsage | None, status: int, failure: str | None, *, is_whole: bool) -> None:
        """Journal the call's record, once; again only when the end of the response stated more than was known."""
        call = self._call
        if not call.head.endpoint.billable or (stated is not None and not stated.billable):
            return
        if self._recorded is not None and (stated is None or self._recorded[0] == stated or failure is not None):
            return
        if stated is None:
            stated = StatedUsage()
        self._recorded = (stated, failure)
        source: UsageSource = "none"
        if stated.usage is not None:
            source = "provider" if is_whole or stated.is_complete else "partial"
        if source != "provider" and self._may_estimate(stated, status, failure):
            stated, source = self._estimated(stated)
        members = self._members(stated, source, status, failure)
        self._around.journal(journal_line(call.head.shared, members, stated.stated_cost))

    def _may_estimate(self, stated: StatedUsage, status: int, failure: str | None) -> bool:
        """Whether tokens were used that nobody stated: of a stream as far as it came, or of a request that was sent."""
        if not self._is_sent or self._call.head.endpoint.operation_name not in ESTIMATED_OPERATIONS:
            return False
        if self._tap is None:
            return failure in UNHEARD
        is_stream = self._call.facts.stream or self._call.head.endpoint.is_stream
        return status < 400 and stated.error_type is None and (is_stream or failure in UNHEARD)

    def _estimated(self, stated: StatedUsage) -> tuple[StatedUsage, UsageSource]:
        """What was stated, the rest of it by estimate: what was not stated at all, and the output of a cut stream."""
        output_tokens = 0 if self._tap is None else self._tap.output_estimate()
        usage = stated.usage
        if usage is None:
            usage = TokenUsage(input_estimate(self._call.upload.data), output_tokens)
            return replace(stated, usage=usage), "estimated"
        usage = replace(usage, output_tokens=max(usage.output_tokens, output_tokens))
        return replace(stated, usage=usage), "partial"

    def _members(self, stated: StatedUsage, source: UsageSource, status: int, failure: str | None) -> CallMembers:
        call = self._call
        endpoint = call.head.endpoint
        occurred_at = from_milliseconds(self._started_ms)
        if self._record_id is None:
            response_id = stated.response_id
            if response_id is not None and is_distinct_response_id(response_id):
                self._record_id = identified_id(occurred_at, call.head.target.provider.name, response_id)
            else:
                self._record_id = random_id(occurred_at)
        is_stream = call.facts.stream or endpoint.is_stream
        first = self._first_chunk
        return CallMembers(
            self._record_id,
            occurred_at,
            call.facts.model or endpoint.path_model,
            stated.response_model,
            stated.response_id,
            is_stream,
            status,
            failure or stated.error_type or (f"http_{status}" if status >= 400 else None),
            stated.usage,
            source,
            round((time.perf_counter() - self._started) * 1000),
            round((first - self._started) * 1000) if first is not None and is_stream else None,
            stated.service_tier,
        )


def _filtered(chunk_filter: UsageChunkFilter, data: bytes, is_done: bool) -> bytes:
    passed = chunk_filter.feed(data)
    return passed + chunk_filter.close() if is_done else passed


def _content_headers(headers: Headers) -> tuple[str, str]:
    content_type = content_encoding = b""
    for name, value in headers:
        if name == b"content-type":
            content_type = value
        elif name == b"content-encoding":
            content_encoding = value
    return content_type.decode("latin-1"), content_encoding.decode("latin-1").strip().lower()
