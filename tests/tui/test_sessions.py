"""The sessions on the screen: the list, the pane, the blocks, and every key."""

import io
from datetime import timedelta
from decimal import Decimal

import pytest
from textual.pilot import Pilot
from textual.widgets import Static

from tests.tui.sample import NOW
from tests.tui.spread import call_at, days_ago
from tests.tui.stage import in_both_themes, locked, notice, picture, play, press, resize, settle, table
from tokenmon.core.official_limit import OfficialLimit
from tokenmon.core.span import Span
from tokenmon.session import Session
from tokenmon.tui.app import Dashboard
from tokenmon.tui.messages import OpenScreen
from tokenmon.tui.texts import plain
from tokenmon.tui.widgets.lines_view import LinesView
from tokenmon.tui.widgets.list_table import ListTable

SIZES = [(40, 20), (80, 24), (120, 40), (200, 60)]
CLAUDE = "11111111-aaaa-4bbb-8ccc-000000000001"


def ids(app: Dashboard) -> list[str | None]:
    return [key[0] for key in table(app).keys]


def words(app: Dashboard, name: str) -> str:
    panel = app.screen.query_one(name, LinesView)
    return "\n".join(plain(line) for line in panel.lines(panel.content_size.width))


def test_conversations_stand_by_their_last_call_under_the_cursor_too_and_loose_calls_at_the_end(
    talked: Session,
) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        assert ids(app) == [CLAUDE, "review", None]
        assert str(table(app).border_title) == "2 conversations"
        row = table(app).row_text((CLAUDE,))
        for word in ("11111111", "web", "claude-code", "opus +1", "2 h 00", "$3.50"):
            assert word in row
        assert "no session" in table(app).row_text((None,))
        assert "$5.25" in picture(app)
        # Loose calls have no pane.
        await press(app, pilot, "end", "enter")
        assert table(app).cursor_key == (None,)
        assert not app.screen.query_one("#detail-scroll").display

        # The cursor stays on its conversation when another one comes.
        await press(app, pilot, "home", "down")
        assert table(app).cursor_key == ("review",)
        talked.store.add([call_at(NOW - timedelta(minutes=1), "n", conversation_id="newer")])
        app.reload()
        await settle(app, pilot)
        assert ids(app)[0] == "newer"
        assert table(app).cursor_key == ("review",)

    play(talked, scene, screen="sessions", size=(200, 50))


