"""The platforms screen: every key, every state, at every size."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from textual.pilot import Pilot

from tests.tui.accounts import fill_accounts, fill_limits
from tests.tui.stage import headline, locked, message, names, notice, picture, play, press, resize, settle, table
from tokenmon.core.platform_check import CheckResult
from tokenmon.errors import ConfigError, NotFoundError
from tokenmon.session import Session
from tokenmon.tui.app import Dashboard
from tokenmon.tui.messages import FilterWanted
from tokenmon.tui.screens.breakdown import BreakdownScreen
from tokenmon.tui.screens.confirm_dialog import ConfirmDialog
from tokenmon.tui.screens.export_dialog import ExportDialog
from tokenmon.tui.screens.platform_form import PlatformForm
from tokenmon.tui.texts import plain
from tokenmon.tui.theme import LIGHT
from tokenmon.tui.widgets.lines_view import LinesView
from tokenmon.tui.widgets.list_table import ListTable

SIZES = [(40, 20), (80, 24), (100, 40), (120, 40), (200, 60)]
ROW = {"house": 0, "plan": 1, "play": 2, "work": 3}


@pytest.fixture
def stocked(session: Session) -> Session:
    """A session with platforms in all states."""
    fill_accounts(session.store)
    fill_limits(session.store)
    return session


def detail(app: Dashboard, width: int = 70) -> str:
    return "\n".join(plain(line) for line in app.screen_stack[0].query_one("#platform-detail", LinesView).lines(width))


async def go_to(app: Dashboard, pilot: Pilot[None], name: str) -> None:
    await press(app, pilot, "home", *["down"] * ROW[name])


# What is shown


def test_rows_headline_and_pane_tell_how_all_stands(stocked: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        # A row tells health, limits, calls and cost.
        rows = {key[0]: table(app).row_text(key) for key in table(app).keys}
        for part in ("ok", "! tokens 7 %", "33", "$1.60", "1m ago"):
            assert part in rows["work"]
        assert "! to wait 40m" in rows["play"]
        assert "!! 5h window 0 %" in rows["plan"]
        assert "!! failing" in rows["house"]
        # Failed calls state no tokens, so that nothing of them could have a price.
        assert "unpriced" not in rows["house"]

        # The headline counts platforms and trouble.
        assert headline(app) == "4 platforms   !! 1 failing"

        # The pane has two columns where both fit.
        first = detail(app, 120).splitlines()[0]
        assert first.startswith("This month")
        assert "Health" in first

        # The pane tells everything of the platform under the cursor.
        await go_to(app, pilot, "work")
        said = detail(app)
        for part in (
            "OpenAI", "https://api.openai.com/v1 (default)", "none stored", "metered", "33 calls", "! warning",
            "Left of its rate limits, as stated 0s ago", "7 %  7.0k of 100k, resets in 40m", "gpt-5*",
            "tokenmon price set MODEL --platform work",
        ):  # fmt: skip
            assert part in said
        assert "the catalogue's hold" not in said

        # Limits are never wider than the pane.
        for width in (40, 66, 129):
            assert max(len(line) for line in detail(app, width).splitlines() if "%" in line) <= width + 1, width

        await go_to(app, pilot, "play")
        assert "none: the catalogue's hold" in detail(app)
        await go_to(app, pilot, "house")
        assert "server_error" in detail(app)
        assert "input $2, output $10 per 1M" in detail(app)
        assert "! 3 failed (100 %)" in detail(app)

        # ASCII marks reach the pane.
        await go_to(app, pilot, "work")
        assert "━" in detail(app)
        app.shared.marks = "ascii"
        app.redraw()
        await go_to(app, pilot, "work")
        assert "━" not in detail(app)

    play(stocked, scene, screen="platforms")


def test_a_subscription_shows_a_list_price_and_no_cost(stocked: Session) -> None:
    async def scene(app: Dashboard, _: Pilot[None]) -> None:
        assert " - " in table(app).row_text(("plan",))
        assert "$0.1200" in table(app).row_text(("plan",))

    play(stocked, scene, screen="platforms", size=(200, 60))


def test_every_size_shows_names_and_health_and_draws_within_it(stocked: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        app.theme = LIGHT.name
        await pilot.pause()
        for size in SIZES:
            await resize(app, pilot, size)
            drawn = picture(app)
            for words in ("house", "!! failing", "work"):
                assert words in drawn, size

    play(stocked, scene, screen="platforms", size=SIZES[0])


# Going about


def test_enter_and_escape_close_and_open_the_pane(stocked: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        pane = app.screen.query_one("#platform-scroll")
        seen = [pane.display]
        for key in ("enter", "enter", "escape"):
            await press(app, pilot, key)
            seen.append(pane.display)
        assert seen == [True, False, True, False]

    play(stocked, scene, screen="platforms")


def test_a_low_terminal_opens_the_pane_only_when_asked(stocked: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        pane = app.screen.query_one("#platform-scroll")
        assert not pane.display
        await press(app, pilot, "enter")
        assert pane.display

    play(stocked, scene, screen="platforms", size=(80, 20))


def test_s_and_titles_sort(stocked: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        orders = [names(app)]
        for key in ("s", "s", "S", "s", "s", "s", "s"):
            await press(app, pilot, key)
            orders.append(names(app))
        assert orders == [
            ["house", "plan", "play", "work"],
            # By health, by cost, by cost from the cheapest on, by calls, by the last call, by what is left, by name.
            ["house", "work", "plan", "play"],
            ["work", "play", "house", "plan"],
            ["house", "plan", "play", "work"],
            ["work", "play", "house", "plan"],
            ["work", "house", "play", "plan"],
            ["play", "plan", "work", "house"],
            ["house", "plan", "play", "work"],
        ]
        assert await pilot.click(ListTable, offset=(3, 1))
        await settle(app, pilot)
        assert names(app) == ["work", "play", "plan", "house"]

    play(stocked, scene, screen="platforms")


def test_a_reading_keeps_the_cursor_on_its_row(stocked: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await go_to(app, pilot, "play")
        stocked.store.remove_platform("house")
        app.reload()
        await settle(app, pilot)
        assert table(app).cursor_key == ("play",)

    play(stocked, scene, screen="platforms")


def test_y_copies_the_row_e_exports_all_and_o_leads_to_where_the_month_went(stocked: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await go_to(app, pilot, "work")
        await press(app, pilot, "y")
        assert app.clipboard.startswith("work\topenai\thttps://api.openai.com/v1\t\tmetered\t33\t1.6")
        await press(app, pilot, "e")
        assert isinstance(app.screen, ExportDialog)
        await press(app, pilot, "escape", "o")
        assert isinstance(app.screen, BreakdownScreen)
        assert (app.shared.where, app.screen.span.word) == ("platform=work", "month")

    play(stocked, scene, screen="platforms")


# States


def test_without_a_platform_the_screen_says_how_to_add_one(session: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        assert "tokenmon platform add" in message(app)
        await press(app, pilot, "E", "x", "T", "o", "y", "e")
        assert len(app.screen_stack) == 1
        await press(app, pilot, "a")
        assert isinstance(app.screen, PlatformForm)

    play(session, scene, screen="platforms")


def test_trouble_keeps_the_table_and_a_filter_hides_platforms_and_says_so(
    stocked: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        with monkeypatch.context() as patch:
            patch.setattr(stocked.store, "change_marker", locked)
            app.reload()
            await settle(app, pilot)
            assert "the database is locked" in notice(app)
            assert len(names(app)) == 4
        app.screen.post_message(FilterWanted("platform:work"))
        await settle(app, pilot)
        assert names(app) == ["work"]
        assert "the filter hides 3" in headline(app)
        app.screen.post_message(FilterWanted("platform:nothing"))
        await settle(app, pilot)
        assert "The filter hides all 4 platforms." in message(app)

    play(stocked, scene, screen="platforms")


# Testing


def refused(_: str) -> CheckResult:
    return CheckResult(False, "the key is \x1b[31mrefused (HTTP 401)", "store a good key", 401, 5)


def locked_vault(_: str) -> CheckResult:
    raise ConfigError("the vault is locked", hint="set TOKENMON_PASSPHRASE")


def broken(_: str) -> CheckResult:
    raise OSError("no sockets left")


# How a test goes, and what is told of it.
CHECKS: list[tuple[Callable[[str], CheckResult], list[str]]] = [
    (lambda name: CheckResult(True, f"{name} answers (5 ms)", milliseconds=5), ["work answers (5 ms)", "15:30:00"]),
    (refused, ["! the key is [31mrefused (HTTP 401)", "store a good key"]),
    (locked_vault, ["! the vault is locked", "set TOKENMON_PASSPHRASE"]),
    (broken, ["! it could not be tried (OSError)"]),
]


def test_the_test_tells_how_it_went_and_the_palette_offers_it_too(stocked: Session) -> None:
    present: list[Callable[[str], CheckResult]] = []

    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        titles = {command.title for command in app.get_system_commands(app.screen)}
        assert {"Add a platform", "Edit this platform", "Remove this platform", "Test this platform"} <= titles
        for check, words in CHECKS:
            present[:] = [check]
            await go_to(app, pilot, "work")
            assert not any(part in detail(app) for part in words)
            await press(app, pilot, "T")
            assert all(part in detail(app) for part in words), words
            picture(app)
            await go_to(app, pilot, "play")
            assert words[0] not in detail(app)

    play(stocked, scene, screen="platforms", check=lambda name: present[0](name))


def test_without_anybody_who_could_test_the_key_is_not_offered(stocked: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await press(app, pilot, "T")
        assert "Test" not in detail(app)
        assert "T Test" not in picture(app)

    play(stocked, scene, screen="platforms")


# Removing


def test_x_removes_a_platform_once_that_is_agreed_to(stocked: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(_: str) -> None:
        raise NotFoundError("there is no platform 'house'")

    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        # One that is gone already is said.
        with monkeypatch.context() as patch:
            patch.setattr(stocked.store, "remove_platform", gone)
            await press(app, pilot, "x", "y")
            assert "there is no platform 'house'" in [one.message for one in app._notifications]
        await go_to(app, pilot, "house")
        for key, is_kept in (("n", True), ("enter", True), ("y", False)):
            await press(app, pilot, "x")
            assert isinstance(app.screen, ConfirmDialog), key
            drawn = picture(app)
            assert "removed with its own prices" in drawn
            assert "Its calls and their costs stay" in drawn
            await press(app, pilot, key)
            assert len(app.screen_stack) == 1, key
            assert ("house" in names(app)) is is_kept, key

    play(stocked, scene, screen="platforms")


def test_names_from_outside_are_shown_without_what_steers_a_terminal(stocked: Session) -> None:
    house = stocked.store.platform("house")
    stocked.store.replace_platform(replace(house, base_url="http://127.0.0.1:9999/[bold]v1"))

    async def scene(app: Dashboard, _: Pilot[None]) -> None:
        assert "[bold]v1" in detail(app)
        assert "[bold]v1" in picture(app)

    play(stocked, scene, screen="platforms")
