"""The real proxy on a free port of loopback, in this process, with platforms that store no key."""

import asyncio
import json
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx

from tests.proxy.servers import Handler, read_request
from tokenmon.config import load_settings
from tokenmon.core.period import Period
from tokenmon.core.platform import Platform
from tokenmon.core.query import Filter
from tokenmon.core.record import UsageRecord
from tokenmon.demo.replies import Reply
from tokenmon.server import ProxyServer
from tokenmon.session import open_session

CREATED = datetime(2026, 11, 1, tzinfo=UTC)


def run(work: Coroutine[Any, Any, None]) -> None:
    """Run a test's coroutine to its end."""
    asyncio.run(asyncio.wait_for(work, 30))


def platform(name: str, base_url: str, *, provider: str = "openai", **changes: Any) -> Platform:
    """A platform that callers bring their own key to."""
    return Platform(id=name, name=name, provider_name=provider, created_at=CREATED, base_url=base_url, **changes)


@dataclass(frozen=True)
class Running:
    """A running proxy, and a client that goes to it and nowhere else."""

    port: int
    client: httpx.AsyncClient


@asynccontextmanager
async def running_proxy(*platforms: Platform) -> AsyncIterator[Running]:
    """A proxy with these platforms in the home of the test; all calls are stored when the block ends."""
    with open_session() as session:
        for one in platforms:
            session.store.add_platform(one)
    server = ProxyServer(load_settings(), port=0)
    port = await server.start()
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=20) as client:
            yield Running(port, client)
    finally:
        await server.stop()


def recorded() -> list[UsageRecord]:
    """The records in the home of the test, oldest first."""
    with open_session() as session:
        return list(session.store.iter_records(Filter(Period(None, None))))


def head_of(reply: Reply, *lines: str) -> bytes:
    """Status line and headers of a reply that comes in chunks."""
    start = [f"HTTP/1.1 {reply.status} Sample", f"content-type: {reply.content_type}", "transfer-encoding: chunked"]
    return ("\r\n".join((*start, *lines)) + "\r\n\r\n").encode()


def chunked(data: bytes) -> bytes:
    """One chunk."""
    return b"%x\r\n%b\r\n" % (len(data), data)


LAST_CHUNK = b"0\r\n\r\n"


class Provider:
    """Answers every request with one reply, piece by piece; `requests` holds heads and bodies as they came."""

    def __init__(self, *pieces: bytes, head: bytes) -> None:
        self.requests: list[tuple[bytes, bytes]] = []
        self._pieces = pieces
        self._head = head

    @property
    def handler(self) -> Handler:
        """For `scripted_server`."""
        return self._handle

    async def _handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while not reader.at_eof():
            self.requests.append(await read_request(reader))
            writer.write(self._head)
            for piece in self._pieces:
                await writer.drain()
                writer.write(chunked(piece))
            writer.write(LAST_CHUNK)
            await writer.drain()

    def headers(self, at: int = -1) -> dict[str, str]:
        """The headers of a request, by their names in lower case."""
        lines = self.requests[at][0].decode("latin-1").split("\r\n")[1:]
        return {name.lower(): value for name, _, value in (line.partition(": ") for line in lines if line)}

    def json(self, at: int = -1) -> Any:
        """The body of a request."""
        return json.loads(self.requests[at][1])


def provider_of(reply: Reply, *lines: str) -> Provider:
    """A provider that answers with a reply of the demo."""
    return Provider(*reply.pieces, head=head_of(reply, *lines))
