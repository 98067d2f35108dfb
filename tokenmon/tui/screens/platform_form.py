"""The form of a platform: where it is, its key, its prices, its quota. The key is sealed in the thread that stores it
and stands nowhere but in its masked line until then."""

from collections.abc import Callable, Iterable

from textual.content import Content
from textual.widget import Widget
from textual.widgets import Checkbox, Input, Label, Select

from tokenmon.core.platform import Platform
from tokenmon.core.platform_words import PER_MILLION, checked_secret, quota_text
from tokenmon.core.price_rule import PRICES
from tokenmon.core.price_words import suspicious_prices
from tokenmon.errors import ConflictError
from tokenmon.providers.platform_change import with_hint
from tokenmon.providers.registry import PROVIDERS
from tokenmon.session import Session
from tokenmon.tui.entry import FieldError, PlatformEntry, QuotaEntry, at_field, platform_entry
from tokenmon.tui.screens.form import Field, Form

BILLINGS = (("metered, by the call", "metered"), ("subscription, a plan", "subscription"))
PRICE_LABELS = ("Input price", "Output price", "Cache read", "Cache write", "Cache write 1h")


class Tick(Checkbox):
    """A box that is empty until it is ticked: Textual's own shows an X in both states, in two colours."""

    def render(self) -> Content:
        """The box as it stands, and its words."""
        self.BUTTON_INNER = "X" if self.value else " "
        return super().render()


class PlatformForm(Form):
    """Gives the name of the platform that was stored; without `platform` it adds one."""

    def __init__(self, session: Session, platform: Platform | None = None, *, key_words: str = "") -> None:
        super().__init__()
        self._session, self._platform, self._key_words = session, platform, key_words

    def on_mount(self) -> None:
        """Name what is done."""
        super().on_mount()
        one = self._platform
        self.query_one("#box").border_title = "Add a platform" if one is None else f"Edit {one.name}"

    def compose_fields(self) -> Iterable[Widget]:
        """What `platform add` asks."""
        typed = PlatformEntry() if self._platform is None else platform_entry(self._platform)
        yield Field("name", "Name", Input(typed.name, "such as openai-work", compact=True, id="name", max_length=63))
        providers = sorted((f"{one.title} ({one.name})", one.name) for one in PROVIDERS.values())
        provider = Select(providers, value=typed.provider, allow_blank=False, compact=True, id="provider")
        yield Field("provider", "Provider", provider)
        yield Field("base_url", "Base URL", Input(typed.base_url, compact=True, id="base_url"))
        yield Field("key", "Key", *self._key_widgets())
        yield Field("billing", "Billing", _choice("billing", BILLINGS, typed.billing))
        per = [(f"per {one} tokens", one) for one in PER_MILLION]
        yield Field("per", "Own prices", _choice("per", per, typed.per))
        for name, label, text in zip(PRICES, PRICE_LABELS, typed.prices, strict=True):
            placeholder = "USD; empty: the catalogue's" if name == PRICES[0] else ""
            yield Field(name, f"  {label}", Input(text, placeholder, compact=True, id=name))
        quota = typed.quota
        yield Field("quota", "Quota", Input(quota.quota, "100 USD, 5M tokens, 2000 requests", compact=True, id="quota"))
        warn_at = Input(quota.warn_at, compact=True, id="warn_at", classes="narrow-input", max_length=4)
        yield Field("warn_at", "Warn at", warn_at, Label("% of it", classes="between"))

    def _key_widgets(self) -> Iterable[Widget]:
        has_key = self._key_words != ""
        placeholder = f"keep the stored key {self._key_words}" if has_key else "paste it; sealed, never shown again"
        yield Input(placeholder=placeholder, password=True, compact=True, id="key")
        if has_key:
            yield Tick("remove it", compact=True, id="no_key")

    def notes(self) -> None:
        """What is worth knowing before it is stored."""
        spoken = PROVIDERS[self.chosen("provider")]
        default = spoken.default_base_url
        self.query_one("#base_url", Input).placeholder = default or "needed: such as http://127.0.0.1:11434/v1"
        name, is_typed = self.text("name").strip(), bool(self.text("key"))
        old = self._platform
        if old is not None and name and name != old.name:
            self.say("name", f"calls so far stay under {old.name}; callers must use /{name} from now on")
        if old is None and not is_typed:
            self.say("key", "none is stored: callers send their own" if spoken.needs_key else "mostly takes none")
        elif not is_typed:
            self.say("key", "")
        try:
            quota = self._entry().quota.read()
        except FieldError:
            quota = None
        self.say("quota", "" if quota is None else quota_text(quota))
        self._warn_of_prices()

    def _warn_of_prices(self) -> None:
        """A likely slip of unit is told, and stored all the same."""
        try:
            sample = self._entry().own_prices()
        except FieldError:
            return
        warned = suspicious_prices(sample)
        self.say(PRICES[-1], warned[0].replace("--per", "the unit above") if warned else "")

    def _entry(self) -> PlatformEntry:
        return PlatformEntry(
            self.text("name"), self.chosen("provider"), self.text("base_url"), self.chosen("billing"),
            tuple(self.text(name) for name in PRICES), self.chosen("per"),
            QuotaEntry(self.text("quota"), self.text("warn_at")),
        )  # fmt: skip

    def storing(self) -> Callable[[], str]:
        """Add or change the platform as it is stored then."""
        is_removed = any(box.value for box in self.query("#no_key").results(Checkbox))
        typed = self.text("key")
        if self._platform is None:
            return adding(self._session, self._entry(), typed)
        return changing(self._session, self._platform.id, self._entry(), typed, is_removed=is_removed)

    def action_close(self) -> None:
        """Close and forget the key."""
        self.query_one("#key", Input).value = ""
        super().action_close()


def _choice(name: str, options: Iterable[tuple[str, str]], value: str) -> Select[str]:
    return Select(options, value=value, allow_blank=False, compact=True, id=name)


def adding(session: Session, entry: PlatformEntry, typed_key: str) -> Callable[[], str]:
    """What adds a platform in a thread."""

    def store() -> str:
        platform = entry.new(known=session.store.platforms(), now=session.now())
        if not typed_key.strip():
            at_name(lambda: session.store.add_platform(platform))
            return platform.name
        secret = at_field("key", lambda: checked_secret(typed_key))
        seal = at_field("key", lambda: session.vault.sealing(platform.id, secret))
        at_name(lambda: session.store.add_platform(with_hint(platform, secret), seal))
        return platform.name

    return store


def changing(
    session: Session, platform_id: str, entry: PlatformEntry, typed_key: str, *, is_removed: bool
) -> Callable[[], str]:
    """What changes a platform in a thread; without another key the stored one stays."""

    def store() -> str:
        known = session.store.platforms()
        before = next((one for one in known if one.id == platform_id), None)
        if before is None:
            raise FieldError("", ConflictError("the platform was removed meanwhile", hint="esc closes this form"))
        platform = entry.applied(before, known=known)
        if typed_key.strip():
            secret = at_field("key", lambda: checked_secret(typed_key))
            seal = at_field("key", lambda: session.vault.sealing(platform.id, secret))
            at_name(lambda: session.store.replace_platform(with_hint(platform, secret), seal))
        else:
            kept = with_hint(platform, None) if is_removed else platform
            at_name(lambda: session.store.replace_platform(kept))
        return platform.name

    return store


def at_name(stored: Callable[[], None]) -> None:
    """Store, and say at the name that somebody else has taken it meanwhile."""
    try:
        stored()
    except ConflictError as error:
        raise FieldError("name", error) from None
