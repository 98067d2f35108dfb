"""The form of a quota: which platform, how much of what, and when to warn."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from textual.widget import Widget
from textual.widgets import Input, Label, Select

from tokenmon.core.platform import PlatformQuota
from tokenmon.core.platform_words import quota_text
from tokenmon.errors import ConfigError, ConflictError
from tokenmon.session import Session
from tokenmon.tui.entry import FieldError, QuotaEntry, quota_entry
from tokenmon.tui.screens.form import Field, Form


class QuotaForm(Form):
    """Gives the name of the platform whose quota was stored."""

    def __init__(self, session: Session, platforms: Sequence[str], quota: PlatformQuota | None = None) -> None:
        super().__init__()
        self._session, self._platforms, self._quota = session, platforms, quota

    def on_mount(self) -> None:
        """Begin with the amount, where there is no platform to choose."""
        super().on_mount()
        self.query_one("#box").border_title = "Add a quota" if self._quota is None else "Change the quota"
        if len(self._platforms) == 1:
            self.query_one("#quota").focus()

    def compose_fields(self) -> Iterable[Widget]:
        """Platform, amount, threshold."""
        first = self._platforms[0]
        if self._quota is not None:
            yield Field("platform", "Platform", Label(first, markup=False))
        else:
            options = [(name, name) for name in self._platforms]
            choice = Select(options, value=first, allow_blank=False, compact=True, id="platform")
            yield Field("platform", "Platform", choice)
        typed = quota_entry(self._quota)
        hint = "100 USD, 5M tokens or 2000 requests"
        yield Field("quota", "Monthly quota", Input(typed.quota if self._quota else "", hint, compact=True, id="quota"))
        warn_at = Input(typed.warn_at, compact=True, id="warn_at", classes="narrow-input", max_length=4)
        yield Field("warn_at", "Warn at", warn_at, Label("% of it", classes="between"))

    def notes(self) -> None:
        """How the quota reads, while it is typed."""
        try:
            understood = self._entry().read()
        except FieldError:
            understood = None
        self.say("quota", "" if understood is None else quota_text(understood))

    def _entry(self) -> QuotaEntry:
        return QuotaEntry(self.text("quota"), self.text("warn_at"))

    def storing(self) -> Callable[[], str]:
        """Give the platform, as it is stored then, this quota."""
        name = self._platforms[0] if self._quota is not None else self.chosen("platform")
        return store_quota(self._session, name, self._entry(), is_new=self._quota is None)


def store_quota(session: Session, name: str, entry: QuotaEntry, *, is_new: bool) -> Callable[[], str]:
    """What stores a quota in a thread."""

    def store() -> str:
        platform = session.store.platform(name)
        if is_new and platform.quota is not None:
            raise FieldError("platform", ConflictError(f"the platform {name} has a quota already"))
        quota = entry.read()
        if quota is None:
            raise FieldError("quota", ConfigError("a quota needs an amount", hint="such as 100 USD"))
        session.store.replace_platform(replace(platform, quota=quota))
        return name

    return store
