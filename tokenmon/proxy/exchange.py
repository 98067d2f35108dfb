"""One call through the proxy: the request goes on, the response comes back as it arrives, the record is journalled.

The order in each step is what makes the promise true that nothing is lost: the tap reads a piece, the record is in
the journal as soon as the response's end is known, and only then do the last bytes go to the caller.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

from tokenmon.core.record import (
    UsageRecord,
    UsageSource,
    from_milliseconds,
    identified_id,
    is_distinct_response_id,
    random_id,
)
from tokenmon.core.usage import StatedUsage
from tokenmon.ingest.journal import JournalEntry
from tokenmon.providers.decoding import BodyDecoder
from tokenmon.providers.endpoint import Endpoint
from tokenmon.providers.request import RequestFacts
from tokenmon.providers.usage_filter import UsageChunkFilter
from tokenmon.proxy.connection import UpstreamConnection
from tokenmon.proxy.directory import Target
from tokenmon.proxy.failures import ProxyFailure, failure_response
from tokenmon.proxy.incoming import Incoming
from tokenmon.proxy.labels import Headers, RequestLabels, response_headers
from tokenmon.proxy.pool import ConnectionPool
from tokenmon.proxy.tap import TapCounters, UsageTap
from tokenmon.proxy.upload import Upload, chunk, send_rest

# An abandoned answer is read to its end for at most this long, where the platform drains.
DRAIN_SECONDS = 600.0
RETRIED_METHODS = frozenset({"GET", "HEAD"})


@dataclass(frozen=True, slots=True)
class Call:
    """What is sent, to whom, and in whose name."""

    target: Target
    endpoint: Endpoint
    method: str
    head: bytes
    upload: Upload
    is_chunked_upload: bool
    facts: RequestFacts
    labels: RequestLabels
    client_key: str | None
    filters_usage: bool


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What all exchanges of one proxy share."""

    pool: ConnectionPool
    journal: Callable[[JournalEntry], None]
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
                status, headers, body = failure_response(failure, self._call.target.provider)
                incoming.start(status, headers)
                incoming.write(body, is_last=True)
        finally:
            incoming.on_gone = incoming.on_writable = None
            if self._drain_timer is not None:
                self._drain_timer.cancel()

    async def _forward(self) -> None:
        call = self._call
        pool = self._around.pool
        connection = await pool.acquire(call.target.origin)
        is_upload_done = call.upload.is_whole
        try:
            self._connection = connection
            if self._is_abandoned:
                raise ProxyFailure("client_disconnected", "the caller hung up")
            try:
                await self._send_request(connection)
                is_upload_done = True
                await connection.head(self._around.read_timeout_seconds)
            except ProxyFailure as failure:
                if not self._may_retry(failure, connection):
                    raise
                pool.release(call.target.origin, connection)
                connection = self._connection = await pool.acquire_new(call.target.origin)
                await self._send_request(connection)
                await connection.head(self._around.read_timeout_seconds)
            if not 200 <= connection.status <= 599:
                raise ProxyFailure("upstream_protocol", f"the provider answered with the status {connection.status}")
            await self._relay(connection)
        finally:
            if not is_upload_done:
                connection.close()
            pool.release(call.target.origin, connection)

    def _may_retry(self, failure: ProxyFailure, connection: UpstreamConnection) -> bool:
        # A kept connection that the provider closed at the very moment of its next use. Only methods that change
        # nothing are sent again: a call that generates could be billed twice, and the SDK retries on its own.
        return (
            failure.kind == "upstream_disconnected"
            and connection.requests_served > 1
            and not connection.has_answer_bytes
            and self._call.method in RETRIED_METHODS
            and self._call.upload.is_whole
        )

    async def _send_request(self, connection: UpstreamConnection) -> None:
        call = self._call
        is_head = call.method == "HEAD"
        if call.upload.is_whole:
            connection.start(call.head + call.upload.data, is_head_request=is_head)
            return
        first = chunk(call.upload.data) if call.is_chunked_upload else call.upload.data
        connection.start(call.head + first, is_head_request=is_head)
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
        tap = UsageTap(
            call.endpoint.wire,
            status=status,
            content_type=content_type,
            content_encoding=content_encoding,
            counters=self._around.counters,
            cost_rule=call.endpoint.cost_rule,
            headers=connection.headers,
        )
        chunk_filter = UsageChunkFilter() if call.filters_usage and status == 200 else None
        decoder = BodyDecoder(content_encoding) if chunk_filter and content_encoding not in ("", "identity") else None
        headers = response_headers(connection.headers, keep_length=chunk_filter is None, keep_encoding=decoder is None)
        headers += self._around.extra_headers(call.target.platform.name)
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
        if self._call.target.platform.drain_on_disconnect:
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
        if not call.endpoint.billable or (stated is not None and not stated.billable):
            return
        if self._recorded is not None and (stated is None or self._recorded[0] == stated or failure is not None):
            return
        if stated is None:
            stated = StatedUsage()
        self._recorded = (stated, failure)
        self._around.journal(JournalEntry(self._record(stated, status, failure, is_whole), stated.stated_cost))

    def _record(self, stated: StatedUsage, status: int, failure: str | None, is_whole: bool) -> UsageRecord:
        call = self._call
        platform = call.target.platform
        occurred_at = from_milliseconds(self._started_ms)
        if self._record_id is None:
            response_id = stated.response_id
            if response_id is not None and is_distinct_response_id(response_id):
                self._record_id = identified_id(occurred_at, platform.provider_name, response_id)
            else:
                self._record_id = random_id(occurred_at)
        source: UsageSource = "none"
        if stated.usage is not None:
            source = "provider" if is_whole or stated.is_complete else "partial"
        is_stream = call.facts.stream or call.endpoint.is_stream
        first = self._first_chunk
        return UsageRecord(
            id=self._record_id,
            occurred_at=occurred_at,
            platform=platform.name,
            provider_name=platform.provider_name,
            operation_name=call.endpoint.operation_name,
            source="proxy",
            request_model=call.facts.model or call.endpoint.path_model,
            response_model=stated.response_model,
            response_id=stated.response_id,
            conversation_id=call.labels.conversation_id,
            project=call.labels.project,
            client_key=call.client_key,
            stream=is_stream,
            status=status,
            error_type=failure or stated.error_type or (f"http_{status}" if status >= 400 else None),
            usage=stated.usage,
            usage_source=source,
            latency_ms=round((time.perf_counter() - self._started) * 1000),
            time_to_first_chunk_ms=round((first - self._started) * 1000) if first is not None and is_stream else None,
            service_tier=stated.service_tier,
            processing=call.endpoint.processing,
            server_address=call.target.origin.host,
            billing=platform.billing,
            tags=call.labels.tags,
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
