"""The webhook over a real socket: tries, refusals, and where it may connect."""

import ipaddress
import socket
from dataclasses import replace

import pytest

from tests.alerts.hook import running_hook
from tokenmon.alerts.webhook import LONG, Patience, is_public, post_json, resolved_address
from tokenmon.errors import ConfigError, TemporaryError, TokenmonError


def post(url: str, *, allow_private: bool = True) -> list[float]:
    """Post one small body; the pauses that were made."""
    pauses: list[float] = []
    post_json(url, {"text": "80 %"}, allow_private=allow_private, patience=replace(LONG, sleep=pauses.append))
    return pauses


def test_an_accepted_post_arrives_once_with_its_body_and_the_named_host() -> None:
    with running_hook(204) as hook:
        pauses = post(hook.url)

    assert hook.bodies == [{"text": "80 %"}]
    assert hook.headers[0]["host"] == f"127.0.0.1:{hook.port}"
    assert hook.headers[0]["content-type"] == "application/json"
    assert pauses == []


def test_a_failing_hook_is_tried_again_with_growing_pauses() -> None:
    with running_hook(503, 429, 200) as hook:
        pauses = post(hook.url)

    assert len(hook.bodies) == 3
    assert pauses == list(LONG.waits)


def test_three_failures_are_temporary_and_name_no_secret_of_the_url() -> None:
    with running_hook(500) as hook, pytest.raises(TemporaryError) as caught:
        post(hook.url)

    assert len(hook.bodies) == 3
    assert "500" in caught.value.message
    assert "secret-in-url" not in caught.value.message


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410])
def test_a_refusal_is_final(status: int) -> None:
    with running_hook(status) as hook, pytest.raises(TokenmonError, match=str(status)) as caught:
        post(hook.url)

    assert not isinstance(caught.value, TemporaryError)
    assert len(hook.bodies) == 1


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(status: int) -> None:
    with running_hook(200) as target, running_hook(status, location=target.url) as hook:
        with pytest.raises(TokenmonError, match="redirects are not followed"):
            post(hook.url)

        assert target.bodies == []


def test_a_dead_port_is_temporary() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]

    with pytest.raises(TemporaryError, match="cannot be reached"):
        post(f"http://127.0.0.1:{port}/")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "0x7f.1", "2130706433", "[::ffff:127.0.0.1]"])
def test_loopback_in_any_spelling_is_refused_unless_allowed(host: str) -> None:
    with running_hook(200) as hook:
        with pytest.raises(ConfigError, match="private or local"):
            post(f"http://{host}:{hook.port}/", allow_private=False)

        assert hook.bodies == []


@pytest.mark.parametrize(
    "url", ["", "example.com/hook", "ftp://example.com/", "http://", "file:///etc/passwd", "http://[::1"]
)
def test_only_http_urls_are_usable(url: str) -> None:
    with pytest.raises(ConfigError, match="not an http or https URL"):
        post(url)


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True),
        ("2606:4700::1111", True),
        ("10.0.0.1", False),
        ("172.16.5.4", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("::1", False),
        ("::", False),
        ("fe80::1", False),
        ("fd00::1", False),
        ("::ffff:10.0.0.1", False),
        ("::ffff:8.8.8.8", True),
        ("64:ff9b::a00:1", False),
        ("64:ff9b::808:808", True),
        ("64:ff9b:1::a00:1", False),
        ("64:ff9b:1::808:808", False),
        ("::127.0.0.1", False),
        ("::8.8.8.8", False),
        ("2002:a00:1::", False),
    ],
)
def test_only_addresses_of_the_open_internet_are_public(address: str, public: bool) -> None:
    assert is_public(ipaddress.ip_address(address)) is public


def test_a_name_with_one_private_address_is_refused_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, 443)) for one in ("8.8.8.8", "10.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: answers)

    with pytest.raises(ConfigError, match="private or local"):
        resolved_address("rebinding.example", 443, allow_private=False)


def test_the_checked_address_is_connected_to_and_the_name_not_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    real = socket.getaddrinfo

    def answer(host: str, port: int, *rest: object, **more: object) -> object:
        if host == "hook.example":
            asked.append(host)
            host = "127.0.0.1"
        return real(host, port, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    with running_hook(200) as hook:
        post(f"http://hook.example:{hook.port}/x")

    assert asked == ["hook.example"]
    assert hook.headers[0]["host"] == f"hook.example:{hook.port}"


def test_a_try_ends_in_time_whatever_it_waits_for() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        with pytest.raises(TemporaryError, match="in time"):
            post_json(url, {}, allow_private=True, patience=Patience(0.3, ()))


def test_a_name_that_does_not_resolve_is_temporary(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> object:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", fail)

    with pytest.raises(TemporaryError, match=r"hook\.example cannot be resolved"):
        post("https://hook.example/")
