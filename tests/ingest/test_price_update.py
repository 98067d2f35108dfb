"""Updating the price list: fetched from a server that errs in every way, or from a file, and kept once checked."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.providers.price_lists import as_bytes, providers
from tokenmon.errors import ConfigError, TemporaryError, TokenmonError
from tokenmon.ingest import price_update
from tokenmon.ingest.price_update import fetch, read, update
from tokenmon.providers.price_list import saved_lists

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
GOOD = as_bytes(providers(extra=7))


class Answers(BaseHTTPRequestHandler):
    """Answers by path."""

    def do_GET(self) -> None:
        status = 404 if self.path == "/missing" else 200
        self.send_response(status)
        self.send_header("Content-Length", str(len(GOOD) * (2 if self.path == "/short" else 1)))
        self.end_headers()
        self.wfile.write(GOOD)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_list_is_fetched(address: str) -> None:
    assert fetch(f"{address}/data.json") == GOOD


@pytest.mark.parametrize("path", ["/missing", "/short"])
def test_a_list_that_cannot_be_had_is_tried_again_later(address: str, path: str) -> None:
    with pytest.raises(TemporaryError) as caught:
        fetch(address + path)

    assert "--file FILE" in str(caught.value.hint)


def test_without_a_connection_the_way_by_file_is_named() -> None:
    with pytest.raises(TemporaryError, match="cannot be fetched") as caught:
        fetch("http://127.0.0.1:9/data.json")

    assert "--file FILE" in str(caught.value.hint)


def test_an_endless_answer_is_cut_off(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(price_update, "MAX_BYTES", 100)

    with pytest.raises(TokenmonError, match="too large"):
        fetch(f"{address}/data.json")


def test_a_file_is_read_or_named(tmp_path: Path) -> None:
    path = tmp_path / "data.json"
    path.write_bytes(GOOD)

    assert read(path) == GOOD
    with pytest.raises(ConfigError, match=r"cannot read the price list .*gone\.json: no such file"):
        read(tmp_path / "gone.json")


def test_a_good_list_is_kept_once(tmp_path: Path) -> None:
    first = update(GOOD, tmp_path, now=NOON, models_in_use=10)
    again = update(GOOD, tmp_path, now=NOON, models_in_use=10)

    assert (first.is_new, again.is_new) == (True, False)
    assert again.saved.path == first.saved.path
    assert first.saved.path.read_bytes() == GOOD


@pytest.mark.parametrize("content", [b"<html>", as_bytes(providers())])
def test_a_bad_list_changes_nothing(tmp_path: Path, content: bytes) -> None:
    update(GOOD, tmp_path, now=NOON, models_in_use=10)

    with pytest.raises(TokenmonError):
        update(content, tmp_path, now=NOON, models_in_use=10)

    assert [one.path.read_bytes() for one in saved_lists(tmp_path)] == [GOOD]
