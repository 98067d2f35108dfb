"""What must not get through: forged hosts, foreign pages, missing keys, path tricks, smuggling; and no key leaks."""

import re
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.system.process import ProxyProcess, add_platform, create_key, proxy_process, typed_here
from tests.system.upstream import Upstream, upstream

PROVIDER_KEY = "sk-stored-secret-7777"
BODY = b'{"model":"gpt-4o","messages":[]}'


@dataclass
class Scene:
    """A running proxy, the provider behind it, and keys."""

    home: Path
    process: ProxyProcess
    provider: Upstream
    key: str
    revoked: str
    reporter: str

    def send(self, raw: bytes) -> bytes:
        """Send raw bytes on a connection of their own; the answer, `hangs` when none comes, nothing when it closes."""
        with socket.create_connection(("127.0.0.1", self.process.port), timeout=5) as connection:
            connection.sendall(raw)
            answer = b""
            try:
                while not _is_whole(answer) and (piece := connection.recv(65536)):
                    answer += piece
            except TimeoutError:
                return answer or b"hangs"
            except OSError:
                return answer
            return answer

    def request(self, *lines: str, path: str = "/work/v1/chat/completions", host: str | None = None) -> bytes:
        """A chat request with some header lines of its own."""
        head = [f"POST {path} HTTP/1.1", f"host: {host or f'127.0.0.1:{self.process.port}'}", *lines]
        head += ["content-type: application/json", f"content-length: {len(BODY)}", "connection: close"]
        return ("\r\n".join(head) + "\r\n\r\n").encode("latin-1") + BODY

    def bearer(self, key: str | None = None) -> str:
        return f"authorization: Bearer {key or self.key}"


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    home = tmp_path_factory.mktemp("security")
    with upstream() as provider:
        add_platform(home, "work", "openai", f"http://127.0.0.1:{provider.port}/v1", key=PROVIDER_KEY)
        key, revoked = create_key(home, "good"), create_key(home, "gone")
        reporter = create_key(home, "reporter", role="reporter")
        typed_here(home, "key", "revoke", "gone")
        with proxy_process(home, "--log-level", "debug") as process:
            yield Scene(home, process, provider, key, revoked, reporter)


def _is_whole(answer: bytes) -> bool:
    head, end, body = answer.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
    return bool(end) and length is not None and len(body) >= int(length[1])


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/1.") else 0


def is_refused(scene: Scene, raw: bytes) -> bool:
    """Whether a request ends in an error of ours (or a closed connection) and reaches no provider."""
    before = len(scene.provider.requests)
    answer = scene.send(raw)
    return (answer == b"" or 400 <= status(answer) < 600) and len(scene.provider.requests) == before


def test_a_good_request_passes_with_the_stored_key_in_place_of_the_client_key(scene: Scene) -> None:
    answer = scene.send(scene.request(scene.bearer()))

    head = scene.provider.requests[-1][0].decode("latin-1").lower()
    assert status(answer) == 200
    assert f"bearer {PROVIDER_KEY}" in head
    assert scene.key.lower() not in head
    assert "x-tokenmon" not in head


def test_a_callers_own_key_passes_as_it_is(scene: Scene) -> None:
    assert status(scene.send(scene.request("authorization: Bearer sk-their-own"))) == 200
    assert b"sk-their-own" in scene.provider.requests[-1][0]
    assert PROVIDER_KEY.encode() not in scene.provider.requests[-1][0]


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "169.254.169.254", "", "a b"]
)
def test_a_forged_host_is_refused(scene: Scene, host: str) -> None:
    assert is_refused(scene, scene.request(scene.bearer(), host=host or " "))


def test_two_hosts_or_none_are_refused(scene: Scene) -> None:
    assert is_refused(scene, scene.request(scene.bearer(), "host: 127.0.0.1"))
    assert is_refused(scene, b"POST /work/v1/chat/completions HTTP/1.1\r\n" + scene.bearer().encode() + b"\r\n\r\n")


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1.evil.example"])
def test_a_foreign_origin_is_refused(scene: Scene, origin: str) -> None:
    assert is_refused(scene, scene.request(scene.bearer(), f"origin: {origin}"))


