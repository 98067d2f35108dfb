"""The dashboard over a long time: calls keep coming, screens are switched, and nothing grows.

In its short form as long as it takes to see a leak of a widget a round; `SOAK_SECONDS=600` runs it for ten minutes.
"""

import gc
import os
import sys
import time
from itertools import count
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widget import Widget

from tests.tui.sample import call
from tests.tui.stage import notice, play, press, settle
from tokenmon.session import Session
from tokenmon.tui.app import Dashboard
from tokenmon.tui.messages import FilterWanted
from tokenmon.tui.tabs import TABS

SECONDS = float(os.environ.get("SOAK_SECONDS", "0"))
WARM_UP, ROUNDS = 1, 1
# Widgets that are gone and still remembered: those of the last layout of each screen.
MOST_DETACHED = 60
# What the second half may add to the first, in which caches of lines and styles fill; a leak of a dialog in each
# round adds some fifty megabytes.
MOST_BYTES = 4_000_000


def resident_bytes() -> int:
    """The memory of this process that is in use."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def detached() -> int:
    """How many widgets there are in memory that are on no screen any more."""
    gc.collect()
    return sum(isinstance(one, Widget) and not one.is_attached for one in gc.get_objects())


def held(app: Dashboard) -> tuple[int, int, int]:
    """How many widgets, workers and timers there are."""
    widgets = sum(len(list(stack[0].walk_children())) for stack in app._screen_stacks.values() if stack)
    timers = sum(len(list(node._timers)) for node in (app, *(s[0] for s in app._screen_stacks.values() if s)))
    return widgets, len(list(app.workers)), timers


async def one_round(app: Dashboard, pilot: Pilot[None], session: Session, numbers: "count[int]") -> None:
    """New calls on every screen, a filter and back, a dialog and back, the theme and back."""
    for tab in TABS:
        session.store.add([call(next(numbers) % 900, request_model=f"model-{next(numbers) % 7}")])
        await press(app, pilot, tab.key)
        app._tick()
        await settle(app, pilot)
    app.screen.post_message(FilterWanted("model:model-1"))
    await settle(app, pilot)
    await press(app, pilot, "escape", "question_mark", "escape", "v", "v", "t", "t")


@pytest.mark.soak
@pytest.mark.skipif(sys.platform != "linux", reason="memory is told in /proc alone")
def test_nothing_grows_while_calls_keep_coming(filled: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        numbers = count(1)
        for _ in range(WARM_UP):
            await one_round(app, pilot, filled, numbers)
        before = held(app)
        ends_at, rounds, half = time.monotonic() + SECONDS, 0, 0
        while rounds < ROUNDS or time.monotonic() < ends_at:
            await one_round(app, pilot, filled, numbers)
            rounds += 1
            if not half and time.monotonic() > ends_at - SECONDS / 2:
                half = resident_bytes()
        assert held(app) == before
        assert detached() <= MOST_DETACHED
        assert notice(app) == "live"
        # A round or two tell of widgets and timers; of memory only a long run.
        assert not SECONDS or resident_bytes() - half < MOST_BYTES

    play(filled, scene, draws=True)
