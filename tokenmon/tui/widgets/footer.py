"""The last line: the keys that are shown."""

from typing import ClassVar, NamedTuple

from rich.style import Style
from rich.text import Text
from textual.events import Click
from textual.screen import Screen
from textual.widget import Widget

GAP = " "
LEFT = 1


class ShownKey(NamedTuple):
    """A key with what it does, as the last line tells it."""

    key: str
    display: str
    words: str
    is_enabled: bool


class KeyFooter(Widget):
    """The keys that do something here and are shown, as many as fit whole; a click on one presses it.

    One widget: Textual's own footer makes one of each key anew whenever the focus moves, which took two fifths of the
    time until a screen stood.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {"footer--key", "footer--words"}
    ALLOW_SELECT = False
    keys: tuple[ShownKey, ...] = ()

    def on_mount(self) -> None:
        """Follow the keys, which change with the focus."""
        self.screen.bindings_updated_signal.subscribe(self, self._follow)

    def _follow(self, screen: Screen[object]) -> None:
        keys = _shown(screen)
        if keys != self.keys:
            self.keys = keys
            self.refresh()

    def render(self) -> Text:
        """The line, without the keys that do not fit."""
        entries: list[Text] = []
        spare = self.content_size.width
        for one in self.keys:
            entry = self._entry(one)
            needed = entry.cell_len + (len(GAP) if entries else 0)
            # One that is too long must not hide the rest, such as how to get help and out.
            if needed <= spare:
                entries.append(entry)
                spare -= needed
        return Text(GAP, no_wrap=True).join(entries)

    def _entry(self, one: ShownKey) -> Text:
        meta = Style(meta={"key": one.key} if one.is_enabled else {}, dim=None if one.is_enabled else True)
        key, words = (self.get_component_rich_style(name) + meta for name in ("footer--key", "footer--words"))
        return Text.assemble((one.display, key), (f" {one.words}", words))

    def on_click(self, event: Click) -> None:
        """A click on a key presses it."""
        key = event.style.meta.get("key")
        if key and event.button == LEFT:
            self.app.simulate_key(key)


def _shown(screen: Screen[object]) -> tuple[ShownKey, ...]:
    """The keys that are shown, one of each action, in the order of their declaration."""
    found = {}
    for _, binding, is_enabled, _ in screen.active_bindings.values():
        if binding.show and binding.action not in found:
            display = screen.app.get_key_display(binding)
            found[binding.action] = ShownKey(binding.key, display, binding.description, is_enabled)
    return tuple(found.values())
