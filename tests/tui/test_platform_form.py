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
from tests.tui.stage import picture, play, press, resize, settle
from tokenmon.core.platform import Platform, PlatformQuota
from tokenmon.core.price_rule import PriceOverride
from tokenmon.errors import ConfigError, TemporaryError
from tokenmon.providers.platform_change import with_hint
from tokenmon.session import Session
from tokenmon.tui.app import Dashboard
from tokenmon.tui.screens.platform_form import PlatformForm
from tokenmon.tui.screens.platforms import PlatformsScreen
from tokenmon.tui.widgets.list_table import ListTable

SIZES = [(40, 20), (44, 30), (80, 24), (120, 40)]
# What is wrong with what, and the beginning of what is said of it.
WRONG = [
    ("name", "play", "! there is a platform 'play' already; choose another name"),
    ("name", "Not So", "! the platform name 'Not So' is not usable in a URL"),
    ("base_url", "example.com", "! the base URL 'example.com' is not usable"),
    ("key", "tm-a-client-key", "! this is a client key of tokenmon"),
    ("key", "two words", "! the key has characters that no key holds"),
    ("cache_read_price", "cheap", "! cache read price: 'cheap' is not a price"),
    ("quota", "100 EUR", "! cannot read the quota '100 EUR'"),
    ("warn_at", "0", "! '0' is not a percentage"),
]
# What fails in storing, and what is said of it below.
FAULTS: list[tuple[Callable[[], Exception], str]] = [
    (partial(TemporaryError, "the database is locked", hint="try again"), "! the database is locked; try again"),
    (partial(KeyError, "sealed"), "! it could not be stored (KeyError)"),
]


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


