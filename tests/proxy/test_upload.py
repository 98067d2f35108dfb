"""Uploads: read whole where the proxy must look inside, streamed where it need not, never larger than the limit."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.proxy.running import chunked, platform, recorded, run, running_proxy
from tests.proxy.servers import scripted_server

LIMIT = 700_000
# More than what is read whole of a body that is not JSON.
FIRST, REST = b"a" * 400_000, b"b" * 200_000
KEY = {"authorization": "Bearer sk-own"}
CALL = "/work/v1/files"
ANSWER = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}"


class Receiver:
    """A provider that takes a body as it comes; `begun` is set once a part is there, `cut` when no end comes."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()
        self.heads: list[bytes] = []
        self.body = b""
        self.cut = asyncio.Event()

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        self.heads.append(head)
        try:
            if b"transfer-encoding: chunked" in head:
                while size := int(await reader.readuntil(b"\n"), 16):
                    self._take(await reader.readexactly(size))
                    await reader.readexactly(2)
                await reader.readexactly(2)
            else:
                length = int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0])
                while len(self.body) < length:
                    self._take(await reader.readexactly(min(50_000, length - len(self.body))))
        except asyncio.IncompleteReadError:
            self.cut.set()
            raise
        writer.write(ANSWER)
        await writer.drain()

    def _take(self, data: bytes) -> None:
        self.body += data
        if len(self.body) >= 200_000:
            self.begun.set()


@pytest.fixture(autouse=True)
def _limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKENMON_PROXY_MAX_BODY_BYTES", str(LIMIT))


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize("has_length", [True, False], ids=["with a length", "in chunks"])
def test_a_large_upload_reaches_the_provider_while_it_is_still_coming(has_length: bool) -> None:
    async def work() -> None:
        receiver = Receiver()

        async def parts() -> AsyncIterator[bytes]:
            yield FIRST
            # Were the body collected first, this would wait for ever.
            await receiver.begun.wait()
            yield REST

        headers = {**KEY, "content-type": "application/octet-stream"}
        if has_length:
            headers["content-length"] = str(len(FIRST + REST))
        async with (
            scripted_server(receiver.handle) as port,
            running_proxy(platform("work", f"http://127.0.0.1:{port}/v1")) as proxy,
        ):
            answer = await proxy.client.post(CALL, content=parts(), headers=headers)

        assert (answer.status_code, receiver.body) == (200, FIRST + REST)
        assert (b"content-length: 600000\r\n" in receiver.heads[0]) is has_length

    run(work())


async def send_raw(port: int, head_lines: list[str], body: bytes) -> bytes:
    """Send a request whose end nobody may want to read; the answer up to the end of its body."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    head = [f"POST {CALL} HTTP/1.1", f"host: 127.0.0.1:{port}", "authorization: Bearer sk-own", *head_lines]
    try:
        writer.write(("\r\n".join(head) + "\r\n\r\n").encode() + body)
        answer = await reader.readuntil(b"\r\n\r\n")
        length = int(answer.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        return answer + await reader.readexactly(length)
    finally:
        writer.close()


def in_pieces(body: bytes) -> bytes:
    return b"".join(chunked(body[at : at + 50_000]) for at in range(0, len(body), 50_000)) + b"0\r\n\r\n"


TOO_LARGE = b"x" * (LIMIT + 1)
UPLOADS: dict[str, tuple[list[str], bytes]] = {
    "JSON with its length": (["content-type: application/json", f"content-length: {LIMIT + 1}"], TOO_LARGE),
    "JSON in chunks": (["content-type: application/json", "transfer-encoding: chunked"], in_pieces(TOO_LARGE)),
    "a file with its length": (["content-type: audio/wav", f"content-length: {LIMIT + 1}"], TOO_LARGE),
    "a length alone": (["content-type: audio/wav", f"content-length: {10**15}"], b""),
}


@pytest.mark.usefixtures("home")
def test_a_body_over_the_limit_is_refused_before_any_provider_hears_of_it() -> None:
    receiver = Receiver()

    async def work() -> None:
        async with (
            scripted_server(receiver.handle) as port,
            running_proxy(platform("work", f"http://127.0.0.1:{port}/v1")) as proxy,
        ):
            answers = {name: await send_raw(proxy.port, *upload) for name, upload in UPLOADS.items()}

        for name, answer in answers.items():
            assert (name, answer.split(b" ")[1]) == (name, b"413")
            assert b"the request body is larger than 700000 bytes (proxy.max_body_bytes)" in answer
            assert b"\r\nconnection: close\r\n" in answer

    run(work())
    assert receiver.heads == []


@pytest.mark.usefixtures("home")
def test_a_streamed_upload_that_turns_out_too_large_is_cut_and_refused() -> None:
    receiver = Receiver()

    async def work() -> None:
        lines = ["content-type: audio/wav", "transfer-encoding: chunked"]
        async with (
            scripted_server(receiver.handle) as port,
            running_proxy(platform("work", f"http://127.0.0.1:{port}/v1")) as proxy,
        ):
            answer = await send_raw(proxy.port, lines, in_pieces(TOO_LARGE * 2))
            await receiver.cut.wait()

        assert answer.startswith(b"HTTP/1.1 413 ")

    run(work())
    assert len(receiver.body) <= LIMIT


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize("content_type", ["application/json", "audio/wav"])
def test_a_body_of_just_the_limit_passes(content_type: str) -> None:
    receiver = Receiver()

    async def work() -> None:
        async with (
            scripted_server(receiver.handle) as port,
            running_proxy(platform("work", f"http://127.0.0.1:{port}/v1")) as proxy,
        ):
            headers = {**KEY, "content-type": content_type}
            assert (await proxy.client.post(CALL, content=b"x" * LIMIT, headers=headers)).status_code == 200

    run(work())
    assert len(receiver.body) == LIMIT


@pytest.mark.usefixtures("home")
def test_a_caller_who_gives_up_an_upload_leaves_a_record_of_it() -> None:
    receiver = Receiver()

    async def work() -> None:
        async with (
            scripted_server(receiver.handle) as port,
            running_proxy(platform("work", f"http://127.0.0.1:{port}/v1")) as proxy,
        ):
            _, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
            head = f"POST /work/v1/chat/completions HTTP/1.1\r\nhost: 127.0.0.1:{proxy.port}\r\n"
            head += "content-type: audio/wav\r\ncontent-length: 600000\r\n\r\n"
            writer.write(head.encode() + FIRST)
            await receiver.begun.wait()
            writer.close()
            await receiver.cut.wait()

    run(work())
    assert [(record.status, record.error_type) for record in recorded()] == [(499, "client_disconnected")]
