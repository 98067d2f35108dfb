"""What a million records leave to the thread that draws: every tick, on every screen, while calls keep arriving.

The short form, which CI runs, is a hundredth of that. The long one:

    SOAK_RECORDS=1000000 make test ARGS='-m soak tests/tui' WORKERS=0
"""

import asyncio
import gc
import os
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from textual.pilot import Pilot

from benchmarks.queries import NOW, make, sample
from tests.tui.stage import settle
from tokenmon.core.record import UsageRecord, identified_id
from tokenmon.session import Session, open_session
from tokenmon.tui.app import Dashboard
from tokenmon.tui.screens.calls import CallsScreen
from tokenmon.tui.tabs import NAMES

RECORDS = int(os.environ.get("SOAK_RECORDS", "10000"))
TICKS, CALLS_A_TICK = 20, 5
LONG = 1_000_000
# Seconds of the processor, below which a reader sees no pause. The short form runs beside other tests on any machine
# and counts in pieces of work that are done in the same run: four of them take 30 ms where the long form was written.
MOST_SECONDS, MOST_PIECES = 0.030, 6
SIZE = (160, 50)

pytestmark = pytest.mark.soak


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("million") / "calls.db"
    make(path, RECORDS)
    return path


def arriving(number: int) -> list[UsageRecord]:
    """Calls that have just come."""
    calls = []
    for at in range(CALLS_A_TICK):
        moment = NOW + timedelta(milliseconds=number * 100 + at)
        calls.append(
            replace(sample(at), id=identified_id(moment, "late", f"{number}-{at}-{time.time_ns()}"), occurred_at=moment)
        )
    return calls


async def spent(act: Callable[[], Awaitable[None]]) -> float:
    """The processor's time that something takes on this thread, which draws; readings are on others."""
    before = time.thread_time()
    await act()
    return time.thread_time() - before


async def work() -> None:
    """Some work of the kind that drawing is: texts, tuples and lookups."""
    kept: dict[str, tuple[str, int]] = {}
    for number in range(12_000):
        text = f"{number:05}"
        kept[text[-3:]] = text, number
        if text[:3] in kept:
            kept.pop(text[1:4], None)


def measure(
    database: Path,
    monkeypatch: pytest.MonkeyPatch,
    screen: str,
    scene: Callable[[Session, Dashboard, Pilot[None]], Awaitable[list[float]]],
) -> list[float]:
    """What the acts of a scene took."""
    monkeypatch.setenv("TOKENMON_DATABASE_URL", f"sqlite:///{database}")
    monkeypatch.setenv("TOKENMON_TIMEZONE", "Europe/Berlin")

    async def run(session: Session) -> list[float]:
        app = Dashboard(session, first=screen)
        async with app.run_test(size=SIZE) as pilot:
            await settle(app, pilot)
            # What the first drawings load and keep is not what a tick costs.
            await tick(app, pilot)
            gc.collect()
            gc.freeze()
            try:
                return await scene(session, app, pilot)
            finally:
                gc.unfreeze()

    with open_session() as session:
        monkeypatch.setattr(session, "now", lambda: NOW + timedelta(minutes=1))
        return asyncio.run(run(session))


def slowest(times: list[float]) -> float:
    """The slowest but for one in ten, into which a collection of garbage or another process may have fallen."""
    return sorted(times)[len(times) * 9 // 10 - 1]


def at_most(pieces: list[float]) -> float:
    """What an act may take; `pieces` is what the work took that was done between the acts."""
    return MOST_SECONDS if RECORDS >= LONG else MOST_PIECES * slowest(pieces)


async def tick(app: Dashboard, pilot: Pilot[None]) -> None:
    assert app.live is not None
    app.live.tick()
    await settle(app, pilot)


@pytest.mark.parametrize("screen", NAMES)
def test_a_tick_leaves_the_screen_free(database: Path, monkeypatch: pytest.MonkeyPatch, screen: str) -> None:
    pieces = []

    async def scene(session: Session, app: Dashboard, pilot: Pilot[None]) -> list[float]:
        times = []
        for number in range(TICKS):
            await asyncio.to_thread(session.store.add, arriving(number))
            pieces.append(await spent(work))
            times.append(await spent(lambda: tick(app, pilot)))
        return times

    times = measure(database, monkeypatch, screen, scene)

    assert slowest(times) < at_most(pieces), (sorted(times), sorted(pieces))


def test_going_through_all_calls_leaves_the_screen_free(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pieces = []

    async def scene(session: Session, app: Dashboard, pilot: Pilot[None]) -> list[float]:
        live = app.live
        assert isinstance(live, CallsScreen)
        count = live.rows.count

        times = []
        for row in [count - 1, count // 2, 0, *(number * 7919 % count for number in range(TICKS))]:
            live.table.go(row)
            pieces.append(await spent(work))
            # The shadows of rows, then the rows.
            times += [await spent(pilot.pause), await spent(lambda: settle(app, pilot))]
            assert live.chosen is not None
        return times

    times = measure(database, monkeypatch, "calls", scene)

    assert slowest(times) < at_most(pieces), (sorted(times), sorted(pieces))
