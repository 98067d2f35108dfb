"""What can be done with one call: telling it in full, copying, asking for more like it, exporting."""

import csv
import json
from datetime import timedelta
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import OptionList

from tests.tui.calls_stage import pane, screen, settle_all, table
from tests.tui.sample import NOW, call
from tests.tui.stage import headline, picture, play, press
from tokenmon.core.span import Span
from tokenmon.session import Session
from tokenmon.tui.app import Dashboard
from tokenmon.tui.messages import FilterWanted, OpenScreen
from tokenmon.tui.widgets.call_pane import CallPane
from tokenmon.tui.widgets.virtual_table import VirtualTable

SIZES = [(44, 30), (80, 24), (120, 40), (200, 60)]


def test_enter_tells_a_call_in_full_at_every_size_the_arrows_lead_on_and_escape_closes_it(many: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        for size in SIZES:
            await pilot.resize_terminal(*size)
            await press(app, pilot, "enter")
            await settle_all(app, pilot)
            assert screen(app).query_one(CallPane).region.height >= 8, size
            assert "/1M" in pane(app), size
            assert "session" in pane(app).lower(), size
            assert screen(app).chosen is not None, size
            assert screen(app).chosen.id.hex() in pane(app), size  # type: ignore[union-attr]
            if size in ((44, 30), (120, 40)):
                await press(app, pilot, "down", "down", "up")
                await settle_all(app, pilot)
                assert table(app).cursor == 1, size
                assert screen(app).chosen is not None, size
                assert screen(app).chosen.id.hex() in pane(app), size  # type: ignore[union-attr]
                await press(app, pilot, "up")
            if size == (200, 60):
                # A stored cost that is outdated is told.
                assert "tokenmonpricereprice" in pane(app)
            await press(app, pilot, "escape")
            assert not screen(app).query_one(CallPane).display, size
            assert isinstance(app.focused, VirtualTable), size

    play(many, scene, screen="calls", size=SIZES[0])


def test_a_model_named_like_markup_opens_its_pane(session: Session) -> None:
    session.store.add([call(1, request_model="x[/]")])

    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await press(app, pilot, "enter")
        await settle_all(app, pilot)
        assert picture(app).count("x[/]") > 1

    play(session, scene, screen="calls")


def test_the_pane_scrolls_while_the_arrows_are_the_tables_and_tells_a_far_row_too(many: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await press(app, pilot, "enter", "shift+down", "shift+down")
        assert screen(app).query_one(CallPane).scroll_offset.y == 2
        await press(app, pilot, "shift+up")
        assert screen(app).query_one(CallPane).scroll_offset.y == 1
        await press(app, pilot, "down")
        assert screen(app).query_one(CallPane).scroll_offset.y == 0
        await press(app, pilot, "end")
        await settle_all(app, pilot)
        chosen = screen(app).chosen
        assert chosen is not None
        assert chosen.occurred_at == NOW - timedelta(minutes=1205)
        assert chosen.id.hex() in pane(app)

    play(many, scene, screen="calls", size=(80, 24))


# More like it


def test_m_filters_by_the_model_i_by_what_else_is_common_and_a_full_filter_is_not_narrowed(many: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await press(app, pilot, "m")
        await settle_all(app, pilot)
        assert app.shared.where == "model=gpt-4o"
        assert "400 of 1,200 calls" in headline(app)
        await press(app, pilot, "m")
        assert app.shared.where == "model=gpt-4o"
        await press(app, pilot, "escape")
        await settle_all(app, pilot)
        assert app.shared.where == ""
        assert screen(app).rows.count == 1200

        await press(app, pilot, "i")
        offered = [str(one.prompt) for one in app.screen.query_one(OptionList).options]
        assert any(one.startswith("Session") for one in offered)
        await press(app, pilot, "end", "enter")
        await settle_all(app, pilot)
        assert app.shared.where == "session=s-0"

        full = " ".join(f"tokens>{number}" for number in range(32))
        app.post_message(FilterWanted(full))
        await settle_all(app, pilot)
        assert app.shared.where == full
        assert screen(app).chosen is not None
        await press(app, pilot, "m")
        assert app.shared.where == full

    play(many, scene, screen="calls")


def test_another_screen_leads_here_with_its_filter_and_range(filled: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        for where, count in (("status:error", 1), ("status:ok", 46)):
            app.action_open("overview")
            await settle_all(app, pilot)
            app.post_message(OpenScreen("calls", where=where, span=Span("7d")))
            await settle_all(app, pilot)
            assert screen(app).rows.count == count
            assert headline(app).startswith("Last 7 days")

    play(filled, scene, screen="calls")


def test_y_copies_the_id_or_with_the_pane_open_the_whole_call_and_e_exports_every_call_that_is_meant(
    many: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    copied: list[str] = []

    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        monkeypatch.setattr(app, "copy_to_clipboard", copied.append)
        await press(app, pilot, "y", "enter", "y")
        chosen = screen(app).chosen
        assert chosen is not None
        assert copied[0] == chosen.id.hex()
        assert json.loads(copied[1])["occurred_at"].startswith("2026-11-23T15:24:00")
        await press(app, pilot, "escape")
        app.post_message(FilterWanted("model:opus"))
        await settle_all(app, pilot)
        await press(app, pilot, "e", "enter")

    play(many, scene, screen="calls")
    with (tmp_path / "tokenmon-calls-2026-11-23.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 400
    assert {one["request_model"] for one in rows} == {"claude-opus-4-5"}
