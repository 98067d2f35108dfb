"""The quotas screen: every key, every state, at every size."""

from decimal import Decimal

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, Label, Select

from tests.tui.accounts import fill_accounts, fill_limits
from tests.tui.sample import NOW, call
from tests.tui.stage import headline, message, notice, picture, play, press, settle
from tokenmon.core.platform import Platform, PlatformQuota
from tokenmon.errors import TemporaryError
from tokenmon.session import Session
from tokenmon.tui.app import Dashboard
from tokenmon.tui.messages import FilterWanted
from tokenmon.tui.screens.breakdown import BreakdownScreen
from tokenmon.tui.screens.confirm_dialog import ConfirmDialog
from tokenmon.tui.screens.export_dialog import ExportDialog
from tokenmon.tui.screens.quota_form import QuotaForm
from tokenmon.tui.theme import LIGHT
from tokenmon.tui.widgets.card_list import CardList
from tokenmon.tui.widgets.lines_view import LinesView


@pytest.fixture
def stocked(session: Session) -> Session:
    """A session with quotas in all states, official limits and sent alerts."""
    fill_accounts(session.store)
    fill_limits(session.store)
    return session


def cards(app: Dashboard) -> CardList:
    return app.screen_stack[0].query_one(CardList)


def said(app: Dashboard, field: str) -> str:
    return str(app.screen.query_one(f"#field-{field} .field-note", Label).content)


def quota_of(session: Session, name: str) -> PlatformQuota | None:
    return session.store.platform(name).quota


async def type_quota(app: Dashboard, pilot: Pilot[None], amount: str) -> None:
    app.screen.query_one("#quota", Input).value = amount
    app.screen.query_one("#quota", Input).focus()
    await press(app, pilot, "enter")


# What is shown


def test_a_card_tells_how_a_quota_stands_and_where_it_is_going(stocked: Session) -> None:
    async def scene(app: Dashboard, _: Pilot[None]) -> None:
        words = cards(app).words("work")
        for part in ("80 %", "! warning", "$1.60 of $2.00", "$0.4000 left", "resets in 7d (Tue 1 Dec)"):
            assert part in words
        assert "! runs out Wed 25 Nov" in words
        assert "unpriced tokens not counted" in words

    play(stocked, scene, screen="quotas")


def test_the_fullest_comes_first_and_a_subscription_says_that_it_counts_list_prices(stocked: Session) -> None:
    async def scene(app: Dashboard, _: Pilot[None]) -> None:
        assert cards(app).keys == ("plan", "work", "play")
        assert "$0.0200 over" in cards(app).words("plan")
        assert "counts list-price value, no spend" in cards(app).words("plan")
        assert "ends the month at" in cards(app).words("play")

    play(stocked, scene, screen="quotas")


def test_the_headline_tells_the_month_and_the_trouble(stocked: Session) -> None:
    async def scene(app: Dashboard, _: Pilot[None]) -> None:
        assert "November 2026" in headline(app)
        assert "!! 1 exceeded" in headline(app)
        assert "! 1 near the limit" in headline(app)

    play(stocked, scene, screen="quotas")


def test_official_limits_stand_in_a_panel_of_their_own(stocked: Session) -> None:
    async def scene(app: Dashboard, _: Pilot[None]) -> None:
        panel = app.screen.query_one("#official", LinesView)
        assert panel.border_title == "What providers say is used"
        drawn = picture(app)
        assert "claude week" in drawn
        assert "1 window reset since" in drawn

    play(stocked, scene, screen="quotas")


def test_the_alerts_are_listed_newest_first(stocked: Session) -> None:
    async def scene(app: Dashboard, _: Pilot[None]) -> None:
        lines = ["".join(part.text for part in line) for line in app.screen.query_one("#alerts", LinesView).lines(60)]
        assert lines == ["23 Nov 14:30  plan  !! used up", "23 Nov 13:30  work  ! 80 % used"]

    play(stocked, scene, screen="quotas")


def test_without_a_webhook_the_alerts_say_what_they_need(filled: Session) -> None:
    async def scene(app: Dashboard, _: Pilot[None]) -> None:
        assert "alerts.webhook_url" in picture(app)

    play(filled, scene, screen="quotas", size=(200, 60))


