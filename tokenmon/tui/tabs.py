"""The dashboard's screens by name, each loaded when it is first opened."""

import difflib
import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tokenmon.tui.screens.live import LiveScreen
    from tokenmon.tui.shared import Shared
from tokenmon.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Tab:
    """One screen: its word, its title, its key, and where it is."""

    name: str
    title: str
    key: str
    module: str
    kind: str

    def screen(self, shared: "Shared") -> "LiveScreen[Any]":
        """The screen itself."""
        module = importlib.import_module(f"tokenmon.tui.screens.{self.module}")
        return getattr(module, self.kind)(shared)  # type: ignore[no-any-return]


TABS = (
    Tab("overview", "Overview", "1", "overview", "OverviewScreen"),
    Tab("trends", "Trends", "2", "trends", "TrendsScreen"),
    Tab("breakdown", "Breakdown", "3", "breakdown", "BreakdownScreen"),
    Tab("calls", "Calls", "4", "calls", "CallsScreen"),
    Tab("quotas", "Quotas", "5", "quotas", "QuotasScreen"),
    Tab("platforms", "Platforms", "6", "platforms", "PlatformsScreen"),
    Tab("sessions", "Sessions", "7", "sessions", "SessionsScreen"),
)
NAMES = tuple(tab.name for tab in TABS)


def screen_name(word: str | None) -> str:
    """The screen that a word names, the first one for None; ConfigError for no screen."""
    if word is None:
        return NAMES[0]
    if word in NAMES:
        return word
    near = difflib.get_close_matches(word, NAMES, n=1)
    hint = f"did you mean {near[0]}?" if near else "one of " + ", ".join(NAMES)
    raise ConfigError(f"there is no screen {word[:30]!r}", hint=hint)