def test_s_and_clicks_on_titles_step_through_the_orders_and_turn_round(talked: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await press(app, pilot, "s")
        assert ids(app) == ["review", CLAUDE, None]
        await press(app, pilot, "S")
        assert ids(app) == [CLAUDE, "review", None]
        await press(app, pilot, "s", "s")
        assert ids(app) == [CLAUDE, "review", None]
        await press(app, pilot, "s")
        assert "Last call ▼" in picture(app)
        assert ids(app) == [CLAUDE, "review", None]

        await pilot.click(ListTable, offset=(3, 1))
        await settle(app, pilot)
        assert ids(app) == ["review", CLAUDE, None]
        await pilot.click(ListTable, offset=(18, 1))
        await settle(app, pilot)
        assert ids(app) == [CLAUDE, "review", None]

    play(talked, scene, screen="sessions")


def test_enter_tells_all_of_a_conversation_with_a_call_that_arrives_and_escape_closes_the_pane(talked: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await press(app, pilot, "enter")
        found = words(app, "#detail")
        for word in (CLAUDE, "web", "Mon 23 Nov 2026 12:30", "after 2 h 00", "$3.50 by subscription, not spent", "opus",
                     "haiku", "import:claude-code", "max", "laptop", "up to $3.00 at once"):  # fmt: skip
            assert word in found
        await press(app, pilot, "down")
        assert "server_error" in words(app, "#detail")
        await press(app, pilot, "up")
        assert "late" not in words(app, "#detail")
        talked.store.add([call_at(NOW - timedelta(minutes=1), "late", conversation_id=CLAUDE, request_model="late")])
        app.reload()
        await settle(app, pilot)
        await settle(app, pilot)
        assert "late" in words(app, "#detail")
        assert table(app).cursor_key == (CLAUDE,)
        await press(app, pilot, "escape")
        assert not app.screen.query_one("#detail-scroll").display
        assert app.screen.focused is table(app)

    play(talked, scene, screen="sessions", size=(160, 40))


def test_o_opens_the_calls_of_a_conversation_or_those_without_one(talked: Session, opened: list[OpenScreen]) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await press(app, pilot, "o", "end", "o")
        assert [(one.name, one.where) for one in opened] == [
            ("calls", f"session={CLAUDE}"), ("calls", "session:none"),
        ]  # fmt: skip
        assert opened[0].span == Span("7d")

    play(talked, scene, screen="sessions")


def test_the_active_block_tells_its_value_its_pace_what_is_left_and_what_providers_say_with_a_sign_where_it_is_near(
    talked: Session,
) -> None:
    def limit(window: str, percent: int, hours: int) -> OfficialLimit:
        ends = NOW + timedelta(hours=hours)
        minutes = {"five_hour": 300, "weekly": 10080}[window]
        as_of = min(NOW, ends) - timedelta(minutes=10)
        return OfficialLimit("anthropic", "claude-code", "laptop", window, minutes, Decimal(percent), ends, as_of)

    talked.store.save_official_limits([limit("five_hour", 91, 2), limit("weekly", 12, -1)])

    async def scene(app: Dashboard, _: Pilot[None]) -> None:
        found = words(app, "#blocks")
        # From 12:30 to the end of the quarter of the last call, 14:45: 3.50 in 2 1/4 hours.
        for word in ("12:00 to 17:00", "1h 30m left", "$3.50 list-price value", "$1.56/h", "$5.83 by its end",
                     "22 tokens/min"):  # fmt: skip
            assert word in found
        assert "Anthropic" in str(app.screen.query_one("#blocks").border_title)
        assert "Claude says ! 5h 91 % resets 17:30" in found
        assert "week 12 % reset since" in found

    play(talked, scene, screen="sessions")


def test_k_lists_the_blocks_and_the_conversations_again_and_a_filter_that_blocks_do_not_know_says_so(
    talked: Session,
) -> None:
    talked.store.add([call_at(NOW - timedelta(days=1), "y", provider_name="anthropic", cost=Decimal(7))])

    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await press(app, pilot, "k")
        assert str(table(app).border_title) == "2 blocks"
        newest = table(app).row_text(table(app).keys[0])
        for word in ("Mon 23 Nov 12:00", "17:00", "active", "$3.50"):
            assert word in newest
        await press(app, pilot, "enter", "o", "s")
        assert str(table(app).border_title) == "2 blocks"
        await press(app, pilot, "k")
        assert ids(app) == [CLAUDE, "review", None]
        assert "more than the labels" not in words(app, "#blocks")
        app.shared.set_where("cost>3")
        app.reload()
        await settle(app, pilot)
        assert "more than the labels" in words(app, "#blocks")

    play(talked, scene, screen="sessions")


def test_both_lists_are_exported_and_their_rows_copied(talked: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        assert app.live is not None
        exporting, out = app.live.exporting(), io.StringIO()
        assert exporting is not None
        assert (exporting.stem, exporting.write("csv", out)) == ("sessions", 3)
        assert app.live.copied() == "\t".join(
            (CLAUDE, "2026-11-23T14:30:00.000Z", "web", "claude-code", "opus +1", "2 h 00", "2", "3,000", "-",
             "$3.50 list value")
        )  # fmt: skip
        await press(app, pilot, "k")
        exporting, out = app.live.exporting(), io.StringIO()
        assert exporting is not None
        assert (exporting.stem, exporting.write("jsonl", out)) == ("blocks", 1)
        assert '"subscription_value_usd": "3.5"' in out.getvalue()
        assert "Mon 23 Nov 12:00" in str(app.live.copied())

    play(talked, scene, screen="sessions")


def test_a_quiet_week_says_so_and_which_key_leads_on(session: Session) -> None:
    session.store.add([days_ago(20, "old", conversation_id="old")])

    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        message = app.screen.query_one("#message", Static)
        assert "No calls in this range" in str(message.content)
        await press(app, pilot, "r", "end", "enter")
        assert ids(app) == ["old"]

    play(session, scene, screen="sessions")


def test_trouble_keeps_the_list(talked: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        with monkeypatch.context() as patch:
            patch.setattr(talked.store, "records", locked)
            await press(app, pilot, "enter")
            assert "Reading its calls" in words(app, "#detail")
            patch.setattr(talked.store, "sessions", locked)
            app.reload()
            await settle(app, pilot)
            assert "the database is locked" in notice(app)
            assert ids(app) == [CLAUDE, "review", None]

    play(talked, scene, screen="sessions", size=(160, 40))


def test_names_from_outside_are_neither_markup_nor_commands(session: Session) -> None:
    session.store.add([days_ago(1, "bad", conversation_id="[red]\x1b[31mid", project="[b]web\x1b]0;x\x07")])
    session.store.add([days_ago(2, "bad", conversation_id="x[/]")])

    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await press(app, pilot, "enter")
        shown = picture(app)
        assert "[b]web" in shown
        assert "\x1b" not in words(app, "#detail")
        await press(app, pilot, "down")
        assert "Session x[/]" in picture(app)

    play(session, scene, screen="sessions")


def test_every_size_shows_blocks_sessions_and_costs_in_both_themes(talked: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        for size in SIZES:
            await resize(app, pilot, size)
            async for theme in in_both_themes(app, pilot):
                shown = picture(app)
                for word in ("Five-hour blocks", "12:00 to 17:00", "11111111", "review", "$5.00", "Total", "$3.50"):
                    assert word in shown, (size, theme)
            await press(app, pilot, "enter")
            assert CLAUDE[:8] in words(app, "#detail"), size
            if size == (80, 24):
                # There is not room for both: the pane takes the list's place.
                assert not table(app).display
                assert app.screen.query_one("#detail-scroll").has_focus
            await press(app, pilot, "enter")
            if size == (80, 24):
                assert table(app).display
                assert app.screen.focused is table(app)
            await press(app, pilot, "k")
            assert str(table(app).border_title) == "1 block", size
            assert "$3.50" in picture(app), size
            await press(app, pilot, "k")

    play(talked, scene, screen="sessions", size=SIZES[0])
