"""Realtime sessions through the real proxy: the official SDKs before, a WebSocket server behind."""

import asyncio
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import Any

import openai
import pytest
from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.http11 import Request, Response

from tests.system.process import ProxyProcess, add_platform, create_key, proxy_process, tokenmon, told_here
from tokenmon.launch import background_loop

STORED = "sk-stored-secret-7777"
KEYS = [f"voice-{number}" for number in range(8)]
SESSION = {
    "type": "realtime",
    "model": "gpt-realtime",
    "audio": {"input": {"transcription": {"model": "gpt-4o-mini-transcribe"}}},
}
USAGE = {
    "total_tokens": 253, "input_tokens": 132, "output_tokens": 121,
    "input_token_details": {"text_tokens": 119, "audio_tokens": 13, "cached_tokens": 64},
    "output_token_details": {"text_tokens": 30, "audio_tokens": 91},
}  # fmt: skip
SPEECH_USAGE = {
    "type": "tokens", "total_tokens": 22, "input_tokens": 13, "output_tokens": 9,
    "input_token_details": {"text_tokens": 0, "audio_tokens": 13},
}  # fmt: skip
LIVE_USAGE = {
    "promptTokenCount": 522, "responseTokenCount": 42, "totalTokenCount": 564, "thoughtsTokenCount": 136,
    "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 357}, {"modality": "AUDIO", "tokenCount": 165}],
    "responseTokensDetails": [{"modality": "AUDIO", "tokenCount": 42}],
}  # fmt: skip


@dataclass
class Provider:
    """Speaks as OpenAI's realtime API or as Gemini Live, by the path; keeps what the handshakes said.

    No two of its responses have the same id, in whatever session; `responses` holds those that it began.
    """

    port: int = 0
    requests: list[Request] = field(default_factory=list)
    responses: list[str] = field(default_factory=list)
    numbers: "count[int]" = field(default_factory=lambda: count(1))

    async def handle(self, connection: ServerConnection) -> None:
        """Serve one session."""
        assert connection.request is not None
        if "BidiGenerateContent" in connection.request.path:
            await self._live(connection)
        else:
            await self._realtime(connection)

    def look(self, _: ServerConnection, request: Request) -> Response | None:
        """Keep the handshake; a key that is not the stored one is refused."""
        self.requests.append(request)
        return None

    async def _realtime(self, connection: ServerConnection) -> None:
        await connection.send(json.dumps({"type": "session.created", "session": SESSION}))
        async for message in connection:
            event = json.loads(message)
            if event["type"] != "response.create":
                continue
            number = next(self.numbers)
            name = f"resp_{number:024d}"
            self.responses.append(name)
            speech = {"type": "conversation.item.input_audio_transcription.completed", "usage": SPEECH_USAGE}
            await connection.send(json.dumps({**speech, "item_id": f"item_{number:024d}", "content_index": 0}))
            await connection.send(json.dumps({"type": "response.created", "response": {"id": name}}))
            # Larger than one read of any socket, so the usage is found across pieces.
            await connection.send(json.dumps({"type": "response.output_audio.delta", "delta": "A" * 300_000}))
            if event.get("event_id") == "never-ends":
                continue
            done = {"id": name, "status": "completed", "usage": USAGE, "output": []}
            await connection.send(json.dumps({"type": "response.done", "response": done}))

    async def _live(self, connection: ServerConnection) -> None:
        await connection.recv()
        await connection.send(json.dumps({"setupComplete": {}}).encode())
        await connection.recv()
        turn = {"modelTurn": {"parts": [{"text": "hello"}]}}
        await connection.send(json.dumps({"serverContent": turn}).encode())
        end = {"serverContent": {"turnComplete": True}, "usageMetadata": LIVE_USAGE}
        await connection.send(json.dumps(end).encode())
        await connection.wait_closed()


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    found = Provider()
    stopping: asyncio.Event | None = None

    async def run() -> None:
        nonlocal stopping
        stopping = asyncio.Event()
        async with serve(found.handle, "127.0.0.1", 0, process_request=found.look) as server:
            found.port = next(iter(server.sockets)).getsockname()[1]
            started.set()
            await stopping.wait()

    started = threading.Event()
    with background_loop() as spawn:
        running = spawn(run())
        assert started.wait(10)
        yield found
        assert stopping is not None
        stopping._loop.call_soon_threadsafe(stopping.set)  # type: ignore[attr-defined]
        running.result(10)