def test_who_holds_no_good_key_spends_nothing(scene: Scene) -> None:
    assert is_refused(scene, scene.request())
    assert is_refused(scene, scene.request(scene.bearer("tm-guess")))
    assert is_refused(scene, scene.request(scene.bearer(scene.revoked)))
    assert is_refused(scene, scene.request(scene.bearer(scene.reporter)))
    assert status(scene.send(scene.request())) == 401


@pytest.mark.parametrize(
    "path",
    [
        "/work/../other/v1/chat/completions", "/work/v1/../../etc/passwd", "/work/%2e%2e/x", "/work/v1%2fchat",
        "/work\\v1",
        "/work/v1/%00", "/work/v1/%0d%0aevil:1", "/work/%252e%252e/x", "http://evil.example/work/v1/chat/completions",
        "//evil.example/work", "/nobody/v1/chat/completions", "/work/./v1", "*", "/work/%zz",
    ],
)  # fmt: skip
def test_path_tricks_are_refused(scene: Scene, path: str) -> None:
    assert is_refused(scene, scene.request(scene.bearer(), path=path))


@pytest.mark.parametrize(
    "lines",
    [
        ("transfer-encoding: chunked",),
        ("content-length: 5",),
        ("transfer-encoding: chunked, identity",),
        ("transfer-encoding: xchunked",),
        ("transfer-encoding : chunked",),
        ("x-first: a", " folded: b"),
        ("x-bad: a\x00b",),
        ("bad name: x",),
        (": empty",),
        ("content-length: -1",),
        ("content-length: 0x10",),
    ],
)
def test_ambiguous_framing_is_refused(scene: Scene, lines: tuple[str, ...]) -> None:
    assert is_refused(scene, scene.request(scene.bearer(), *lines))


@pytest.mark.parametrize("size", ["zz", "-1", "0x5", "fffffffffffffffff", "5 5", ""])
def test_a_bad_chunk_size_is_refused(scene: Scene, size: str) -> None:
    head = scene.request(scene.bearer(), "transfer-encoding: chunked").partition(b"\r\n\r\n")[0]
    head = b"\r\n".join(line for line in head.split(b"\r\n") if not line.startswith(b"content-length"))

    assert is_refused(scene, head + b"\r\n\r\n" + size.encode() + b"\r\n{}\r\n0\r\n\r\n")


def test_oversized_heads_are_refused(scene: Scene) -> None:
    assert is_refused(scene, scene.request(scene.bearer(), "x-large: " + "a" * 200_000))
    assert is_refused(scene, scene.request(scene.bearer(), *(f"x-{at}: {'b' * 900}" for at in range(100))))
    assert is_refused(scene, scene.request(scene.bearer(), path="/work/" + "a" * 100_000))


def test_an_upgrade_is_told_that_it_is_not_supported(scene: Scene) -> None:
    raw = scene.request(scene.bearer(), "upgrade: websocket", "sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==")
    raw = raw.replace(b"connection: close", b"connection: upgrade")

    assert status(scene.send(raw)) == 501


def test_labels_stay_here_and_control_characters_are_refused(scene: Scene) -> None:
    scene.send(scene.request(scene.bearer(), "x-tokenmon-project: red", "x-tokenmon-tags: a=b"))

    assert b"x-tokenmon" not in scene.provider.requests[-1][0].lower()
    assert is_refused(scene, scene.request(scene.bearer(), "x-tokenmon-project: red\x1b[31m\x00"))


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
@pytest.mark.parametrize("path", ["/api/platforms", "/api/usage/logs", "/api/usage/stats", "/api/usage/report"])
def test_the_api_answers_nobody_without_a_key(scene: Scene, method: str, path: str) -> None:
    raw = scene.request(path=path).replace(b"POST", method.encode(), 1)

    assert status(scene.send(raw)) in (401, 405)


def test_no_key_is_in_any_log_or_file(scene: Scene) -> None:
    scene.send(scene.request(scene.bearer()))
    files = [path for path in scene.home.rglob("*") if path.is_file()]
    secrets = (PROVIDER_KEY, scene.key, scene.revoked, "sk-their-own")

    assert files
    assert [path for path in files for secret in secrets if secret.encode() in path.read_bytes()] == []
    assert [secret for secret in secrets if secret in scene.process.talk] == []
