"""The running server's end: forced stops still record, and what is left behind is told."""

import asyncio
import threading
import time
from decimal import Decimal
from pathlib import Path

import pytest

from tests.alerts.hook import Hook, running_hook
from tests.core.sample import call
from tests.proxy.servers import read_request, scripted_server
from tests.waiting import wait_until
from tokenmon.alerts.webhook import Patience
from tokenmon.commands.proxy import farewell
from tokenmon.config import load_settings
from tokenmon.core.period import Period, month_of
from tokenmon.core.platform import Platform, PlatformQuota
from tokenmon.core.query import Filter
from tokenmon.core.record import UsageRecord
from tokenmon.ingest.writer import Unstored
from tokenmon.server import ProxyServer
from tokenmon.session import open_session

STREAM = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\ndata: {}\n\n"
BODY = b'{"model":"gpt-4o","stream":true,"messages":[]}'
REQUEST = (
    b"POST /work/v1/chat/completions HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n"
    b"content-length: %d\r\n\r\n%b" % (len(BODY), BODY)
)


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKENMON_HOME", str(tmp_path))


async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Begin a stream and never end it."""
    await read_request(reader)
    writer.write(STREAM)
    await writer.drain()
    await reader.read()


async def forced_stop() -> tuple[Unstored, list[UsageRecord]]:
    """Stop as a second Ctrl-C does, with a stream in flight."""
    async with scripted_server(endless) as upstream:
        with open_session() as session:
            base_url = f"http://127.0.0.1:{upstream}/v1"
            session.store.add_platform(
                Platform(id="1", name="work", provider_name="openai", created_at=session.now(), base_url=base_url)
            )
        server = ProxyServer(load_settings(), port=0)
        reader, writer = await asyncio.open_connection("127.0.0.1", await server.start())
        writer.write(REQUEST)
        async with asyncio.timeout(20):
            await reader.readuntil(b"data: {}")
            assert server.server is not None
            server.server.force_exit = True
            unstored = await server.stop()
        writer.close()
    with open_session() as session:
        return unstored, list(session.store.iter_records(Filter(Period(None, None))))


def test_a_forced_stop_records_the_streams_that_it_cuts_short(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    unstored, (record,) = asyncio.run(forced_stop())

    assert (unstored, record.error_type) == (Unstored(), "proxy_stopped")
    assert caplog.records == []
    assert list((tmp_path / "state" / "journal").iterdir()) == []


async def health_without_writer() -> tuple[object, object, object]:
    server = ProxyServer(load_settings(), port=0)
    await server.start()
    before = server._health()["status"]
    running, server._writer._thread = server._writer._thread, threading.Thread(target=lambda: None)
    server._writer._thread.start()
    server._writer._thread.join()
    told = server._health()
    server._writer._thread = running
    await server.stop()
    return before, told["status"], told["problem"]


def test_health_is_degraded_without_the_journals_writer() -> None:
    assert asyncio.run(health_without_writer()) == ("ok", "degraded", "the journal's writer has ended")


async def statuses(*paths: str) -> list[int]:
    """What the port answers to these paths."""
    server = ProxyServer(load_settings(), port=0)
    found = []
    port = await server.start()
    for path in paths:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(f"GET {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n".encode())
        found.append(int((await reader.read()).split()[1]))
        writer.close()
    await server.stop()
    return found


def test_the_health_page_has_one_address() -> None:
    assert asyncio.run(statuses("/healthz", "/healthz/x", "/healthz/")) == [200, 404, 404]


async def stop_between_tries(hook: Hook) -> float:
    """Stop a proxy whose webhook has failed once; how long the stop took."""
    with open_session() as session:
        quota = PlatformQuota(Decimal(1), "requests")
        session.store.add_platform(Platform("1", "openai-work", "openai", session.now(), quota=quota))
        session.store.add([call("now", session.now())])
    server = ProxyServer(load_settings(), port=0, alert_patience=Patience(10, (60,)))
    await server.start()
    await asyncio.to_thread(wait_until, lambda: bool(hook.bodies))
    began = time.monotonic()
    await server.stop()
    return time.monotonic() - began


def test_a_stop_does_not_wait_for_a_webhooks_next_try(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKENMON_ALERTS_WEBHOOK_ALLOW_PRIVATE", "true")
    with running_hook(500) as hook:
        monkeypatch.setenv("TOKENMON_ALERTS_WEBHOOK_URL", hook.url)
        took = asyncio.run(stop_between_tries(hook))

    assert took < 10
    assert len(hook.bodies) == 1
    with open_session() as session:
        start = month_of(session.now(), session.settings.timezone).start
        assert start is not None
        assert session.store.sent_thresholds("1", start) == set()


FAREWELLS = {
    "everything is stored": Unstored(),
    "1 record waits in the journal: the next start stores it": Unstored(waiting=1),
    "3,000 records wait in the journal: the next start stores them": Unstored(waiting=3000),
    "1 record is lost: neither the journal nor the database took it": Unstored(lost=1),
    "2 records are lost: neither the journal nor the database took them; "
    "3 records wait in the journal: the next start stores them": Unstored(waiting=3, lost=2),
}


@pytest.mark.parametrize(("words", "unstored"), FAREWELLS.items())
def test_the_last_words_are_true(words: str, unstored: Unstored) -> None:
    assert farewell(unstored) == "stopped; " + words
