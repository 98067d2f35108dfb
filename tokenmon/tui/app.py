"""The dashboard: its screens, its keys, its timer. What is on a screen is the screen's own affair."""

import os
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.filter import LineFilter
from textual.screen import Screen
from textual.theme import BUILTIN_THEMES
from textual.widgets import Input
from textual.worker import Worker, WorkerState

from tokenmon.core.platform_check import PlatformCheck
from tokenmon.core.settings import Settings
from tokenmon.core.span import Span
from tokenmon.core.text import clean
from tokenmon.errors import ConfigError
from tokenmon.session import Session
from tokenmon.tui.ascii import AsciiFilter, is_ascii_terminal
from tokenmon.tui.chart import load_plotext
from tokenmon.tui.commands import LabelCommands
from tokenmon.tui.kept_styles import forget_removed
from tokenmon.tui.messages import EXPORT, FilterWanted, OpenScreen, Written
from tokenmon.tui.ranges import RANGES
from tokenmon.tui.screens.live import LiveScreen
from tokenmon.tui.shared import Shared
from tokenmon.tui.tabs import NAMES, TABS, Tab
from tokenmon.tui.theme import DARK, DARK_DEFAULTS, LIGHT, LIGHT_DEFAULTS, theme_name
from tokenmon.tui.web import is_page

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
        Binding("ctrl+p", "command_palette", "Palette: all there is to do", show=False, priority=True, id="palette"),
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

    def __init__(
        self,
        session: Session,
        *,
        first: str = NAMES[0],
        check: PlatformCheck | None = None,
        is_ascii: bool = False,
    ) -> None:
        """`check` tests a platform; `is_ascii` is a terminal without other signs.

        ConfigError for a theme or a key that cannot be.
        """
        # An empty value asks for nothing (no-color.org), but Textual would heed it.
        if os.environ.get("NO_COLOR") == "":
            del os.environ["NO_COLOR"]
        super().__init__()
        self.shared = Shared(session, check, is_ascii=is_ascii)
        self._first = first
        self._ascii = AsciiFilter(enabled=self.shared.marks == "ascii")
        for theme in (DARK, LIGHT):
            self.register_theme(theme)
        self.theme = theme_name(session.settings.dash_theme, self.available_themes)
        for tab in TABS:
            self.add_mode(tab.name, partial(_opened, tab, self.shared))
        self.set_keymap(keymap_of(session.settings))

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Textual's, and ours for a terminal that has ASCII alone."""
        return [*super().get_line_filters(), *([self._ascii] if self._ascii.enabled else [])]

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Our own colours under Textual's themes, which do not have them."""
        return DARK_DEFAULTS if self.current_theme.dark else LIGHT_DEFAULTS

    def on_mount(self) -> None:
        """Open the first screen and begin to tick."""
        self.switch_mode(self._first)
        # 0.13 s that the first chart would else take on the thread that draws.
        self.run_worker(load_plotext, thread=True, group="warm-up")
        # Drawn lines carry their colours.
        self.theme_changed_signal.subscribe(self, lambda _: self.redraw())
        self.set_interval(TICK_SECONDS, self._tick)

    @property
    def live(self) -> LiveScreen[Any] | None:
        """The screen of the present mode, whatever dialog lies over it; None before its widgets are there and after."""
        bottom = self._bottom
        return bottom if bottom is not None and bottom.is_mounted and self.is_running else None

    @property
    def _bottom(self) -> LiveScreen[Any] | None:
        bottom = self.screen_stack[0] if self.screen_stack else None
        return bottom if isinstance(bottom, LiveScreen) else None

    def _tick(self) -> None:
        forget_removed()
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
        if message.where is not None and not self._filter(message.where):
            return
        self.action_open(message.name)
        if self._bottom is not None and message.span is not None:
            self._bottom.look_at(message.span)

    def on_filter_wanted(self, message: FilterWanted) -> None:
        """Filter all screens."""
        if self._filter(message.where):
            self.reload()

    def _filter(self, where: str) -> bool:
        """Take another filter; say what is wrong with one that means nothing, and keep the present one."""
        try:
            self.shared.set_where(where)
        except ConfigError as error:
            self.notify(f"! {error.message}", severity="error", markup=False)
            return False
        return True

    async def action_back(self) -> None:
        """Close what was opened last: a dialog, a pane, a replay, the filter."""
        live = self.live
        if len(self.screen_stack) > 1:
            self.pop_screen()
        elif live is not None and (live.close_filter() or live.go_back()):
            return
        elif self.shared.clock.replay is not None:
            self._end_replay()
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
        self.notify(f"Copied {clean(first[:60]) or ''}", markup=False)

    def action_export(self) -> None:
        """Write what is shown to a file."""
        from tokenmon.tui.screens.export_dialog import ExportDialog

        if len(self.screen_stack) > 1:
            return
        found = self.live.exporting() if self.live is not None else None
        if found is None:
            self.notify("Nothing here to export.")
        else:
            self.push_screen(ExportDialog(found, day=self.shared.now().astimezone(self.shared.place).date()))

    def on_written(self, message: Written) -> None:
        """Tell of a file that was written, in the dialog that asked for it while it is open."""
        from tokenmon.tui.screens.export_dialog import ExportDialog

        dialog = self.screen if isinstance(self.screen, ExportDialog) else None
        if message.reason and dialog is not None:
            dialog.failed(message.reason)
        elif message.reason:
            self.notify(f"! {message.reason}", severity="error", markup=False)
        else:
            rows = message.rows
            self.notify(f"{rows:,} row{'' if rows == 1 else 's'} written to {message.path}", markup=False)
            if dialog is not None:
                dialog.dismiss(None)

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """A fault in writing must not look like a slow disk."""
        if event.worker.group == EXPORT and event.state == WorkerState.ERROR:
            fault = type(event.worker.error).__name__
            self.post_message(Written(Path(), 0, f"writing failed ({fault}); try another format"))

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

    def _end_replay(self) -> None:
        """Return to the present, which goes on even if the replay was held."""
        self.shared.clock.end()
        self.shared.is_paused = False
        self.reload()

    def action_replay_speed(self, steps: int) -> None:
        """Replay faster or slower."""
        self.shared.clock.change_speed(steps)
        self._tick()

    def action_replay_move(self, steps: int) -> None:
        """Go on or back in the replayed day."""
        self.shared.clock.move(steps * REPLAY_STEP)
        self.reload()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """The keys of a replay mean nothing without one, and that of the filter nothing while it is typed."""
        if action == "filter":
            return not isinstance(self.focused, Input)
        if action in ("replay_speed", "replay_move"):
            # None, not False: the help tells of them all the same.
            return True if self.shared.clock.replay is not None else None
        return True

    # The palette

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """Textual's own, and what the keys do."""
        # Textual's list of keys has no groups and knows no filter: ours takes its place.
        yield from (one for one in super().get_system_commands(screen) if one.title != "Keys")
        yield SystemCommand("Help", "The keys that work here, and the filter", self.action_help)
        if self.live is not None:
            yield from self.live.palette()
        for tab in TABS:
            yield SystemCommand(f"Open {tab.title}", f"Key {tab.key}", partial(self.action_open, tab.name))
        yield SystemCommand("Export what is shown", "CSV, JSON or JSON lines", self.action_export)
        yield SystemCommand("Exact values", "Every digit, or thin units again", self.action_exact)
        yield SystemCommand("Pause or go on", "Hold the numbers", self.action_pause)
        yield SystemCommand("Replay a past day", "Let it pass at speed", self.action_replay)
        if self.shared.clock.replay is not None:
            yield SystemCommand("End the replay", "Return to the present", self._end_replay)
        if self.live is not None and self.live.has_span:
            for word, title in RANGES:
                yield SystemCommand(f"Range: {title.lower()}", f"Period {word}", partial(self.live.look_at, Span(word)))
        if self.shared.where:
            # Not the filter itself: the palette would take it for markup.
            yield SystemCommand("Clear the filter", "Show all calls", partial(self.post_message, FilterWanted("")))


