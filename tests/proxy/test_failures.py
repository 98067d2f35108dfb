"""A call that the provider does not answer: each caller is told in its provider's own shape, and it is recorded."""

import asyncio
import json
import socket
from pathlib import Path
from typing import Any

import pytest

from tests.proxy.certificates import server_context, write_certificate
from tests.proxy.running import platform, recorded, run, running_proxy
from tests.proxy.servers import fixed, scripted_server

PROVIDERS = {
    "openai": ("/v1/chat/completions", {"authorization": "Bearer sk-own"}),
    "anthropic": ("/v1/messages", {"x-api-key": "sk-own"}),
    "gemini": ("/v1beta/models/gemini-2.5-flash:generateContent", {"x-goog-api-key": "sk-own"}),
}
BODY = b'{"model": "some-model", "messages": [], "contents": []}'
GOOGLE = {502: "UNAVAILABLE", 504: "DEADLINE_EXCEEDED"}
ANTHROPIC = {502: "api_error", 504: "timeout_error"}


def shape(provider: str, status: int, kind: str, message: str) -> dict[str, Any]:
    """The error as a provider would write it."""
    match provider:
        case "anthropic":
            return {"type": "error", "error": {"type": ANTHROPIC[status], "message": message}}
        case "gemini":
            return {"error": {"code": status, "message": message, "status": GOOGLE[status]}}
    return {"error": {"message": message, "type": "api_error", "param": None, "code": kind}}


def message_of(answer: Any) -> str:
    return str(answer["error"]["message"])


async def check(base_urls: dict[str, str], status: dict[str, int]) -> None:
    """Call each provider at each bad address (named for what is wrong with it), and look at answers and records."""
    calls = [(provider, kind) for provider in PROVIDERS for kind in base_urls]
    platforms = [platform(f"{who}-{kind}", base_urls[kind], provider=who) for who, kind in calls]
    async with running_proxy(*platforms) as proxy:
        answers = await asyncio.gather(
            *(
                proxy.client.post(f"/{who}-{kind}{PROVIDERS[who][0]}", content=BODY, headers=PROVIDERS[who][1])
                for who, kind in calls
            )
        )

    for (who, kind), answer in zip(calls, answers, strict=True):
        content = json.loads(answer.content)
        assert (kind, answer.status_code) == (kind, status[kind])
        assert content == shape(who, status[kind], kind, message_of(content))
        assert message_of(content).startswith("tokenmon: ")
        assert (answer.headers["content-type"], answer.headers["x-tokenmon-error"]) == ("application/json", kind)
    records = {record.platform: record for record in recorded()}
    assert len(records) == len(calls)
    for who, kind in calls:
        record = records[f"{who}-{kind}"]
        assert (record.status, record.error_type, record.usage) == (status[kind], kind, None)
        assert record.request_model in ("some-model", "gemini-2.5-flash")


def closed_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@pytest.mark.usefixtures("home")
def test_every_way_not_to_reach_a_provider_is_told_in_its_own_shape_and_recorded(tmp_path: Path) -> None:
    certificate = write_certificate(tmp_path / "untrusted.pem")

    async def work() -> None:
        async with (
            scripted_server(fixed(), tls=server_context(certificate)) as untrusted,
            scripted_server(fixed(close=True)) as silent_end,
            scripted_server(fixed(b"this is not HTTP\r\n\r\n", close=True)) as rubbish,
        ):
            base_urls = {
                "upstream_unreachable": f"http://127.0.0.1:{closed_port()}",
                "upstream_dns": "http://no-such-host.invalid",
                "upstream_tls": f"https://127.0.0.1:{untrusted}",
                "upstream_disconnected": f"http://127.0.0.1:{silent_end}",
                "upstream_protocol": f"http://127.0.0.1:{rubbish}",
            }
            await check(base_urls, dict.fromkeys(base_urls, 502))

    run(work())


@pytest.mark.usefixtures("home")
def test_a_provider_that_stays_silent_is_told_in_its_own_shape_and_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKENMON_PROXY_READ_TIMEOUT_SECONDS", "0.1")

    async def work() -> None:
        async with scripted_server(fixed()) as silent:
            await check({"upstream_timeout": f"http://127.0.0.1:{silent}"}, {"upstream_timeout": 504})

    run(work())


@pytest.mark.usefixtures("home")
def test_a_connection_that_takes_too_long_is_told_and_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKENMON_PROXY_CONNECT_TIMEOUT_SECONDS", "0.1")

    async def work() -> None:
        # It takes the connection and never answers the first word of TLS.
        async with scripted_server(fixed()) as silent:
            await check({"upstream_timeout": f"https://127.0.0.1:{silent}"}, {"upstream_timeout": 504})

    run(work())


@pytest.mark.usefixtures("home")
def test_a_stream_that_breaks_off_ends_broken_for_the_caller_and_is_recorded() -> None:
    begun = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n5\r\ndata:\r\n"

    async def work() -> None:
        async with scripted_server(fixed(begun, close=True)) as upstream:
            async with running_proxy(platform("work", f"http://127.0.0.1:{upstream}")) as proxy:
                reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
                head = f"POST /work/v1/chat/completions HTTP/1.1\r\nhost: 127.0.0.1:{proxy.port}\r\n"
                writer.write(f"{head}content-length: {len(BODY)}\r\n\r\n".encode() + BODY)
                answer = await reader.read()
                writer.close()

            assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
            assert answer.endswith(b"5\r\ndata:\r\n")

    run(work())
    (record,) = recorded()
    assert (record.status, record.error_type, record.usage_source) == (200, "upstream_disconnected", "none")
