"""Opening a connection to a provider: DNS, TCP, the environment's HTTP proxy, TLS, each failure in its own words."""

import asyncio
import functools
import os
import socket
import ssl

from tokenmon.proxy.connection import UpstreamConnection
from tokenmon.proxy.failures import ProxyFailure
from tokenmon.proxy.origin import HttpProxy, Origin

MAX_TUNNEL_REPLY = 16 * 1024


@functools.cache
def tls_context() -> ssl.SSLContext:
    """The client's TLS settings: the system's trust store, or SSL_CERT_FILE and SSL_CERT_DIR where they are set."""
    context = ssl.create_default_context()
    if not os.environ.get("SSL_CERT_FILE") and not context.get_ca_certs() and not _has_system_folder():
        # A Python without a trust store of its own (python.org's on macOS).
        import certifi

        context.load_verify_locations(certifi.where())
    context.set_alpn_protocols(["http/1.1"])
    return context


def _has_system_folder() -> bool:
    paths = ssl.get_default_verify_paths()
    return bool(paths.cafile or (paths.capath and os.path.isdir(paths.capath) and os.listdir(paths.capath)))


async def connect(origin: Origin, *, timeout_seconds: float) -> UpstreamConnection:
    """An open connection to an origin, or a ProxyFailure that says which step failed."""
    try:
        async with asyncio.timeout(timeout_seconds):
            return await _connect(origin)
    except TimeoutError:
        raise ProxyFailure(
            "upstream_timeout", f"no connection to {origin.authority} within {timeout_seconds:g} s"
        ) from None
    except socket.gaierror:
        host = origin.proxy.host if origin.proxy else origin.host
        raise ProxyFailure("upstream_dns", f"the host name {host} cannot be resolved") from None
    except ssl.SSLError as error:
        reason = getattr(error, "verify_message", None) or error.reason or "handshake failed"
        raise ProxyFailure("upstream_tls", f"no trusted TLS connection to {origin.authority}: {reason}") from None
    except OSError as error:
        reason = os.strerror(error.errno).lower() if error.errno and error.errno > 0 else "connection failed"
        raise ProxyFailure("upstream_unreachable", f"cannot reach {origin.authority}: {reason}") from None


async def _connect(origin: Origin) -> UpstreamConnection:
    loop = asyncio.get_running_loop()
    factory = functools.partial(UpstreamConnection, loop)
    if origin.proxy is None:
        context = tls_context() if origin.is_tls else None
        _, connection = await loop.create_connection(
            factory, origin.host, origin.port, ssl=context, server_hostname=origin.host if context else None
        )
        return connection
    if not origin.is_tls:
        _, connection = await loop.create_connection(factory, origin.proxy.host, origin.proxy.port)
        return connection
    return await _connect_through_tunnel(loop, origin, origin.proxy)


class _TunnelReply(asyncio.Protocol):
    """Collects the proxy's answer to CONNECT."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.reply = b""
        self.arrived: asyncio.Future[bytes] = loop.create_future()

    def data_received(self, data: bytes) -> None:
        self.reply += data
        if not self.arrived.done() and (b"\r\n\r\n" in self.reply or len(self.reply) > MAX_TUNNEL_REPLY):
            self.arrived.set_result(self.reply)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.arrived.done():
            self.arrived.set_result(self.reply)


async def _connect_through_tunnel(
    loop: asyncio.AbstractEventLoop, origin: Origin, proxy: HttpProxy
) -> UpstreamConnection:
    transport, tunnel = await loop.create_connection(lambda: _TunnelReply(loop), proxy.host, proxy.port)
    host = f"[{origin.host}]" if ":" in origin.host else origin.host
    lines = [f"CONNECT {host}:{origin.port} HTTP/1.1", f"Host: {host}:{origin.port}"]
    if proxy.authorization is not None:
        lines.append(f"Proxy-Authorization: {proxy.authorization}")
    transport.write(("\r\n".join(lines) + "\r\n\r\n").encode("ascii"))
    try:
        reply = await tunnel.arrived
        status = reply.split(b"\r\n", 1)[0].split(b" ")
        if len(status) < 2 or status[1] != b"200":
            shown = status[1].decode("ascii", "replace")[:3] if len(status) > 1 else "nothing"
            raise ProxyFailure(
                "upstream_unreachable", f"the proxy {proxy.host}:{proxy.port} answered {shown} for {origin.authority}"
            )
        connection = UpstreamConnection(loop)
        encrypted = await loop.start_tls(transport, connection, tls_context(), server_hostname=origin.host)
        if encrypted is None:
            raise ProxyFailure("upstream_disconnected", f"the proxy {proxy.host}:{proxy.port} closed the connection")
        connection.connection_made(encrypted)
    except BaseException:
        transport.abort()
        raise
    return connection
