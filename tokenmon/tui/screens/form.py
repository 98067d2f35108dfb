"""What the forms have in common: labelled fields, what is wrong said at the field, and storing in a thread."""

from collections.abc import Callable, Iterable
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.css.query import NoMatches
from textual.widget import Widget
from textual.widgets import Button, Input, Label, Select
from textual.worker import Worker, WorkerState

from tokenmon.errors import TokenmonError
from tokenmon.tui.entry import FieldError, error_words
from tokenmon.tui.screens.dialog import Dialog

SAVE = "save"


class Field(Vertical):
    """A label, what is filled in, and a line for what is to be said of it."""

    def __init__(self, name: str, label: str, *filled: Widget) -> None:
        super().__init__(id=f"field-{name}", classes="field")
        self._label, self._filled = label, filled

    def compose(self) -> ComposeResult:
        """The label before it, the line below."""
        with Horizontal(classes="field-row"):
            yield Label(self._label, classes="field-label")
            yield from self._filled
        yield Label("", classes="field-note", markup=False)

    def on_mount(self) -> None:
        """Nothing is to be said yet."""
        self.query_one(".field-note").display = False

    def say(self, words: str, *, is_wrong: bool = False) -> None:
        """Say something of what is filled in; empty takes it back."""
        try:
            note = self.query_one(".field-note", Label)
        except NoMatches:
            return
        note.update(f"! {words}" if is_wrong else words)
        note.set_class(is_wrong, "field-wrong")
        note.display = bool(words)


class Form(Dialog[str]):
    """Gives what `storing` gave once all is stored; whatever fails is said, and nothing that was typed is lost."""

    CSS_PATH = "form.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+s", "save", "Save", id="save-form")]
    is_saving = False

    def __init__(self) -> None:
        super().__init__()
        self.HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (70, "-roomy")]

    def compose_fields(self) -> Iterable[Widget]:
        """The fields of the form."""
        raise NotImplementedError

    def storing(self) -> Callable[[], str]:
        """What stores what is filled in, in a thread; it knows no widget. FieldError or TokenmonError."""
        raise NotImplementedError

    def compose_box(self) -> ComposeResult:
        """The fields, and below them two buttons for the mouse."""
        yield from self.compose_fields()
        with Horizontal(id="form-buttons"):
            yield Button("Save", id="form-save", compact=True, variant="primary")
            yield Button("Cancel", id="form-cancel", compact=True)
            yield Label("enter saves, tab goes on, esc cancels", id="form-keys")

    def text(self, name: str) -> str:
        """What is typed into a field."""
        return self.query_one(f"#{name}", Input).value

    def chosen(self, name: str) -> str:
        """What is chosen in a field."""
        return str(self.query_one(f"#{name}", Select).value)

    def say(self, name: str, words: str, *, is_wrong: bool = False) -> None:
        """Say something at a field; at the form's end for none of its fields."""
        found = self.query(f"#field-{name}").results(Field)
        field = next(iter(found), None)
        if field is None:
            self.say_wrong(words if is_wrong else "")
        else:
            field.say(words, is_wrong=is_wrong)

    def action_save(self) -> None:
        """Store what is filled in, once at a time."""
        if self.is_saving:
            return
        for field in self.query(Field):
            field.say("")
        self.say_wrong("")
        self.notes()
        self._begin(True)
        self._save(self.storing())

    def notes(self) -> None:
        """Say what is worth knowing of what is filled in."""

    def _begin(self, is_saving: bool) -> None:
        self.is_saving = is_saving
        for label in self.query("#form-keys").results(Label):
            label.update("saving ..." if is_saving else "enter saves, tab goes on, esc cancels")

    @work(thread=True, exclusive=True, group=SAVE, exit_on_error=False)
    def _save(self, store: Callable[[], str]) -> None:
        try:
            done = store()
        except FieldError as error:
            self.app.call_from_thread(self._failed, error.field, error.words)
        except TokenmonError as error:
            self.app.call_from_thread(self._failed, "", error_words(error))
        else:
            self.app.call_from_thread(self._done, done)

    def _done(self, stored: str) -> None:
        # Whoever has closed the form meanwhile sees what was stored on the screen.
        if self.is_current:
            self.dismiss(stored)

    def _failed(self, field: str, words: str) -> None:
        if not self.is_attached:
            return
        self._begin(False)
        self.say(field, words, is_wrong=True)
        for widget in self.query(f"#{field}" if field else "#form-save"):
            widget.focus()
            widget.scroll_visible(animate=False)

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """A fault of ours is said too."""
        if event.worker.group == SAVE and event.state == WorkerState.ERROR:
            self._failed("", f"it could not be stored ({type(event.worker.error).__name__})")

    @on(Input.Submitted)
    def submitted(self) -> None:
        """Enter in any line."""
        self.action_save()

    @on(Input.Changed)
    @on(Select.Changed)
    def changed(self, event: Input.Changed | Select.Changed) -> None:
        """What is worth knowing changes with what is typed."""
        self.say(event.control.id or "", "")
        self.notes()

    @on(Button.Pressed, "#form-save")
    def pressed_save(self) -> None:
        """The mouse."""
        self.action_save()

    @on(Button.Pressed, "#form-cancel")
    def pressed_cancel(self) -> None:
        """The mouse."""
        self.action_close()
