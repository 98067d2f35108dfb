"""What a screen says while it reads, while the database does not answer, and on a terminal that is too small."""

import asyncio
import threading

import pytest
from textual.pilot import Pilot

from tests.tui.sample import call
from tests.tui.stage import message, notice, picture, play, press, settle
from tokenmon.errors import CancelledError, TemporaryError
from tokenmon.session import Session
from tokenmon.tui.app import Dashboard
from tokenmon.tui.asking import Asking
from tokenmon.tui.tabs import NAMES
from tokenmon.tui.theme import LIGHT
from tokenmon.tui.widgets.call_table import CallTable

# Takes SQLite ten seconds and more.
LONG = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000000) SELECT max(i) FROM n"


def locked() -> int:
    raise TemporaryError("the database is locked")


@pytest.mark.parametrize("screen", NAMES)
def test_a_database_that_never_answered_is_said_with_a_next_step_and_tried_again(
    filled: Session, monkeypatch: pytest.MonkeyPatch, screen: str
) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        assert "The database cannot be read: the database is locked." in message(app)
        assert "tokenmon doctor" in message(app)
        assert notice(app) == "! no answer, trying again: the database is locked"
        monkeypatch.undo()
        app._tick()
        await settle(app, pilot)
        assert message(app) == ""
        assert notice(app) == "live"

    monkeypatch.setattr(filled.store, "change_marker", locked)
    play(filled, scene, screen=screen)


def test_numbers_that_are_stale_stay_and_say_since_when(filled: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        monkeypatch.setattr(filled.store, "change_marker", locked)
        app._tick()
        await settle(app, pilot)
        assert notice(app) == "! stale since 15:30, trying again: the database is locked"
        assert len(app.screen.query_one(CallTable).keys) == 47

    play(filled, scene)


def test_what_fails_in_a_pause_is_tried_again(filled: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await press(app, pilot, "p")
        with monkeypatch.context() as trouble:
            trouble.setattr(filled.store, "change_marker", locked)
            await press(app, pilot, "R")
            assert "trying again" in notice(app)
        app._tick()
        await settle(app, pilot)
        assert notice(app) == "paused, p goes on"

    play(filled, scene)


def test_a_fault_in_reading_does_not_look_like_a_quiet_day(filled: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise KeyError("hour")

    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        monkeypatch.setattr(filled.store, "platforms", broken)
        app.reload()
        await settle(app, pilot)
        assert "reading failed (KeyError)" in notice(app)

    play(filled, scene)


def test_a_slow_reading_says_that_it_reads_and_is_not_replaced_at_every_tick(
    filled: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_go_on, begun = threading.Event(), []
    platforms = filled.store.platforms

    def slow() -> object:
        begun.append(1)
        may_go_on.wait(10)
        return platforms()

    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        monkeypatch.setattr(filled.store, "platforms", slow)
        app.reload()
        for _ in range(3):
            app._tick()
            await pilot.pause()
        said = notice(app)
        may_go_on.set()
        await settle(app, pilot)
        assert said == "reading"
        assert len(begun) == 1
        assert notice(app) == "live"

    play(filled, scene)


@pytest.mark.parametrize("key", ["R", "q"])
def test_a_long_reading_is_given_up_when_another_is_wanted_or_the_dashboard_ends(filled: Session, key: str) -> None:
    begun, ends = threading.Event(), []

    def long(asking: Asking) -> object:
        begun.set()
        try:
            with asking.store._reading() as connection:
                connection.exec_driver_sql(LONG)
        except CancelledError:
            ends.append("given up")
            raise
        ends.append("read to the end")
        return None

    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        live = app.live
        assert live is not None
        question = live.question()
        live.question = lambda: long  # type: ignore[method-assign]
        app.reload()
        await asyncio.to_thread(begun.wait, 10)
        live.question = lambda: question  # type: ignore[method-assign]
        await pilot.press(key)

    play(filled, scene)

    assert ends == ["given up"]


def test_nothing_is_read_while_nothing_moves(filled: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []
    platforms = filled.store.platforms

    def counted() -> object:
        read.append(1)
        return platforms()

    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        monkeypatch.setattr(filled.store, "platforms", counted)
        for _ in range(5):
            app._tick()
            await settle(app, pilot)
        assert read == []
        filled.store.add([call(3)])
        app._tick()
        await settle(app, pilot)
        assert read == [1]

    play(filled, scene)


@pytest.mark.parametrize("size", [(39, 20), (60, 15), (20, 5)])
def test_a_terminal_that_is_too_small_is_told_what_it_needs(filled: Session, size: tuple[int, int]) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        assert f"This terminal has {size[0]} x {size[1]} cells" in message(app)
        await pilot.resize_terminal(80, 24)
        await settle(app, pilot)
        assert message(app) == ""

    play(filled, scene, size=size)


@pytest.mark.parametrize("screen", NAMES)
def test_every_screen_draws_on_the_smallest_terminal(filled: Session, screen: str) -> None:
    size = (40, 16)

    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        app.theme = LIGHT.name
        await settle(app, pilot)
        assert app.screen.query_one("#content").display
        assert "live" in picture(app)

    play(filled, scene, screen=screen, size=size)


def test_a_screen_that_is_left_while_it_reads_shows_its_numbers_on_coming_back(filled: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await pilot.press("2", "1", "3", "1", "2")
        await settle(app, pilot)
        assert notice(app) == "live"
        await press(app, pilot, "3")
        assert notice(app) == "live"

    play(filled, scene)


@pytest.mark.parametrize("screen", ["calls", "sessions"])
@pytest.mark.parametrize("name", ["[/]", "[@click=app.quit]x[/]"])
def test_a_name_from_outside_is_no_markup_in_the_title_of_its_details(session: Session, screen: str, name: str) -> None:
    session.store.add([call(1, request_model=name, conversation_id=name)])

    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await press(app, pilot, "enter")
        assert name in picture(app)

    play(session, scene, screen=screen)
