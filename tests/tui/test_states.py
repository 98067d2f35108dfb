"""What a screen says while it reads, while the database does not answer, and on a terminal that is too small."""

import asyncio
import threading

import pytest
from textual.pilot import Pilot

from tests.tui.sample import call
from tests.tui.stage import locked, message, notice, picture, play, press, resize, settle
from tokenmon.errors import CancelledError
from tokenmon.session import Session
from tokenmon.tui.app import Dashboard
from tokenmon.tui.asking import Asking
from tokenmon.tui.tabs import TABS
from tokenmon.tui.theme import LIGHT
from tokenmon.tui.widgets.call_table import CallTable

SMALLEST = (40, 16)
# Takes SQLite ten seconds and more.
LONG = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000000) SELECT max(i) FROM n"


def test_every_screen_says_that_the_database_never_answered_tries_again_and_draws_on_the_smallest_terminal(
    filled: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer, is_locked = filled.store.change_marker, True

    def marker() -> int:
        return locked() if is_locked else answer()

    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        nonlocal is_locked
        app.theme = LIGHT.name
        for tab in TABS:
            is_locked = True
            await press(app, pilot, tab.key)
            assert app.current_mode == tab.name
            assert "The database cannot be read: the database is locked." in message(app), tab.name
            assert "tokenmon doctor" in message(app), tab.name
            assert notice(app) == "! no answer, trying again: the database is locked", tab.name
            is_locked = False
            app._tick()
            await settle(app, pilot)
            assert message(app) == "", tab.name
            assert notice(app) == "live", tab.name
            assert app.screen.query_one("#content").display, tab.name
            assert "live" in picture(app), tab.name

    monkeypatch.setattr(filled.store, "change_marker", marker)
    play(filled, scene, size=SMALLEST)


def test_numbers_that_are_stale_stay_and_say_why_even_in_a_pause_and_whatever_went_wrong(
    filled: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise KeyError("hour")

    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        with monkeypatch.context() as trouble:
            trouble.setattr(filled.store, "change_marker", locked)
            app._tick()
            await settle(app, pilot)
            assert notice(app) == "! stale since 15:30, trying again: the database is locked"
            assert len(app.screen.query_one(CallTable).keys) == 47
        app._tick()
        await settle(app, pilot)
        assert notice(app) == "live"

        # What fails in a pause is tried again.
        await press(app, pilot, "p")
        with monkeypatch.context() as trouble:
            trouble.setattr(filled.store, "change_marker", locked)
            await press(app, pilot, "R")
            assert "trying again" in notice(app)
        app._tick()
        await settle(app, pilot)
        assert notice(app) == "paused, p goes on"
        await press(app, pilot, "p")
        assert notice(app) == "live"

        # A fault in reading does not look like a quiet day.
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


def test_a_long_reading_is_given_up_when_another_is_wanted_or_the_dashboard_ends(filled: Session) -> None:
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
        for key in ("R", "q"):
            begun.clear()
            live.question = lambda: long  # type: ignore[method-assign]
            app.reload()
            assert await asyncio.to_thread(begun.wait, 10), key
            live.question = lambda: question  # type: ignore[method-assign]
            await pilot.press(key)
            if key == "R":
                await settle(app, pilot)
                assert ends == ["given up"]

    play(filled, scene)

    assert ends == ["given up"] * 2


def test_nothing_is_read_while_nothing_moves_and_a_screen_left_while_it_reads_shows_its_numbers_on_coming_back(
    filled: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[int] = []
    platforms = filled.store.platforms

    def counted() -> object:
        read.append(1)
        return platforms()

    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        with monkeypatch.context() as patch:
            patch.setattr(filled.store, "platforms", counted)
            for _ in range(5):
                app._tick()
                await settle(app, pilot)
            assert read == []
            filled.store.add([call(3)])
            app._tick()
            await settle(app, pilot)
            assert read == [1]
        await pilot.press("2", "1", "3", "1", "2")
        await settle(app, pilot)
        assert notice(app) == "live"
        await press(app, pilot, "3")
        assert notice(app) == "live"

    play(filled, scene)


def test_a_terminal_that_is_too_small_is_told_what_it_needs(filled: Session) -> None:
    sizes = [(20, 5), (39, 20), (60, 15)]

    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        for size in sizes:
            if size != sizes[0]:
                await resize(app, pilot, size)
            assert f"This terminal has {size[0]} x {size[1]} cells" in message(app)
            await resize(app, pilot, (80, 24))
            assert message(app) == "", size

    play(filled, scene, size=sizes[0])


def test_a_name_from_outside_is_no_markup_in_the_title_of_its_details(session: Session) -> None:
    texts = ("[/]", "[@click=app.quit]x[/]")
    session.store.add([
        call(number, request_model=name, conversation_id=name) for number, name in enumerate(texts)
    ])  # fmt: skip

    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        for tab in ("calls", "sessions"):
            app.action_open(tab)
            await settle(app, pilot)
            assert app.current_mode == tab
            await press(app, pilot, "enter")
            for name in texts:
                assert picture(app).count(name) > 1, (tab, name)
                await press(app, pilot, "down")

    play(session, scene, screen="calls")
