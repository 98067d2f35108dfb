"""The port's connection by its bytes, with a transport that notes what is done to it and a clock set by hand."""

import asyncio
from collections.abc import Callable
from typing import Any, cast

import pytest

from tokenmon.proxy import caller_connection
from tokenmon.proxy.caller_connection import KEEP_ALIVE_SECONDS, MAX_HEAD_BYTES, STALL_SECONDS, CallerConnection
from tokenmon.proxy.incoming import Incoming

GET = b"GET /x HTTP/1.1\r\nhost: a\r\n\r\n"
ANSWER = [(b"content-length", b"2")]


class Transport:
    """Keeps what is written; half closed and closed as a socket would be."""

    def __init__(self) -> None:
        self.written = b""
        self.unsent = 0
        self.ends: list[str] = []
        self.is_reading = True

    def write(self, data: bytes) -> None:
        """Keep it."""
        self.written += data

    def is_closing(self) -> bool:
        """Whether any end came."""
        return "close" in self.ends or "abort" in self.ends

    def close(self) -> None:
        """After what is unsent."""
        self.ends.append("close")

    def abort(self) -> None:
        """At once."""
        self.ends.append("abort")

    def write_eof(self) -> None:
        """Half."""
        self.ends.append("half")

    def can_write_eof(self) -> bool:
        """As TCP can."""
        return True

    def get_write_buffer_size(self) -> int:
        """What the caller has not taken."""
        return self.unsent

    def pause_reading(self) -> None:
        """Take no more."""
        self.is_reading = False

    def resume_reading(self) -> None:
        """Go on."""
        self.is_reading = True


class Clock:
    """The loop's time and timers, put forward by hand; all else is the loop's."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self.now = 1000.0
        self.timers: list[tuple[float, Callable[[], None]]] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loop, name)

    def time(self) -> float:
        """The time that was set."""
        return self.now

    def call_later(self, delay: float, work: Callable[[], None]) -> "Timer":
        """Wait for `advance`."""
        entry = (self.now + delay, work)
        self.timers.append(entry)
        return Timer(self, entry)

    def advance(self, seconds: float) -> None:
        """Let time pass and what is due happen, in order."""
        ends_at = self.now + seconds
        while due := [one for one in self.timers if one[0] <= ends_at]:
            first = min(due, key=lambda one: one[0])
            self.timers.remove(first)
            self.now = first[0]
            first[1]()
        self.now = ends_at


class Timer:
    """A timer that can be taken back."""

    def __init__(self, clock: Clock, entry: tuple[float, Callable[[], None]]) -> None:
        self._clock, self._entry = clock, entry

    def cancel(self) -> None:
        """It never comes."""
        if self._entry in self._clock.timers:
            self._clock.timers.remove(self._entry)


class Server:
    """What uvicorn's server shares with its connections."""

    def __init__(self) -> None:
        self.connections: set[Any] = set()
        self.tasks: set[asyncio.Task[None]] = set()
        self.total_requests = 0


class Line:
    """One connection with its handler: by default each request is answered at once."""

    def __init__(self, handle: Callable[[Incoming], Any] | None = None) -> None:
        self.seen: list[Incoming] = []
        self.clock = Clock(asyncio.get_running_loop())
        self.transport = Transport()
        self._handle = handle or self.answer

        class Config:
            """The handler, where uvicorn's configuration has an application."""

            app = self._take

        self.connection = CallerConnection(Config(), Server(), None, cast(asyncio.AbstractEventLoop, self.clock))
        self.connection.connection_made(cast(asyncio.BaseTransport, self.transport))

    async def _take(self, incoming: Incoming) -> None:
        self.seen.append(incoming)
        await self._handle(incoming)

    @staticmethod
    async def answer(incoming: Incoming) -> None:
        """Two bytes."""
        incoming.start(200, ANSWER)
        incoming.write(b"ok", is_last=True)

    async def settle(self) -> None:
        """Let every task go as far as it can."""
        for _ in range(10):
            await asyncio.sleep(0)


async def never(_: Incoming) -> None:
    await asyncio.Event().wait()


def run(scene: Callable[[], Any]) -> Any:
    return asyncio.run(scene())


def test_an_idle_connection_is_closed_after_its_time_and_not_before() -> None:
    async def scene() -> tuple[list[str], list[str]]:
        line = Line()
        line.connection.data_received(GET)
        await line.settle()
        line.clock.advance(KEEP_ALIVE_SECONDS - 1)
        before = list(line.transport.ends)
        line.clock.advance(30)
        return before, line.transport.ends[:1]

    assert run(scene) == ([], ["close"])


