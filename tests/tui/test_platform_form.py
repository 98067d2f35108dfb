"""The form of a platform: what it stores, what it says at which field, and that a key is seen nowhere."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from functools import partial

import pytest
from textual.pilot import Pilot
from textual.widgets import Checkbox, Input, Label, Select

from tests.tui.accounts import SECRET, fill_accounts
from tests.tui.sample import NOW
from tests.tui.stage import picture, play, press, settle
from tokenmon.core.platform import Platform, PlatformQuota
from tokenmon.core.price_rule import PriceOverride
from tokenmon.errors import ConfigError, TemporaryError
from tokenmon.providers.platform_change import with_hint
from tokenmon.session import Session
from tokenmon.tui.app import Dashboard
from tokenmon.tui.screens.platform_form import PlatformForm
from tokenmon.tui.screens.platforms import PlatformsScreen
from tokenmon.tui.widgets.list_table import ListTable


def typed(app: Dashboard, **texts: str) -> None:
    for name, text in texts.items():
        app.screen.query_one(f"#{name}", Input).value = text


def said(app: Dashboard, field: str) -> str:
    return str(app.screen.query_one(f"#field-{field} .field-note", Label).content)


def held_key(session: Session, name: str) -> str | None:
    platform = session.store.platform(name)
    return None if platform.sealed_key is None else session.vault.unseal(platform.id, platform.sealed_key)


@pytest.fixture
def keyed(session: Session) -> Session:
    """A session with one platform whose key is stored, and its calls."""
    fill_accounts(session.store)
    work = with_hint(session.store.platform("work"), SECRET)
    session.store.replace_platform(work, session.vault.sealing(work.id, SECRET))
    return session


def test_a_adds_a_platform_with_everything_that_was_typed(keyed: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await press(app, pilot, "a")
        app.screen.query_one("#provider", Select).value = "azure"
        app.screen.query_one("#billing", Select).value = "subscription"
        app.screen.query_one("#per", Select).value = "1K"
        typed(app, name="azure-eu", base_url="https://x.openai.azure.com", key=f" {SECRET}\n", input_price="0.002",
              quota="100 USD", warn_at="70")  # fmt: skip
        await press(app, pilot, "ctrl+s")
        assert app.screen.query_one(ListTable).cursor_key == ("azure-eu",)

    play(keyed, scene, screen="platforms")

    added = keyed.store.platform("azure-eu")
    assert (added.provider_name, added.base_url) == ("azure", "https://x.openai.azure.com")
    assert (added.billing, added.key_hint, added.created_at) == ("subscription", "a1b2", NOW)
    assert added.prices == PriceOverride(Decimal(2))
    assert added.quota == PlatformQuota(Decimal(100), "usd", 70)
    assert held_key(keyed, "azure-eu") == SECRET


def test_enter_in_any_line_stores_a_platform_without_a_key(session: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await press(app, pilot, "a")
        assert said(app, "key") == "none is stored: callers send their own"
        await press(app, pilot, *"local", "enter")
        assert isinstance(app.screen, PlatformsScreen)

    play(session, scene, screen="platforms")

    assert not session.store.platform("local").has_key


def test_the_buttons_save_and_cancel(session: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await press(app, pilot, "a")
        typed(app, name="first")
        await pilot.click("#form-cancel")
        await settle(app, pilot)
        assert session.store.platforms() == []
        await press(app, pilot, "a")
        typed(app, name="second")
        await pilot.click("#form-save")
        await settle(app, pilot)
        assert [one.name for one in session.store.platforms()] == ["second"]

    play(session, scene, screen="platforms")


def test_editing_begins_with_what_is_stored_and_keeps_the_key(keyed: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await press(app, pilot, "end", "E")
        assert app.screen.query_one("#name", Input).value == "work"
        assert app.screen.query_one("#key", Input).placeholder == "keep the stored key …a1b2"
        assert app.screen.query_one("#quota", Input).value == "2 USD"
        typed(app, output_price="15")
        await press(app, pilot, "ctrl+s")
        assert isinstance(app.screen, PlatformsScreen)

    play(keyed, scene, screen="platforms")

    assert held_key(keyed, "work") == SECRET
    assert keyed.store.platform("work").prices == PriceOverride(output_price=Decimal(15))


def test_another_key_takes_the_place_of_the_stored_one(keyed: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await press(app, pilot, "end", "E")
        typed(app, key="sk-another-key-that-is-long-9z9z")
        await press(app, pilot, "ctrl+s")
        assert "…9z9z" in picture(app)

    play(keyed, scene, screen="platforms")

    assert held_key(keyed, "work") == "sk-another-key-that-is-long-9z9z"


def test_the_stored_key_may_be_removed(keyed: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await press(app, pilot, "end", "E")
        app.screen.query_one("#no_key", Checkbox).value = True
        await press(app, pilot, "ctrl+s")
        assert isinstance(app.screen, PlatformsScreen)

    play(keyed, scene, screen="platforms")

    assert not keyed.store.platform("work").has_key


def test_a_rename_says_what_stays_under_the_old_name(keyed: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await press(app, pilot, "end", "E")
        typed(app, name="office")
        await pilot.pause()
        assert said(app, "name") == "calls so far stay under work; callers must use /office from now on"
        await press(app, pilot, "ctrl+s")
        assert app.screen.query_one(ListTable).cursor_key == ("office",)

    play(keyed, scene, screen="platforms")

    assert held_key(keyed, "office") == SECRET


@pytest.mark.parametrize(
    ("field", "text", "words"),
    [
        ("name", "play", "! there is a platform 'play' already; choose another name"),
        ("name", "Not So", "! the platform name 'Not So' is not usable in a URL"),
        ("base_url", "example.com", "! the base URL 'example.com' is not usable"),
        ("key", "tm-a-client-key", "! this is a client key of tokenmon"),
        ("key", "two words", "! the key has characters that no key holds"),
        ("cache_read_price", "cheap", "! cache read price: 'cheap' is not a price"),
        ("quota", "100 EUR", "! cannot read the quota '100 EUR'"),
        ("warn_at", "0", "! '0' is not a percentage"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_which_gets_the_focus(
    keyed: Session, field: str, text: str, words: str
) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await press(app, pilot, "a")
        typed(app, **{"name": "fine", "quota": "1 USD", field: text})
        await press(app, pilot, "ctrl+s")
        assert said(app, field).startswith(words)
        assert app.focused is app.screen.query_one(f"#{field}")
        assert app.screen.query_one(f"#{field}", Input).value == text
        typed(app, **{field: "1"})
        await pilot.pause()
        assert not said(app, field).startswith("!")

    play(keyed, scene, screen="platforms", size=(80, 24))

    assert len(keyed.store.platforms()) == 4


def test_a_likely_slip_of_unit_is_told_before_it_is_stored(session: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await press(app, pilot, "a")
        app.screen.query_one("#per", Select).value = "1K"
        typed(app, input_price="3")
        await pilot.pause()
        assert "more than any model costs" in said(app, "cache_write_1h_price")

    play(session, scene, screen="platforms")


def test_the_base_url_of_the_provider_is_shown_while_none_is_typed(session: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await press(app, pilot, "a")
        line = app.screen.query_one("#base_url", Input)
        assert line.placeholder == "https://api.openai.com/v1"
        app.screen.query_one("#provider", Select).value = "azure"
        await pilot.pause()
        assert line.placeholder.startswith("needed")

    play(session, scene, screen="platforms")


def test_a_vault_that_does_not_open_is_said_at_the_key_and_nothing_typed_is_lost(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    def locked(*_: object) -> None:
        raise ConfigError("the vault needs its passphrase", hint="set TOKENMON_PASSPHRASE")

    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await press(app, pilot, "a")
        typed(app, name="fine", key=SECRET)
        with monkeypatch.context() as patch:
            patch.setattr(session.vault, "sealing", locked)
            await press(app, pilot, "ctrl+s")
        assert said(app, "key") == "! the vault needs its passphrase; set TOKENMON_PASSPHRASE"
        assert app.screen.query_one("#key", Input).value == SECRET
        await press(app, pilot, "ctrl+s")
        assert held_key(session, "fine") == SECRET

    play(session, scene, screen="platforms")


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (partial(TemporaryError, "the database is locked", hint="try again"), "! the database is locked; try again"),
        (partial(KeyError, "sealed"), "! it could not be stored (KeyError)"),
    ],
)
def test_what_fails_in_storing_is_said_below(
    session: Session, monkeypatch: pytest.MonkeyPatch, fault: Callable[[], Exception], words: str
) -> None:
    def fails(*_: object) -> None:
        # A new one each time: an error that is kept keeps the whole dashboard by its traceback.
        raise fault()

    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        monkeypatch.setattr(session.store, "add_platform", fails)
        await press(app, pilot, "a")
        typed(app, name="fine")
        app.screen.action_save()  # type: ignore[attr-defined]
        for _ in range(5):
            await pilot.pause()
        assert str(app.screen.query_one("#wrong", Label).content) == words

    play(session, scene, screen="platforms")


def test_a_platform_that_was_removed_meanwhile_is_not_brought_back(keyed: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await press(app, pilot, "end", "E")
        keyed.store.remove_platform("work")
        await press(app, pilot, "ctrl+s")
        assert "removed meanwhile" in str(app.screen.query_one("#wrong", Label).content)

    play(keyed, scene, screen="platforms")


def test_a_name_that_was_taken_in_the_same_moment_is_said_at_the_name(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    session.store.add_platform(Platform("p1", "fine", "openai", NOW))
    monkeypatch.setattr(session.store, "platforms", list)

    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await press(app, pilot, "a")
        typed(app, name="fine")
        await press(app, pilot, "ctrl+s")
        assert said(app, "name").startswith("! there is a platform 'fine' already")

    play(session, scene, screen="platforms")


def test_a_key_is_in_no_picture_no_snapshot_and_no_notification(keyed: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        pictures = [picture(app)]
        await press(app, pilot, "a")
        typed(app, name="another", key=SECRET)
        await pilot.pause()
        pictures.append(picture(app))
        form = app.screen
        assert isinstance(form, PlatformForm)
        await press(app, pilot, "ctrl+s")
        pictures.append(picture(app))
        await press(app, pilot, "E")
        pictures.append(picture(app))
        await press(app, pilot, "escape", "y")
        seen = [*pictures, app.clipboard, repr(app.live and app.live.snapshot), repr(vars(form))]
        seen += [one.message for one in app._notifications]
        assert "…a1b2" in seen[0]
        assert not any(SECRET in one or SECRET[3:12] in one for one in seen)

    play(keyed, scene, screen="platforms", size=(200, 60))

    assert held_key(keyed, "another") == SECRET


@pytest.mark.parametrize("size", [(40, 20), (44, 30), (80, 24), (120, 40)])
def test_the_form_fits_every_terminal(keyed: Session, size: tuple[int, int]) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await press(app, pilot, "end", "E")
        box = app.screen.query_one("#box").region
        assert box.right <= size[0]
        assert box.bottom <= size[1]
        app.screen.query_one("#form-save").focus()
        await settle(app, pilot)
        assert "Save" in picture(app)

    play(keyed, scene, screen="platforms", size=size)


def test_a_platform_without_an_address_of_its_own_stays_so(keyed: Session) -> None:
    before = keyed.store.platform("work")

    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await press(app, pilot, "end", "E", "ctrl+s")
        assert isinstance(app.screen, PlatformsScreen)

    play(keyed, scene, screen="platforms")

    assert keyed.store.platform("work") == replace(before)


def test_the_box_that_removes_a_key_is_empty_until_it_is_ticked(keyed: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await press(app, pilot, "end", "E")
        box = app.screen.query_one("#no_key", Checkbox)
        assert "X" not in str(box.render())
        box.value = True
        assert "X" in str(box.render())

    play(keyed, scene, screen="platforms")
