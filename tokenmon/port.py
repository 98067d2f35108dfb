"""The port's ASGI application: the gate, then the proxy, the API or the health page.

The API's framework is loaded in the background after the port listens: it takes longer than all the rest.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from tokenmon import __version__
from tokenmon.proxy.app import CHAT_PREFIX, CHAT_SUFFIX, refuse
from tokenmon.proxy.failures import ProxyFailure
from tokenmon.proxy.gate import Gate
from tokenmon.session import Session

AsgiApp = Callable[[MutableMapping[str, Any], Any, Any], Awaitable[None]]

API_SEGMENTS = frozenset({b"api", b"docs", b"openapi.json", b"metrics", b"v1"})


class LazyApi:
    """The HTTP API, built in a thread after the start; requests wait for it."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._app: asyncio.Future[AsgiApp] | None = None

    def begin(self) -> None:
        """Start building; calling it again changes nothing."""
        if self._app is None:
            self._app = asyncio.get_running_loop().run_in_executor(None, self._build)

    def _build(self) -> AsgiApp:
        from tokenmon.api.app import create_api

        return create_api(self._session)

    async def __call__(self, scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        self.begin()
        if self._app is None:
            raise RuntimeError("the API is not being built")
        app = await asyncio.shield(self._app)
        await app(scope, receive, send)


class Port:
    """The ASGI application of the port: checks every request at the gate, then hands it to the proxy or the API."""

    def __init__(self, gate: Gate, proxy: AsgiApp, api: AsgiApp, health: Callable[[], dict[str, object]]) -> None:
        self._gate = gate
        self._proxy = proxy
        self._api = api
        self._health = health

    async def __call__(self, scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        try:
            self._gate.check(scope["headers"], scope["http_version"])
        except ProxyFailure as failure:
            await refuse(failure, None, send)
            return
        path: bytes = scope["raw_path"]
        segment = path[1:].partition(b"/")[0]
        if segment in API_SEGMENTS and not (path.startswith(CHAT_PREFIX) and path.endswith(CHAT_SUFFIX)):
            await self._api(scope, receive, send)
        elif segment == b"healthz":
            await self._answer(send, self._health())
        elif path == b"/":
            await self._answer(send, {"name": "tokenmon", "version": __version__, "docs": "/docs"})
        else:
            await self._proxy(scope, receive, send)

    @staticmethod
    async def _answer(send: Any, content: dict[str, object]) -> None:
        body = json.dumps(content).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body, "more_body": False})
