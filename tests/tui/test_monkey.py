"""Keys, clicks and sizes in no order: whatever is pressed, the dashboard stands and comes back to a whole screen.

One dashboard goes through all screens, each with an order of its own. `SOAK_ROUNDS=100` makes it a hundred times as
many, every round with other orders.
"""

import os
import random

import pytest
from textual.pilot import Pilot

from tests.tui.sample import call
from tests.tui.stage import play, press, resize, settle
from tokenmon.session import Session
from tokenmon.tui.app import Dashboard
from tokenmon.tui.screens.live import LiveScreen
from tokenmon.tui.tabs import NAMES

# All that a dashboard knows but the keys that end it, and `R`, since rereading is what `settle` waits for.
KEYS = (
    *"?/pyvtP+-[]rbBcCkxzhdwmanNDsSXoiEgGe1234567*:<",
    *("enter", "escape", "escape", "up", "down", "left", "right", "pageup", "pagedown", "home", "end", "tab", "space"),
    *("shift+tab", "shift+up", "shift+down", "ctrl+left", "ctrl+right", "ctrl+p", "ctrl+s", "delete", "backspace"),
)
SIZES = ((40, 16), (80, 24), (120, 40), (200, 60), (30, 10))
STEPS = 12
ROUNDS = int(os.environ.get("SOAK_ROUNDS", "1"))
NAMES_FROM_OUTSIDE = ("[/]", "[@click=app.quit]x[/]", "\x1b[31mred", "界" * 90, "a\u200b\u202eb", "=1+1")


async def one_order(app: Dashboard, pilot: Pilot[None], chance: random.Random) -> None:
    for _ in range(STEPS):
        kind = chance.random()
        if kind < 0.8:
            await pilot.press(chance.choice(KEYS))
        elif kind < 0.95:
            await pilot.click(offset=(chance.randrange(app.size.width), chance.randrange(app.size.height)))
        else:
            await pilot.resize_terminal(*chance.choice(SIZES))
    while len(app.screen_stack) > 1:
        app.pop_screen()
    await resize(app, pilot, (120, 40))
    await press(app, pilot, "escape", "escape", "escape", "1")


@pytest.mark.soak
def test_no_order_of_keys_clicks_and_sizes_brings_a_screen_down(
    filled: Session, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Exports go where the program was started.
    monkeypatch.chdir(tmp_path_factory.mktemp("exports"))
    filled.store.add([
        call(3000 + number, request_model=text, project=text, conversation_id=text)
        for number, text in enumerate(NAMES_FROM_OUTSIDE)
    ])  # fmt: skip

    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        for number in range(ROUNDS):
            for name in NAMES:
                # The name as a seed: each screen has its own order, the same in each run.
                seed = f"{name} {number}" if number else name
                app.action_open(name)
                await settle(app, pilot)
                assert app.current_mode == name, seed
                await one_order(app, pilot, random.Random(seed))
                assert app.is_running, seed
                assert isinstance(app.screen, LiveScreen), seed
                assert (app.screen.NAME, app.screen.problem) == ("overview", ""), seed

    play(filled, scene, draws=True)
