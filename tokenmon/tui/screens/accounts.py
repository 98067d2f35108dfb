"""What the screens of quotas and platforms have in common: removals, and the way to what a month's calls were."""

from collections.abc import Callable, Iterable, Sequence

from textual import work

from tokenmon.core.span import Span
from tokenmon.errors import TokenmonError
from tokenmon.tui.dimensions import condition_of, narrowed
from tokenmon.tui.messages import OpenScreen
from tokenmon.tui.screens.live import LiveScreen, SnapshotT
from tokenmon.tui.sheet import Cell


class AccountsScreen(LiveScreen[SnapshotT]):
    """A screen whose rows are set up by people, one a platform."""

    def open_month(self, platform: str) -> None:
        """Go to what this month's calls of a platform were."""
        where = narrowed(self.shared.where, condition_of("platform", platform))
        self.post_message(OpenScreen("breakdown", where=where, span=Span("month")))

    def ask_to_remove(
        self, title: str, lines: Sequence[str], *, remove: Callable[[], object], done: Callable[[], object]
    ) -> None:
        """Ask with the words that say what stays; once that is agreed to, `remove` in a thread, and then `done`."""
        from tokenmon.tui.screens.confirm_dialog import ConfirmDialog

        def agreed(is_agreed: bool | None) -> None:
            if is_agreed:
                self._remove(remove, done)

        self.app.push_screen(ConfirmDialog(title, lines, verb="Remove"), agreed)

    @work(thread=True, exclusive=True, group="change", exit_on_error=False)
    def _remove(self, remove: Callable[[], object], done: Callable[[], object]) -> None:
        try:
            remove()
        except TokenmonError as error:
            self.app.call_from_thread(self.notify, error.message, severity="error", markup=False)
        else:
            self.app.call_from_thread(done)


def hidden_words(count: int, noun: str) -> list[str]:
    """What stands in the place of all rows where the dashboard's filter hides them."""
    hidden = f"the only {noun}" if count == 1 else f"all {count} {noun}s"
    return [f"The filter hides {hidden}.", "", "  esc  clears it", "  /    changes it"]


def row_text(cells: Iterable[Cell]) -> str:
    """A sheet's row for the clipboard."""
    return "\t".join("" if cell is None else str(cell) for cell in cells)
