"""A request on the port for an ASGI application: the API's framework asks for one."""

import urllib.parse
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from tokenmon.proxy.failures import ProxyFailure
from tokenmon.proxy.incoming import Incoming

AsgiApp = Callable[[MutableMapping[str, Any], Any, Any], Awaitable[None]]


async def serve_asgi(app: AsgiApp, incoming: Incoming) -> None:
    """Have an ASGI application answer a request."""
    call = _AsgiCall(incoming)
    await app(_scope(incoming), call.receive, call.send)


def _scope(incoming: Incoming) -> dict[str, Any]:
    length = [] if incoming.content_length is None else [(b"content-length", b"%d" % incoming.content_length)]
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": incoming.http_version,
        "method": incoming.method,
        "scheme": "http",
        "path": urllib.parse.unquote(incoming.raw_path.decode("ascii")),
        "raw_path": incoming.raw_path,
        "query_string": incoming.query,
        "root_path": "",
        "headers": [*incoming.headers, *length],
        "server": None,
        "client": None,
        "state": {},
    }


class _AsgiCall:
    def __init__(self, incoming: Incoming) -> None:
        self._incoming = incoming
        self._has_body = False

    async def receive(self) -> dict[str, Any]:
        if self._has_body:
            await self._incoming.until_gone()
            return {"type": "http.disconnect"}
        try:
            data, self._has_body = await self._incoming.read()
        except ProxyFailure:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": data, "more_body": not self._has_body}

    async def send(self, message: MutableMapping[str, Any]) -> None:
        incoming = self._incoming
        if message["type"] == "http.response.start":
            incoming.start(message["status"], list(message.get("headers", ())))
        elif message["type"] == "http.response.body":
            incoming.write(message.get("body", b""), is_last=not message.get("more_body", False))
            if incoming.is_slow:
                await incoming.drain()
