"""Calls whose usage nobody stated: estimated as far as they came, and marked so."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from tests.proxy.servers import read_request, scripted_server
from tokenmon.config import load_settings
from tokenmon.core.period import Period
from tokenmon.core.platform import Platform
from tokenmon.core.query import Filter
from tokenmon.core.record import UsageRecord
from tokenmon.server import ProxyServer
from tokenmon.session import open_session

TEXT = "word " * 80
ASKED = "ask " * 100
STREAM = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n"


def event(value: object) -> bytes:
    return b"data: " + json.dumps(value).encode() + b"\n\n"


CHUNK = event({"id": "chatcmpl-estimated0001", "model": "gpt-4o", "choices": [{"delta": {"content": TEXT}}]})
STARTED = {
    "type": "message_start",
    "message": {
        "id": "msg_estimated0000000001",
        "model": "claude-sonnet-4-5",
        "usage": {"input_tokens": 1234, "cache_read_input_tokens": 100, "output_tokens": 3},
    },
}
SAID = {"type": "content_block_delta", "delta": {"type": "text_delta", "text": TEXT}}


class Scene:
    """What the provider answers, and when it has a request."""

    def __init__(self, answer: bytes, *, ends: bool) -> None:
        self.answer = answer
        self.ends = ends
        self.has_request = asyncio.Event()

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one call; unless it ends, wait until the caller is gone."""
        await read_request(reader)
        self.has_request.set()
        writer.write(self.answer)
        await writer.drain()
        if not self.ends:
            await reader.read()


async def recorded(
    answer: bytes, *, path: str = "openai/v1/chat/completions", ends: bool = False, stream: bool = True
) -> UsageRecord:
    """The record of one call that is hung up on, once its text or (without any) the request has come, or that ends."""
    scene = Scene(answer, ends=ends)
    async with scripted_server(scene.handle) as upstream:
        with open_session() as session:
            for name, base in (("openai", "/v1"), ("anthropic", "")):
                base_url = f"http://127.0.0.1:{upstream}{base}"
                platform = Platform(
                    id=name, name=name, provider_name=name, created_at=session.now(), base_url=base_url,
                    inject_usage=False,
                )  # fmt: skip
                session.store.add_platform(platform)
        server = ProxyServer(load_settings(), port=0)
        port = await server.start()
        try:
            await call(scene, port, path, stream=stream)
        finally:
            await server.stop()
    with open_session() as session:
        (record,) = session.store.iter_records(Filter(Period(None, None)))
    return record


async def call(scene: Scene, port: int, path: str, *, stream: bool) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    messages: Any = [{"role": "user", "content": ASKED}]
    body = json.dumps({"model": "gpt-4o", "stream": stream, "messages": messages}).encode()
    head = f"POST /{path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n"
    writer.write(f"{head}content-length: {len(body)}\r\n\r\n".encode() + body)
    async with asyncio.timeout(10):
        await scene.has_request.wait()
        if scene.answer:
            await reader.readuntil(TEXT.encode())
        if scene.ends:
            await reader.readuntil(b"0\r\n\r\n")
    writer.transport.abort()


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKENMON_HOME", str(tmp_path))


def told(record: UsageRecord) -> tuple[int, int, str, str | None]:
    assert record.usage is not None
    return record.usage.input_tokens, record.usage.output_tokens, record.usage_source, record.error_type


def test_a_stream_that_ends_without_a_usage_is_estimated_and_priced() -> None:
    record = asyncio.run(recorded(STREAM + CHUNK + b"data: [DONE]\n\n", ends=True))

    assert told(record) == (104, 100, "estimated", None)
    assert record.cost_source == "catalogue"


def test_a_stream_that_is_hung_up_on_is_estimated_as_far_as_it_came() -> None:
    record = asyncio.run(recorded(STREAM + CHUNK))

    assert told(record) == (104, 100, "estimated", "client_disconnected")


def test_what_a_cut_stream_stated_is_kept_and_only_the_rest_estimated() -> None:
    record = asyncio.run(recorded(STREAM + event(STARTED) + event(SAID), path="anthropic/v1/messages"))

    assert told(record) == (1334, 100, "partial", "client_disconnected")
    assert record.usage is not None
    assert record.usage.cache_read_input_tokens == 100


OVERLOADED = {"type": "error", "error": {"type": "overloaded_error", "message": "busy"}}


def test_a_stream_that_its_provider_breaks_off_does_not_count_as_exact() -> None:
    stream = STREAM + event(STARTED) + event(SAID) + event(OVERLOADED)

    record = asyncio.run(recorded(stream, path="anthropic/v1/messages", ends=True))

    assert told(record) == (1334, 100, "partial", "overloaded_error")


def test_a_request_that_nobody_waited_for_is_estimated_by_what_was_asked() -> None:
    record = asyncio.run(recorded(b"", stream=False))

    assert told(record) == (104, 0, "estimated", "client_disconnected")


def test_a_refused_stream_is_not_estimated() -> None:
    refusal = json.dumps({"error": {"message": TEXT, "code": "rate_limited"}}).encode()
    answer = b"HTTP/1.1 429 Too Many Requests\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n"

    record = asyncio.run(recorded(answer + b"%x\r\n%b\r\n0\r\n\r\n" % (len(refusal), refusal), ends=True))

    assert (record.usage, record.usage_source, record.status) == (None, "none", 429)
