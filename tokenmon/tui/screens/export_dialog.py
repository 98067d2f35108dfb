"""The dialog that writes what is shown to a file."""

from datetime import date
from pathlib import Path

from textual import on, work
from textual.app import ComposeResult
from textual.message import Message
from textual.widgets import Input, Label
from textual.worker import Worker, WorkerState

from tokenmon.errors import TokenmonError
from tokenmon.output import write_whole
from tokenmon.tui.screens.dialog import Dialog
from tokenmon.tui.sheet import KINDS, Exporting

NOTE = "enter writes it; .csv, .json or .jsonl"


class Written(Message):
    """The file is there, or why it is not."""

    def __init__(self, path: Path, rows: int, reason: str = "") -> None:
        super().__init__()
        self.path = path
        self.rows = rows
        self.reason = reason


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
        elif is_there and not path.is_dir() and text != self._confirmed:
            self._confirmed = text
            self.say_wrong(f"{path.name} exists; enter again replaces it")
        else:
            self._begin(path, kind)

    def _begin(self, path: Path, kind: str) -> None:
        self._is_writing = True
        self.say_wrong("")
        self._note("writing ...")
        self._write(path, kind)

    def _note(self, words: str) -> None:
        self.query_one("#export-note", Label).update(words)

    @work(thread=True, group="export", exit_on_error=False)
    def _write(self, path: Path, kind: str) -> None:
        try:
            rows = write_whole(path, lambda out: self._exporting.write(kind, out)) or 0
        except TokenmonError as error:
            self.post_message(Written(path, 0, f"{error.message}; {error.hint}" if error.hint else error.message))
        else:
            self.post_message(Written(path, rows))

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """A fault in writing must not look like a slow disk."""
        if event.state == WorkerState.ERROR:
            self._failed(f"writing failed ({type(event.worker.error).__name__}); try another format or range")

    def on_written(self, message: Written) -> None:
        """Close and say so, or say why not."""
        if message.reason:
            self._failed(message.reason)
            return
        rows = message.rows
        self.app.notify(f"{rows:,} row{'' if rows == 1 else 's'} written to {message.path}", markup=False)
        self.dismiss(None)

    def _failed(self, reason: str) -> None:
        self._is_writing = False
        self._note(NOTE)
        self.say_wrong(reason)
