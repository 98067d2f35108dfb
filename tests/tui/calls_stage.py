"""What the tests of the calls screen share: where things are on it."""

from textual.pilot import Pilot
from textual.widgets import Static

from tests.tui.stage import settle
from tokenmon.core.record import UsageRecord
from tokenmon.tui.app import Dashboard
from tokenmon.tui.screens.calls import CallsScreen
from tokenmon.tui.widgets.virtual_table import VirtualTable


def screen(app: Dashboard) -> CallsScreen:
    found = app.screen_stack[0]
    assert isinstance(found, CallsScreen)
    return found


def table(app: Dashboard) -> VirtualTable:
    return screen(app).table


def pane(app: Dashboard) -> str:
    """The words of the pane without the breaks between its lines."""
    return "".join(str(screen(app).query_one("#pane-lines", Static).content).split())


async def settle_all(app: Dashboard, pilot: Pilot[None]) -> None:
    """Until pages, and what depends on them, have come as well."""
    for _ in range(3):
        await settle(app, pilot)


async def arrive(app: Dashboard, pilot: Pilot[None], *calls: UsageRecord) -> None:
    app.shared.session.store.add(calls)
    screen(app).tick()
    await settle_all(app, pilot)


def model_under_cursor(app: Dashboard) -> str | None:
    chosen = screen(app).chosen
    return None if chosen is None else chosen.model
