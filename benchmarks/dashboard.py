"""What the dashboard costs: its first frame and numbers against a bare Textual application, and the work of its ticks.

    python -m benchmarks.dashboard [--records 1000000] [--ticks 40] [--starts 5] [--size 120x40]

A start is a process of its own, headless; its wall time counts from the process's beginning. A tick is one new call and
what the thread that draws then does until it is on screen (CPU of that thread alone); the peer of a tick is a bare
table that changes fifty cells. Compare the ratios, not the machine.
"""

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from textual.app import App, ComposeResult
from textual.pilot import Pilot
from textual.widgets import DataTable

from benchmarks.queries import make, sample
from tokenmon.core.record import identified_id
from tokenmon.session import Session, open_session
from tokenmon.tui.app import Dashboard
from tokenmon.tui.tabs import NAMES

# A process's own beginning, as seconds of the clock that its parent read.
START = """
import asyncio, json, sys, time
begun, size = float(sys.argv[1]), tuple(map(int, sys.argv[2].split("x")))
from tokenmon.session import open_session
from tokenmon.tui.app import Dashboard
async def main():
    with open_session() as session:
        app = Dashboard(session)
        async with app.run_test(size=size) as pilot:
            frame = time.time() - begun
            while app.live is None or app.live.snapshot is None:
                await pilot.pause(0.001)
            await pilot.pause()
            print(json.dumps([frame, time.time() - begun, time.process_time()]))
asyncio.run(main())
"""
BARE = """
import asyncio, json, sys, time
begun, size = float(sys.argv[1]), tuple(map(int, sys.argv[2].split("x")))
from textual.app import App
from textual.widgets import DataTable, Footer
class Bare(App):
    def compose(self):
        yield DataTable()
        yield Footer()
    def on_mount(self):
        table = self.query_one(DataTable)
        table.add_columns(*"abcdefg")
        table.add_rows([list(range(7))] * 50)
async def main():
    async with Bare().run_test(size=size) as pilot:
        frame = time.time() - begun
        await pilot.pause()
        print(json.dumps([frame, time.time() - begun, time.process_time()]))
asyncio.run(main())
"""


def starts(code: str, size: str, count: int) -> tuple[float, float, float]:
    """The median seconds to the first frame, to the numbers, and of CPU."""
    found = []
    for _ in range(count):
        done = subprocess.run(
            [sys.executable, "-c", code, str(time.time()), size], capture_output=True, text=True, check=True
        )
        found.append(json.loads(done.stdout))
    frame, numbers, cpu = (statistics.median(column) for column in zip(*found, strict=True))
    return frame, numbers, cpu


async def ticks_of(
    app: App[None], size: tuple[int, int], count: int, change: Callable[[Pilot[None], int], Awaitable[None]]
) -> list[float]:
    """The main thread's CPU milliseconds of each change."""
    spent = []
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        await app.workers.wait_for_complete()
        await pilot.pause()
        for number in range(count):
            before = time.thread_time()
            await change(pilot, number)
            spent.append((time.thread_time() - before) * 1000)
    return spent


def dashboard_ticks(session: Session, name: str, size: tuple[int, int], count: int) -> list[float]:
    """Ticks of one screen, each with a call that was just stored."""
    app = Dashboard(session, first=name)

    async def change(pilot: Pilot[None], number: int) -> None:
        at = datetime.now(UTC)
        record = identified_id(at, name, str(number))
        call = replace(sample(number), id=record, occurred_at=at - timedelta(microseconds=at.microsecond % 1000))
        await asyncio.to_thread(session.store.add, [call])
        assert app.live is not None
        app.live.tick()
        await app.workers.wait_for_complete()
        await pilot.pause()

    return asyncio.run(ticks_of(app, size, count, change))


class Bare(App[None]):
    """A table, and nothing that reads."""

    def compose(self) -> ComposeResult:
        """The table."""
        yield DataTable()

    def on_mount(self) -> None:
        """Fill it."""
        table = self.query_one(DataTable)
        for column in "abcdefg":
            table.add_column(column, key=column)
        for row in range(50):
            table.add_row(*range(7), key=str(row))


def bare_ticks(size: tuple[int, int], count: int) -> list[float]:
    """Fifty changed cells of a bare table."""
    app = Bare()

    async def change(pilot: Pilot[None], number: int) -> None:
        table = app.query_one(DataTable)
        for row in range(50):
            table.update_cell(str(row), "a", number)
        await pilot.pause()

    return asyncio.run(ticks_of(app, size, count, change))


def p95(values: list[float]) -> float:
    """The 95th percentile."""
    return sorted(values)[int(len(values) * 0.95)]


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--ticks", type=int, default=40)
    parser.add_argument("--starts", type=int, default=5)
    parser.add_argument("--size", default="120x40")
    options = parser.parse_args()
    width, height = map(int, options.size.split("x"))
    with tempfile.TemporaryDirectory() as home:
        os.environ.update(TOKENMON_HOME=home, TOKENMON_TIMEZONE="UTC")
        path = Path(home) / "calls.db"
        os.environ["TOKENMON_DATABASE_URL"] = f"sqlite:///{path}"
        make(path, options.records)
        rows = {"bare application": starts(BARE, options.size, options.starts)}
        rows["dashboard"] = starts(START, options.size, options.starts)
        print("start                first frame   numbers   CPU (s)")
        for name, (frame, numbers, cpu) in rows.items():
            print(f"{name:<20} {frame:11.2f} {numbers:9.2f} {cpu:9.2f}")
        print(f"ratio                {rows['dashboard'][0] / rows['bare application'][0]:11.1f}\n")
        print("tick (main thread, ms CPU)   median     p95   to the bare table")
        bare = bare_ticks((width, height), options.ticks)
        print(f"{'bare table':<28} {statistics.median(bare):6.1f} {p95(bare):7.1f}")
        with open_session() as session:
            for name in NAMES:
                spent = dashboard_ticks(session, name, (width, height), options.ticks)
                ratio = statistics.median(spent) / statistics.median(bare)
                print(f"{name:<28} {statistics.median(spent):6.1f} {p95(spent):7.1f} {ratio:9.1f}")


if __name__ == "__main__":
    main()
