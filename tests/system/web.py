"""A running `tokenmon dash --serve`, and a headless Chromium that is told by its DevTools protocol what to do."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import httpx
from websockets.sync.client import ClientConnection, connect

from tests.system.process import environment

ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+/\?token=\S+")
DEVTOOLS = re.compile(r"ws://127\.0\.0\.1:(\d+)/")
# Nothing but the page is asked for, and a container's root may start it.
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
    "--remote-debugging-port=0", "--window-size=1400,900",
)  # fmt: skip


def wait_for(process: "subprocess.Popen[str]", wanted: "re.Pattern[str]") -> "re.Match[str]":
    """The first match in what a process says on stderr."""
    assert process.stderr is not None
    for line in process.stderr:
        if found := wanted.search(line):
            return found
    raise AssertionError("it ended without saying what was waited for")


class WebProcess:
    """The command in a process of its own."""

    def __init__(self, home: Path, *options: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tokenmon", "dash", "--serve", "--port", "0", *options],
            env=environment(home), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        self.url = wait_for(self.process, ADDRESS)[0]

    def __enter__(self) -> "WebProcess":
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is left of it, however the test went."""
        with self.process:
            self.process.kill()

    def end(self, number: int) -> tuple[int, str]:
        """Its exit code after a signal, and what else it said."""
        self.process.send_signal(number)
        _, said = self.process.communicate(timeout=60)
        return self.process.returncode, said


class Browser:
    """One page of a browser."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self._numbers = count(1)
        self.requested: list[str] = []
        for part in ("Network", "Page", "Runtime"):
            self.do(f"{part}.enable")

    def do(self, method: str, **parameters: Any) -> Any:
        """The answer to one command; what the page asked for and got meanwhile is kept."""
        number = next(self._numbers)
        self._connection.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while (message := json.loads(self._connection.recv(timeout=60))).get("id") != number:
            self._note(message)
        assert "error" not in message, message
        return message["result"]

    def run(self, script: str) -> Any:
        """What a script in the page comes to."""
        answer = self.do("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def brightness(self) -> float:
        """How bright the page is as it is drawn, from 0 to 255."""
        picture = self.do("Page.captureScreenshot")["data"]
        return float(
            self.run(f"""(async () => {{
            const image = new Image();
            image.src = "data:image/png;base64,{picture}";
            await image.decode();
            const canvas = new OffscreenCanvas(100, 100).getContext("2d");
            canvas.drawImage(image, 0, 0, 100, 100);
            const bytes = canvas.getImageData(0, 0, 100, 100).data;
            return bytes.reduce((sum, value, at) => at % 4 === 3 ? sum : sum + value, 0) / 30000;
        }})()""")
        )

    def _note(self, message: Any) -> None:
        match message:
            case {"method": "Network.requestWillBeSent", "params": {"request": {"url": str(url)}}}:
                self.requested.append(url)
            case {"method": "Network.webSocketCreated", "params": {"url": str(url)}}:
                self.requested.append(url)


@contextmanager
def browser(chromium: str, folder: Path) -> Iterator[Browser]:
    """An empty page of a browser of its own."""
    command = [chromium, *FLAGS, f"--user-data-dir={folder}", "about:blank"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        port = wait_for(process, DEVTOOLS)[1]
        pages = httpx.get(f"http://127.0.0.1:{port}/json", trust_env=False).json()
        address = next(page["webSocketDebuggerUrl"] for page in pages if page["type"] == "page")
        with connect(address, max_size=None, proxy=None) as connection:
            yield Browser(connection)
    finally:
        process.terminate()
        process.communicate(timeout=60)
