"""Coming back to a screen: from a dialog, and from another screen on which the filter was changed."""

from textual.pilot import Pilot

from tests.tui.spread import fill_months
from tests.tui.stage import names, play, press, settle
from tokenmon.session import Session
from tokenmon.tui.app import Dashboard
from tokenmon.tui.messages import FilterWanted


def test_a_filter_set_on_another_screen_is_heeded_on_coming_back(session: Session) -> None:
    fill_months(session.store)

    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        assert names(app) == ["opus", "mini", "house"]
        await press(app, pilot, "1")
        app.screen.post_message(FilterWanted("model:mini"))
        await settle(app, pilot)
        await press(app, pilot, "3")
        assert names(app) == ["mini"]

    play(session, scene, screen="breakdown")


def test_the_range_that_a_dialog_gave_is_read(session: Session) -> None:
    fill_months(session.store)

    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await press(app, pilot, "r", "end", "enter")
        assert names(app) == ["opus", "mini", "old", "house"]

    play(session, scene, screen="breakdown")