@pytest.mark.parametrize("size", [(40, 20), (80, 24), (100, 40), (120, 40), (200, 60)])
def test_every_size_shows_name_percentage_and_word(stocked: Session, size: tuple[int, int]) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        app.theme = LIGHT.name
        await pilot.pause()
        drawn = picture(app)
        for words in ("plan", "120 %", "!! exceeded"):
            assert words in drawn
        assert all(
            sum(len(part.text) for part in line) <= size[0]
            for line in app.screen.query_one("#alerts", LinesView).lines(38)
        )

    play(stocked, scene, screen="quotas", size=size)


def test_a_terminal_without_blocks_gets_ascii(stocked: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        app.shared.marks = "ascii"
        app.redraw()
        await pilot.pause()
        assert "=" in cards(app).words("work")
        assert "━" not in cards(app).words("work")

    play(stocked, scene, screen="quotas")


def test_v_writes_every_digit(stocked: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await press(app, pilot, "v")
        assert "$0.40 left" in cards(app).words("work")

    play(stocked, scene, screen="quotas")


def test_a_reading_keeps_the_cursor_on_its_card(stocked: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await press(app, pilot, "down", "down")
        assert cards(app).cursor_key == "play"
        stocked.store.add([call(20_000 + number, platform="play") for number in range(10)])
        stocked.store.replace_platform(
            Platform("p2", "play", "anthropic", NOW, quota=PlatformQuota(Decimal(2), "requests", 80))
        )
        app.reload()
        await settle(app, pilot)
        assert cards(app).keys[0] == "play"
        assert cards(app).cursor_key == "play"

    play(stocked, scene, screen="quotas")


def test_the_keys_move_over_the_cards(stocked: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        visited = []
        for key in ("end", "up", "home", "pagedown", "pageup"):
            await press(app, pilot, key)
            visited.append(cards(app).cursor_key)
        assert visited == ["play", "work", "plan", "play", "plan"]

    play(stocked, scene, screen="quotas")


def test_a_click_takes_the_cursor_and_a_second_one_edits(stocked: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        assert await pilot.click(CardList, offset=(10, 5))
        await settle(app, pilot)
        assert cards(app).cursor_key == "work"
        assert await pilot.click(CardList, offset=(10, 5))
        await settle(app, pilot)
        assert isinstance(app.screen, QuotaForm)

    play(stocked, scene, screen="quotas")


def test_s_goes_through_the_orders_and_back(stocked: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await press(app, pilot, "s")
        assert "by platform" in headline(app)
        assert cards(app).keys == ("plan", "play", "work")
        await press(app, pilot, "S")
        assert "by fullest" in headline(app)

    play(stocked, scene, screen="quotas")


def test_o_leads_to_where_the_month_went(stocked: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await press(app, pilot, "down", "o")
        assert isinstance(app.screen, BreakdownScreen)
        assert (app.shared.where, app.screen.span.word) == ("platform=work", "month")

    play(stocked, scene, screen="quotas")


def test_y_copies_the_quota_and_e_exports_all_with_exact_values(stocked: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await press(app, pilot, "down", "y")
        assert app.clipboard.startswith("work\t2\tusd\tmonth\t80\t1.6\t80\twarning\t1\tFalse\t2026-11-01T00:00:00Z")
        await press(app, pilot, "e")
        assert isinstance(app.screen, ExportDialog)

    play(stocked, scene, screen="quotas")


# States


def test_without_a_platform_the_screen_leads_to_the_platforms(session: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        assert "tokenmon platform add" in message(app)
        await press(app, pilot, "a")
        assert not isinstance(app.screen, QuotaForm)

    play(session, scene, screen="quotas")


def test_without_a_quota_the_screen_says_how_to_add_one(session: Session) -> None:
    session.store.add_platform(Platform("p1", "work", "openai", NOW))

    async def scene(app: Dashboard, _: Pilot[None]) -> None:
        assert "tokenmon quota add work '100 USD'" in message(app)

    play(session, scene, screen="quotas")


def test_a_filter_that_hides_all_quotas_says_which_key_clears_it(filled: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        app.screen.post_message(FilterWanted("platform:other"))
        await settle(app, pilot)
        assert "The filter hides the only quota." in message(app)
        assert "esc" in message(app)

    play(filled, scene, screen="quotas")


def test_a_filter_that_hides_some_says_so_in_the_headline(stocked: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        app.screen.post_message(FilterWanted("platform:work"))
        await settle(app, pilot)
        assert cards(app).keys == ("work",)
        assert "the filter hides 2" in headline(app)

    play(stocked, scene, screen="quotas")


def test_trouble_keeps_the_cards(stocked: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    def locked() -> int:
        raise TemporaryError("the database is locked")

    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        monkeypatch.setattr(stocked.store, "change_marker", locked)
        app.reload()
        await settle(app, pilot)
        assert "the database is locked" in notice(app)
        assert len(cards(app).keys) == 3

    play(stocked, scene, screen="quotas")


# Changing


def test_a_adds_a_quota_and_puts_the_cursor_on_it(stocked: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await press(app, pilot, "a")
        assert app.screen.query_one("#platform", Select).value == "house"
        await type_quota(app, pilot, "5M tokens")
        assert quota_of(stocked, "house") == PlatformQuota(Decimal(5_000_000), "tokens", 80)
        assert cards(app).cursor_key == "house"

    play(stocked, scene, screen="quotas")


@pytest.mark.parametrize("key", ["E", "enter"])
def test_a_quota_is_edited_from_what_it_is(stocked: Session, key: str) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await press(app, pilot, "down", key)
        assert app.screen.query_one("#quota", Input).value == "2 USD"
        app.screen.query_one("#warn_at", Input).value = "50%"
        await type_quota(app, pilot, "$12.50")
        assert quota_of(stocked, "work") == PlatformQuota(Decimal("12.50"), "usd", 50)

    play(stocked, scene, screen="quotas")


@pytest.mark.parametrize(
    ("field", "typed", "words"),
    [
        ("quota", "a lot", "cannot read the quota 'a lot'"),
        ("quota", "", "a quota needs an amount"),
        ("quota", "0.001 USD", "a quota is from 0.01"),
        ("warn_at", "120", "not a percentage from 1 to 100"),
    ],
)
def test_what_cannot_be_read_is_said_at_its_field_and_nothing_is_lost(
    stocked: Session, field: str, typed: str, words: str
) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await press(app, pilot, "a")
        app.screen.query_one("#quota", Input).value = "100 USD"
        app.screen.query_one(f"#{field}", Input).value = typed
        await press(app, pilot, "ctrl+s")
        assert words in said(app, field)
        assert app.screen.query_one(f"#{field}", Input).value == typed
        assert quota_of(stocked, "house") is None

    play(stocked, scene, screen="quotas")


def test_a_quota_reads_back_while_it_is_typed(stocked: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await press(app, pilot, "a", *"5M")
        assert said(app, "quota") == "5,000,000 USD a month, warning at 80 %"

    play(stocked, scene, screen="quotas")


def test_a_platform_that_got_a_quota_meanwhile_is_not_overwritten(stocked: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await press(app, pilot, "a")
        house = stocked.store.platform("house")
        stocked.store.replace_platform(Platform(house.id, "house", "ollama", NOW, quota=PlatformQuota(Decimal(7))))
        await type_quota(app, pilot, "100 USD")
        assert "has a quota already" in said(app, "platform")
        assert quota_of(stocked, "house") == PlatformQuota(Decimal(7))

    play(stocked, scene, screen="quotas")


def test_a_locked_database_is_said_in_the_form(stocked: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    def locked(*_: object) -> None:
        raise TemporaryError("the database is locked", hint="try again")

    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await press(app, pilot, "a")
        with monkeypatch.context() as patch:
            patch.setattr(stocked.store, "replace_platform", locked)
            await type_quota(app, pilot, "100 USD")
        assert str(app.screen.query_one("#wrong", Label).content) == "! the database is locked; try again"
        await type_quota(app, pilot, "100 USD")
        assert quota_of(stocked, "house") is not None

    play(stocked, scene, screen="quotas")


@pytest.mark.parametrize(("key", "is_kept"), [("y", False), ("n", True), ("escape", True), ("enter", True)])
def test_x_removes_a_quota_once_that_is_agreed_to(stocked: Session, key: str, is_kept: bool) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await press(app, pilot, "down", "x")
        assert isinstance(app.screen, ConfirmDialog)
        await press(app, pilot, key)
        assert (quota_of(stocked, "work") is not None) is is_kept
        assert ("work" in cards(app).keys) is is_kept

    play(stocked, scene, screen="quotas")


def test_the_palette_offers_what_the_keys_do(stocked: Session) -> None:
    async def scene(app: Dashboard, _: Pilot[None]) -> None:
        titles = [command.title for command in app.get_system_commands(app.screen)]
        assert {"Add a quota", "Change this quota", "Remove this quota"} <= set(titles)

    play(stocked, scene, screen="quotas")
