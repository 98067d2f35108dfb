"""The way to a provider: straight, or through the HTTP proxy of the environment unless NO_PROXY excepts it."""

import asyncio
import base64
from pathlib import Path

import pytest

from tests.proxy.certificates import server_context, write_certificate
from tests.proxy.running import Provider, platform, provider_of, recorded, run, running_proxy
from tests.proxy.servers import Handler, scripted_server
from tokenmon.demo import replies
from tokenmon.demo.replies import Spent
from tokenmon.errors import ConfigError
from tokenmon.proxy.connecting import tls_context
from tokenmon.proxy.origin import HttpProxy, Origin, origin_of

BODY = {"model": "gpt-4o", "messages": []}
KEY = {"authorization": "Bearer sk-own"}
CALL = "/work/v1/chat/completions"


def provider() -> Provider:
    return provider_of(replies.chat("0123456789abcdef", "gpt-4o", Spent(1000, 300)))


def tunnel(seen: list[bytes], reply: bytes = b"HTTP/1.1 200 Connection established\r\n\r\n") -> Handler:
    """An HTTP proxy that joins each CONNECT to its target, and notes what it was asked."""

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
        writer.close()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        seen.append(head)
        host, _, port = head.split(b" ")[1].decode().rpartition(":")
        if not reply.startswith(b"HTTP/1.1 200"):
            writer.write(reply)
            return
        far_reader, far_writer = await asyncio.open_connection(host, int(port))
        writer.write(reply)
        await asyncio.gather(pump(reader, far_writer), pump(far_reader, writer))

    return handle


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
def test_the_http_proxy_of_the_environment_is_asked_for_the_whole_address(
    variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    between = provider()

    async def work() -> None:
        async with scripted_server(between.handler) as port:
            monkeypatch.setenv(variable, f"http://user:p%40ss@127.0.0.1:{port}")
            async with running_proxy(platform("work", "http://provider.example:8080/v1")) as proxy:
                answer = await proxy.client.post(CALL, json=BODY, headers=KEY)
            assert answer.status_code == 200

    run(work())
    assert between.requests[0][0].startswith(b"POST http://provider.example:8080/v1/chat/completions HTTP/1.1\r\n")
    assert between.headers()["host"] == "provider.example:8080"
    assert between.headers()["proxy-authorization"] == "Basic " + base64.b64encode(b"user:p@ss").decode()
    assert [record.server_address for record in recorded()] == ["provider.example"]


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize("excepted", ["127.0.0.1", "*", "example.com, 127.0.0.1"])
def test_who_is_excepted_is_called_straight(excepted: str, monkeypatch: pytest.MonkeyPatch) -> None:
    straight = provider()
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("NO_PROXY", excepted)

    async def work() -> None:
        async with (
            scripted_server(straight.handler) as port,
            running_proxy(platform("work", f"http://127.0.0.1:{port}/v1")) as proxy,
        ):
            assert (await proxy.client.post(CALL, json=BODY, headers=KEY)).status_code == 200

    run(work())
    assert straight.requests[0][0].startswith(b"POST /v1/chat/completions HTTP/1.1\r\n")
    assert "proxy-authorization" not in straight.headers()


@pytest.mark.usefixtures("home")
def test_an_encrypted_call_goes_through_a_tunnel_that_sees_nothing_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = write_certificate(tmp_path / "trusted.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    far, seen = provider(), list[bytes]()
    tls_context.cache_clear()

    async def work() -> None:
        async with (
            scripted_server(far.handler, tls=server_context(certificate)) as far_port,
            scripted_server(tunnel(seen)) as port,
        ):
            monkeypatch.setenv("HTTPS_PROXY", f"http://user:pass@127.0.0.1:{port}")
            async with running_proxy(platform("work", f"https://127.0.0.1:{far_port}/v1")) as proxy:
                for _ in range(2):
                    assert (await proxy.client.post(CALL, json=BODY, headers=KEY)).status_code == 200
            assert seen[0].startswith(f"CONNECT 127.0.0.1:{far_port} HTTP/1.1\r\n".encode())

    try:
        run(work())
    finally:
        tls_context.cache_clear()
    assert len(seen) == 1, "the tunnel is kept for the second call"
    assert (b"Proxy-Authorization: Basic" in seen[0], b"sk-own" in seen[0]) == (True, False)
    assert far.headers()["authorization"] == "Bearer sk-own"
    assert "proxy-authorization" not in far.headers()


@pytest.mark.usefixtures("home")
def test_a_tunnel_that_is_refused_is_told_with_its_status(monkeypatch: pytest.MonkeyPatch) -> None:
    async def work() -> None:
        refusal = b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n"
        async with scripted_server(tunnel([], refusal)) as port:
            monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{port}")
            async with running_proxy(platform("work", "https://provider.example/v1")) as proxy:
                answer = await proxy.client.post(CALL, json=BODY, headers=KEY)

            assert answer.status_code == 502
            assert f"the proxy 127.0.0.1:{port} answered 407 for provider.example" in answer.text

    run(work())


@pytest.mark.usefixtures("home")
def test_an_http_proxy_that_is_down_is_an_unreachable_provider(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")

    async def work() -> None:
        async with running_proxy(platform("work", "http://provider.example/v1")) as proxy:
            assert (await proxy.client.post(CALL, json=BODY, headers=KEY)).status_code == 502

    run(work())
    assert [record.error_type for record in recorded()] == ["upstream_unreachable"]


ORIGINS = {
    "https://api.example.com/v1": (Origin("https", "api.example.com", 443), "/v1"),
    "http://api.example.com": (Origin("http", "api.example.com", 80), ""),
    "http://[::1]:11434/v1/": (Origin("http", "::1", 11434), "/v1"),
    "https://API.Example.com:8443/a/b": (Origin("https", "api.example.com", 8443), "/a/b"),
}


@pytest.mark.parametrize(("base_url", "meant"), ORIGINS.items())
def test_a_base_url_is_an_origin_and_a_path(base_url: str, meant: tuple[Origin, str]) -> None:
    assert origin_of(base_url) == meant


@pytest.mark.parametrize(
    "base_url",
    [
        "", "api.example.com/v1", "ftp://api.example.com", "https://", "https://user:pass@api.example.com",
        "https://api.example.com?x=1", "https://api.example.com#x", "https://api.example.com:99999",
        "https://api.example.com/a b", "https://api.example.com/\r\nevil: 1", "https://bücher.example",
    ],
)  # fmt: skip
def test_an_address_that_cannot_be_one_is_refused(base_url: str) -> None:
    with pytest.raises(ConfigError, match=r"the base URL .* is not usable"):
        origin_of(base_url)


def test_a_proxy_that_is_not_http_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "socks5://127.0.0.1:1080")

    with pytest.raises(ConfigError, match="the https proxy of the environment is not an http:// one"):
        origin_of("https://api.example.com")


def test_the_password_of_a_proxy_is_not_shown() -> None:
    assert "secret" not in repr(Origin("http", "a", 80, HttpProxy("p", 3128, "Basic secret")))