def test_a_head_that_never_ends_is_refused_by_time_and_by_size() -> None:
    async def scene() -> list[bytes]:
        slow, large = Line(), Line()
        slow.connection.data_received(b"GET /x HTTP/1.1\r\nhost: ")
        slow.clock.advance(caller_connection.HEAD_SECONDS + 1)
        for _ in range(MAX_HEAD_BYTES // 1000 + 1):
            large.connection.data_received(b"a" * 1000 if large.seen else b"GET /x HTTP/1.1\r\nx: " + b"a" * 1000)
        return [slow.transport.written, large.transport.written]

    for written in run(scene):
        assert written.startswith(b"HTTP/1.1 400 ")
        assert b'"error"' in written


def test_a_body_that_stops_coming_is_given_up() -> None:
    async def scene() -> tuple[bool, list[str], bool]:
        line = Line(never)
        line.connection.data_received(b"POST /x HTTP/1.1\r\nhost: a\r\ncontent-length: 100\r\n\r\nabc")
        await line.settle()
        line.clock.advance(STALL_SECONDS / 2)
        line.connection.data_received(b"d")
        line.clock.advance(STALL_SECONDS - 20)
        is_waiting = not line.transport.is_closing()
        line.clock.advance(60)
        line.connection.connection_lost(None)
        return is_waiting, line.transport.ends[:1], line.seen[0].is_gone

    assert run(scene) == (True, ["abort"], True)


def test_a_caller_who_takes_nothing_of_an_answer_is_given_up_and_a_slow_one_is_not() -> None:
    async def scene() -> list[list[str]]:
        stuck, slow = Line(never), Line(never)
        for line in (stuck, slow):
            line.connection.data_received(GET)
            await line.settle()
            line.transport.unsent = 1_000_000
            line.connection.pause_writing()
        for _ in range(20):
            slow.transport.unsent -= 10
            for line in (stuck, slow):
                line.clock.advance(20)
        return [stuck.transport.ends[:1], list(slow.transport.ends)]

    assert run(scene) == [["abort"], []]


def test_a_silent_session_is_not_given_up() -> None:
    async def scene() -> list[str]:
        line = Line(never)
        head = b"GET /x HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n"
        line.connection.data_received(head)
        await line.settle()
        line.clock.advance(2000)
        return list(line.transport.ends)

    assert run(scene) == []


def test_the_next_request_of_a_pipeline_knows_that_the_socket_is_full() -> None:
    async def scene() -> list[bool]:
        line = Line()
        line.connection.pause_writing()
        line.connection.data_received(GET * 2)
        await line.settle()
        full = [incoming.is_slow for incoming in line.seen]
        line.connection.resume_writing()
        line.connection.data_received(GET)
        await line.settle()
        return [*full, line.seen[-1].is_slow]

    assert run(scene) == [True, True, False]


@pytest.mark.parametrize("piece", [b"x-long: " + b"a" * 1000, b"a" * 1000])
def test_an_endless_trailer_ends_the_connection(piece: bytes) -> None:
    async def scene() -> bool:
        line = Line(never)
        line.connection.data_received(
            b"POST /x HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n0\r\n"
        )
        await line.settle()
        line.connection.data_received(b"x: ")
        for _ in range(MAX_HEAD_BYTES // 1000 + 1):
            line.connection.data_received(piece)
        return line.transport.is_closing()

    assert run(scene)


def test_a_request_is_asked_to_go_on_only_when_its_body_is_wanted() -> None:
    async def take(incoming: Incoming) -> None:
        await incoming.read()
        await Line.answer(incoming)

    async def scene() -> list[bytes]:
        head = b"POST /x HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\nexpect: 100-continue\r\n\r\n"
        found = []
        for handle in (take, None):
            line = Line(handle)
            line.connection.data_received(head)
            await line.settle()
            line.connection.data_received(b"a")
            await line.settle()
            found.append(line.transport.written)
        return found

    asked, refused = run(scene)

    assert asked.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n")
    assert b"100 Continue" not in refused


def test_an_answer_before_the_end_of_a_body_ends_the_connection_gently() -> None:
    async def scene() -> tuple[bytes, list[str], list[str]]:
        line = Line()
        line.connection.data_received(b"POST /x HTTP/1.1\r\nhost: a\r\ncontent-length: 100\r\n\r\nabc")
        await line.settle()
        before = list(line.transport.ends)
        line.connection.data_received(b"d" * 97 + GET)
        line.clock.advance(caller_connection.LINGER_SECONDS)
        return line.transport.written, before, line.transport.ends

    written, before, ends = run(scene)

    assert b"connection: close" in written
    assert written.count(b"HTTP/1.1") == 1
    assert (before, ends) == (["half"], ["half", "close"])
