"""The quotas screen: every key, every state, at every size."""

from decimal import Decimal

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, Label, Select

from tests.tui.accounts import fill_accounts, fill_limits
from tests.tui.sample import NOW, call
from tests.tui.stage import headline, locked, message, notice, picture, play, press, resize, settle
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

SIZES = [(40, 20), (80, 24), (100, 40), (120, 40), (200, 60)]
# What is typed into which field, and what is said of it there.
WRONG = [
    ("quota", "a lot", "cannot read the quota 'a lot'"),
    ("quota", "", "a quota needs an amount"),
    ("quota", "0.001 USD", "a quota is from 0.01"),
    ("warn_at", "120", "not a percentage from 1 to 100"),
]


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


def test_cards_headline_limits_and_alerts_tell_how_all_stands(stocked: Session) -> None:
    async def scene(app: Dashboard, _: Pilot[None]) -> None:
        # A card tells how a quota stands and where it is going.
        words = cards(app).words("work")
        for part in ("80 %", "! warning", "$1.60 of $2.00", "$0.4000 left", "resets in 7d (Tue 1 Dec)"):
            assert part in words
        assert "! runs out Wed 25 Nov" in words
        assert "unpriced tokens not counted" in words

        # The fullest comes first, and a subscription says that it counts list prices.
        assert cards(app).keys == ("plan", "work", "play")
        assert "$0.0200 over" in cards(app).words("plan")
        assert "counts list-price value, no spend" in cards(app).words("plan")
        assert "ends the month at" in cards(app).words("play")

        # The headline tells the month and the trouble.
        assert "November 2026" in headline(app)
        assert "!! 1 exceeded" in headline(app)
        assert "! 1 near the limit" in headline(app)

        # Official limits stand in a panel of their own.
        panel = app.screen.query_one("#official", LinesView)
        assert panel.border_title == "What providers say is used"
        drawn = picture(app)
        assert "claude week" in drawn
        assert "1 window reset since" in drawn

        # The alerts are listed newest first.
        lines = ["".join(part.text for part in line) for line in app.screen.query_one("#alerts", LinesView).lines(60)]
        assert lines == ["23 Nov 14:30  plan  !! used up", "23 Nov 13:30  work  ! 80 % used"]

        # The palette offers what the keys do.
        titles = [command.title for command in app.get_system_commands(app.screen)]
        assert {"Add a quota", "Change this quota", "Remove this quota"} <= set(titles)

    play(stocked, scene, screen="quotas")


def test_without_a_webhook_the_alerts_say_what_they_need(filled: Session) -> None:
    async def scene(app: Dashboard, _: Pilot[None]) -> None:
        assert "alerts.webhook_url" in picture(app)

    play(filled, scene, screen="quotas", size=(200, 60))


