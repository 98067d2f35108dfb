"""The dialog that writes what is shown to a file."""

from datetime import date
from functools import partial
from pathlib import Path

from textual import on
from textual.app import ComposeResult
from textual.widgets import Input, Label

from tokenmon.errors import TokenmonError
from tokenmon.output import write_whole
from tokenmon.tui.messages import EXPORT, Written
from tokenmon.tui.screens.dialog import Dialog
from tokenmon.tui.sheet import KINDS, Exporting

NOTE = "enter writes it; .csv, .json or .jsonl"


class ExportDialog(Dialog[None]):
    """Asks for a file, whose ending names the format, and writes it in a thread."""

    BOX_TITLE = "Export what is shown"

    def __init__(self, exporting: Exporting, *, day: date) -> None:
        super().__init__()
        self._exporting = exporting
        self._path = f"tokenmon-{exporting.stem}-{day.isoformat()}.csv"
        self._confirmed = ""
        self._is_writing = False

    def compose_box(self) -> ComposeResult:
        """A line for the file."""
        yield Input(value=self._path, id="export-path", compact=True, select_on_focus=False)
        yield Label(NOTE, id="export-note", classes="note")

    @on(Input.Submitted)
    def typed(self, event: Input.Submitted) -> None:
        """Write the file, once it is clear that nothing is lost by it."""
        text = event.value.strip()
        if self._is_writing:
            return
        try:
            if not text.isprintable():
                raise ValueError("the name holds a control character")
            path = Path(text).expanduser()
            is_there = path.exists()
        except (OSError, RuntimeError, ValueError) as error:
            # No such user, a name that is too long, a folder that may not be looked into.
            reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
            self.say_wrong(f"cannot write there: {reason.lower().rstrip('.')}; choose another file")
            return
        kind = path.suffix.removeprefix(".").lower()
        if kind not in KINDS:
            self.say_wrong("the file's name must end in .csv, .json or .jsonl")
        elif is_there and not (path.is_file() or path.is_dir()):
            # A pipe that nobody reads would hold the dashboard even when it is quit.
            self.say_wrong(f"{path.name} is a pipe or a device; choose another file")
        elif is_there and not path.is_dir() and text != self._confirmed:
            self._confirmed = text
            self.say_wrong(f"{path.name} exists; enter again replaces it")
        else:
            self._begin(path, kind)

    def _begin(self, path: Path, kind: str) -> None:
        self._is_writing = True
        self.say_wrong("")
        self._note("writing ...")
        # A worker of the application: the file is written to its end although the dialog is closed.
        self.app.run_worker(partial(self._write, path, kind), thread=True, group=EXPORT, exit_on_error=False)

    def _note(self, words: str) -> None:
        self.query_one("#export-note", Label).update(words)

    def _write(self, path: Path, kind: str) -> None:
        app = self.app
        try:
            rows = write_whole(path, lambda out: self._exporting.write(kind, out)) or 0
        except TokenmonError as error:
            app.post_message(Written(path, 0, f"{error.message}; {error.hint}" if error.hint else error.message))
        else:
            app.post_message(Written(path, rows))

    def failed(self, reason: str) -> None:
        """Say why there is no file, and let another one be typed."""
        self._is_writing = False
        self._note(NOTE)
        self.say_wrong(reason)
