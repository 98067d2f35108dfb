"""What answers' heads state of rate limits: stored soon after, once if nothing changed, and never in a call's way."""

import asyncio
import logging
from collections.abc import Sequence

import pytest

from tests.proxy.running import run
from tests.proxy.scene import CLIENT_KEY, post, running_proxy
from tests.proxy.servers import fixed
from tokenmon.core.headroom import Headroom
from tokenmon.errors import TemporaryError
from tokenmon.proxy import headroom_watch
from tokenmon.proxy.headroom_watch import MAX_LIMITS, HeadroomWatch
from tokenmon.proxy.labels import Headers
from tokenmon.proxy.tasks import spawn
from tokenmon.session import open_session

Row = tuple[str, str, int | None, int | None]
CHAT = post("/openai/v1/chat/completions", b'{"model":"gpt-4o"}')
MODELS = b"GET /openai/v1/models HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n"


def answer(status: int, *lines: str) -> bytes:
    """A whole answer with these headers."""
    head = [f"HTTP/1.1 {status} Sample", "content-type: application/json", "content-length: 2", *lines]
    return ("\r\n".join(head) + "\r\n\r\n{}").encode()


LIMITS = (
    "X-RateLimit-Limit-Requests: 5000",
    "x-ratelimit-remaining-requests: 4999",
    "x-ratelimit-reset-requests: 12ms",
)
LIMITED = answer(200, *LIMITS)


def with_key(request: bytes, key: str) -> bytes:
    return request.replace(b"\r\n", b"\r\nauthorization: Bearer %b\r\n" % key.encode(), 1)


def stored() -> list[Row]:
    """What is in the database of the test's home."""
    with open_session() as session:
        return [(one.platform, one.dimension, one.limit, one.remaining) for one in session.store.headroom()]


async def rows_after(
    upstream: bytes, request: bytes, *, key: str | None = None, ticks: bool = True
) -> tuple[list[Row], list[Row]]:
    """What is stored after a call and a tick of the watch (if it ticks), and what after the proxy's stop."""
    async with running_proxy(fixed(upstream), key=key) as scene:
        await scene.send(request)
        if ticks:
            await scene.server._headroom.store()
        before = stored()
    return before, stored()


@pytest.mark.usefixtures("home")
def test_limits_in_an_answers_head_are_stored_with_the_next_tick() -> None:
    async def check() -> None:
        before, after = await rows_after(LIMITED, CHAT)

        assert before == after == [("openai", "requests", 5000, 4999)]

    run(check())


@pytest.mark.usefixtures("home")
def test_what_no_tick_has_stored_is_stored_at_the_stop() -> None:
    async def check() -> None:
        assert await rows_after(LIMITED, CHAT, ticks=False) == ([], [("openai", "requests", 5000, 4999)])

    run(check())


@pytest.mark.usefixtures("home")
def test_a_refusal_tells_how_long_to_wait() -> None:
    async def check() -> None:
        before, _ = await rows_after(answer(429, "retry-after: 31"), CHAT)

        assert before == [("openai", "retry", None, None)]

    run(check())


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize(
    ("key", "expected"), [(CLIENT_KEY, [("openai", "requests", 5000, 4999)]), ("sk-callers-own", [])]
)
def test_the_limits_of_a_callers_own_key_are_not_the_platforms(key: str, expected: list[Row]) -> None:
    async def check() -> None:
        before, _ = await rows_after(LIMITED, with_key(CHAT, key), key="sk-stored-key-0001")

        assert before == expected

    run(check())


@pytest.mark.usefixtures("home")
def test_answers_that_are_no_calls_tell_nothing_of_limits() -> None:
    async def check() -> None:
        assert await rows_after(LIMITED, MODELS) == ([], [])

    run(check())


class Shelf:
    """Takes batches as the database does, or refuses them."""

    def __init__(self) -> None:
        self.batches: list[list[Headroom]] = []
        self.refuses = False

    def save(self, stated: Sequence[Headroom]) -> None:
        if self.refuses:
            raise TemporaryError("the database is locked by another program")
        self.batches.append(list(stated))


def head(remaining: int, *, dimension: str = "requests") -> Headers:
    """A head with one limit of 100."""
    return [
        (f"x-ratelimit-limit-{dimension}".encode(), b"100"),
        (f"x-ratelimit-remaining-{dimension}".encode(), b"%d" % remaining),
    ]


def test_without_calls_nothing_is_written() -> None:
    async def check() -> None:
        shelf = Shelf()
        watch = HeadroomWatch(shelf.save)

        watch.note("work", head(58))
        for _ in range(3):
            await watch.store()

        assert len(shelf.batches) == 1

    run(check())


def test_what_looks_the_same_is_written_once() -> None:
    async def check() -> None:
        shelf = Shelf()
        watch = HeadroomWatch(shelf.save)

        for remaining in (58, 58, 57, 57):
            watch.note("work", head(remaining))
            await watch.store()

        assert [[one.remaining for one in batch] for batch in shelf.batches] == [[58], [57]]

    run(check())


def test_only_the_newest_head_of_a_platform_is_looked_at() -> None:
    async def check() -> None:
        shelf = Shelf()
        watch = HeadroomWatch(shelf.save)

        for remaining in (58, 57):
            watch.note("work", head(remaining))
            watch.note("other", head(remaining - 50))
        await watch.store()

        assert [(one.platform, one.remaining) for one in shelf.batches[0]] == [("work", 57), ("other", 7)]
        assert watch._heads == {}

    run(check())


def test_a_locked_database_gets_the_newest_when_it_is_free_again(caplog: pytest.LogCaptureFixture) -> None:
    async def check() -> None:
        shelf = Shelf()
        watch = HeadroomWatch(shelf.save)
        shelf.refuses = True

        for remaining in (58, 57):
            watch.note("work", head(remaining))
            await watch.store()
        shelf.refuses = False
        await watch.store()
        await watch.store()

        assert [[one.remaining for one in batch] for batch in shelf.batches] == [[57]]

    run(check())
    assert [(one.levelno, "locked" in one.getMessage()) for one in caplog.records] == [(logging.WARNING, True)]


def test_ever_new_limits_fill_no_table() -> None:
    async def check() -> None:
        shelf = Shelf()
        watch = HeadroomWatch(shelf.save)

        for number in range(MAX_LIMITS + 10):
            watch.note("work", head(1, dimension=f"what{number}"))
            await watch.store()

        assert len(shelf.batches) == MAX_LIMITS

    run(check())


def test_the_watch_stores_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(headroom_watch, "TICK_SECONDS", 0.0)

    async def check() -> None:
        loop, done = asyncio.get_running_loop(), asyncio.Event()

        def save(_: Sequence[Headroom]) -> None:
            loop.call_soon_threadsafe(done.set)

        watch = HeadroomWatch(save)
        task = spawn(watch.run(), name="watch")

        watch.note("work", head(58))
        await done.wait()

        task.cancel()
        await asyncio.wait({task})
        assert watch._heads == {}

    run(check())
