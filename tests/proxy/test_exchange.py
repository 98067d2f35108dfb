"""One call through the proxy: the bytes pass unchanged, a copy is counted, and who hangs up leaves a record."""

import asyncio
import gzip
import json
import zlib
from typing import Any

import brotli
import pytest
import zstandard

from tests.proxy.running import (
    LAST_CHUNK,
    Provider,
    chunked,
    head_of,
    platform,
    provider_of,
    recorded,
    run,
    running_proxy,
)
from tests.proxy.servers import Handler, read_request, scripted_server
from tokenmon.core.usage import TokenUsage
from tokenmon.demo import replies
from tokenmon.demo.replies import Reply, Spent

SPENT = Spent(1000, 300, cached=400, reasoning=120)
USAGE = TokenUsage(1000, 300, cache_read_input_tokens=400, reasoning_output_tokens=120)
NAME = "0123456789abcdef01234567"
CHAT = replies.chat(NAME, "gpt-4o", SPENT)
STREAM = replies.chat_stream(NAME, "gpt-4o", SPENT, states_usage=True)
MESSAGES = replies.messages_stream(NAME, "claude-sonnet-5", SPENT)
CALL = "/work/v1/chat/completions"
KEY = {"authorization": "Bearer sk-own"}
BODY: dict[str, Any] = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Größe?"}]}
ASKS_FOR_USAGE: dict[str, Any] = {**BODY, "stream": True, "stream_options": {"include_usage": True}}


async def call(provider: Provider, body: bytes, *, headers: dict[str, str] | None = None, **changes: Any) -> bytes:
    """Call a provider through the proxy; the answer's body as it came over the wire, out of its chunks alone."""
    async with (
        scripted_server(provider.handler) as port,
        running_proxy(platform("work", f"http://127.0.0.1:{port}/v1", **changes)) as proxy,
    ):
        sent = {**KEY, "content-type": "application/json", **(headers or {})}
        async with proxy.client.stream("POST", CALL, content=body, headers=sent) as answer:
            assert answer.status_code == 200
            return b"".join([piece async for piece in answer.aiter_raw()])


def whole(reply: Reply) -> bytes:
    return b"".join(reply.pieces)


def without_usage_chunk(reply: Reply) -> bytes:
    return b"".join(piece for piece in reply.pieces if b'"choices": []' not in piece)


COMPRESSED = {
    "gzip": lambda data: gzip.compress(data, mtime=0),
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": zstandard.compress,
}


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize("kind", ["whole", "stream"])
@pytest.mark.parametrize("encoding", COMPRESSED)
def test_a_compressed_answer_passes_unchanged_and_is_counted(encoding: str, kind: str) -> None:
    reply, body = (CHAT, BODY) if kind == "whole" else (STREAM, ASKS_FOR_USAGE)
    data = COMPRESSED[encoding](whole(reply))
    pieces = [data[at : at + 97] for at in range(0, len(data), 97)]
    provider = Provider(*pieces, head=head_of(reply, f"content-encoding: {encoding}"))

    async def work() -> None:
        assert await call(provider, json.dumps(body).encode(), headers={"accept-encoding": encoding}) == data

    run(work())
    assert provider.headers()["accept-encoding"] == encoding
    assert [(record.usage, record.usage_source) for record in recorded()] == [(USAGE, "provider")]


@pytest.mark.usefixtures("home")
def test_a_stream_that_does_not_ask_for_usage_is_asked_for_it_and_looks_as_if_it_was_not() -> None:
    provider = provider_of(STREAM)
    body = json.dumps({**BODY, "stream": True}, ensure_ascii=False).encode()

    async def work() -> None:
        passed = await call(provider, body, headers={"accept-encoding": "gzip"})
        assert passed == without_usage_chunk(STREAM)
        assert len(passed) < len(whole(STREAM))

    run(work())
    sent = provider.requests[0][1]
    # The edit is the one key: all that the caller wrote is there byte for byte.
    assert provider.json() == ASKS_FOR_USAGE
    assert body.strip(b"{}") in sent
    assert provider.headers()["content-length"] == str(len(sent))
    assert provider.headers()["accept-encoding"] == "identity"
    assert [(record.usage, record.usage_source) for record in recorded()] == [(USAGE, "provider")]


@pytest.mark.usefixtures("home")
def test_other_stream_options_stay_beside_the_one_that_is_added() -> None:
    provider = provider_of(STREAM)
    body = {**BODY, "stream": True, "stream_options": {"include_obfuscation": False, "include_usage": False}}

    async def work() -> None:
        assert await call(provider, json.dumps(body).encode()) == without_usage_chunk(STREAM)

    run(work())
    assert provider.json() == {**body, "stream_options": {"include_obfuscation": False, "include_usage": True}}


UNCHANGED: dict[str, tuple[dict[str, Any], dict[str, Any], Reply]] = {
    "it asks itself": (ASKS_FOR_USAGE, {}, STREAM),
    "the platform forbids it": ({**BODY, "stream": True}, {"inject_usage": False}, STREAM),
    "no stream": (BODY, {}, CHAT),
}


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize("name", UNCHANGED)
def test_where_nothing_is_to_be_added_both_ways_pass_byte_for_byte(name: str) -> None:
    content, changes, reply = UNCHANGED[name]
    provider = provider_of(reply)
    body = json.dumps(content, indent=3, ensure_ascii=False).encode()

    async def work() -> None:
        assert await call(provider, body, headers={"accept-encoding": "gzip"}, **changes) == whole(reply)

    run(work())
    assert provider.requests[0][1] == body
    assert provider.headers()["accept-encoding"] == "gzip"
    assert [record.usage for record in recorded()] == [USAGE]