def test_a_adds_a_platform_with_everything_that_was_typed_and_its_key_is_seen_nowhere(keyed: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        pictures = [picture(app)]
        await press(app, pilot, "a")
        app.screen.query_one("#provider", Select).value = "azure"
        app.screen.query_one("#billing", Select).value = "subscription"
        app.screen.query_one("#per", Select).value = "1K"
        typed(app, name="azure-eu", base_url="https://x.openai.azure.com", key=f" {SECRET}\n", input_price="0.002",
              quota="100 USD", warn_at="70")  # fmt: skip
        await pilot.pause()
        pictures.append(picture(app))
        form = app.screen
        assert isinstance(form, PlatformForm)
        await press(app, pilot, "ctrl+s")
        assert app.screen.query_one(ListTable).cursor_key == ("azure-eu",)
        pictures.append(picture(app))
        await press(app, pilot, "E")
        pictures.append(picture(app))
        await press(app, pilot, "escape", "y")
        seen = [*pictures, app.clipboard, repr(app.live and app.live.snapshot), repr(vars(form))]
        seen += [one.message for one in app._notifications]
        assert "…a1b2" in seen[0]
        assert not any(SECRET in one or SECRET[3:12] in one for one in seen)

    play(keyed, scene, screen="platforms", size=(200, 60))

    added = keyed.store.platform("azure-eu")
    assert (added.provider_name, added.base_url) == ("azure", "https://x.openai.azure.com")
    assert (added.billing, added.key_hint, added.created_at) == ("subscription", "a1b2", NOW)
    assert added.prices == PriceOverride(Decimal(2))
    assert added.quota == PlatformQuota(Decimal(100), "usd", 70)
    assert held_key(keyed, "azure-eu") == SECRET


def test_the_form_tells_what_is_worth_knowing_and_is_cancelled_or_stored_by_key_and_by_button(
    session: Session,
) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await press(app, pilot, "a")
        assert said(app, "key") == "none is stored: callers send their own"
        # The base URL of the provider is shown while none is typed.
        line = app.screen.query_one("#base_url", Input)
        assert line.placeholder == "https://api.openai.com/v1"
        app.screen.query_one("#provider", Select).value = "azure"
        await pilot.pause()
        assert line.placeholder.startswith("needed")
        # A likely slip of unit is told before it is stored.
        app.screen.query_one("#per", Select).value = "1K"
        typed(app, name="first", input_price="3")
        await pilot.pause()
        assert "more than any model costs" in said(app, "cache_write_1h_price")
        picture(app)
        await pilot.click("#form-cancel")
        await settle(app, pilot)
        assert session.store.platforms() == []
        await press(app, pilot, "a")
        typed(app, name="second")
        await pilot.click("#form-save")
        await settle(app, pilot)
        assert [one.name for one in session.store.platforms()] == ["second"]
        await press(app, pilot, "a", *"local", "enter")
        assert isinstance(app.screen, PlatformsScreen)

    play(session, scene, screen="platforms")

    assert not session.store.platform("local").has_key


def test_editing_begins_with_what_is_stored_and_changes_nothing_else(keyed: Session) -> None:
    store = keyed.store
    before = store.platform("work")

    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await press(app, pilot, "end", "E")
        assert app.screen.query_one("#name", Input).value == "work"
        assert app.screen.query_one("#key", Input).placeholder == "keep the stored key …a1b2"
        assert app.screen.query_one("#quota", Input).value == "2 USD"
        # The box that removes a key is empty until it is ticked.
        box = app.screen.query_one("#no_key", Checkbox)
        assert "X" not in str(box.render())
        box.value = True
        assert "X" in str(box.render())
        box.value = False

        # A platform without an address of its own stays so.
        await press(app, pilot, "ctrl+s")
        assert isinstance(app.screen, PlatformsScreen)
        assert store.platform("work") == replace(before)
        assert held_key(keyed, "work") == SECRET

        # A rename says what stays under the old name; the key is kept.
        await press(app, pilot, "E")
        typed(app, name="office", output_price="15")
        await pilot.pause()
        assert said(app, "name") == "calls so far stay under work; callers must use /office from now on"
        await press(app, pilot, "ctrl+s")
        assert app.screen.query_one(ListTable).cursor_key == ("office",)
        assert store.platform("office") == replace(
            before, name="office", prices=PriceOverride(output_price=Decimal(15))
        )
        assert held_key(keyed, "office") == SECRET

        # Another key takes the place of the stored one.
        await press(app, pilot, "E")
        typed(app, key="sk-another-key-that-is-long-9z9z")
        await press(app, pilot, "ctrl+s")
        assert "…9z9z" in picture(app)
        assert held_key(keyed, "office") == "sk-another-key-that-is-long-9z9z"

        # The stored key may be removed.
        await press(app, pilot, "E")
        app.screen.query_one("#no_key", Checkbox).value = True
        await press(app, pilot, "ctrl+s")
        assert isinstance(app.screen, PlatformsScreen)
        assert not store.platform("office").has_key

        # A platform that was removed meanwhile is not brought back.
        await press(app, pilot, "E")
        store.remove_platform("office")
        await press(app, pilot, "ctrl+s")
        assert "removed meanwhile" in str(app.screen.query_one("#wrong", Label).content)

    play(keyed, scene, screen="platforms")

    assert "office" not in [one.name for one in store.platforms()]


def test_what_is_wrong_is_said_at_its_field_which_gets_the_focus(keyed: Session) -> None:
    fine = {"name": "fine", "base_url": "", "key": "", "cache_read_price": "", "quota": "1 USD", "warn_at": "80"}

    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await press(app, pilot, "a")
        for field, text, words in WRONG:
            app.screen.query_one("#billing").focus()
            typed(app, **{**fine, field: text})
            await press(app, pilot, "ctrl+s")
            assert said(app, field).startswith(words), (field, text)
            assert app.focused is app.screen.query_one(f"#{field}"), (field, text)
            assert app.screen.query_one(f"#{field}", Input).value == text
            typed(app, **{field: "1"})
            await pilot.pause()
            assert not said(app, field).startswith("!"), (field, text)
            assert len(keyed.store.platforms()) == 4, (field, text)

    play(keyed, scene, screen="platforms", size=(80, 24))


def test_what_fails_in_storing_is_said_and_nothing_typed_is_lost(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    session.store.add_platform(Platform("p1", "taken", "openai", NOW))

    def locked(*_: object) -> None:
        raise ConfigError("the vault needs its passphrase", hint="set TOKENMON_PASSPHRASE")

    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await press(app, pilot, "a")
        form = app.screen
        assert isinstance(form, PlatformForm)

        # Whatever the store says, or a fault of ours, stands below.
        typed(app, name="fine")
        for fault, words in FAULTS:

            def fails(*_: object, fault: Callable[[], Exception] = fault) -> None:
                # A new one each time: an error that is kept keeps the whole dashboard by its traceback.
                raise fault()

            with monkeypatch.context() as patch:
                patch.setattr(session.store, "add_platform", fails)
                form.action_save()
                for _ in range(50):
                    await pilot.pause()
                    if not form.is_saving:
                        break
            assert str(form.query_one("#wrong", Label).content) == words

        # A name that was taken in the same moment, at the name.
        typed(app, name="taken")
        with monkeypatch.context() as patch:
            patch.setattr(session.store, "platforms", list)
            await press(app, pilot, "ctrl+s")
        assert said(app, "name").startswith("! there is a platform 'taken' already")

        # A vault that does not open, at the key.
        typed(app, name="fine", key=SECRET)
        with monkeypatch.context() as patch:
            patch.setattr(session.vault, "sealing", locked)
            await press(app, pilot, "ctrl+s")
        assert said(app, "key") == "! the vault needs its passphrase; set TOKENMON_PASSPHRASE"
        assert app.screen.query_one("#key", Input).value == SECRET
        assert [one.name for one in session.store.platforms()] == ["taken"]
        await press(app, pilot, "ctrl+s")
        assert held_key(session, "fine") == SECRET

    play(session, scene, screen="platforms")


def test_the_form_fits_every_terminal(keyed: Session) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await press(app, pilot, "end", "E")
        for size in SIZES:
            if size != SIZES[0]:
                app.screen.query_one("#name").focus()
                await resize(app, pilot, size)
                await pilot.wait_for_scheduled_animations()
            box = app.screen.query_one("#box").region
            assert box.right <= size[0], size
            assert box.bottom <= size[1], size
            app.screen.query_one("#form-save").focus()
            await settle(app, pilot)
            # The form is scrolled there by and by.
            await pilot.wait_for_scheduled_animations()
            assert "Save" in picture(app), size

    play(keyed, scene, screen="platforms", size=SIZES[0])
