"""Every binding that the dashboard defines, by the place where its keys hold: the application, a screen, a widget.

Found by looking through the modules, so that a new screen's keys are known to the keymap and to the docs at once.
"""

import importlib
import pkgutil
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from textual.app import App
from textual.binding import Binding
from textual.dom import DOMNode
from textual.screen import Screen
from textual.widget import Widget

from tokenmon.tui import screens, widgets
from tokenmon.tui.screens.live import LiveScreen
from tokenmon.tui.tabs import TABS

EVERYWHERE = "Everywhere"


@dataclass(frozen=True, slots=True)
class Place:
    """Where some bindings hold, and whether that is a whole screen; a binding with several keys is one."""

    title: str
    bindings: tuple[Binding, ...]
    is_screen: bool = False


def places(app: type[App[Any]]) -> tuple[Place, ...]:
    """The application's bindings, then those of each screen in the order of its key, of dialogs and of widgets."""
    found = [Place(EVERYWHERE, _bindings(app)), *_of_screens(), *_of_others()]
    return tuple(place for place in found if place.bindings)


def _of_screens() -> list[Place]:
    kinds = {kind.NAME: kind for kind in _classes(screens, LiveScreen)}
    return [Place(tab.title, _bindings(kinds[tab.name]), is_screen=True) for tab in TABS]


def _of_others() -> list[Place]:
    kinds = [kind for kind in _classes(screens, Screen) if not issubclass(kind, LiveScreen)]
    kinds += [kind for kind in _classes(screens, Widget) if not issubclass(kind, Screen)]
    kinds += list(_classes(widgets, Widget))
    return [Place(_title(kind), _bindings(kind)) for kind in kinds]


def _classes(package: ModuleType, kind: type[Any]) -> Iterator[type[Any]]:
    """The classes of a kind that a package's modules define, in the order of their modules."""
    for module in pkgutil.iter_modules(package.__path__):
        content = importlib.import_module(f"{package.__name__}.{module.name}")
        for one in vars(content).values():
            if isinstance(one, type) and issubclass(one, kind) and one.__module__ == content.__name__:
                yield one


def _bindings(kind: type[DOMNode]) -> tuple[Binding, ...]:
    """What a class and ours that it stands on define; a class's own replace those with the same id."""
    found: dict[str, Binding] = {}
    for one in reversed(kind.__mro__):
        if one.__module__.startswith("tokenmon."):
            found.update({binding.id or binding.action: binding for binding in _own(vars(one).get("BINDINGS", ()))})
    return tuple(found.values())


def _own(bindings: Iterable[Any]) -> Iterator[Binding]:
    return (one for one in bindings if isinstance(one, Binding))


def _title(kind: type[Any]) -> str:
    """A class's name as words: `RangeDialog` is `Range dialog`."""
    words = re.findall(r"[A-Z][a-z]+", kind.__name__)
    return " ".join([words[0], *(word.lower() for word in words[1:])])
