"""What the port does with a request: the gate, then the proxy, the API or the health page.

The API's framework is loaded in the background after the port listens: it takes longer than all the rest.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable

from tokenmon import __version__
from tokenmon.core.process_state import ProcessState
from tokenmon.proxy.app import CHAT, ProxyApp
from tokenmon.proxy.asgi import AsgiApp, serve_asgi
from tokenmon.proxy.failures import ProxyFailure
from tokenmon.proxy.gate import Gate
from tokenmon.proxy.incoming import Incoming
from tokenmon.session import Session

Handler = Callable[[Incoming], Awaitable[None]]

API_SEGMENTS = frozenset({b"api", b"docs", b"openapi.json", b"metrics", b"v1"})


class LazyApi:
    """The HTTP API, built in a thread after the start; requests wait for it."""

    def __init__(self, session: Session, process: Callable[[], ProcessState]) -> None:
        self._session = session
        self._process = process
        self._app: asyncio.Future[AsgiApp] | None = None

    def begin(self) -> None:
        """Start building; calling it again changes nothing."""
        if self._app is None:
            self._app = asyncio.get_running_loop().run_in_executor(None, self._build)

    def _build(self) -> AsgiApp:
        from tokenmon.api.app import create_api

        return create_api(self._session, self._process)

    async def __call__(self, incoming: Incoming) -> None:
        self.begin()
        if self._app is None:
            raise RuntimeError("the API is not being built")
        app = await asyncio.shield(self._app)
        await serve_asgi(app, incoming)


class Port:
    """Checks every request of the port at the gate, then hands it to the proxy or the API."""

    def __init__(self, gate: Gate, proxy: ProxyApp, api: Handler, health: Callable[[], dict[str, object]]) -> None:
        self._gate = gate
        self._proxy = proxy
        self._api = api
        self._health = health

    async def __call__(self, incoming: Incoming) -> None:
        head = self._proxy.known(incoming)
        if head is not None:
            # The same head has passed the gate before.
            await self._proxy.forward(incoming, head)
            return
        try:
            self._gate.check(incoming.headers, incoming.http_version)
        except ProxyFailure as failure:
            self._proxy.refuse(failure, None, incoming)
            return
        path = incoming.raw_path
        segment = path[1:].partition(b"/")[0]
        if segment in API_SEGMENTS and CHAT.fullmatch(path) is None:
            await self._api(incoming)
        elif path == b"/healthz":
            _answer(incoming, self._health())
        elif path == b"/":
            _answer(incoming, {"name": "tokenmon", "version": __version__, "docs": "/docs"})
        else:
            await self._proxy(incoming)


def _answer(incoming: Incoming, content: dict[str, object]) -> None:
    body = json.dumps(content).encode()
    incoming.start(200, [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())])
    incoming.write(body, is_last=True)
