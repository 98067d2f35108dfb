"""The dashboard's screens by name, each loaded when it is first opened."""

import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tokenmon.tui.screens.live import LiveScreen
    from tokenmon.tui.shared import Shared


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
)
NAMES = tuple(tab.name for tab in TABS)
