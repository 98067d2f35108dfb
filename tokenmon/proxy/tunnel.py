"""A WebSocket through the proxy: bytes both ways as they come, a copy of the provider's read for the calls inside.

Apart from the exchange because a session is no call: it has no one answer, and each response in it is a record.
"""

import asyncio
import time
from collections.abc import Callable
from urllib.parse import parse_qs

from tokenmon.core.record import UsageSource, call_id, from_milliseconds
from tokenmon.core.usage import StatedUsage
from tokenmon.ingest.journal_line import CallMembers, journal_line
from tokenmon.proxy.connection import UpstreamConnection
from tokenmon.proxy.exchange import Surroundings
from tokenmon.proxy.failures import ProxyFailure, failure_response
from tokenmon.proxy.head import Head
from tokenmon.proxy.incoming import Incoming
from tokenmon.proxy.labels import Headers, response_headers
from tokenmon.proxy.tap import SessionTap
from tokenmon.proxy.tasks import spawn

# Longer than any provider keeps a silent session; both ends ping more often.
IDLE_SECONDS = 3600.0
# OpenAI ends a session after an hour; none is known to last longer than a day.
LONGEST_SECONDS = 24 * 3600.0
CHECK_SECONDS = 1.0
SWITCHED = 101


class Tunnel:
    """Carries one WebSocket between the caller and the provider."""

    def __init__(self, head: Head, around: Surroundings, incoming: Incoming, is_allowed: Callable[[], bool]) -> None:
        self._head = head
        self._around = around
        self._incoming = incoming
        self._is_allowed = is_allowed
        self._ends_at = float("inf")
        self._check_timer: asyncio.TimerHandle | None = None
        self._connection: UpstreamConnection | None = None
        self._request_model = _model_in(incoming.query)
        self._tap = SessionTap(head.endpoint.wire, self._request_model, around.counters)
        self._began_ms = _now_ms()

    async def run(self) -> None:
        """Serve the session to its end."""
        incoming = self._incoming
        incoming.on_gone = self._abandon
        pool, origin = self._around.pool, self._head.target.origin
        failure: ProxyFailure | None = None
        try:
            connection = await pool.acquire_new(origin)
            try:
                self._connection = connection
                await self._serve(connection)
            finally:
                connection.close()
                pool.release(origin, connection)
        except ProxyFailure as error:
            failure = error
            if not incoming.is_started and not incoming.is_gone:
                status, headers, body = failure_response(error, self._head.target.provider)
                incoming.start(status, headers)
                incoming.write(body, is_last=True)
        finally:
            incoming.on_gone = incoming.on_writable = None
            if self._check_timer is not None:
                self._check_timer.cancel()
            self._journal_unfinished(failure)
            if incoming.is_started and not incoming.is_complete:
                incoming.write(b"", is_last=True)

    async def _serve(self, connection: UpstreamConnection) -> None:
        sent = self._head.for_upstream(is_plain=False, body_length=0, announced_length=None)
        connection.start(sent, is_upgrade=True)
        await connection.head(self._around.read_timeout_seconds)
        if self._head.headroom_of is not None:
            self._around.note_head(self._head.headroom_of, connection.headers)
        incoming = self._incoming
        incoming.on_writable = connection.resume
        if connection.status != SWITCHED:
            incoming.start(connection.status, response_headers(connection.headers, keep_length=True))
            await connection.relay(self._pass_on, self._around.read_timeout_seconds)
            return
        incoming.switch(_switched_head(connection.headers))
        self._ends_at = asyncio.get_running_loop().time() + LONGEST_SECONDS
        self._check()
        pump = spawn(self._pump(connection), name="websocket upstream")
        try:
            await connection.relay(self._read_and_pass_on, IDLE_SECONDS)
        finally:
            pump.cancel()

    def _check(self) -> None:
        """A session outlives many calls, but not the right to make one."""
        loop = asyncio.get_running_loop()
        if self._connection is None:
            return
        if loop.time() > self._ends_at:
            self._connection.fail(ProxyFailure("upstream_timeout", "the session is as old as sessions may get"))
        elif not self._is_allowed():
            self._connection.fail(
                ProxyFailure("unauthorized", "the client key or the platform is no longer what it was")
            )
        else:
            self._check_timer = loop.call_later(CHECK_SECONDS, self._check)

    def _pass_on(self, data: bytes, is_done: bool) -> None:
        self._incoming.write(data, is_last=is_done)
        if self._incoming.is_slow and self._connection is not None:
            self._connection.pause()

    def _read_and_pass_on(self, data: bytes, is_done: bool) -> None:
        for news in self._tap.feed(data):
            if news.began:
                self._began_ms = _now_ms()
            if news.finished is not None:
                self._journal(news.finished, None, is_whole=True)
        self._pass_on(data, is_done)

    async def _pump(self, connection: UpstreamConnection) -> None:
        """What the caller sends goes to the provider; ends when either hangs up."""
        while True:
            try:
                data, _ = await self._incoming.read()
                self._tap.feed_asked(data)
                await connection.write(data)
            except ProxyFailure as failure:
                connection.fail(failure)
                return

    def _abandon(self) -> None:
        if self._connection is not None:
            self._connection.fail(ProxyFailure("client_disconnected", "the caller hung up"))

    def _journal_unfinished(self, failure: ProxyFailure | None) -> None:
        stated = self._tap.unfinished()
        connection = self._connection
        is_refused = connection is None or connection.status != SWITCHED
        if not self._head.endpoint.billable:
            return
        if stated is None and is_refused and not (failure is not None and failure.kind == "client_disconnected"):
            # No session came about: the attempt is on record as any failed call is.
            status = failure.status if failure is not None else 0 if connection is None else connection.status
            self._journal(StatedUsage(), None if failure is None else failure.kind, is_whole=False, status=status)
        elif stated is not None:
            self._journal(stated, "session_ended" if failure is None else failure.kind, is_whole=False)

    def _journal(self, stated: StatedUsage, failure: str | None, *, is_whole: bool, status: int = SWITCHED) -> None:
        began_ms, self._began_ms = self._began_ms, _now_ms()
        occurred_at = from_milliseconds(began_ms)
        source: UsageSource = "none" if stated.usage is None else "provider" if is_whole else "partial"
        members = CallMembers(
            call_id(occurred_at, self._head.target.provider.name, stated.response_id),
            occurred_at,
            self._request_model or self._tap.model,
            stated.response_model,
            stated.response_id,
            True,
            status,
            failure or stated.error_type or (f"http_{status}" if status >= 400 else None),
            stated.usage,
            source,
            self._began_ms - began_ms,
            None,
            stated.service_tier,
        )
        self._around.journal(journal_line(self._head.shared, members, stated.stated_cost))


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def _model_in(query: bytes) -> str | None:
    values = parse_qs(query.decode("latin-1"))
    found = values.get("model") or values.get("deployment")
    return found[0][:256] if found else None


def _switched_head(headers: Headers) -> bytes:
    kept = [pair for pair in headers if pair[0] not in (b"content-length", b"transfer-encoding")]
    return b"HTTP/1.1 101 Switching Protocols\r\n" + b"".join(b"%b: %b\r\n" % pair for pair in kept) + b"\r\n"
