"""The server behind `tokenmon dash --serve`: loopback alone, behind a token, a few pages at once.

The terminal in the page (xterm.js with its fonts) and the packets to its process are textual-serve's. The routes, who
may use them, and the page around the terminal are our own: theirs load a font from another host and ask nobody for
anything.
"""

import asyncio
import contextlib
import logging
import secrets
import signal
import socket
import sys
import threading
from collections.abc import Awaitable, Callable, Iterator, Sequence
from importlib.resources import as_file, files
from string import Template
from urllib.parse import quote

from aiohttp import WSCloseCode, web
from aiohttp.http_exceptions import HttpProcessingError
from textual_serve.download_manager import DownloadManager

from tokenmon.errors import ConfigError
from tokenmon.tui.web.access import ADDRESS, Access
from tokenmon.tui.web.page import Page, bounded

DEFAULT_PORT = 8485
TOKEN_BYTES = 32
# Each page is a process of some 60 MB that asks the database twice a second.
MOST_PAGES = 4
# A page that is loaded again comes before the process of its old self is gone.
ROOM_SECONDS = 3.0
STOP_SECONDS = 5.0
# A paste is one message; a frame of keys is a few bytes.
MESSAGE_BYTES = 256 * 1024
HEARTBEAT_SECONDS = 15.0
FONT_SIZE, FONT_SIZES = 16, (8, 40)
FULL = (
    f"{MOST_PAGES} pages show the dashboard already, and there are no more at once.\r\n"
    "Close one of them, then connect again."
)
# Runs neither a shell nor what lies in the folder where the server was started.
COMMAND = (sys.executable, "-P", "-m", "tokenmon", "dash")

# The terminal sizes its cells by styles of its own making, hence 'unsafe-inline' for styles and nothing else.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; font-src 'self'; img-src 'self' data:; "
    "connect-src 'self' ws://{host}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
