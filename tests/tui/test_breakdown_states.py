"""The breakdown in every state and size: a cursor that stays on its row, trouble, emptiness, and what leaves it."""

import asyncio
import csv
import io
from decimal import Decimal

import pytest
from textual.pilot import Pilot
from textual.widgets import Static

from tests.tui.spread import days_ago
from tests.tui.stage import (
    headline,
    in_both_themes,
    locked,
    names,
    notice,
    picture,
    play,
    press,
    resize,
    settle,
    table,
    title,
)
from tokenmon.session import Session
from tokenmon.tui.app import Dashboard
from tokenmon.tui.screens.breakdown import BreakdownScreen

SIZES = [(40, 20), (80, 24), (120, 40), (200, 60)]


def test_the_cursor_stays_on_its_row_when_others_overtake_it(spread: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await press(app, pilot, "down")
        assert table(app).cursor_key == ("mini",)
        spread.store.add([days_ago(1, "new", request_model="newest", cost=Decimal(50))])
        app.reload()
        await settle(app, pilot)
        assert names(app)[0] == "newest"
        assert table(app).cursor_key == ("mini",)

    play(spread, scene, screen="breakdown")


def test_the_cursor_goes_by_rows_pages_and_to_both_ends_and_stays_in_sight(session: Session) -> None:
    session.store.add([
        days_ago(1 + number / 100, f"m{number}", request_model=f"model-{number:03}", cost=Decimal(200 - number))
        for number in range(100)
    ])  # fmt: skip

    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await press(app, pilot, "end")
        assert table(app).cursor_key == ("model-099",)
        assert "model-099" in picture(app)
        await press(app, pilot, "pageup")
        assert table(app).cursor_key == ("model-082",)
        await press(app, pilot, "home", "up")
        assert table(app).cursor_key == ("model-000",)
        assert "model-000" in picture(app)
        await press(app, pilot, "pagedown")
        assert table(app).cursor_key == ("model-017",)

    play(session, scene, screen="breakdown", size=(80, 24))


def test_pages_turn_a_filter_that_hides_everything_says_so_and_trouble_keeps_the_numbers(
    spread: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        # The month before, and back.
        await press(app, pilot, "left_square_bracket")
        assert names(app) == ["opus", "old"]
        assert "Oct" in headline(app)
        await press(app, pilot, "right_square_bracket")
        assert names(app) == ["opus", "mini", "house"]

        app.shared.set_where("model:nothing")
        app.reload()
        await settle(app, pilot)
        words = str(app.screen.query_one("#message", Static).content)
        assert "hides all 7 calls" in words
        await press(app, pilot, "escape")
        assert names(app) == ["opus", "mini", "house"]
        await press(app, pilot, "down")
        assert table(app).cursor_key == ("mini",)

        with monkeypatch.context() as patch:
            patch.setattr(spread.store, "change_marker", locked)
            app.reload()
            await settle(app, pilot)
            assert "the database is locked" in notice(app)
            assert names(app) == ["opus", "mini", "house"]

    play(spread, scene, screen="breakdown")


def test_an_empty_database_shows_the_first_steps(session: Session) -> None:
    async def scene(app: Dashboard, _: Pilot[None]) -> None:
        assert "tokenmon platform add" in str(app.screen.query_one("#message", Static).content)
        assert not app.screen.query_one("#content").display

    play(session, scene, screen="breakdown")


def test_nothing_but_the_message_is_shown_until_the_first_numbers_arrive(spread: Session) -> None:
    async def run() -> None:
        app = Dashboard(spread, first="breakdown")
        async with app.run_test() as pilot:
            screen = app.screen_stack[0]
            if isinstance(screen, BreakdownScreen) and screen.snapshot is None:
                assert not screen.query_one("#content").display
            await settle(app, pilot)
            assert app.screen.query_one("#content").display

    asyncio.run(run())


def test_e_exports_the_rows_y_copies_one_and_the_palette_groups_by_a_dimension(spread: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        assert app.live is not None
        exporting = app.live.exporting()
        assert exporting is not None
        out = io.StringIO()
        assert exporting.write("csv", out) == 3
        rows = list(csv.DictReader(io.StringIO(out.getvalue())))
        assert rows[0] | {"model": "opus", "cost_usd": "7", "previous_cost_usd": "14"} == rows[0]
        assert rows[0]["change_percent"] == "-50"
        copied = app.live.copied()
        assert copied is not None
        assert copied.split("\t")[:3] == ["opus", "87.50 %", "$7.00"]

        command = next(one for one in app.get_system_commands(app.screen) if one.title == "Group by status")
        command.callback()
        await settle(app, pilot)
        assert title(app) == "Cost by status, then project"
        assert "429" in names(app)

    play(spread, scene, screen="breakdown")


def test_names_from_outside_are_neither_markup_nor_commands(session: Session) -> None:
    session.store.add([days_ago(1, "bad", request_model="[red]x\x1b[31m", cost=Decimal(1))])

    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        assert "[red]x" in picture(app)
        await press(app, pilot, "enter")
        assert "\x1b" not in headline(app)

    play(session, scene, screen="breakdown")


def test_every_size_shows_name_share_cost_and_sums_in_both_themes(spread: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        for size in SIZES:
            await resize(app, pilot, size)
            async for theme in in_both_themes(app, pilot):
                shown = picture(app)
                for word in ("opus", "Share", "$7.00", "Total", "$8.00"):
                    assert word in shown, (size, theme)

    play(spread, scene, screen="breakdown", size=SIZES[0])


def test_ascii_marks_need_no_other_character_and_v_shows_every_digit(spread: Session) -> None:
    spread.store.add([days_ago(1, "fine", request_model="opus", cost=Decimal("0.000000123"))])

    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        app.shared.marks = "ascii"
        app.redraw()
        await settle(app, pilot)
        rows = "".join(table(app).row_text(key) for key in table(app).keys)
        assert rows.isascii()
        assert "#" in rows
        await press(app, pilot, "v")
        assert "$7.000000123" in picture(app)

    play(spread, scene, screen="breakdown")