def test_every_size_shows_name_percentage_and_word(stocked: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        app.theme = LIGHT.name
        await pilot.pause()
        for size in SIZES:
            await resize(app, pilot, size)
            drawn = picture(app)
            for words in ("plan", "120 %", "!! exceeded"):
                assert words in drawn, size
            assert all(
                sum(len(part.text) for part in line) <= size[0]
                for line in app.screen.query_one("#alerts", LinesView).lines(38)
            ), size

    play(stocked, scene, screen="quotas", size=SIZES[0])


def test_marks_digits_and_order_change_while_it_is_open(stocked: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        # A terminal without blocks gets ASCII.
        app.shared.marks = "ascii"
        app.redraw()
        await pilot.pause()
        assert "=" in cards(app).words("work")
        assert "━" not in cards(app).words("work")
        # V writes every digit.
        await press(app, pilot, "v")
        assert "$0.40 left" in cards(app).words("work")
        # S goes through the orders and back.
        await press(app, pilot, "s")
        assert "by platform" in headline(app)
        assert cards(app).keys == ("plan", "play", "work")
        await press(app, pilot, "S")
        assert "by fullest" in headline(app)

    play(stocked, scene, screen="quotas")


def test_keys_and_clicks_move_over_the_cards_and_a_second_click_edits(stocked: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        visited = []
        for key in ("end", "up", "home", "pagedown", "pageup"):
            await press(app, pilot, key)
            visited.append(cards(app).cursor_key)
        assert visited == ["play", "work", "plan", "play", "plan"]
        assert await pilot.click(CardList, offset=(10, 5))
        await settle(app, pilot)
        assert cards(app).cursor_key == "work"
        assert await pilot.click(CardList, offset=(10, 5))
        await settle(app, pilot)
        assert isinstance(app.screen, QuotaForm)

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


def test_y_copies_the_quota_e_exports_all_with_exact_values_and_o_leads_to_where_the_month_went(
    stocked: Session,
) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await press(app, pilot, "down", "y")
        assert app.clipboard.startswith("work\t2\tusd\tmonth\t80\t1.6\t80\twarning\t1\tFalse\t2026-11-01T00:00:00Z")
        await press(app, pilot, "e")
        assert isinstance(app.screen, ExportDialog)
        await press(app, pilot, "escape", "o")
        assert isinstance(app.screen, BreakdownScreen)
        assert (app.shared.where, app.screen.span.word) == ("platform=work", "month")

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


def test_trouble_keeps_the_cards_and_a_filter_says_how_many_it_hides(
    stocked: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        with monkeypatch.context() as patch:
            patch.setattr(stocked.store, "change_marker", locked)
            app.reload()
            await settle(app, pilot)
            assert "the database is locked" in notice(app)
            assert len(cards(app).keys) == 3
        app.screen.post_message(FilterWanted("platform:work"))
        await settle(app, pilot)
        assert cards(app).keys == ("work",)
        assert "the filter hides 2" in headline(app)

    play(stocked, scene, screen="quotas")


# Changing


def test_a_reads_a_quota_back_says_what_is_wrong_at_its_field_and_adds_it_under_the_cursor(stocked: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await press(app, pilot, "a", *"5M")
        assert app.screen.query_one("#platform", Select).value == "house"
        assert said(app, "quota") == "5,000,000 USD a month, warning at 80 %"
        for field, typed, words in WRONG:
            app.screen.query_one("#warn_at", Input).value = "80"
            app.screen.query_one("#quota", Input).value = "100 USD"
            app.screen.query_one(f"#{field}", Input).value = typed
            await pilot.pause()
            assert words not in said(app, field), typed
            await press(app, pilot, "ctrl+s")
            assert words in said(app, field), typed
            assert app.screen.query_one(f"#{field}", Input).value == typed
            assert quota_of(stocked, "house") is None, typed
        app.screen.query_one("#warn_at", Input).value = "80"
        await type_quota(app, pilot, "5M tokens")
        assert quota_of(stocked, "house") == PlatformQuota(Decimal(5_000_000), "tokens", 80)
        assert cards(app).cursor_key == "house"

    play(stocked, scene, screen="quotas")


def test_a_quota_is_edited_from_what_it_is(stocked: Session) -> None:
    cases = (
        ("E", "2 USD", "50%", "$12.50", PlatformQuota(Decimal("12.50"), "usd", 50)),
        ("enter", "12.5 USD", "80", "2 USD", PlatformQuota(Decimal(2), "usd", 80)),
    )

    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await press(app, pilot, "down")
        for key, before, warn_at, typed, after in cases:
            await press(app, pilot, key)
            assert app.screen.query_one("#quota", Input).value == before, key
            app.screen.query_one("#warn_at", Input).value = warn_at
            await type_quota(app, pilot, typed)
            assert quota_of(stocked, "work") == after, key

    play(stocked, scene, screen="quotas")


def test_what_fails_in_storing_is_said_in_the_form_and_nothing_is_overwritten(
    stocked: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    def locked(*_: object) -> None:
        raise TemporaryError("the database is locked", hint="try again")

    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await press(app, pilot, "a")
        # The platform got a quota meanwhile.
        house = stocked.store.platform("house")
        stocked.store.replace_platform(Platform(house.id, "house", "ollama", NOW, quota=PlatformQuota(Decimal(7))))
        await type_quota(app, pilot, "100 USD")
        assert "has a quota already" in said(app, "platform")
        assert quota_of(stocked, "house") == PlatformQuota(Decimal(7))
        # It has none again, and the database is locked.
        stocked.store.replace_platform(house)
        with monkeypatch.context() as patch:
            patch.setattr(stocked.store, "replace_platform", locked)
            await type_quota(app, pilot, "100 USD")
        assert str(app.screen.query_one("#wrong", Label).content) == "! the database is locked; try again"
        assert quota_of(stocked, "house") is None
        await type_quota(app, pilot, "100 USD")
        assert quota_of(stocked, "house") is not None

    play(stocked, scene, screen="quotas")


def test_x_removes_a_quota_once_that_is_agreed_to(stocked: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await press(app, pilot, "down")
        for key, is_kept in (("n", True), ("escape", True), ("enter", True), ("y", False)):
            await press(app, pilot, "x")
            assert isinstance(app.screen, ConfirmDialog), key
            await press(app, pilot, key)
            assert len(app.screen_stack) == 1, key
            assert (quota_of(stocked, "work") is not None) is is_kept, key
            assert ("work" in cards(app).keys) is is_kept, key

    play(stocked, scene, screen="quotas")