# What the dashboard gives to keep, such as a picture of the screen, runs nothing.
DOWNLOAD_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'"
HEADERS = {
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "Server": "tokenmon",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def listen(port: int | None = None) -> socket.socket:
    """A socket on this machine's own address; raises ConfigError when the port is taken."""
    wanted = DEFAULT_PORT if port is None else port
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    if sys.platform != "win32":
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((ADDRESS, wanted))
        listener.listen()
    except OSError as error:
        listener.close()
        raise ConfigError(
            f"cannot listen on {ADDRESS} port {wanted}: {(error.strerror or str(error)).lower()}",
            hint=f"choose another port: tokenmon dash --serve --port {min(wanted + 1, 65535)}",
        ) from None
    return listener


class PageServer:
    """The running server: `start` answers, `stop` ends every page and its process."""

    def __init__(self, listener: socket.socket, *, command: Sequence[str] = COMMAND) -> None:
        self._listener = listener
        self._command = command
        self._access = Access(secrets.token_urlsafe(TOKEN_BYTES), listener.getsockname()[1])
        self._downloads = DownloadManager()
        self._room = asyncio.Semaphore(MOST_PAGES)
        self._open: set[web.WebSocketResponse] = set()
        self._exit = contextlib.ExitStack()
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        """The address with the token."""
        return f"http://{ADDRESS}:{self._access.port}/?token={self._access.token}"

    async def start(self) -> None:
        """Answer from now on."""
        app = web.Application(middlewares=[self._guard])
        assets = self._exit.enter_context(as_file(files("tokenmon.tui.web") / "assets"))
        library = self._exit.enter_context(as_file(files("textual_serve") / "static"))
        self._frame = Template((assets / "page.html").read_text(encoding="utf-8"))
        app.add_routes(
            [
                web.get("/", self._index),
                web.get("/ws", self._terminal),
                web.get("/download/{key}", self._download),
                web.static("/assets", assets),
                web.static("/static", library),
            ]
        )
        app.on_response_prepare.append(self._add_headers)
        app.on_shutdown.append(self._close_pages)
        faults = logging.getLogger("tokenmon.tui.web.faults")
        faults.addFilter(_name_alone)
        self._runner = web.AppRunner(app, access_log=None, logger=faults, shutdown_timeout=STOP_SECONDS)
        await self._runner.setup()
        await web.SockSite(self._runner, self._listener).start()

    async def stop(self) -> None:
        """Close every page, end its process, and answer no more."""
        if self._runner is not None:
            await self._runner.cleanup()
        self._exit.close()

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Every route needs an honest host, no foreign page and the token; the token then leaves the address."""
        token, headers = request.query.get("token"), request.headers
        refusal = self._access.refusal(
            headers.getall("Host", []),
            headers.getall("Origin", []),
            [token, request.cookies.get(self._access.cookie)],
            needs_origin=request.path == "/ws",
        )
        if refusal is not None:
            return web.Response(status=refusal.status, text=refusal.text)
        if request.path != "/" or not self._access.is_token(token):
            return await handler(request)
        answer = web.Response(status=303, headers={"Location": str(request.rel_url.without_query_params("token"))})
        answer.set_cookie(self._access.cookie, self._access.token, path="/", httponly=True, samesite="Strict")
        return answer

    async def _add_headers(self, request: web.Request, response: web.StreamResponse) -> None:
        response.headers.update(HEADERS)
        response.headers.setdefault("Content-Security-Policy", POLICY.format(host=self._own_host(request)))

    def _own_host(self, request: web.Request) -> str:
        """The host that the request names, once it is known to be ours; else our own name."""
        refusal = self._access.refusal([request.host], [], [self._access.token], needs_origin=False)
        return request.host.lower() if refusal is None else f"{ADDRESS}:{self._access.port}"

    async def _index(self, request: web.Request) -> web.StreamResponse:
        size = bounded(_number(request.query.get("fontsize"), FONT_SIZE), FONT_SIZES)
        page = self._frame.substitute(font_size=size, websocket_url=f"ws://{self._own_host(request)}/ws")
        return web.Response(text=page, content_type="text/html")

    async def _terminal(self, request: web.Request) -> web.StreamResponse:
        websocket = web.WebSocketResponse(heartbeat=HEARTBEAT_SECONDS, max_msg_size=MESSAGE_BYTES)
        await websocket.prepare(request)
        self._open.add(websocket)
        try:
            async with asyncio.timeout(ROOM_SECONDS):
                await self._room.acquire()
        except TimeoutError:
            with contextlib.suppress(ConnectionError):
                await websocket.send_bytes(FULL.encode())
            await websocket.close(code=WSCloseCode.TRY_AGAIN_LATER, message=b"too many pages")
        else:
            try:
                width, height = (
                    _number(request.query.get(name), usual) for name, usual in (("width", 80), ("height", 24))
                )
                await Page(self._command, websocket, self._downloads).serve(width, height)
                await websocket.close()
            finally:
                self._room.release()
        finally:
            self._open.discard(websocket)
        return websocket

    async def _download(self, request: web.Request) -> web.StreamResponse:
        """A file that the dashboard gives to keep."""
        key = request.match_info["key"]
        try:
            download = await self._downloads.get_download_metadata(key)
        except KeyError:
            raise web.HTTPNotFound(text="There is no such file, or it was taken already.\n") from None
        name = quote(download.file_name, safe="")
        answer = web.StreamResponse(
            headers={
                "Content-Disposition": f"attachment; filename*=UTF-8''{name}",
                "Content-Security-Policy": DOWNLOAD_POLICY,
                "Content-Type": "application/octet-stream",
            }
        )
        await answer.prepare(request)
        async for chunk in self._downloads.download(key):
            await answer.write(chunk)
        await answer.write_eof()
        return answer

    async def _close_pages(self, _: web.Application) -> None:
        closing = (one.close(code=WSCloseCode.GOING_AWAY, message=b"the server stops") for one in self._open)
        await asyncio.gather(*closing, return_exceptions=True)


def _name_alone(record: logging.LogRecord) -> bool:
    """Make a fault's record one line without its texts, which may hold a request's first line and so the token."""
    error = record.exc_info[1] if record.exc_info else None
    record.msg, record.args = "a page's request failed: %s", (type(error).__name__,)
    record.exc_info = record.exc_text = None
    # A caller that speaks no HTTP is no fault of ours.
    return not isinstance(error, HttpProcessingError)


def _number(text: str | None, usual: int) -> int:
    """A number of a query; the usual one where it is none, and none has more than nine digits."""
    return int(text) if text is not None and text.isascii() and text.isdigit() and len(text) < 10 else usual


def serve_pages(
    listener: socket.socket,
    *,
    on_ready: Callable[[str], None],
    on_stopped: Callable[[], None],
    command: Sequence[str] = COMMAND,
) -> None:
    """Serve the dashboard until SIGTERM (returns) or Ctrl-C (KeyboardInterrupt); no process is left behind."""

    async def run() -> None:
        server, told = PageServer(listener, command=command), asyncio.Event()
        loop = asyncio.get_running_loop()
        await server.start()
        try:
            with _on_terminate(lambda: loop.call_soon_threadsafe(told.set)):
                on_ready(server.url)
                await told.wait()
        finally:
            await server.stop()
            on_stopped()

    asyncio.run(run())


@contextlib.contextmanager
def _on_terminate(act: Callable[[], object]) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, lambda *_: act())
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
