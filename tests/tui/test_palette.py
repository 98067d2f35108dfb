"""The palette: what it offers here and now, with filters for the labels that the database knows."""

import asyncio

import pytest
from textual.command import CommandList, CommandPalette
from textual.pilot import Pilot
from textual.widgets import Input, OptionList

from tests.tui.sample import call
from tests.tui.stage import picture, play, press, settle
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


def test_it_offers_every_screen_the_ranges_of_a_period_and_to_undo_what_is_there_even_over_a_dialog(
    filled: Session,
) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        assert {f"Open {tab.title}" for tab in TABS} <= set(titles(app))
        assert not [one for one in titles(app) if one.startswith("Range: ")]
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
        # It opens over a dialog and closes alone.
        await press(app, pilot, "P", "ctrl+p")
        assert isinstance(app.screen, CommandPalette)
        await press(app, pilot, "escape")
        assert len(app.screen_stack) == 2
        await choose(app, pilot, "Open Trends")
        assert len(app.screen_stack) == 1
        assert "Range: last 7 days" in titles(app)
        assert "Keys" not in titles(app)

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
        # A search for nothing known closes without harm.
        await press(app, pilot, "ctrl+p")
        await pilot.press(*"zzzz")
        await press(app, pilot, "enter", "escape", "escape")
        await asyncio.wait_for(settle(app, pilot), 10)
        assert app.screen is app.live

    play(filled, scene, screen="trends")


def test_a_label_becomes_a_filter_that_finds_it_alone(session: Session) -> None:
    names = ("two words", 'a "quoted" one', "a,b", "star*", "back\\slash", "none", "naïve-模型")
    session.store.add([call(number, project=name) for number, name in enumerate((*names, "other"))])

    found = dict(label_filters(session.store))

    for name in names:
        (condition,) = parse_filter(found[f"Filter project: {name}"])
        assert (condition.field, condition.operator, condition.values) == ("project", "=", (name,))


# Before anything is typed the palette offers five labels: the model, the platform and three projects.
@pytest.mark.parametrize("names", [("x[/]", "[red]house", "[@click=app.quit]x"), ("a[ b]", "back\\[slash")])
def test_a_name_is_never_taken_for_markup(session: Session, names: tuple[str, ...]) -> None:
    session.store.add([call(number, project=name) for number, name in enumerate(names)])

    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await press(app, pilot, "slash")
        await pilot.press(*"gpt-4o")
        await press(app, pilot, "enter", "ctrl+p")
        await populated(app, pilot)
        for name in names:
            assert f"Filter project: {name}" in offered(app)
        picture(app)
        app.screen.query_one(Input).value = "Filter project"
        await populated(app, pilot)
        for name in names:
            assert f"Filter project: {name}" in offered(app)

    play(session, scene)


def test_labels_are_left_out_while_the_database_does_not_answer(
    filled: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    def locked(field: str) -> list[str]:
        raise TemporaryError("the database is locked")

    monkeypatch.setattr(filled.store, "labels", locked)

    assert label_filters(filled.store) == ()


def test_a_name_from_outside_is_no_markup_in_the_palette_nor_in_the_filter_that_it_clears(session: Session) -> None:
    names = ("[/]", "[@click=app.quit]x[/]", "[$primary]x", "[b]bold[/b]")
    session.store.add([call(number, request_model=name, project="x[/]") for number, name in enumerate(names)])

    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        for name in names:
            app.post_message(FilterWanted(filter_text([Condition("model", "=", (name,))])))
            await press(app, pilot, "ctrl+p")
            for typed in ("", "filter model"):
                app.screen.query_one(Input).value = typed
                await settle(app, pilot)
                options = app.screen.query_one(CommandList)
                shown = [str(options.get_option_at_index(at).prompt) for at in range(options.option_count)]
                for one in names:
                    assert any(line.startswith(f"Filter model: {one}\n") for line in shown), (name, typed)
                picture(app)
            await press(app, pilot, "escape")
        app.screen.post_message(FilterWanted('project="x[/]"'))
        await settle(app, pilot)
        assert app.shared.where == 'project="x[/]"'
        await choose(app, pilot, "Clear the filter")
        assert app.shared.where == ""

    play(session, scene)
