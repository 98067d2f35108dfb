"""The port as a scraper and a browser meet it: `/metrics` behind the gate, and what a running proxy tells of itself."""

import asyncio
from collections.abc import Awaitable, Callable
from decimal import Decimal
from pathlib import Path

import pytest

from tests.api.scraped import ScrapedFamily, scraped
from tests.proxy.scene import CLIENT_KEY, Scene, post, running_proxy
from tests.proxy.servers import fixed, read_request
from tokenmon import __version__

ANSWER = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}"
BEGINNING = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\ndata: {}\n\n"
SWITCH = b"HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n"
KEY = f"authorization: Bearer {CLIENT_KEY}"
CHAT = post("/openai/v1/chat/completions", b'{"model":"gpt-4o","messages":[]}')
UPGRADE = (
    b"GET /openai/v1/realtime?model=gpt-realtime HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: upgrade\r\n"
    b"upgrade: websocket\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\nsec-websocket-version: 13\r\n\r\n"
)


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKENMON_HOME", str(tmp_path))


def request(*lines: str, method: str = "GET", host: str = "127.0.0.1") -> bytes:
    """A scrape as it is written on the wire."""
    return "\r\n".join((f"{method} /metrics HTTP/1.1", f"host: {host}", "connection: close", *lines, "", "")).encode()


async def told(scene: Scene) -> dict[str, ScrapedFamily]:
    """What a scraper reads now."""
    _, _, body = (await scene.send(request(KEY))).partition(b"\r\n\r\n")
    return scraped(body.decode())


def during(handler: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]], raw: bytes) -> list[str]:
    """The gauges of what is open that are not 0, while a call of a provider that began to answer goes on."""

    async def run() -> list[str]:
        async with running_proxy(handler) as scene:
            reader, writer = await asyncio.open_connection("127.0.0.1", scene.port)
            writer.write(raw)
            async with asyncio.timeout(20):
                await reader.readuntil(b"\r\n\r\n")
                found = await told(scene)
            writer.close()
        assert (scene.server._proxy.calls_in_flight, scene.server._proxy.open_websockets) == (0, 0)
        return [name for name in ("tokenmon_calls_in_flight", "tokenmon_open_websockets") if found[name].of() == 1]

    return asyncio.run(run())


async def unending(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Begin a stream and never end it."""
    await read_request(reader)
    writer.write(BEGINNING)
    await writer.drain()
    await reader.read()


async def switching(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Open a WebSocket and say nothing in it."""
    await read_request(reader)
    writer.write(SWITCH)
    await writer.drain()
    await reader.read()


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (request(KEY), 200),
        (request(), 401),
        (request("authorization: Bearer sk-a-providers-key"), 401),
        (request(KEY, "origin: https://evil.example"), 403),
        (request(KEY, "sec-fetch-site: cross-site"), 403),
        (request(KEY, "sec-fetch-site: same-origin"), 200),
        (request(KEY, host="evil.example"), 421),
        (request(KEY, "content-length: 0", method="POST"), 405),
    ],
)
def test_a_scrape_needs_a_key_and_comes_from_no_foreign_page(raw: bytes, status: int) -> None:
    async def run() -> bytes:
        async with running_proxy(fixed(ANSWER)) as scene:
            return await scene.send(raw)

    answer = asyncio.run(run())

    assert int(answer.split()[1]) == status
    assert (b"tokenmon_" in answer.partition(b"\r\n\r\n")[2]) is (status == 200)


def test_head_is_answered_without_a_body() -> None:
    async def run() -> bytes:
        async with running_proxy(fixed(ANSWER)) as scene:
            return await scene.send(request(KEY, method="HEAD"))

    head, _, body = asyncio.run(run()).partition(b"\r\n\r\n")

    assert head.startswith(b"HTTP/1.1 200 ")
    assert b"content-type: text/plain; version=0.0.4; charset=utf-8" in head
    assert body == b""


def test_calls_and_refusals_are_counted_by_the_process_itself() -> None:
    async def run() -> dict[str, ScrapedFamily]:
        async with running_proxy(fixed(ANSWER)) as scene:
            for _ in range(3):
                await scene.send(CHAT.replace(b"\r\n", f"\r\n{KEY.replace(CLIENT_KEY, 'sk-own')}\r\n".encode(), 1))
            await scene.send(request(host="evil.example"))
            await scene.send(post("/nobody/v1/chat/completions", b"{}"))
            await asyncio.to_thread(scene.server.wait_until_stored, 30)
            return await told(scene)

    found = asyncio.run(run())

    counts = {name.removeprefix("tokenmon_"): one.total() for name, one in found.items()}
    assert counts["requests_total"] == counts["journal_stored_records_total"] == 3
    assert counts["journal_waiting_records"] == counts["journal_rejected_records_total"] == 0
    assert counts["calls_in_flight"] == counts["open_websockets"] == counts["journal_write_failures_total"] == 0
    assert {dict(one)["reason"]: count for one, count in found["tokenmon_refused_requests_total"].samples.items()} == {
        "bad_host": Decimal(1), "unknown_platform": Decimal(1),
    }  # fmt: skip
    assert found["tokenmon_build_info"].of(version=__version__) == 1


def test_a_call_that_goes_on_is_in_flight() -> None:
    assert during(unending, CHAT) == ["tokenmon_calls_in_flight"]


def test_a_websocket_is_open_as_long_as_it_lasts() -> None:
    assert during(switching, UPGRADE) == ["tokenmon_open_websockets"]