@pytest.mark.usefixtures("home")
def test_a_stream_compressed_against_the_wish_comes_plain_and_without_the_added_chunk() -> None:
    provider = Provider(gzip.compress(whole(STREAM)), head=head_of(STREAM, "content-encoding: gzip"))

    async def work() -> None:
        passed = await call(provider, json.dumps({**BODY, "stream": True}).encode())
        assert passed == without_usage_chunk(STREAM)

    run(work())
    assert [record.usage for record in recorded()] == [USAGE]


@pytest.mark.usefixtures("home")
def test_labels_are_recorded_and_everything_else_is_forwarded() -> None:
    provider = provider_of(CHAT)
    labels = {
        "x-tokenmon-project": "search",
        "X-Tokenmon-Tags": "team=core, user=Zoë".encode().decode("latin-1"),
        "x-tokenmon-conversation": "session-7",
        "x-tokenmon-invented": "stays here too",
    }
    others = {"x-request-id": "42", "openai-organization": "org-1", "user-agent": "its own/1.0"}

    async def work() -> None:
        async with (
            scripted_server(provider.handler) as port,
            running_proxy(platform("work", f"http://127.0.0.1:{port}/v1")) as proxy,
        ):
            raw = [(name.encode(), value.encode("latin-1")) for name, value in {**KEY, **labels, **others}.items()]
            assert (await proxy.client.post(CALL, json=BODY, headers=raw)).status_code == 200

    run(work())
    forwarded = provider.headers()
    assert [name for name in forwarded if "tokenmon" in name] == []
    assert {name: forwarded[name] for name in others} == others
    (record,) = recorded()
    assert (record.project, record.conversation_id) == ("search", "session-7")
    assert record.tags == (("team", "core"), ("user", "Zoë"))
    assert (record.client_key, record.server_address) == (None, "127.0.0.1")


class Halting:
    """A provider whose stream halts in the middle until `may_go_on`; `gone` is set when it is hung up on."""

    def __init__(self, reply: Reply) -> None:
        self.may_go_on = asyncio.Event()
        self.gone = asyncio.Event()
        self._reply = reply

    @property
    def handler(self) -> Handler:
        return self._handle

    async def _handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(head_of(self._reply))
        for piece in self._reply.pieces[:3]:
            writer.write(chunked(piece))
        watching = asyncio.ensure_future(reader.read())
        going_on = asyncio.ensure_future(self.may_go_on.wait())
        await asyncio.wait({watching, going_on}, return_when="FIRST_COMPLETED")
        if watching.done():
            going_on.cancel()
            self.gone.set()
            return
        for piece in self._reply.pieces[3:]:
            writer.write(chunked(piece))
        writer.write(LAST_CHUNK)
        await writer.drain()
        await watching


async def hang_up_in_the_middle(port: int) -> None:
    """Take the first bytes of the answer's body, and go."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    body = json.dumps({"model": "claude-sonnet-5", "stream": True, "messages": []}).encode()
    head = f"POST /claude/v1/messages HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\nx-api-key: sk-own\r\n"
    writer.write(f"{head}content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n".encode() + body)
    await reader.readuntil(b"message_start")
    writer.close()
    await writer.wait_closed()


@pytest.mark.usefixtures("home")
def test_hanging_up_cancels_the_provider_and_records_what_is_known() -> None:
    async def work() -> None:
        provider = Halting(MESSAGES)
        async with (
            scripted_server(provider.handler) as port,
            running_proxy(platform("claude", f"http://127.0.0.1:{port}", provider="anthropic")) as proxy,
        ):
            await hang_up_in_the_middle(proxy.port)
            await provider.gone.wait()

    run(work())
    (record,) = recorded()
    assert (record.usage_source, record.error_type, record.status) == ("partial", "client_disconnected", 200)
    # The start states the input; the output is estimated by the text that came.
    assert record.usage == TokenUsage(1000, 2, cache_read_input_tokens=400)
    assert (record.stream, record.response_model) == (True, "claude-sonnet-5")


@pytest.mark.usefixtures("home")
def test_where_a_platform_drains_the_provider_is_heard_to_its_end() -> None:
    async def work() -> None:
        provider = Halting(MESSAGES)
        async with (
            scripted_server(provider.handler) as port,
            running_proxy(
                platform("claude", f"http://127.0.0.1:{port}", provider="anthropic", drain_on_disconnect=True)
            ) as proxy,
        ):
            await hang_up_in_the_middle(proxy.port)
            # Once it answers another call, it has seen that the first caller is gone.
            await proxy.client.get("/healthz")
            provider.may_go_on.set()

    run(work())
    (record,) = recorded()
    assert (record.usage_source, record.error_type, record.status) == ("provider", None, 200)
    assert record.usage == TokenUsage(1000, 300, cache_read_input_tokens=400)


@pytest.mark.usefixtures("home")
def test_who_hangs_up_before_the_answer_begins_is_recorded_without_usage() -> None:
    async def work() -> None:
        arrived, gone = asyncio.Event(), asyncio.Event()

        async def silent(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
            await read_request(reader)
            arrived.set()
            await reader.read()
            gone.set()

        async with (
            scripted_server(silent) as port,
            running_proxy(platform("work", f"http://127.0.0.1:{port}/v1")) as proxy,
        ):
            _, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
            head = f"POST {CALL} HTTP/1.1\r\nhost: 127.0.0.1:{proxy.port}\r\ncontent-length: 2\r\n\r\n"
            writer.write(head.encode() + b"{}")
            await arrived.wait()
            writer.close()
            await gone.wait()

    run(work())
    assert [(record.status, record.error_type, record.usage) for record in recorded()] == [
        (499, "client_disconnected", None)
    ]
