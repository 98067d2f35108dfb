"""`platform test`: one free call (listing models) through the proxy's own client, and what is wrong in words."""

import asyncio

from tokenmon.core.platform import Platform
from tokenmon.core.platform_check import CheckResult
from tokenmon.providers.registry import Provider, provider, upstream_path
from tokenmon.proxy.aws_signature import aws_credentials
from tokenmon.proxy.directory import credential_header
from tokenmon.proxy.failures import ProxyFailure
from tokenmon.proxy.origin import Origin, origin_of
from tokenmon.proxy.pool import ConnectionPool

READ_SECONDS = 20.0
MAX_BODY = 4 * 1024 * 1024
HINTS = {
    "upstream_dns": "check the host name in the base URL, and the network",
    "upstream_unreachable": "check host and port of the base URL, and whether the server runs",
    "upstream_tls": "check the certificate, or SSL_CERT_FILE for a company's own authority",
    "upstream_timeout": "check the network, a firewall, or HTTPS_PROXY",
    "upstream_protocol": "check scheme and port of the base URL: http or https",
    "upstream_disconnected": "check scheme and port of the base URL: http or https",
}


def check_platform(platform: Platform, key: str | None, *, connect_timeout_seconds: float = 10.0) -> CheckResult:
    """List the platform's models once (free at every provider); never raises for what the far side does."""
    return asyncio.run(_check(platform, key, connect_timeout_seconds))


async def _check(platform: Platform, key: str | None, connect_timeout_seconds: float) -> CheckResult:
    spoken = provider(platform.provider_name)
    base_url = platform.base_url or spoken.default_base_url or ""
    origin, _ = origin_of(base_url)
    loop = asyncio.get_running_loop()
    started = loop.time()
    pool = ConnectionPool(connect_timeout_seconds=connect_timeout_seconds)
    try:
        status, body = await _list_models(pool, origin, _request(spoken, origin, base_url, key))
    except ProxyFailure as failure:
        return CheckResult(False, failure.message, HINTS.get(failure.kind))
    finally:
        await pool.close()
    took = round((loop.time() - started) * 1000)
    return _verdict(platform, status, body, took, has_key=key is not None)


def _request(spoken: Provider, origin: Origin, base_url: str, key: str | None) -> bytes:
    location = upstream_path(base_url, spoken.models_path).encode("latin-1")
    lines = [b"accept: application/json", b"accept-encoding: identity", b"user-agent: tokenmon"]
    lines += [name + b": " + value for name, value in spoken.extra_headers]
    aws = aws_credentials(key, origin.host) if key is not None and spoken.name == "bedrock" else None
    if aws is not None:
        url = f"{origin.scheme}://{origin.authority}{location.decode('latin-1')}"
        lines += [b": ".join(pair) for pair in aws.signed("GET", url, b"")]
    elif key is not None:
        lines.append(b": ".join(credential_header(spoken.auth, key)))
    if origin.proxy is not None and not origin.is_tls:
        location = b"http://" + origin.authority.encode() + location
        if origin.proxy.authorization is not None:
            lines.append(b"proxy-authorization: " + origin.proxy.authorization.encode())
    return b"GET %b HTTP/1.1\r\nhost: %b\r\n%b\r\n\r\n" % (location, origin.authority.encode(), b"\r\n".join(lines))


async def _list_models(pool: ConnectionPool, origin: Origin, request: bytes) -> tuple[int, bytes]:
    connection = await pool.acquire(origin)
    try:
        connection.start(request)
        await connection.head(READ_SECONDS)
        body = b""
        is_done = False
        while not is_done and len(body) < MAX_BODY:
            data, is_done = await connection.read(READ_SECONDS)
            body += data
        return connection.status, body
    finally:
        connection.close()
        pool.release(origin, connection)


def _verdict(platform: Platform, status: int, body: bytes, took: int, *, has_key: bool) -> CheckResult:
    name = platform.name
    is_json = body.lstrip()[:1] in (b"{", b"[")
    if status == 200 and is_json:
        return CheckResult(True, f"{name} answers ({took} ms)", status=status, milliseconds=took)
    if status in (401, 403):
        message = "the key is refused" if has_key else "a key is needed and none is stored"
        hint = f"store a good key: tokenmon platform edit {name} --key-stdin"
        return CheckResult(False, f"{message} (HTTP {status})", hint, status, took)
    if status == 404 or status == 200:
        hint = f"correct it: tokenmon platform edit {name} --base-url URL (often it ends in /v1, or must not)"
        reason = "answers, but not like an API" if status == 200 else "has no models to list"
        return CheckResult(False, f"wrong base path: the server {reason} (HTTP {status})", hint, status, took)
    if status == 429:
        return CheckResult(
            False, "the key works but its rate limit or credit is used up (HTTP 429)", None, status, took
        )
    if 300 <= status < 400:
        hint = "give the address that it redirects to as the base URL"
        return CheckResult(
            False, f"the server redirects (HTTP {status}); redirects are not followed", hint, status, took
        )
    if status >= 500:
        return CheckResult(False, f"the provider has trouble (HTTP {status})", "try again later", status, took)
    return CheckResult(False, f"the server refuses the call (HTTP {status})", None, status, took)
