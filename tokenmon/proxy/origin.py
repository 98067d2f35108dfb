"""Where a platform's requests go: scheme, host, port, and the HTTP proxy on the way, if the environment names one.

The origin comes from the platform alone, never from a request.
"""

import base64
import urllib.request
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies_environment

from tokenmon.errors import ConfigError

# Public by its name and documented behaviour (NO_PROXY), missing from the type stubs.
_bypasses = urllib.request.proxy_bypass_environment  # type: ignore[attr-defined]
DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class HttpProxy:
    """An HTTP proxy of the environment; `authorization` is its ready header value or None."""

    host: str
    port: int
    authorization: str | None = None

    def __repr__(self) -> str:
        return f"HttpProxy({self.host!r}, {self.port})"


@dataclass(frozen=True, slots=True)
class Origin:
    """A server that requests go to."""

    scheme: str
    host: str
    port: int
    proxy: HttpProxy | None = None

    @property
    def is_tls(self) -> bool:
        """Whether the connection is encrypted."""
        return self.scheme == "https"

    @property
    def authority(self) -> str:
        """Host and, unless it is the scheme's own, port: the value of the Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"


def origin_of(base_url: str) -> tuple[Origin, str]:
    """The origin of a base URL and the path it carries (without a closing slash).

    Raises ConfigError for anything that is not http(s) with a host, or that holds a user, query or fragment.
    """
    try:
        parts = urlsplit(base_url)
        port = parts.port
    except ValueError as error:
        raise _unusable(base_url) from error
    if parts.scheme not in DEFAULT_PORTS or not parts.hostname or parts.query or parts.fragment or parts.username:
        raise _unusable(base_url)
    if any(ord(character) <= 32 or ord(character) >= 127 for character in base_url):
        raise _unusable(base_url)
    port = port or DEFAULT_PORTS[parts.scheme]
    origin = Origin(parts.scheme, parts.hostname, port, _environment_proxy(parts.scheme, parts.hostname, port))
    return origin, parts.path.rstrip("/")


def _unusable(base_url: str) -> ConfigError:
    return ConfigError(
        f"the base URL {base_url[:120]!r} is not usable", hint="give one such as https://api.example.com/v1"
    )


def _environment_proxy(scheme: str, host: str, port: int) -> HttpProxy | None:
    proxies = getproxies_environment()
    url = proxies.get(scheme) or proxies.get("all")
    if not url or _bypasses(f"{host}:{port}", proxies):
        return None
    parts = urlsplit(url if "://" in url else f"http://{url}")
    if parts.scheme != "http" or not parts.hostname:
        raise ConfigError(
            f"the {scheme} proxy of the environment is not an http:// one", hint=f"unset {scheme.upper()}_PROXY"
        )
    authorization = None
    if parts.username is not None:
        pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        authorization = "Basic " + base64.b64encode(pair.encode()).decode()
    return HttpProxy(parts.hostname, parts.port or 80, authorization)
