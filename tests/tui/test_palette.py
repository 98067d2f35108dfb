"""The palette: what it offers here and now, with filters for the labels that the database knows."""

import asyncio

import pytest
from textual.command import CommandList, CommandPalette
from textual.pilot import Pilot
from textual.widgets import Input, OptionList

from tests.tui.sample import call
from tests.tui.stage import play, press, settle
from tokenmon.core.condition import Condition
from tokenmon.core.filter_language import filter_text, parse_filter
from tokenmon.core.span import Span
from tokenmon.errors import TemporaryError
from tokenmon.session import Session
from tokenmon.tui.app import Dashboard
from tokenmon.tui.commands import label_filters
from tokenmon.tui.messages import FilterWanted
from tokenmon.tui.screens.help_dialog import HelpDialog
from tokenmon.tui.screens.spanned import SpannedScreen
from tokenmon.tui.tabs import TABS


def titles(app: Dashboard) -> list[str]:
    return [one.title for one in app.get_system_commands(app.screen)]


async def populated(app: Dashboard, pilot: Pilot[None]) -> None:
    """Wait until the palette has found all that it finds."""
    for _ in range(50):
        await pilot.pause(0.02)
        if app.screen.query_one("CommandList").has_class("--populating") is False:
            break
    await settle(app, pilot)


def offered(app: Dashboard) -> list[str]:
    """The first lines of what the palette has found."""
    options = app.screen.query_one(OptionList).options
    return [str(option.prompt).split("\n", 1)[0] for option in options]


async def choose(app: Dashboard, pilot: Pilot[None], typed: str) -> None:
    """Type into the palette and take the first that it finds."""
    await press(app, pilot, "ctrl+p")
    app.screen.query_one(Input).value = typed
    await populated(app, pilot)
    await press(app, pilot, "down", "enter")


def test_it_offers_every_screen_and_on_a_screen_of_a_period_the_ranges(filled: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        assert {f"Open {tab.title}" for tab in TABS} <= set(titles(app))
        assert not [one for one in titles(app) if one.startswith("Range: ")]
        await press(app, pilot, "2")
        assert "Range: last 7 days" in titles(app)
        assert "Keys" not in titles(app)

    play(filled, scene)


def test_it_offers_to_undo_only_what_is_there(filled: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        assert not {"Clear the filter", "End the replay"} & set(titles(app))
        app.screen.post_message(FilterWanted("model:gpt"))
        await settle(app, pilot)
        await press(app, pilot, "P", "enter")
        assert {"Clear the filter", "End the replay"} <= set(titles(app))
        for command in list(app.get_system_commands(app.screen)):
            if command.title in ("Clear the filter", "End the replay"):
                command.callback()
        await settle(app, pilot)
        assert app.shared.where == ""
        assert app.shared.clock.replay is None

    play(filled, scene)


def test_what_is_chosen_happens_on_the_screen_below(filled: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await choose(app, pilot, "Range: last 90")
        assert isinstance(app.screen, SpannedScreen)
        assert app.screen.span == Span("90d")
        await choose(app, pilot, "Help")
        assert isinstance(app.screen, HelpDialog)
        await press(app, pilot, "escape")
        await choose(app, pilot, "Filter model gpt")
        assert app.shared.where == "model=gpt-4o"

    play(filled, scene, screen="trends")


def test_it_opens_over_a_dialog_and_closes_alone(filled: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await press(app, pilot, "P", "ctrl+p")
        assert isinstance(app.screen, CommandPalette)
        await press(app, pilot, "escape")
        assert len(app.screen_stack) == 2
        await choose(app, pilot, "Open Trends")
        assert len(app.screen_stack) == 1

    play(filled, scene)


@pytest.mark.parametrize("name", ["two words", 'a "quoted" one', "a,b", "star*", "back\\slash", "none", "naïve-模型"])
def test_a_label_becomes_a_filter_that_finds_it_alone(session: Session, name: str) -> None:
    session.store.add([call(1, project=name), call(2, project="other")])

    found = dict(label_filters(session.store))

    (condition,) = parse_filter(found[f"Filter project: {name}"])
    assert (condition.field, condition.operator, condition.values) == ("project", "=", (name,))


@pytest.mark.parametrize("name", ["x[/]", "[red]house", "[@click=app.quit]x", "a[ b]", "back\\[slash"])
def test_a_name_is_never_taken_for_markup(session: Session, name: str) -> None:
    session.store.add([call(1, project=name)])

    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await press(app, pilot, "slash", *"gpt-4o", "enter", "ctrl+p")
        await populated(app, pilot)
        assert f"Filter project: {name}" in offered(app)
        app.screen.query_one(Input).value = "Filter project"
        await populated(app, pilot)
        assert f"Filter project: {name}" in offered(app)

    play(session, scene)


def test_a_filter_that_looks_like_markup_can_be_cleared_by_it(session: Session) -> None:
    session.store.add([call(1, project="x[/]")])

    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        app.screen.post_message(FilterWanted('project="x[/]"'))
        await settle(app, pilot)
        await choose(app, pilot, "Clear the filter")
        assert app.shared.where == ""

    play(session, scene)


def test_labels_are_left_out_while_the_database_does_not_answer(
    filled: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    def locked(field: str) -> list[str]:
        raise TemporaryError("the database is locked")

    monkeypatch.setattr(filled.store, "labels", locked)

    assert label_filters(filled.store) == ()


def test_a_search_for_nothing_known_closes_without_harm(filled: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await press(app, pilot, "ctrl+p", *"zzzz", "enter", "escape", "escape")
        await asyncio.wait_for(settle(app, pilot), 10)
        assert app.screen is app.live

    play(filled, scene)


@pytest.mark.parametrize("name", ["[/]", "[@click=app.quit]x[/]", "[$primary]x", "[b]bold[/b]"])
@pytest.mark.parametrize("typed", ["", "filter model"])
def test_a_name_from_outside_is_no_markup_in_the_palette(session: Session, name: str, typed: str) -> None:
    session.store.add([call(1, request_model=name)])

    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        app.post_message(FilterWanted(filter_text([Condition("model", "=", (name,))])))
        await press(app, pilot, "ctrl+p")
        app.screen.query_one(Input).value = typed
        await settle(app, pilot)
        options = app.screen.query_one(CommandList)
        shown = [str(options.get_option_at_index(at).prompt) for at in range(options.option_count)]
        assert any(line.startswith(f"Filter model: {name}\n") for line in shown)

    play(session, scene)
