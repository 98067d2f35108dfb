"""What is remembered of widgets that are gone."""

import gc
import weakref

import pytest
from textual.pilot import Pilot

from tests.tui.stage import play, press
from tokenmon.session import Session
from tokenmon.tui import kept_styles
from tokenmon.tui.app import Dashboard


def test_the_lines_of_a_dialog_that_was_closed_are_not_kept(filled: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_styles, "MOST_KEPT", 4)

    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await press(app, pilot, "question_mark")
        drawn = [weakref.ref(one._styles_cache) for one in app.screen.query("*")]
        await press(app, pilot, "escape")
        app._tick()
        # Textual itself holds the last screen that it went away from.
        await press(app, pilot, "r", "escape")
        app._tick()
        gc.collect()
        assert len(drawn) > 5
        assert [one for one in drawn if one() is not None] == []

    play(filled, scene, screen="trends", draws=True)
