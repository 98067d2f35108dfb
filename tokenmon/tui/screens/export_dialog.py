"""The dialog that writes what is shown to a file."""

from datetime import date
from pathlib import Path

from textual import on, work
from textual.app import ComposeResult
from textual.widgets import Input, Label

from tokenmon.errors import TokenmonError
from tokenmon.output import write_whole
from tokenmon.tui.screens.dialog import Dialog
from tokenmon.tui.sheet import KINDS, Exporting


class ExportDialog(Dialog[None]):
    """Asks for a file, whose ending names the format, and writes it in a thread."""

    BOX_TITLE = "Export what is shown"

    def __init__(self, exporting: Exporting, *, day: date) -> None:
        super().__init__()
        self._exporting = exporting
        self._path = f"tokenmon-{exporting.stem}-{day.isoformat()}.csv"
        self._confirmed = ""

    def compose_box(self) -> ComposeResult:
        """A line for the file."""
        yield Input(value=self._path, id="export-path", compact=True)
        yield Label("enter writes it; .csv, .json or .jsonl", id="export-note")

    @on(Input.Submitted)
    def typed(self, event: Input.Submitted) -> None:
        """Write the file, once it is clear that nothing is lost by it."""
        text = event.value.strip()
        path = Path(text).expanduser()
        kind = path.suffix.removeprefix(".").lower()
        if not text or kind not in KINDS:
            self.say_wrong("the file's name must end in .csv, .json or .jsonl")
        elif path.exists() and text != self._confirmed:
            self._confirmed = text
            self.say_wrong(f"{path.name} exists; enter again replaces it")
        else:
            self.say_wrong("")
            self.query_one("#export-note", Label).update("writing ...")
            self._write(path, kind)

    @work(thread=True, exclusive=True, group="export", exit_on_error=False)
    def _write(self, path: Path, kind: str) -> None:
        try:
            rows = write_whole(path, lambda out: self._exporting.write(kind, out)) or 0
        except TokenmonError as error:
            self.app.call_from_thread(self.say_wrong, error.message)
        else:
            self.app.call_from_thread(self._done, path, rows)

    def _done(self, path: Path, rows: int) -> None:
        self.dismiss(None)
        self.app.notify(f"{rows:,} row{'' if rows == 1 else 's'} written to {path}", markup=False)
