"""One call through the proxy where something is out of the ordinary: each over real sockets."""

import asyncio
import json
from pathlib import Path

import pytest

from tests.proxy.scene import CLIENT_KEY, Scene, post, running_proxy
from tests.proxy.servers import fixed, read_request
from tokenmon.core.record import UsageRecord

USAGE = {"prompt_tokens": 20, "completion_tokens": 5, "total_tokens": 25}
ANSWER = json.dumps({"id": "chatcmpl-aaaaaaaaaaaa", "model": "gpt-4o", "choices": [{}], "usage": USAGE}).encode()
OK = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b" % (len(ANSWER), ANSWER)
BODY = b'{"model":"gpt-4o","messages":[]}'
CHAT = "/openai/v1/chat/completions"


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKENMON_HOME", str(tmp_path))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")


def only(scene: Scene) -> UsageRecord:
    (record,) = scene.records
    return record


@pytest.mark.parametrize(
    "path",
    [
        "/openai/v1/chat/completion%73",
        "/openai/v1/chat/completions/",
        "/openai/v1//chat//completions",
        "/openai/v1/Chat/Completions",
    ],
)
def test_a_call_is_recorded_however_its_path_is_spelled(path: str) -> None:
    async def run() -> Scene:
        async with running_proxy(fixed(OK)) as scene:
            assert (await scene.send(post(path, BODY))).endswith(ANSWER)
        return scene

    record = only(asyncio.run(run()))

    assert (record.operation_name, record.usage_source) == ("chat", "provider")