@dataclass(frozen=True)
class Scene:
    """A running proxy with platforms at the provider, and a client key by its name."""

    home: Path
    name: str
    key: str
    process: ProxyProcess
    provider: Provider

    @property
    def address(self) -> str:
        """The proxy, for WebSockets."""
        return f"ws://127.0.0.1:{self.process.port}"

    def records(self, platform: str, count: int) -> list[dict[str, Any]]:
        """The platform's records of this client key, oldest first, once there are as many."""
        waiting = threading.Event()
        found: list[dict[str, Any]] = []
        for _ in range(200):
            found = told_here(self.home, "logs", "--platform", platform, "--limit", "1000")[::-1]
            found = [one for one in found if one["client_key"] == self.name]
            if len(found) >= count:
                break
            waiting.wait(0.05)
        return found


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, provider: Provider) -> Iterator[tuple[Scene, dict[str, str]]]:
    """One proxy for all tests, and client keys by name: made before it starts, so that it knows each from the first."""
    home = tmp_path_factory.mktemp("realtime")
    add_platform(home, "openai", "openai", f"http://127.0.0.1:{provider.port}/v1")
    add_platform(home, "gemini", "gemini", f"http://127.0.0.1:{provider.port}")
    keys = {name: create_key(home, name) for name in KEYS}
    with proxy_process(home) as process:
        yield Scene(home, "", "", process, provider), keys


@pytest.fixture
def scene(running: tuple[Scene, dict[str, str]]) -> Scene:
    """The proxy before a provider that remembers nothing, with a client key that no other test has used."""
    scene, keys = running
    scene.provider.requests.clear()
    scene.provider.responses.clear()
    name, key = keys.popitem()
    return replace(scene, name=name, key=key)


async def talk_by_sdk(scene: Scene) -> list[str]:
    base = f"http://127.0.0.1:{scene.process.port}/openai/v1"
    types: list[str] = []
    client = openai.AsyncOpenAI(base_url=base, websocket_base_url=base.replace("http", "ws"), api_key=scene.key)
    async with client, client.realtime.connect(model="gpt-realtime") as connection:
        for _ in range(2):
            await connection.response.create()
            async for event in connection:
                types.append(event.type)
                if event.type == "response.done":
                    break
    return types


def test_each_response_and_each_transcription_of_a_session_is_a_record(scene: Scene) -> None:
    types = asyncio.run(talk_by_sdk(scene))

    records = scene.records("openai", 4)
    answers = [one for one in records if one["response_model"] == "gpt-realtime"]
    speech = [one for one in records if one["response_model"] == "gpt-4o-mini-transcribe"]
    assert types.count("response.done") == len(scene.provider.responses) == 2
    assert [one["response_id"] for one in answers] == scene.provider.responses
    assert {(one["input_tokens"], one["output_tokens"], one["cache_read_input_tokens"]) for one in answers} == {
        (132, 121, 64)
    }
    assert {(one["audio_input_tokens"], one["audio_output_tokens"]) for one in answers} == {(13, 91)}
    assert [(one["input_tokens"], one["audio_input_tokens"]) for one in speech] == [(13, 13)] * 2
    assert {one["usage_source"] for one in records} == {"provider"}
    assert {(one["client_key"], one["request_model"], one["operation_name"]) for one in records} == {
        (scene.name, "gpt-realtime", "realtime")
    }


def test_the_stored_key_takes_the_client_keys_place_and_compression_is_left_out(scene: Scene) -> None:
    asyncio.run(talk_by_sdk(scene))

    headers = scene.provider.requests[-1].headers
    assert headers["authorization"] == f"Bearer {STORED}"
    assert "sec-websocket-extensions" not in headers
    assert scene.key not in str(scene.provider.requests)


async def talk_live(scene: Scene) -> str:
    # Google's SDK insists on TLS for its sessions, so the messages are written out here.
    service = "google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent"
    text = ""
    async with connect(f"{scene.address}/gemini/ws/{service}?key={scene.key}") as session:
        await session.send(json.dumps({"setup": {"model": "models/gemini-live-2.5-flash"}}))
        await session.recv()
        await session.send(json.dumps({"clientContent": {"turnComplete": True}}))
        while True:
            content = json.loads(await session.recv())["serverContent"]
            text += "".join(part["text"] for part in content.get("modelTurn", {}).get("parts", []))
            if content.get("turnComplete"):
                return text


