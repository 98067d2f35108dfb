"""Remapped keys: what is taken, and what is refused with a word that helps."""

import pytest
from textual.binding import Binding
from textual.pilot import Pilot

from tests.tui.stage import notice, play, press
from tokenmon.errors import ConfigError
from tokenmon.session import Session
from tokenmon.tui.app import Dashboard
from tokenmon.tui.bindings import EVERYWHERE, Place, places
from tokenmon.tui.keymap import checked_keymap, key_name

FOUND = (
    Place(
        EVERYWHERE,
        (
            Binding("p", "pause", "Pause", id="pause"),
            Binding("q", "quit", "Quit", id="quit"),
            Binding("ctrl+p", "palette", "Palette", id="palette", priority=True),
        ),
    ),
    Place("Calls", (Binding("s", "sort", "Sort", id="sort"),), is_screen=True),
    Place("Form", (Binding("ctrl+s", "save", "Save", id="save-form"),)),
)


@pytest.mark.parametrize(
    ("pairs", "keymap"),
    [
        ((), {}),
        (("pause=f9",), {"pause": "f9"}),
        (("pause=f9", "pause=space"), {"pause": "f9,space"}),
        (("pause=q", "quit=p"), {"pause": "q", "quit": "p"}),
        (("save-form=f2",), {"save-form": "f2"}),
        (("save-form=p",), {"save-form": "p"}),
        (("palette=f1",), {"palette": "f1"}),
    ],
)
def test_pairs_become_keys_by_the_name_of_their_binding(pairs: tuple[str, ...], keymap: dict[str, str]) -> None:
    assert checked_keymap(pairs, FOUND) == keymap


@pytest.mark.parametrize(
    ("pair", "reason", "hint"),
    [
        ("puase=f9", "there is no binding 'puase'", "did you mean pause?"),
        ("zzz=f9", "there is no binding 'zzz'", "the help (?) in tokenmon dash names them"),
        ("pause=spaec", "there is no key 'spaec'", "did you mean space?"),
        ("pause=ctl+k", "there is no key 'ctl+k'", "did you mean ctrl+k?"),
        ("pause=f99", "there is no key 'f99'", "did you mean f9?"),
        ("pause=q", "pause and quit are both on q", "give one another key"),
        ("pause=s", "pause and sort are both on s on Calls", "give one another key"),
        ("sort=p", "pause and sort are both on p on Calls", "give one another key"),
        ("palette=x", "palette cannot be on a key that types", "such as palette=f10"),
    ],
)
def test_what_cannot_be_is_said_with_what_could(pair: str, reason: str, hint: str) -> None:
    with pytest.raises(ConfigError) as caught:
        checked_keymap((pair,), FOUND)

    assert reason in caught.value.message
    assert caught.value.hint is not None
    assert hint in caught.value.hint


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("?", "question_mark"),
        ("+", "plus"),
        ("-", "minus"),
        ("K", "K"),
        ("7", "7"),
        ("ctrl+k", "ctrl+k"),
        ("ctrl+shift+left", "ctrl+shift+left"),
        ("question_mark", "question_mark"),
        ("f12", "f12"),
    ],
)
def test_a_key_may_be_written_as_it_is_typed(typed: str, name: str) -> None:
    assert key_name(typed) == name


def test_the_keys_as_they_come_do_not_clash() -> None:
    seen = [
        (place.title, key)
        for place in places(Dashboard)
        for binding in place.bindings
        for key in binding.key.split(",")
    ]

    assert len(seen) == len(set(seen))


def test_every_binding_may_be_moved_to_a_key_of_its_own() -> None:
    found = places(Dashboard)
    names = {one.id for place in found for one in place.bindings if one.id}

    for name in names:
        assert checked_keymap((f"{name}=f24",), found) == {name: "f24"}


def test_a_moved_key_works_and_the_one_before_does_not(filled: Session) -> None:
    from dataclasses import replace

    filled.settings = replace(filled.settings, dash_keys=("pause=f9", "open-trends=ctrl+t", "range=R", "refresh=f5"))

    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await press(app, pilot, "p")
        assert notice(app) == "live"
        await press(app, pilot, "f9")
        assert notice(app).startswith("paused")
        await press(app, pilot, "ctrl+t", "R")
        assert app.live is not None
        assert app.live.NAME == "trends"
        assert len(app.screen_stack) == 2

    play(filled, scene)
