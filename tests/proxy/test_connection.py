"""The connection to a provider: framing, re-use and failures, on real sockets."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from tests.proxy.servers import fixed, scripted_server
from tokenmon.proxy.connecting import connect
from tokenmon.proxy.connection import UpstreamConnection
from tokenmon.proxy.failures import ProxyFailure
from tokenmon.proxy.origin import Origin
from tokenmon.proxy.pool import ConnectionPool

REQUEST = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n"


def run(work: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(work, 20))


async def body_of(connection: UpstreamConnection, request: bytes = REQUEST, *, is_head: bool = False) -> bytes:
    connection.start(request, is_head_request=is_head)
    await connection.head(5)
    body, is_done = b"", False
    while not is_done:
        data, is_done = await connection.read(5)
        body += data
    return body


CASES = {
    "length": ([b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhel", b"lo"], False, 200, b"hello", True),
    "chunks": (
        [b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nhel\r\n", b"2\r\nlo\r\n0\r\n\r\n"],
        False, 200, b"hello", True,
    ),
    "until close": ([b"HTTP/1.1 200 OK\r\n\r\nhel", b"lo"], True, 200, b"hello", False),
    "http/1.0": ([b"HTTP/1.0 200 OK\r\ncontent-length: 5\r\n\r\nhello"], False, 200, b"hello", False),
    "close asked": ([b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nok"], True, 200, b"ok", False),
    "no content": ([b"HTTP/1.1 204 No Content\r\n\r\n"], False, 204, b"", True),
    "continue first": (
        [b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 103 Early Hints\r\nlink: a\r\n\r\nHTTP/1.1 200 OK\r\n",
         b"content-length: 2\r\n\r\nok"],
        False, 200, b"ok", True,
    ),
    "empty": ([b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"], False, 200, b"", True),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_every_framing_gives_the_whole_body_and_only_clean_ends_are_reused(name: str) -> None:
    pieces, closes, status, body, reusable = CASES[name]

    async def check() -> None:
        async with scripted_server(fixed(*pieces, close=closes)) as port:
            connection = await connect(Origin("http", "127.0.0.1", port), timeout_seconds=5)

            assert await body_of(connection) == body
            assert connection.status == status
            assert connection.is_reusable is reusable
            connection.close()

    run(check())


def test_the_head_of_a_body_is_read_without_waiting_for_its_length() -> None:
    async def check() -> None:
        async with scripted_server(fixed(b"HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n")) as port:
            connection = await connect(Origin("http", "127.0.0.1", port), timeout_seconds=5)

            assert await body_of(connection, b"HEAD / HTTP/1.1\r\nhost: x\r\n\r\n", is_head=True) == b""
            assert not connection.is_reusable
            connection.close()

    run(check())


@pytest.mark.parametrize(
    ("pieces", "kind"),
    [
        ([b"HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\nhel"], "upstream_disconnected"),
        ([b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhel"], "upstream_disconnected"),
        ([b"this is not HTTP\r\n\r\n"], "upstream_protocol"),
        ([b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n"], "upstream_protocol"),
        ([b"HTTP/1.1 200 OK\r\nx: " + b"a" * 300_000], "upstream_protocol"),
        ([b""], "upstream_disconnected"),
    ],
)
def test_a_broken_answer_is_told_by_its_kind(pieces: list[bytes], kind: str) -> None:
    async def check() -> None:
        async with scripted_server(fixed(*pieces, close=True)) as port:
            connection = await connect(Origin("http", "127.0.0.1", port), timeout_seconds=5)

            with pytest.raises(ProxyFailure) as raised:
                await body_of(connection)
            assert raised.value.kind == kind
            assert not connection.is_reusable
            connection.close()

    run(check())


def test_bytes_after_the_answer_end_the_connection() -> None:
    async def check() -> None:
        answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
        async with scripted_server(fixed(answer, b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil")) as port:
            pool = ConnectionPool(connect_timeout_seconds=5)
            origin = Origin("http", "127.0.0.1", port)

            for _ in range(3):
                connection = await pool.acquire(origin)
                assert await body_of(connection) == b"ok"
                pool.release(origin, connection)
                await asyncio.sleep(0)
            await pool.close()

    run(check())


def test_the_pool_reuses_a_clean_connection_and_drops_a_closed_one() -> None:
    async def check() -> None:
        async with scripted_server(fixed(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")) as port:
            pool = ConnectionPool(connect_timeout_seconds=5)
            origin = Origin("http", "127.0.0.1", port)
            first = await pool.acquire(origin)
            await body_of(first)
            pool.release(origin, first)

            second = await pool.acquire(origin)
            assert second is first
            second.close()
            pool.release(origin, second)
            third = await pool.acquire(origin)

            assert third is not first
            await pool.close()

    run(check())


def test_a_silent_provider_times_out() -> None:
    async def check() -> None:
        async with scripted_server(fixed()) as port:
            pool = ConnectionPool(connect_timeout_seconds=5)
            connection = await pool.acquire(Origin("http", "127.0.0.1", port))
            connection.start(REQUEST)

            with pytest.raises(ProxyFailure) as raised:
                await connection.head(0.01)
            assert raised.value.kind == "upstream_timeout"
            await pool.close()

    run(check())


@pytest.mark.parametrize(
    ("origin", "kind"),
    [
        (Origin("http", "no-such-host.invalid", 80), "upstream_dns"),
        (Origin("http", "127.0.0.1", 1), "upstream_unreachable"),
    ],
)
def test_a_failure_to_connect_says_which_step_failed(origin: Origin, kind: str) -> None:
    async def check() -> None:
        with pytest.raises(ProxyFailure) as raised:
            await connect(origin, timeout_seconds=5)
        assert raised.value.kind == kind

    run(check())


def test_plain_http_where_tls_is_expected_is_told_as_tls() -> None:
    async def check() -> None:
        async with scripted_server(fixed(b"HTTP/1.1 400 Bad Request\r\n\r\n", close=True)) as port:

            async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                await reader.read(10)
                writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")

            async with scripted_server(plain) as plain_port:
                with pytest.raises(ProxyFailure) as raised:
                    await connect(Origin("https", "127.0.0.1", plain_port), timeout_seconds=5)
                assert raised.value.kind == "upstream_tls"
            assert port

    run(check())
