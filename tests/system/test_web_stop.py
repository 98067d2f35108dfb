"""How `tokenmon dash --serve` ends: as the proxy does, and never with a dashboard left behind."""

import os
import signal
from pathlib import Path

import httpx
import pytest
from websockets.sync.client import ClientConnection, connect

from tests.commands.runner import Home
from tests.system.process import tokenmon
from tests.system.web import WebProcess
from tests.waiting import wait_until

CHILDREN = Path("/proc/self/task")


def open_page(served: WebProcess) -> ClientConnection:
    """A page's WebSocket."""
    base = served.url.partition("/?")[0]
    cookie = httpx.get(served.url, trust_env=False).headers["set-cookie"].partition(";")[0]
    address = base.replace("http", "ws", 1) + "/ws"
    return connect(address, additional_headers={"Cookie": cookie, "Origin": base}, proxy=None)


def children(pid: int) -> list[int]:
    listing = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for path in listing for child in path.read_text().split()]


@pytest.mark.skipif(not CHILDREN.exists(), reason="only Linux tells of another process's children")
@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGTERM, 0), (signal.SIGINT, 130), (signal.SIGKILL, -9)],
    ids=["SIGTERM", "Ctrl-C", "kill -9"],
)
def test_no_dashboard_outlives_its_server(tmp_path: Path, number: int, code: int) -> None:
    with WebProcess(tmp_path) as served, open_page(served) as connection:
        # It has drawn something.
        connection.recv(timeout=60)
        dashboards = children(served.process.pid)

        ended_with, said = served.end(number)

        wait_until(lambda: not any(os.path.exists(f"/proc/{pid}") for pid in dashboards))

    assert (len(dashboards), ended_with) == (1, code)
    assert said == ("" if number == signal.SIGKILL else "stopped\n")


@pytest.mark.parametrize("options", [("--serve", "--once"), ("--port", "0"), ("--serve", "--json")])
def test_options_that_contradict_each_other_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...]
) -> None:
    done = Home(tmp_path, monkeypatch).run("dash", *options)

    assert done.code == 2
    assert "hint: tokenmon dash " in done.err


def test_a_driver_of_another_program_does_not_pass_for_a_terminal(tmp_path: Path) -> None:
    done = tokenmon(tmp_path, "dash", check=False, TEXTUAL_DRIVER="textual.drivers.web_driver:WebDriver")

    assert (done.returncode, "the dashboard needs a terminal" in done.stderr) == (2, True)
