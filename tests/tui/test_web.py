"""The dashboard in a browser: who may see it, how many at once, and what becomes of the processes behind the pages."""

import json
import logging
import os
import re
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from tests.waiting import wait_until
from tokenmon.errors import ConfigError
from tokenmon.launch import background_loop
from tokenmon.session import Session
from tokenmon.tui.web import page as page_module
from tokenmon.tui.web import server as server_module
from tokenmon.tui.web.server import COMMAND, MOST_PAGES, PageServer, listen

# Speaks as a dashboard does: tells of its process and its size, then sleeps until its stdin ends.
DEADLINE_SECONDS = 60
STAND_IN = """
import os, sys
text = f"{os.getpid()} {os.environ['COLUMNS']}x{os.environ['ROWS']}".encode()
os.write(1, b"__GANGLION__\\nD" + len(text).to_bytes(4, "big") + text)
sys.stdin.read()
"""
# Does not heed the end of its stdin.
DEAF = STAND_IN + "\nimport time\ntime.sleep(600)\n"
FAILING = "import sys\nsys.stderr.write('tokenmon: error: no \\x1b[31mdatabase\\n')\nsys.exit(3)\n"
PATHS = ("/", "/ws", "/assets/page.js", "/static/js/textual.js", "/static/", "/download/key", "/nothing", "/?token=no")

Start = Callable[..., PageServer]


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts servers on free ports; they are stopped at the end."""
    with ExitStack() as opened:

        def run_server(program: str | None = STAND_IN) -> PageServer:
            run = opened.enter_context(background_loop())
            listener = opened.enter_context(listen(0))
            server = PageServer(listener, command=(sys.executable, "-c", program) if program else COMMAND)
            run(server.start()).result(30)
            opened.callback(lambda: run(server.stop()).result(30))
            return server

        yield run_server


@pytest.fixture(scope="module")
def server() -> Iterator[PageServer]:
    """One server for all tests that only ask it for something and leave no page open."""
    with background_loop() as run, listen(0) as listener:
        started = PageServer(listener, command=(sys.executable, "-c", STAND_IN))
        run(started.start()).result(30)
        yield started
        run(started.stop()).result(30)


def get(url: str, **how: Any) -> httpx.Response:
    """Ask once. Without certificates, which nothing here needs and which took longer to read than all the rest."""
    return httpx.get(url, verify=False, **how)


def base(server: PageServer) -> str:
    return server.url.partition("/?")[0]


def token(server: PageServer) -> str:
    return server.url.partition("token=")[2]


def cookie(server: PageServer) -> dict[str, str]:
    return {"Cookie": get(server.url).headers["set-cookie"].partition(";")[0]}


def open_page(server: PageServer, query: str = "", **headers: str) -> ClientConnection:
    """A page's WebSocket, with its cookie and its origin."""
    address = base(server).replace("http", "ws", 1) + "/ws" + query
    sent = {"Origin": base(server), **cookie(server), **headers}
    return connect(address, additional_headers=sent, proxy=None)


def first_bytes(connection: ClientConnection) -> str:
    received = connection.recv(timeout=30)
    assert isinstance(received, bytes)
    return received.decode()


def read_until(connection: ClientConnection, *wanted: str) -> str:
    """The message by which all of these texts have come; the clock alone makes others without an end."""
    ends_at = time.monotonic() + DEADLINE_SECONDS
    missing = set(wanted)
    while True:
        assert time.monotonic() < ends_at, f"{missing} did not come"
        received = connection.recv(timeout=30)
        text = received if isinstance(received, str) else received.decode()
        missing -= {one for one in missing if one in text}
        if not missing:
            return text


def code_at_the_end(connection: ClientConnection) -> int | None:
    """Why the server closed a page, once it did."""
    try:
        while True:
            connection.recv(timeout=30)
    except ConnectionClosed as closed:
        return None if closed.rcvd is None else closed.rcvd.code


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize("path", PATHS)
def test_without_the_token_nothing_is_shown_but_what_to_do(server: PageServer, path: str) -> None:
    answer = get(base(server) + path, headers={"Origin": base(server)})

    assert answer.status_code == 401
    assert "tokenmon dash --serve" in answer.text
    assert answer.headers["content-type"].startswith("text/plain")