async def answer_early(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Refuse an upload after its head, and read no more of it."""
    await reader.readuntil(b"\r\n\r\n")
    refusal = b'{"error":{"code":"too_large"}}'
    writer.write(b"HTTP/1.1 413 Too Large\r\ncontent-length: %d\r\n\r\n%b" % (len(refusal), refusal))
    await writer.drain()
    await asyncio.Event().wait()


def test_an_answer_that_comes_before_the_upload_ends_reaches_the_caller() -> None:
    async def run() -> tuple[bytes, Scene]:
        async with running_proxy(answer_early) as scene, asyncio.timeout(10):
            reader, writer = await asyncio.open_connection("127.0.0.1", scene.port)
            large = 8 * 1024 * 1024
            writer.write(post("/openai/v1/audio/transcriptions", b"", b"content-type: audio/mp3", length=large))
            writer.write(b"a" * (large // 2))
            answer = await reader.readuntil(b"}}")
            writer.transport.abort()
        return answer, scene

    answer, scene = asyncio.run(run())

    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"connection: close" in answer
    assert only(scene).status == 413


def test_a_second_answer_in_the_same_piece_changes_nothing() -> None:
    async def run() -> tuple[bytes, Scene]:
        async with running_proxy(fixed(OK + b"HTTP/1.1 500 Evil\r\ncontent-length: 0\r\n\r\n")) as scene:
            answer = await scene.send(post(CHAT, BODY))
        return answer, scene

    answer, scene = asyncio.run(run())

    assert answer.startswith(b"HTTP/1.1 200 ")
    assert answer.endswith(ANSWER)
    assert (only(scene).status, only(scene).usage_source) == (200, "provider")


def test_trailers_go_nowhere() -> None:
    heads: list[bytes] = []
    chunked = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n"
    with_trailer = chunked + b"%x\r\n%b\r\n0\r\nx-evil: 1\r\n\r\n" % (len(ANSWER), ANSWER)

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head, _ = await read_request(reader)
        heads.append(head)
        writer.write(with_trailer)
        await writer.drain()
        heads.append(await reader.read())

    async def run() -> bytes:
        async with running_proxy(handle) as scene:
            size = 1024 * 1024
            upload = b"%x\r\n%b\r\n0\r\nx-smuggled: 1\r\nauthorization: Bearer tm-x\r\n\r\n" % (size, b"a" * size)
            return await scene.send(
                post("/openai/v1/audio/speech", upload, b"transfer-encoding: chunked", b"content-type: audio/x")
            )

    answer = asyncio.run(run())

    assert b"x-evil" not in answer
    assert b"x-smuggled" not in b"".join(heads)
    assert b"tm-x" not in b"".join(heads)


def test_a_stream_in_a_coding_that_nobody_can_read_passes_as_it_is() -> None:
    unreadable = b"\x00\x01dictionary"
    head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-encoding: dcb\r\ncontent-length: %d\r\n\r\n"

    async def run() -> bytes:
        async with running_proxy(fixed(head % len(unreadable) + unreadable)) as scene:
            return await scene.send(post(CHAT, b'{"model":"gpt-4o","stream":true,"messages":[]}'))

    answer = asyncio.run(run())

    assert b"content-encoding: dcb" in answer
    assert answer.endswith(unreadable)


def test_a_body_that_is_json_by_another_spelling_is_read() -> None:
    bodies: list[bytes] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        bodies.append((await read_request(reader))[1])
        writer.write(OK)
        await writer.drain()

    async def run() -> Scene:
        async with running_proxy(handle) as scene:
            body = b'{"model":"gpt-4o","stream":true,"messages":[]}'
            await scene.send(post(CHAT, body, b"Content-Type: Application/JSON"))
        return scene

    assert only(asyncio.run(run())).request_model == "gpt-4o"
    assert json.loads(bodies[0])["stream_options"] == {"include_usage": True}


@pytest.mark.parametrize("lines", [(), (b"authorization: Bearer sk-own",)])
@pytest.mark.parametrize("key", [None, "sk-stored"])
def test_the_apis_chat_route_needs_a_client_key(lines: tuple[bytes, ...], key: str | None) -> None:
    async def run() -> bytes:
        async with running_proxy(fixed(OK), key=key) as scene:
            return await scene.send(post("/api/proxy/openai/chat", BODY, *lines))

    assert asyncio.run(run()).startswith(b"HTTP/1.1 401 ")


def test_a_longer_path_is_not_the_apis_chat_route() -> None:
    async def run() -> bytes:
        async with running_proxy(fixed(OK)) as scene:
            return await scene.send(post("/api/proxy/openai/x/y/chat", BODY))

    assert not asyncio.run(run()).startswith(b"HTTP/1.1 200 ")


def test_a_key_parameter_opens_no_platform_that_takes_none() -> None:
    async def run() -> bytes:
        async with running_proxy(fixed(OK), key="sk-stored") as scene:
            return await scene.send(post(CHAT + "?key=1", BODY))

    assert asyncio.run(run()).startswith(b"HTTP/1.1 401 ")


def test_asking_for_a_stored_answer_that_is_not_there_is_no_record() -> None:
    missing = b"HTTP/1.1 404 Not Found\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}"

    async def run() -> Scene:
        async with running_proxy(fixed(missing)) as scene:
            head = b"GET /openai/v1/responses/resp_123 HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n"
            assert (await scene.send(head)).startswith(b"HTTP/1.1 404 ")
        return scene

    assert asyncio.run(run()).records == []


@pytest.mark.parametrize(
    ("waiting", "records"),
    [(b'{"id":"resp_aaaaaaaaaaaaaaaaaaaaaaaa","status":"in_progress","usage":null}', 1), (b"{}", 0)],
)
def test_asking_again_for_an_answer_that_is_not_ready_counts_it_once_if_at_all(waiting: bytes, records: int) -> None:
    head = b"HTTP/1.1 202 Accepted\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"

    async def run() -> Scene:
        async with running_proxy(fixed(head % len(waiting) + waiting)) as scene:
            get = b"GET /openai/v1/responses/resp_123 HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n"
            for _ in range(3):
                assert (await scene.send(get)).endswith(waiting)
        return scene

    assert [record.usage for record in asyncio.run(run()).records] == [None] * records


def test_a_refused_request_with_a_long_body_is_answered_and_the_connection_ends() -> None:
    async def run() -> bytes:
        async with running_proxy(fixed(OK), key="sk-stored") as scene, asyncio.timeout(10):
            reader, writer = await asyncio.open_connection("127.0.0.1", scene.port)
            request = post(CHAT, b"", length=10_000_000).replace(b"connection: close", b"connection: keep-alive")
            writer.write(request + b"a" * 1000)
            answer = await reader.read()
            writer.transport.abort()
        return answer

    assert asyncio.run(run()).startswith(b"HTTP/1.1 401 ")


def test_good_requests_before_rubbish_are_answered() -> None:
    one = post(CHAT, BODY).replace(b"connection: close", b"connection: keep-alive")

    async def run() -> tuple[bytes, Scene]:
        async with running_proxy(fixed(OK)) as scene:
            answer = await scene.send(one * 3 + b"rubbish\r\n\r\n")
        return answer, scene

    answer, scene = asyncio.run(run())

    assert answer.count(b"HTTP/1.1 200 ") == 3
    assert len(scene.records) == 1, "one response id is one call"


@pytest.mark.parametrize(
    "line", [b"sec-fetch-site: cross-site", b"sec-fetch-site: same-site", b"origin: https://evil.example"]
)
def test_what_a_web_page_sends_blindly_reaches_no_provider(line: bytes) -> None:
    async def run() -> bytes:
        async with running_proxy(fixed(OK)) as scene:
            get = b"GET /openai/v1/models HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n%b\r\n\r\n"
            return await scene.send(get % line)

    assert asyncio.run(run()).startswith(b"HTTP/1.1 403 ")


@pytest.mark.parametrize("method", [b"TRACE", b"SOURCE", b"PROPFIND"])
def test_methods_that_no_api_has_are_not_passed_on(method: bytes) -> None:
    async def run() -> bytes:
        async with running_proxy(fixed(OK)) as scene:
            return await scene.send(post(CHAT, BODY).replace(b"POST", method, 1))

    assert asyncio.run(run()).startswith(b"HTTP/1.1 501 ")


@pytest.mark.parametrize(
    "lines",
    [(b"authorization: Basic tm-wrong",), (b"authorization: Bearer\ttm-wrong",), (b"x-api-key:  tm-wrong",)],
)
def test_a_client_key_is_known_behind_any_scheme(lines: tuple[bytes, ...]) -> None:
    async def run() -> bytes:
        async with running_proxy(fixed(OK)) as scene:
            return await scene.send(post(CHAT, BODY, *lines))

    assert asyncio.run(run()).startswith(b"HTTP/1.1 401 ")


@pytest.mark.parametrize("query", ["?%6bey=tm-wrong", "?key=%74m-wrong", "?a=1&key=tm-wrong"])
def test_a_client_key_in_the_query_is_known_however_it_is_written(query: str) -> None:
    async def run() -> bytes:
        async with running_proxy(fixed(OK)) as scene:
            return await scene.send(post(CHAT + query, BODY))

    assert asyncio.run(run()).startswith(b"HTTP/1.1 401 ")


@pytest.mark.parametrize("line", [b"authorization: ", b"x-api-key:  "])
def test_an_empty_key_is_no_key(line: bytes) -> None:
    async def run() -> bytes:
        async with running_proxy(fixed(OK), key="sk-stored") as scene:
            return await scene.send(post(CHAT, BODY, line))

    assert asyncio.run(run()).startswith(b"HTTP/1.1 401 ")


@pytest.mark.parametrize(
    ("name", "path", "header"),
    [
        ("openai", "/v1/chat/completions", "authorization: Bearer sk-stored"),
        ("anthropic", "/v1/chat/completions", "authorization: Bearer sk-stored"),
        ("gemini", "/v1beta/openai/chat/completions", "authorization: Bearer sk-stored"),
    ],
)
def test_the_chat_route_speaks_openais_format_to_each_provider_in_its_way(name: str, path: str, header: str) -> None:
    heads: list[tuple[bytes, bytes]] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await read_request(reader))
        writer.write(OK)
        await writer.drain()

    async def run() -> Scene:
        async with running_proxy(handle, key="sk-stored") as scene:
            body = b'{"model":"some-model","stream":true,"messages":[]}'
            await scene.send(post(f"/api/proxy/{name}/chat", body, b"authorization: Bearer " + CLIENT_KEY.encode()))
        return scene

    record = only(asyncio.run(run()))

    lines = heads[0][0].decode().split("\r\n")
    assert lines[0] == f"POST {path} HTTP/1.1"
    assert [line for line in lines if "sk-stored" in line] == [header]
    assert json.loads(heads[0][1])["stream_options"] == {"include_usage": True}
    assert (record.client_key, record.usage_source) == ("tests", "provider")


def test_a_native_path_takes_the_providers_own_scheme() -> None:
    heads: list[bytes] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append((await read_request(reader))[0])
        writer.write(OK)
        await writer.drain()

    async def run() -> None:
        async with running_proxy(handle, key="sk-stored") as scene:
            await scene.send(post("/anthropic/v1/messages", BODY, b"authorization: Bearer " + CLIENT_KEY.encode()))

    asyncio.run(run())

    assert b"x-api-key: sk-stored\r\n" in heads[0]
    assert b"authorization" not in heads[0].lower()