def test_a_turn_of_gemini_live_is_a_record(scene: Scene) -> None:
    text = asyncio.run(talk_live(scene))

    records = scene.records("gemini", 1)
    assert text == "hello"
    assert [(one["input_tokens"], one["output_tokens"], one["reasoning_output_tokens"]) for one in records] == [
        (522, 178, 136)
    ]
    assert [(one["audio_input_tokens"], one["audio_output_tokens"]) for one in records] == [(165, 42)]
    assert [one["request_model"] for one in records] == ["gemini-live-2.5-flash"]


async def hang_up_in_the_middle(scene: Scene) -> None:
    headers = {"authorization": f"Bearer {scene.key}"}
    async with connect(f"{scene.address}/openai/v1/realtime?model=gpt-realtime", additional_headers=headers) as session:
        await session.recv()
        await session.send(json.dumps({"type": "response.create", "event_id": "never-ends"}))
        while json.loads(await session.recv())["type"] != "response.output_audio.delta":
            pass
        session.transport.abort()


def test_a_response_cut_short_is_on_record_without_usage(scene: Scene) -> None:
    asyncio.run(hang_up_in_the_middle(scene))

    (_, cut) = scene.records("openai", 2)
    assert [cut["response_id"]] == scene.provider.responses
    assert (cut["usage_source"], cut["error_type"]) == ("none", "client_disconnected")


async def refused_status(address: str, headers: dict[str, str], subprotocols: Any = None) -> int:
    try:
        async with connect(address, additional_headers=headers, subprotocols=subprotocols) as session:
            await session.recv()
    except InvalidStatus as error:
        return error.response.status_code
    except ConnectionClosed:
        return -1
    return 101


def test_a_session_needs_a_client_key_and_no_foreign_origin(scene: Scene) -> None:
    address = f"{scene.address}/openai/v1/realtime?model=gpt-realtime"
    bearer = {"authorization": f"Bearer {scene.key}"}

    assert asyncio.run(refused_status(address, {})) == 401
    assert asyncio.run(refused_status(address, {"authorization": "Bearer tm-wrong"})) == 401
    assert asyncio.run(refused_status(address, {**bearer, "origin": "https://evil.example"})) == 403
    assert scene.provider.requests == []


def test_a_client_key_may_come_as_a_subprotocol(scene: Scene) -> None:
    address = f"{scene.address}/openai/v1/realtime?model=gpt-realtime"
    protocols = ["realtime", f"openai-insecure-api-key.{scene.key}"]

    asyncio.run(refused_status(address, {}, protocols))

    headers = scene.provider.requests[-1].headers
    assert (headers["authorization"], headers["sec-websocket-protocol"]) == (f"Bearer {STORED}", "realtime")


def test_another_protocol_that_is_offered_is_passed_over(scene: Scene) -> None:
    """Java's HTTP client offers h2c with every first request."""

    async def call() -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", scene.process.port)
        head = "GET /healthz HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: Upgrade, HTTP2-Settings\r\nupgrade: h2c\r\n"
        writer.write(f"{head}http2-settings: AAMAAABkAAQAAP__\r\n\r\n".encode())
        first = await reader.readuntil(b"}")
        writer.write(b"GET /healthz HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n")
        rest = await reader.read()
        writer.close()
        return first + rest

    assert asyncio.run(call()).count(b"HTTP/1.1 200 OK") == 2


async def talk_until_revoked(scene: Scene) -> list[str]:
    headers = {"authorization": f"Bearer {scene.key}"}
    seen = []
    async with connect(f"{scene.address}/openai/v1/realtime?model=gpt-realtime", additional_headers=headers) as session:
        seen.append(json.loads(await session.recv())["type"])
        await asyncio.to_thread(tokenmon, scene.home, "key", "revoke", scene.name)
        try:
            async with asyncio.timeout(20):
                await session.recv()
        except ConnectionClosed:
            seen.append("closed")
    return seen


def test_a_session_ends_when_its_key_is_revoked(scene: Scene) -> None:
    assert asyncio.run(talk_until_revoked(scene)) == ["session.created", "closed"]
