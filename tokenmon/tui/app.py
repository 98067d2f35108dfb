"""The dashboard: its screens, its keys, its timer. What is on a screen is the screen's own affair."""

import os
from collections.abc import Iterable
from datetime import date, timedelta
from functools import partial
from typing import Any, ClassVar

from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.screen import Screen

from tokenmon.core.platform_check import PlatformCheck
from tokenmon.core.span import Span
from tokenmon.session import Session
from tokenmon.tui.chart import load_plotext
from tokenmon.tui.commands import LabelCommands
from tokenmon.tui.keymap import keymap_of
from tokenmon.tui.messages import FilterWanted, OpenScreen
from tokenmon.tui.ranges import RANGES
from tokenmon.tui.screens.live import LiveScreen
from tokenmon.tui.shared import Shared
from tokenmon.tui.tabs import NAMES, TABS, Tab
from tokenmon.tui.theme import DARK, DARK_DEFAULTS, LIGHT, LIGHT_DEFAULTS

TICK_SECONDS = 0.5
# How far `left` and `right` go in a replayed day.
REPLAY_STEP = timedelta(minutes=30)


class Dashboard(App[None]):
    """The dashboard over one session."""

    CSS_PATH = "dash.tcss"
    TITLE = "tokenmon"
    COMMANDS: ClassVar[set[Any]] = App.COMMANDS | {LabelCommands}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("question_mark", "help", "Help", key_display="?", id="help"),
        Binding("slash", "filter", "Filter", key_display="/", id="filter"),
        Binding("p", "pause", "Pause", id="pause"),
        Binding("q", "quit", "Quit", id="quit"),
        # Before Textual's own, which copies or tells of ctrl+q: whoever presses it wants out.
        Binding("ctrl+c", "quit", "Quit", show=False, priority=True, id="interrupt"),
        Binding("escape", "back", "Back", show=False, id="back"),
        Binding("e", "export", "Export what is shown", show=False, id="export"),
        Binding("y", "copy", "Copy the row", show=False, id="copy"),
        Binding("v", "exact", "Exact values", show=False, id="exact"),
        Binding("t", "toggle_theme", "Light or dark", show=False, id="theme"),
        Binding("R", "reread", "Read again now", show=False, id="refresh"),
        Binding("P", "replay", "Replay a past day", show=False, id="replay"),
        Binding("plus,equals_sign", "replay_speed(1)", "Replay faster", show=False, key_display="+", id="faster"),
        Binding("minus", "replay_speed(-1)", "Replay slower", show=False, key_display="-", id="slower"),
        Binding("ctrl+right", "replay_move(1)", "Replay: half an hour on", show=False, id="replay-on"),
        Binding("ctrl+left", "replay_move(-1)", "Replay: half an hour back", show=False, id="replay-back"),
        *(Binding(tab.key, f"open('{tab.name}')", tab.title, show=False, id=f"open-{tab.name}") for tab in TABS),
    ]

    def __init__(self, session: Session, *, first: str = NAMES[0], check: PlatformCheck | None = None) -> None:
        # An empty value asks for nothing (no-color.org), but Textual would heed it.
        if os.environ.get("NO_COLOR") == "":
            del os.environ["NO_COLOR"]
        super().__init__()
        self.shared = Shared(session, check)
        self._first = first
        for theme in (DARK, LIGHT):
            self.register_theme(theme)
        wanted = session.settings.dash_theme
        self.theme = wanted if wanted in self.available_themes else DARK.name
        for tab in TABS:
            self.add_mode(tab.name, partial(_opened, tab, self.shared))
        self.set_keymap(keymap_of(session.settings.dash_keys))

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Our own colours under Textual's themes, which do not have them."""
        return DARK_DEFAULTS if self.current_theme.dark else LIGHT_DEFAULTS

    def on_mount(self) -> None:
        """Open the first screen and begin to tick."""
        self.switch_mode(self._first)
        # 0.13 s that the first chart would else take on the thread that draws.
        self.run_worker(load_plotext, thread=True, group="warm-up")
        self.set_interval(TICK_SECONDS, self._tick)

    @property
    def live(self) -> LiveScreen[Any] | None:
        """The screen of the present mode, whatever dialog lies over it."""
        bottom = self.screen_stack[0] if self.screen_stack else None
        return bottom if isinstance(bottom, LiveScreen) else None

    def _tick(self) -> None:
        if self.live is not None:
            self.live.tick()

    def reload(self) -> None:
        """Let the present screen read what it asks now."""
        if self.live is not None:
            self.live.reload()

    def redraw(self) -> None:
        """Let every screen that is open draw again: the way to write numbers has changed."""
        for stack in self._screen_stacks.values():
            for screen in stack[:1]:
                if isinstance(screen, LiveScreen):
                    screen.draw()

    # Going about

    def action_open(self, name: str) -> None:
        """Open a screen."""
        while len(self.screen_stack) > 1:
            self.pop_screen()
        self.switch_mode(name)

    def on_open_screen(self, message: OpenScreen) -> None:
        """Open a screen where another one leads to it."""
        if message.where is not None:
            self.shared.set_where(message.where)
        self.action_open(message.name)
        if self.live is not None and message.span is not None:
            self.live.look_at(message.span)

    def on_filter_wanted(self, message: FilterWanted) -> None:
        """Filter all screens."""
        self.shared.set_where(message.where)
        self.reload()

    async def action_back(self) -> None:
        """Close what was opened last: a dialog, a pane, a replay, the filter."""
        live = self.live
        if len(self.screen_stack) > 1:
            self.pop_screen()
        elif live is not None and (live.close_filter() or live.go_back()):
            return
        elif self.shared.clock.replay is not None:
            self.shared.clock.end()
            self.reload()
        elif self.shared.where:
            self.shared.set_where("")
            self.reload()

    # What every screen can do

    def action_help(self) -> None:
        """Show the keys that work here."""
        from tokenmon.tui.screens.help_dialog import HelpDialog

        if isinstance(self.screen, HelpDialog):
            self.pop_screen()
        elif len(self.screen_stack) == 1:
            self.push_screen(HelpDialog.of(self.screen))

    def action_filter(self) -> None:
        """Ask for a filter."""
        if self.live is not None and len(self.screen_stack) == 1:
            self.live.open_filter()

    def action_pause(self) -> None:
        """Hold the numbers, or go on."""
        self.shared.is_paused = not self.shared.is_paused
        self.shared.clock.hold(is_held=self.shared.is_paused)
        if self.live is not None:
            self.live.tell()
        if not self.shared.is_paused:
            self.reload()

    def action_reread(self) -> None:
        """Read everything now."""
        self.reload()

    def action_toggle_theme(self) -> None:
        """Change between our light and dark theme."""
        self.theme = LIGHT.name if self.theme == DARK.name else DARK.name

    def action_exact(self) -> None:
        """Show every digit, or thin units again."""
        self.shared.toggle_exact()
        self.redraw()

    def action_copy(self) -> None:
        """Copy what is under the cursor."""
        text = self.live.copied() if self.live is not None else None
        if text is None:
            self.notify("Nothing here to copy.")
            return
        self.copy_to_clipboard(text)
        first = text.split("\n", 1)[0]
        self.notify(f"Copied {first[:60]}", markup=False)

    def action_export(self) -> None:
        """Write what is shown to a file."""
        from tokenmon.tui.screens.export_dialog import ExportDialog

        found = self.live.exporting() if self.live is not None else None
        if found is None:
            self.notify("Nothing here to export.")
        elif len(self.screen_stack) == 1:
            self.push_screen(ExportDialog(found, day=self.shared.now().astimezone(self.shared.place).date()))

    # Replay

    def action_replay(self) -> None:
        """Ask for a past day and let it pass."""
        from tokenmon.tui.screens.replay_dialog import ReplayDialog

        def begin(day: date | None) -> None:
            if day is not None:
                self.shared.clock.begin(day, self.shared.timezone)
                self.shared.is_paused = False
                self.reload()

        if len(self.screen_stack) == 1:
            today = self.shared.session.now().astimezone(self.shared.place).date()
            self.push_screen(ReplayDialog(today=today), begin)

    def action_replay_speed(self, steps: int) -> None:
        """Replay faster or slower."""
        self.shared.clock.change_speed(steps)
        self._tick()

    def action_replay_move(self, steps: int) -> None:
        """Go on or back in the replayed day."""
        self.shared.clock.move(steps * REPLAY_STEP)
        self.reload()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """The keys of a replay mean nothing without one."""
        if action in ("replay_speed", "replay_move"):
            return self.shared.clock.replay is not None
        return True

    # The palette

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """Textual's own, and what the keys do."""
        yield from super().get_system_commands(screen)
        for tab in TABS:
            yield SystemCommand(f"Open {tab.title}", f"Key {tab.key}", partial(self.action_open, tab.name))
        yield SystemCommand("Export what is shown", "CSV, JSON or JSON lines", self.action_export)
        yield SystemCommand("Exact values", "Every digit, or thin units again", self.action_exact)
        yield SystemCommand("Pause or go on", "Hold the numbers", self.action_pause)
        yield SystemCommand("Replay a past day", "Let it pass at speed", self.action_replay)
        if self.live is not None:
            yield from self.live.palette()
        if self.live is not None and self.live.has_span:
            for word, title in RANGES:
                yield SystemCommand(f"Range: {title.lower()}", f"Period {word}", partial(self.live.look_at, Span(word)))
        if self.shared.where:
            yield SystemCommand("Clear the filter", self.shared.where, partial(self.post_message, FilterWanted("")))


def _opened(tab: Tab, shared: Shared) -> LiveScreen[Any]:
    return tab.screen(shared)


def run_dashboard(session: Session, *, first: str = NAMES[0], check: PlatformCheck | None = None) -> None:
    """Run the dashboard until its user quits; `check` tests a platform."""
    Dashboard(session, first=first, check=check).run()