def keymap_of(settings: Settings) -> dict[str, str]:
    """Keys by a binding's id as the settings want them; ConfigError for what cannot be."""
    if not settings.dash_keys:
        return {}
    # All screens are loaded for it, which takes a tenth of a second.
    from tokenmon.tui.bindings import places
    from tokenmon.tui.keymap import checked_keymap

    return checked_keymap(settings.dash_keys, places(Dashboard))


def check_settings(settings: Settings) -> None:
    """ConfigError for a theme or a key that cannot be, before anything is shown."""
    keymap_of(settings)
    theme_name(settings.dash_theme, (*BUILTIN_THEMES, DARK.name, LIGHT.name))


def _opened(tab: Tab, shared: Shared) -> LiveScreen[Any]:
    return tab.screen(shared)


def run_dashboard(session: Session, *, first: str = NAMES[0], check: PlatformCheck | None = None) -> None:
    """Run the dashboard until its user quits; `check` tests a platform.

    ConfigError for a terminal that cannot show it.
    """
    # What stands around a page in a browser is no terminal of its reader.
    if not is_page() and os.environ.get("TERM") == "dumb":
        raise ConfigError("this terminal cannot move its cursor (TERM=dumb)", hint="one frame: tokenmon dash --once")
    Dashboard(session, first=first, check=check, is_ascii=not is_page() and is_ascii_terminal()).run()
