"""Open connections to providers, kept for the next request, and the one clock that ends waits that take too long."""

import asyncio
from collections import defaultdict

from tokenmon.proxy.connecting import connect
from tokenmon.proxy.connection import UpstreamConnection
from tokenmon.proxy.failures import ProxyFailure
from tokenmon.proxy.origin import Origin
from tokenmon.proxy.tasks import spawn

# Cloudflare and nginx keep idle connections 75 s and more; one that the far side closed earlier is noticed at once.
IDLE_SECONDS = 60.0
MAX_IDLE_PER_ORIGIN = 64
SWEEP_SECONDS = 0.5


class ConnectionPool:
    """Connections by origin; the most recently used one is taken first."""

    def __init__(self, *, connect_timeout_seconds: float) -> None:
        self._connect_timeout_seconds = connect_timeout_seconds
        self._idle: defaultdict[Origin, list[UpstreamConnection]] = defaultdict(list)
        self._busy: set[UpstreamConnection] = set()
        self._sweeper: asyncio.Task[None] | None = None

    async def acquire(self, origin: Origin) -> UpstreamConnection:
        """A connection that is open, idle or new; give it back with `release`."""
        if self._sweeper is None:
            self._sweeper = spawn(self._sweep(), name="connection sweep")
        idle = self._idle[origin]
        while idle:
            connection = idle.pop()
            if connection.is_open:
                self._busy.add(connection)
                return connection
        return await self.acquire_new(origin)

    async def acquire_new(self, origin: Origin) -> UpstreamConnection:
        """A connection that no request used before."""
        connection = await connect(origin, timeout_seconds=self._connect_timeout_seconds)
        self._busy.add(connection)
        return connection

    def release(self, origin: Origin, connection: UpstreamConnection) -> None:
        """Keep a connection whose response ended cleanly; close any other."""
        self._busy.discard(connection)
        idle = self._idle[origin]
        if connection.is_reusable and len(idle) < MAX_IDLE_PER_ORIGIN:
            connection.idle_since = asyncio.get_running_loop().time()
            idle.append(connection)
        else:
            connection.close()

    async def close(self) -> None:
        """Close every connection."""
        if self._sweeper is not None:
            self._sweeper.cancel()
            self._sweeper = None
        for idle in self._idle.values():
            for connection in idle:
                connection.close()
        self._idle.clear()
        for connection in self._busy:
            connection.close()
        self._busy.clear()

    async def _sweep(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            now = loop.time()
            for connection in [busy for busy in self._busy if busy.deadline < now]:
                connection.fail(ProxyFailure("upstream_timeout", "the provider sent nothing for too long"))
            for origin, idle in list(self._idle.items()):
                kept = [one for one in idle if one.is_open and now - one.idle_since < IDLE_SECONDS]
                for connection in idle:
                    if connection not in kept:
                        connection.close()
                if kept:
                    self._idle[origin] = kept
                else:
                    del self._idle[origin]