def test_a_cookie_of_another_start_opens_nothing(start: Start) -> None:
    server = start()
    name = next(iter(cookie(server).values())).partition("=")[0]

    answer = get(base(server) + "/", headers={"Cookie": f"{name}={token(start())}"})

    assert answer.status_code == 401


def test_the_token_leaves_the_address_for_a_cookie_that_no_script_and_no_other_site_can_use(server: PageServer) -> None:
    answer = get(server.url + "&fontsize=20")

    assert (answer.status_code, answer.headers["location"]) == (303, "/?fontsize=20")
    assert {"HttpOnly", "SameSite=Strict"} <= set(answer.headers["set-cookie"].split("; "))


def test_the_page_asks_no_other_host_for_anything(server: PageServer) -> None:
    headers = cookie(server)

    page = get(base(server) + "/", headers=headers)
    parts = [get(base(server) + path, headers=headers) for path in re.findall('(?:src|href)="(/[^"]+)', page.text)]

    assert page.status_code == 200
    assert [part.status_code for part in parts] == [200] * 4
    foreign = re.findall(r"(?:src|href|url)\W{1,3}(?:https?:)?//[^\s\"']+", "".join(one.text for one in [page, *parts]))
    assert foreign == []
    policy = page.headers["content-security-policy"]
    assert set(re.findall(r"\w+://\S+?(?=;| |$)", policy)) == {base(server).replace("http", "ws", 1)}
    assert policy.startswith("default-src 'none'; script-src 'self'; ")


@pytest.mark.parametrize("path", ["/", "/nothing", "/assets/page.js"])
@pytest.mark.parametrize("is_known", [True, False], ids=["with the token", "without"])
def test_every_answer_carries_the_headers_that_keep_other_pages_out(
    server: PageServer, path: str, is_known: bool
) -> None:
    headers = get(base(server) + path, headers=cookie(server) if is_known else {}).headers

    names = ("x-frame-options", "x-content-type-options", "referrer-policy", "cache-control", "server")
    assert [headers[name] for name in names] == ["DENY", "nosniff", "no-referrer", "no-store", "tokenmon"]


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "localhost", "127.0.0.1:1", "127.0.0.1.evil.example:{}"])
def test_a_name_that_is_not_this_machines_own_is_refused_even_with_the_token(server: PageServer, host: str) -> None:
    answer = get(server.url, headers={"Host": host.format(base(server).rpartition(":")[2])})

    assert (answer.status_code, "set-cookie" in answer.headers) == (421, False)


def test_localhost_is_a_name_of_the_server_too(server: PageServer) -> None:
    name = base(server).replace("127.0.0.1", "localhost")

    page = get(base(server) + "/", headers={**cookie(server), "Host": name.removeprefix("http://")})

    assert page.status_code == 200
    assert f'"{name.replace("http", "ws", 1)}/ws"' in page.text


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1", "http://localhost:{}"])
def test_another_pages_script_cannot_open_the_terminal(server: PageServer, origin: str) -> None:
    with pytest.raises(InvalidStatus) as refused:
        open_page(server, Origin=origin.format(base(server).rpartition(":")[2]))

    assert refused.value.response.status_code == 403


def test_a_terminal_without_an_origin_is_refused(server: PageServer) -> None:
    answer = get(base(server) + "/ws", headers=cookie(server))

    assert answer.status_code == 403


@pytest.mark.parametrize(
    "path", ["/static/", "/static/js", "/assets/", "/static/../server.py", "/assets/%2e%2e/page.py"]
)
def test_folders_are_not_listed_and_not_left(server: PageServer, path: str) -> None:
    answer = get(base(server) + path, headers=cookie(server))

    assert answer.status_code in (403, 404)


def test_a_page_shows_the_dashboard_gives_a_picture_once_as_a_file_that_runs_nothing_and_a_key_ends_it(
    session: Session, start: Start
) -> None:
    server = start(None)
    with open_page(server, "?width=100&height=40") as connection:
        read_until(connection, "tokenmon", "Quit")
        connection.send(json.dumps(["stdin", "\x10"]))
        read_until(connection, "Search for commands")
        connection.send(json.dumps(["stdin", "screenshot"]))
        read_until(connection, "Save")
        connection.send(json.dumps(["stdin", "\r"]))
        kind, key = json.loads(read_until(connection, "deliver_file_start"))

        address, headers = f"{base(server)}/download/{key}", cookie(server)
        taken, again = get(address, headers=headers), get(address, headers=headers)
        connection.send(json.dumps(["stdin", "q"]))
        code = code_at_the_end(connection)

    assert code == 1000
    assert (kind, taken.status_code, again.status_code) == ("deliver_file_start", 200, 404)
    assert "<svg" in taken.text
    assert taken.headers["content-disposition"].startswith("attachment; ")
    assert "sandbox" in taken.headers["content-security-policy"]


