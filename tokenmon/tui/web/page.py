"""One open page: a dashboard in a process of its own, whose screen goes to the browser and whose keys come from it.

The packets between the process and its driver are textual-serve's. The process is started, watched and ended here: it
is run without a shell, what it says when it fails is shown in the page, and it never outlives the page.
"""

import asyncio
import contextlib
import json
import logging
from collections.abc import Sequence

from aiohttp import ClientConnectionResetError, WSMsgType, web
from textual_serve.app_service import AppService
from textual_serve.download_manager import DownloadManager

from tokenmon.core.text import clean
from tokenmon.tui.web import DRIVER, DRIVER_VARIABLE

logger = logging.getLogger("tokenmon.tui.web")

# Cells of a terminal that somebody may have; what a page asks for beyond is cut.
WIDTHS, HEIGHTS = (10, 500), (4, 200)
# A dashboard closes its database within this time; one that hangs is killed.
QUIT_SECONDS = 5.0
# What is kept of a failing process's last words.
WORDS_BYTES = 4096
PRELUDE = b"__GANGLION__\n"
HEAD_BYTES = 5


def bounded(value: int, bounds: tuple[int, int]) -> int:
    """The value, or the bound that it is beyond."""
    least, most = bounds
    return max(least, min(value, most))


class Page(AppService):
    """The process behind one page's WebSocket."""

    def __init__(self, command: Sequence[str], websocket: web.WebSocketResponse, downloads: DownloadManager) -> None:
        super().__init__(
            "",
            write_bytes=self.show,
            write_str=self._tell,
            close=self._close,
            download_manager=downloads,
        )
        self._command = command
        self._websocket = websocket
        self._last_words = b""

    async def serve(self, width: int, height: int) -> None:
        """Run the dashboard until the page is closed or the dashboard ends; its process is gone afterwards."""
        process = await asyncio.create_subprocess_exec(
            *self._command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=self._build_environment(bounded(width, WIDTHS), bounded(height, HEIGHTS)),
        )
        self._process, self._stdin = process, process.stdin
        screen = asyncio.ensure_future(self._pass_on(process.stdout))
        words = asyncio.ensure_future(self._read_words(process.stderr))
        keys = asyncio.ensure_future(self._read_messages())
        try:
            done, _ = await asyncio.wait({screen, keys}, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            await self._download_manager.cancel_app_downloads(self.app_service_id)
            await self._end(process)
            for task in (screen, words, keys):
                task.cancel()
            await asyncio.gather(screen, words, keys, return_exceptions=True)
        await self._show_failure(process.returncode)

    async def show(self, screen: bytes) -> None:
        """Write to the page's terminal; nothing happens if the page is gone."""
        if not self._websocket.closed:
            with contextlib.suppress(ClientConnectionResetError):
                await self._websocket.send_bytes(screen)

    def _build_environment(self, width: int = 80, height: int = 24) -> dict[str, str]:
        return {**super()._build_environment(width, height), DRIVER_VARIABLE: DRIVER}

    async def _tell(self, message: str) -> None:
        if not self._websocket.closed:
            with contextlib.suppress(ClientConnectionResetError):
                await self._websocket.send_str(message)

    async def _close(self) -> None:
        """The dashboard was quit; its page is closed when its process is gone."""

    async def _pass_on(self, output: asyncio.StreamReader | None) -> None:
        """Pass on what the process draws, until it ends; also for a page that is gone, or the process would hang."""
        parts = {b"D": self.on_data, b"M": self.on_meta, b"P": self.on_packed}
        with contextlib.suppress(asyncio.IncompleteReadError):
            while output is not None and await output.readuntil(b"\n") != PRELUDE:
                pass
            while output is not None:
                head = await output.readexactly(HEAD_BYTES)
                payload = await output.readexactly(int.from_bytes(head[1:], "big"))
                await parts[head[:1]](payload)

    async def _read_words(self, errors: asyncio.StreamReader | None) -> None:
        while errors is not None and (words := await errors.read(WORDS_BYTES)):
            self._last_words = (self._last_words + words)[-WORDS_BYTES:]

    async def _read_messages(self) -> None:
        """Pass on what the page sends, until it is closed; what is no message of ours is passed over."""
        async for message in self._websocket:
            if message.type is WSMsgType.TEXT:
                with contextlib.suppress(ValueError, RecursionError):
                    await self._receive(json.loads(message.data))

    async def _receive(self, message: object) -> None:
        match message:
            case ["stdin", str(text)]:
                await self.send_bytes(text.encode("utf-8", "replace"))
            case ["resize", {"width": int(width), "height": int(height)}]:
                await self.set_terminal_size(bounded(width, WIDTHS), bounded(height, HEIGHTS))
            case ["ping", str(sent_at)]:
                await self._tell(json.dumps(["pong", sent_at]))
            case ["focus", *_]:
                await self.focus()
            case ["blur", *_]:
                await self.blur()

    async def _end(self, process: asyncio.subprocess.Process) -> None:
        """The end of its stdin ends a dashboard; one that does not heed it is killed."""
        if process.stdin is not None:
            process.stdin.close()
        try:
            async with asyncio.timeout(QUIT_SECONDS):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()

    async def _show_failure(self, code: int | None) -> None:
        """What the process said before it failed, in the page and for whoever started the server."""
        if code in (0, None) or self._websocket.closed:
            return
        lines = [text for line in self._last_words.decode(errors="replace").splitlines() if (text := clean(line))]
        logger.warning("a page's dashboard ended with exit code %s: %s", code, lines[0] if lines else "it said nothing")
        # Back from the dashboard's screen to an empty one.
        await self.show(b"\x1b[?1049l\x1b[2J\x1b[H" + "\r\n".join(lines).encode())
