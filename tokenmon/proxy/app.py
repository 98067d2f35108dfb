"""The proxy's front: from a request on the port to an exchange with a provider.

No framework, because a framework's routing costs more than the whole exchange.
"""

import asyncio
import functools

from tokenmon.providers.endpoint import Endpoint, endpoint
from tokenmon.providers.registry import Provider, upstream_path
from tokenmon.providers.request import EMPTY_REQUEST, RequestFacts, read_request, with_include_usage
from tokenmon.proxy.admission import Admitted, admit, find_target, split_path
from tokenmon.proxy.directory import Directory, Target
from tokenmon.proxy.exchange import Call, Exchange, Surroundings
from tokenmon.proxy.failures import ProxyFailure, failure_response
from tokenmon.proxy.incoming import Incoming
from tokenmon.proxy.labels import SortedHeaders, sort_headers
from tokenmon.proxy.upload import begin_upload

CHAT_PREFIX = b"/api/proxy/"
CHAT_SUFFIX = b"/chat"


@functools.lru_cache(maxsize=4096)
def _endpoint(spoken: Provider, method: str, path: str) -> Endpoint:
    return endpoint(spoken, method, path)


@functools.lru_cache(maxsize=4096)
def _upstream_path(base_url: str, path: str) -> str:
    return upstream_path(base_url, path)


class ProxyApp:
    """Forwards `/{platform}/{path}` and `/api/proxy/{platform}/chat`."""

    def __init__(self, directory: Directory, around: Surroundings) -> None:
        self._directory = directory
        self._around = around
        self._loop: asyncio.AbstractEventLoop | None = None

    async def __call__(self, incoming: Incoming) -> None:
        spoken: Provider | None = None
        try:
            if self._loop is None:
                self._loop = asyncio.get_running_loop()
            if not self._directory.is_fresh(self._loop.time()):
                await self._directory.refresh()
            target, path = self._route(incoming.raw_path)
            spoken = target.provider
            headers = sort_headers(incoming.headers)
            if headers.is_upgrade:
                raise ProxyFailure("not_supported", "WebSocket and other upgrades are not supported")
            admitted = admit(self._directory, target, headers, incoming.query)
            call = await self._prepare(incoming, target, path, headers, admitted)
        except ProxyFailure as failure:
            if failure.kind != "client_disconnected":
                refuse(failure, spoken, incoming)
            return
        await Exchange(call, self._around, incoming).run()

    def _route(self, raw_path: bytes) -> tuple[Target, str]:
        name, rest = split_path(raw_path)
        is_chat = raw_path.startswith(CHAT_PREFIX)
        if is_chat:
            name = raw_path[len(CHAT_PREFIX) :].partition(b"/")[0].decode("latin-1")
        target = find_target(self._directory, name)
        path = rest.decode("latin-1")
        if is_chat:
            path = target.provider.chat_path
        return target, path

    async def _prepare(
        self, incoming: Incoming, target: Target, path: str, headers: SortedHeaders, admitted: Admitted
    ) -> Call:
        method = incoming.method
        called = _endpoint(target.provider, method, _upstream_path(target.base_url, path))
        is_json = b"json" in headers.content_type or not headers.content_type
        upload = await begin_upload(
            incoming.read,
            is_json=is_json,
            content_length=headers.content_length,
            max_bytes=self._around.max_body_bytes,
        )
        facts = EMPTY_REQUEST
        injects = False
        if upload.is_whole and upload.data and is_json:
            facts = read_request(upload.data)
            injects = self._injects(target, called, facts)
            if injects:
                upload.data = with_include_usage(upload.data)
        is_chunked = not upload.is_whole and headers.content_length is None
        return Call(
            target=target,
            endpoint=called,
            method=method,
            head=_request_head(method, target, path, headers, admitted, upload.is_whole, len(upload.data), injects),
            upload=upload,
            is_chunked_upload=is_chunked,
            facts=facts,
            labels=headers.labels,
            client_key=admitted.client_key,
            filters_usage=injects,
        )

    @staticmethod
    def _injects(target: Target, called: Endpoint, facts: RequestFacts) -> bool:
        return (
            facts.stream
            and called.injectable
            and not facts.include_usage
            and target.provider.injects_usage
            and target.platform.inject_usage
        )


def _request_head(
    method: str,
    target: Target,
    path: str,
    headers: SortedHeaders,
    admitted: Admitted,
    is_whole: bool,
    length: int,
    injects: bool,
) -> bytes:
    """The request line and headers as they go to the provider."""
    location = _upstream_path(target.base_url, path).encode("latin-1")
    if admitted.query:
        location += b"?" + admitted.query
    origin = target.origin
    if origin.proxy is not None and not origin.is_tls:
        location = b"http://" + origin.authority.encode() + location
    parts = [method.encode("ascii"), b" ", location, b" HTTP/1.1\r\n", target.host_line]
    if origin.proxy is not None and not origin.is_tls and origin.proxy.authorization is not None:
        parts += [b"proxy-authorization: ", origin.proxy.authorization.encode(), b"\r\n"]
    for name, value in headers.forwarded:
        if injects and name == b"accept-encoding":
            # The usage chunk can only be taken out of a stream that is not compressed.
            continue
        parts += (name, b": ", value, b"\r\n")
    for name, value in admitted.credentials:
        parts += (name, b": ", value, b"\r\n")
    if injects:
        parts.append(b"accept-encoding: identity\r\n")
    if not is_whole and headers.content_length is None:
        parts.append(b"transfer-encoding: chunked\r\n")
    elif not is_whole and headers.content_length is not None:
        parts.append(b"content-length: %d\r\n" % headers.content_length)
    elif length or method not in ("GET", "HEAD", "DELETE", "OPTIONS"):
        parts.append(b"content-length: %d\r\n" % length)
    parts.append(b"\r\n")
    return b"".join(parts)


def refuse(failure: ProxyFailure, spoken: Provider | None, incoming: Incoming) -> None:
    """Answer a request that goes no further."""
    status, headers, body = failure_response(failure, spoken)
    if failure.kind in ("bad_request", "body_too_large"):
        # What follows on this connection could be the rest of a body that nobody read.
        headers.append((b"connection", b"close"))
    incoming.start(status, headers)
    incoming.write(body, is_last=True)