@pytest.mark.parametrize(
    ("query", "size"),
    [("?width=120&height=30", "120x30"), ("?width=999999&height=1", "500x4"), ("?width=-3&height=9999999999", "80x24")],
)
def test_the_size_that_a_page_asks_for_is_bounded(server: PageServer, query: str, size: str) -> None:
    with open_page(server, query) as connection:
        assert first_bytes(connection).partition(" ")[2] == size


@pytest.mark.parametrize(("asked", "size"), [("20", "20"), ("9999", "40"), ("0", "8"), ("<script>", "16")])
def test_the_size_of_letters_is_bounded(server: PageServer, asked: str, size: str) -> None:
    page = get(base(server) + "/", params={"fontsize": asked}, headers=cookie(server))

    assert f'data-font-size="{size}"' in page.text


def test_one_page_too_many_is_told_so_and_opens_once_there_is_room(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server_module, "ROOM_SECONDS", 0.2)
    server = start()
    with ExitStack() as pages:
        opened = [pages.enter_context(open_page(server)) for _ in range(MOST_PAGES)]
        pids = [int(first_bytes(one).partition(" ")[0]) for one in opened]
        with open_page(server) as refused:
            told, code = first_bytes(refused), code_at_the_end(refused)
        opened[0].close()
        wait_until(lambda: not is_running(pids[0]))

        with open_page(server) as late:
            assert first_bytes(late).endswith("80x24")

    assert "Close one of them" in told
    assert code == 1013


def test_a_process_ends_with_its_page(start: Start) -> None:
    with open_page(start()) as connection:
        pid = int(first_bytes(connection).partition(" ")[0])
        assert is_running(pid)

    wait_until(lambda: not is_running(pid))


def test_a_process_that_does_not_heed_the_end_is_killed(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_module, "QUIT_SECONDS", 0.2)

    with open_page(start(DEAF)) as connection:
        pid = int(first_bytes(connection).partition(" ")[0])

    wait_until(lambda: not is_running(pid))


def test_what_a_failing_dashboard_says_is_shown_in_the_page(start: Start, caplog: pytest.LogCaptureFixture) -> None:
    with open_page(start(FAILING)) as connection:
        shown = first_bytes(connection)

    assert shown.endswith("tokenmon: error: no [31mdatabase")
    assert "exit code 3" in caplog.text


def test_messages_that_a_page_never_sends_are_passed_over(start: Start) -> None:
    with open_page(start()) as connection:
        first_bytes(connection)
        for text in ("[", "[" * 100_000, "{}", "[]", '["stdin", 5]', '["resize", {"width": "9"}]', '["ping", "7"]'):
            connection.send(text)

        assert connection.recv(timeout=30) == '["pong", "7"]'


def test_no_log_holds_the_token_even_of_a_broken_request(start: Start, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    server = start()
    port = int(base(server).rpartition(":")[2])

    with socket.create_connection(("127.0.0.1", port), timeout=30) as caller:
        caller.sendall(f"GET /?token={token(server)} HTTP/1.1 broken\r\n\r\n".encode())
        answer = caller.recv(100)
    get(server.url)

    assert b" 400 " in answer
    ours = [record.getMessage() for record in caplog.records if not record.name.startswith("http")]
    assert not [text for text in ours if token(server) in text]
    assert not [record for record in caplog.records if record.exc_info]


def test_a_taken_port_is_told_with_a_way_out() -> None:
    with listen(0) as holder:
        port = holder.getsockname()[1]
        with pytest.raises(ConfigError, match=f"port {port}: address already in use") as error:
            listen(port)

    assert error.value.hint == f"choose another port: tokenmon dash --serve --port {port + 1}"


def test_the_server_listens_on_this_machine_alone() -> None:
    with listen(0) as listener:
        assert listener.getsockname()[0] == "127.0.0.1"
