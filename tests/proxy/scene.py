"""A proxy in this process before a scripted provider, for raw sockets: what came of each call is read back after it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from tests.proxy.servers import Handler, scripted_server
from tokenmon.config import load_settings
from tokenmon.core.period import Period
from tokenmon.core.platform import ClientKey, Platform
from tokenmon.core.query import Filter
from tokenmon.core.record import UsageRecord
from tokenmon.credentials import hash_client_key
from tokenmon.server import ProxyServer
from tokenmon.session import open_session

BASE_PATHS = {"openai": "/v1", "anthropic": "", "gemini": ""}
CLIENT_KEY = "tm-client-key-of-the-tests"


@dataclass
class Scene:
    """A running proxy with a platform of each provider in BASE_PATHS, which store no key unless told to."""

    port: int
    server: ProxyServer
    records: list[UsageRecord] = field(default_factory=list)

    async def send(self, *pieces: bytes) -> bytes:
        """All that comes back to raw bytes, until the proxy ends the connection."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
        async with asyncio.timeout(10):
            answer = await reader.read()
        writer.close()
        return answer


@asynccontextmanager
async def running_proxy(handler: Handler, *, key: str | None = None) -> AsyncIterator[Scene]:
    """A proxy before a provider; after the block the scene holds the records, oldest first."""
    async with scripted_server(handler) as upstream:
        with open_session() as session:
            session.store.add_client_key(
                ClientKey("tests", "member", hash_client_key(CLIENT_KEY), "0000", session.now())
            )
            for name, base in BASE_PATHS.items():
                platform = Platform(
                    id=name, name=name, provider_name=name, created_at=session.now(),
                    base_url=f"http://127.0.0.1:{upstream}{base}",
                    sealed_key=None if key is None else session.vault.seal(name, key),
                )  # fmt: skip
                session.store.add_platform(platform)
        server = ProxyServer(load_settings(), port=0)
        scene = Scene(await server.start(), server)
        try:
            yield scene
        finally:
            await server.stop()
    with open_session() as session:
        scene.records = list(session.store.iter_records(Filter(Period(None, None))))


def post(path: str, body: bytes, *lines: bytes, length: int | None = None) -> bytes:
    """A request as a client writes it; the connection is to end after it."""
    head = b"POST %b HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n" % path.encode()
    head += b"".join(line + b"\r\n" for line in lines)
    if not any(line.lower().startswith((b"content-type", b"transfer-encoding")) for line in lines):
        head += b"content-type: application/json\r\n"
    if not any(line.lower().startswith(b"transfer-encoding") for line in lines):
        head += b"content-length: %d\r\n" % (len(body) if length is None else length)
    return head + b"\r\n" + body
