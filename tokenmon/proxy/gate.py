"""What every request on the port must pass first: one honest Host, no foreign Origin, one way to frame its body.

A page in a browser can reach 127.0.0.1 under a name of its own (DNS rebinding) or send requests blindly; both carry
headers that give them away.
"""

import ipaddress
import socket
from dataclasses import dataclass

from tokenmon.proxy.failures import ProxyFailure
from tokenmon.proxy.labels import Headers

# Fetch Metadata: `same-origin` and `none` (typed by a person) are no other page's doing.
PAGE_SITES = frozenset({b"cross-site", b"same-site"})
LOOPBACK_NAMES = ("localhost", "127.0.0.1", "::1")


def is_loopback(host: str) -> bool:
    """Whether a host to bind is this machine's loopback."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _is_wildcard(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_unspecified
    except ValueError:
        return host == ""


def _host_and_port(value: bytes) -> tuple[str, str]:
    text = value.decode("latin-1").lower()
    if text.startswith("["):
        host, _, rest = text[1:].partition("]")
        return host, rest.removeprefix(":")
    host, _, port = text.partition(":")
    return host, port


@dataclass(frozen=True, slots=True)
class Gate:
    """The hosts and origins that requests may name, for one bound address."""

    hosts: frozenset[str]
    origins: frozenset[bytes]
    port: int
    any_address: bool

    @classmethod
    def of(cls, host: str, port: int, *, allowed_hosts: tuple[str, ...], allowed_origins: tuple[str, ...]) -> "Gate":
        """The gate of a bound address; names in `allowed_hosts` may come with any port."""
        names = {host.lower(), *(name.lower() for name in allowed_hosts)}
        if is_loopback(host) or _is_wildcard(host):
            names.update(LOOPBACK_NAMES)
        if _is_wildcard(host):
            names.add(socket.gethostname().lower())
        origins = frozenset(origin.lower().rstrip("/").encode() for origin in allowed_origins)
        # A page cannot rebind an address, only a name: any literal address is honest when all of them are bound.
        return cls(frozenset(names), origins, port, _is_wildcard(host))

    def check(self, headers: Headers, http_version: str) -> None:
        """Raise ProxyFailure unless the request's headers (names in lower case) pass."""
        host: bytes | None = None
        has_coding = is_allowed_page = is_of_page = False
        for name, value in headers:
            if name == b"host":
                if host is not None:
                    raise ProxyFailure("bad_request", "the request names two hosts")
                host = value
            elif name == b"origin":
                if value.lower() not in self.origins:
                    raise ProxyFailure("bad_origin", "requests from this web page's origin are not allowed")
                is_allowed_page = True
            elif name == b"sec-fetch-site":
                is_of_page = value.lower() in PAGE_SITES
            elif name == b"transfer-encoding":
                if has_coding or value.strip().lower() != b"chunked" or http_version == "1.0":
                    raise ProxyFailure("bad_request", "the transfer encoding is not supported")
                has_coding = True
        if is_of_page and not is_allowed_page:
            # A page's image or link carries no Origin, but every browser of today says where it comes from.
            raise ProxyFailure("bad_origin", "requests from web pages are not allowed (see proxy.allowed_origins)")
        if host is None or not self._allows(host):
            raise ProxyFailure("bad_host", "the Host header does not name this server (see proxy.allowed_hosts)")

    def _allows(self, value: bytes) -> bool:
        host, port = _host_and_port(value)
        if host in self.hosts:
            return not port or port == str(self.port) or host not in LOOPBACK_NAMES
        if not self.any_address:
            return False
        try:
            ipaddress.ip_address(host)
        except ValueError:
            return False
        return True
