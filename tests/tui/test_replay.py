"""A past day that passes at speed: begun, held, moved, ended, and days that cannot be replayed."""

from datetime import UTC, datetime, timedelta

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, Label

from tests.tui.sample import NOW, call
from tests.tui.spread import call_at
from tests.tui.stage import notice, picture, play, press, settle
from tokenmon.session import Session
from tokenmon.tui.app import Dashboard
from tokenmon.tui.clock import SPEEDS, Clock, Replay
from tokenmon.tui.screens.replay_dialog import ReplayDialog
from tokenmon.tui.widgets.call_table import CallTable

# What is typed for a day, and why it is refused.
REFUSED = [
    ("", "not a day: ''"),
    ("22.11.2026", "write it as 2026-11-23, or yesterday"),
    ("2026-02-30", "not a day: '2026-02-30'"),
    ("2026-11-24", "that day has not been yet"),
    ("9999-12-31", "that day has not been yet"),
]
MIDNIGHT = datetime(2026, 11, 22, tzinfo=UTC)


class Watch:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.time = NOW

    def __call__(self) -> datetime:
        return self.time

    def go_on(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


@pytest.fixture
def watch(session: Session, monkeypatch: pytest.MonkeyPatch) -> Watch:
    found = Watch()
    monkeypatch.setattr(session, "now", found)
    session.store.add([
        call_at(MIDNIGHT + timedelta(minutes=90), "night"),
        call_at(MIDNIGHT + timedelta(hours=20), "evening", request_model="late"),
        call(1),
    ])  # fmt: skip
    return found


async def replay(app: Dashboard, pilot: Pilot[None], day: str) -> None:
    """Type a day into the dialog and enter it."""
    await press(app, pilot, "P")
    app.screen.query_one("#replay-day", Input).value = day
    await press(app, pilot, "enter")


def test_a_replay_passes_from_midnight_and_shows_what_had_been_by_then(session: Session, watch: Watch) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await replay(app, pilot, "yesterday")
        assert app.shared.now() == MIDNIGHT
        assert "Nothing to show yet at this moment of the replay." in picture(app)
        watch.go_on(60)
        app._tick()
        await settle(app, pilot)
        assert app.shared.now() == MIDNIGHT + timedelta(hours=5)
        assert len(app.screen.query_one(CallTable).keys) == 1
        assert notice(app) == "replay x300, esc leaves it"

    play(session, scene)


def test_a_replay_is_held_goes_on_and_moves(session: Session, watch: Watch) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await replay(app, pilot, "2026-11-22")
        watch.go_on(12)
        await press(app, pilot, "p")
        watch.go_on(60)
        assert app.shared.now() == MIDNIGHT + timedelta(hours=1)
        assert notice(app) == "replay x300, held, esc leaves it"
        await press(app, pilot, "ctrl+right", "ctrl+right", "ctrl+left")
        assert app.shared.now() == MIDNIGHT + timedelta(minutes=90)
        await press(app, pilot, "p", "plus")
        watch.go_on(1)
        assert app.shared.now() == MIDNIGHT + timedelta(minutes=90) + timedelta(seconds=1440)

    play(session, scene)


def test_a_replay_waits_at_the_end_of_its_day_or_at_the_present_and_escape_brings_the_present_back_from_a_held_one(
    session: Session, watch: Watch
) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await press(app, pilot, "plus", "minus", "ctrl+left", "ctrl+right")
        # The keys of a replay do nothing without one.
        assert app.shared.now() == NOW
        assert notice(app) == "live"

        await replay(app, pilot, "2026-11-22")
        watch.go_on(3600)
        app._tick()
        await settle(app, pilot)
        assert notice(app) == "replay over, esc leaves it"
        assert len(app.screen.query_one(CallTable).keys) == 2
        await press(app, pilot, "escape")

        watch.time = NOW
        await replay(app, pilot, "yesterday")
        await press(app, pilot, "p")
        assert notice(app) == "replay x300, held, esc leaves it"
        await press(app, pilot, "escape")
        assert notice(app) == "live"
        assert len(app.screen.query_one(CallTable).keys) == 3

        await replay(app, pilot, "today")
        watch.go_on(7200)
        assert app.shared.now() < NOW
        assert NOW - app.shared.now() < timedelta(seconds=1)

    play(session, scene)


def test_a_screen_opened_in_a_held_replay_shows_its_moment_not_what_stood_there_before(
    session: Session, watch: Watch
) -> None:
    def shown(app: Dashboard) -> list[str]:
        assert app.live is not None
        return [str(one.key[0]) for one in app.live.snapshot.shares]

    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        assert shown(app) == ["gpt-4o", "late"]
        await press(app, pilot, "1")
        await replay(app, pilot, "yesterday")
        watch.go_on(60)
        await press(app, pilot, "p", "3")
        assert notice(app) == "replay x300, held, esc leaves it"
        assert shown(app) == ["gpt-4o"]

    play(session, scene, screen="breakdown")


def test_a_day_before_all_calls_says_on_every_screen_of_days_what_to_press(session: Session, watch: Watch) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await replay(app, pilot, "2026-01-01")
        for tab in ("overview", "trends", "breakdown", "sessions"):
            app.action_open(tab)
            await settle(app, pilot)
            assert "ctrl+right goes half an hour on" in picture(app), tab
            assert notice(app).startswith("replay"), tab

    play(session, scene)


def test_what_is_no_past_day_is_refused_with_the_reason_but_the_first_day_of_the_calendar_is_one(
    session: Session, watch: Watch
) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await press(app, pilot, "P")
        for day, reason in REFUSED:
            app.screen.query_one("#wrong", Label).update("")
            app.screen.query_one("#replay-day", Input).value = day
            await press(app, pilot, "enter")
            assert isinstance(app.screen, ReplayDialog), day
            assert reason in str(app.screen.query_one("#wrong", Label).content), day
            assert app.shared.clock.replay is None, day

        app.screen.query_one("#replay-day", Input).value = "0001-01-02"
        await press(app, pilot, "enter")
        assert notice(app).startswith(("replay", "! "))
        await press(app, pilot, "escape", "escape")
        assert notice(app) == "live"

    play(session, scene)


def test_the_speed_goes_from_that_of_life_to_two_hours_a_second() -> None:
    replayed = Replay.of_day(MIDNIGHT.date(), "UTC", begun=NOW)

    slowest = replayed.at_speed(NOW, -99)
    fastest = replayed.at_speed(NOW, 99)

    assert (slowest.speed, fastest.speed) == (SPEEDS[0], SPEEDS[-1])


def test_another_speed_goes_on_from_where_the_replay_stands() -> None:
    replayed = Replay.of_day(MIDNIGHT.date(), "UTC", begun=NOW)
    later = NOW + timedelta(seconds=10)

    faster = replayed.at_speed(later, 1)

    assert faster.now(later) == replayed.now(later) == MIDNIGHT + timedelta(seconds=3000)


@pytest.mark.parametrize(("steps", "where"), [(-9, timedelta(0)), (99, timedelta(days=1, milliseconds=-1))])
def test_a_replay_never_leaves_its_day(steps: int, where: timedelta) -> None:
    replayed = Replay.of_day(MIDNIGHT.date(), "UTC", begun=NOW)

    moved = replayed.moved(NOW, steps * timedelta(hours=1))

    assert moved.now(NOW) == MIDNIGHT + where


def test_a_day_on_which_the_clock_changes_has_its_own_length() -> None:
    replayed = Replay.of_day(datetime(2026, 10, 25, tzinfo=UTC).date(), "Europe/Berlin", begun=NOW)

    assert replayed.ends - replayed.starts == timedelta(hours=25)


def test_a_clock_without_a_replay_tells_the_present_and_heeds_no_replay_key() -> None:
    clock = Clock(lambda: NOW)

    clock.change_speed(1)
    clock.move(timedelta(hours=1))
    clock.hold(is_held=True)

    assert clock.now() == NOW
    assert not clock.is_over
