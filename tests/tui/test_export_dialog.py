"""Writing what is shown: every format, files that are there already, and places where nothing can be written."""

import json
import os
import threading
from pathlib import Path
from typing import TextIO

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, Label

from tests.limits import needs_permissions
from tests.tui.spread import fill_months
from tests.tui.stage import play, press, settle, toasts
from tokenmon.session import Session
from tokenmon.tui.app import Dashboard
from tokenmon.tui.screens.export_dialog import ExportDialog
from tokenmon.tui.screens.live import LiveScreen
from tokenmon.tui.sheet import Exporting

# What is typed as a path, and what is said of it.
UNWRITABLE = [
    ("", "must end in .csv, .json or .jsonl"),
    ("models", "must end in .csv, .json or .jsonl"),
    ("models.xlsx", "must end in .csv, .json or .jsonl"),
    (".csv", "must end in .csv, .json or .jsonl"),
    ("no/such/folder/models.csv", "no such file or directory"),
    ("folder.csv", "it is a folder"),
    ("~nobody-of-this-name/models.csv", "cannot write there"),
    ("x" * 300 + ".csv", "file name too long"),
    ("nul\0.csv", "cannot write there"),
]


@pytest.fixture
def spread(session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Session:
    fill_months(session.store)
    monkeypatch.chdir(tmp_path)
    return session


def wrong(app: Dashboard) -> str:
    return str(app.screen.query_one("#wrong", Label).content)


def files(folder: Path) -> list[Path]:
    """The tables in a folder, half-written ones too."""
    return list(folder.glob("*.csv*"))


async def export(app: Dashboard, pilot: Pilot[None], path: str) -> None:
    """Open the dialog, type a path, enter it."""
    if not isinstance(app.screen, ExportDialog):
        await press(app, pilot, "e")
    app.screen.query_one("#export-path", Input).value = path
    await press(app, pilot, "enter")


def test_the_file_is_named_after_the_screen_and_the_day_and_its_ending_names_the_format(
    spread: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()

    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await press(app, pilot, "e", "enter")
        (file,) = files(tmp_path)
        assert file.name.endswith("-2026-11-23.csv")
        assert toasts(app)[-1].endswith(f"written to {file.name}")
        assert isinstance(app.screen, LiveScreen)
        for number, ending in enumerate(("json", "jsonl", "csv", "JSON")):
            await export(app, pilot, f"models-{number}.{ending}")
            text = (tmp_path / f"models-{number}.{ending}").read_text()
            lines = json.loads(text) if ending.lower() == "json" else text.splitlines()
            assert len(lines) >= 3, ending
        # The home folder is meant by its sign.
        await export(app, pilot, "~/models.csv")
        assert (tmp_path / "home" / "models.csv").exists()

    play(spread, scene, screen="breakdown")


def test_what_cannot_be_written_is_said_and_what_is_there_is_replaced_on_the_second_enter_alone(
    spread: Session, tmp_path: Path
) -> None:
    (tmp_path / "folder.csv").mkdir()
    mine, other = tmp_path / "mine.csv", tmp_path / "other.csv"
    mine.write_text("mine")
    other.write_text("other")

    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        # What is wrong can be mended each time.
        for number, (path, reason) in enumerate(UNWRITABLE):
            await export(app, pilot, path)
            assert reason in wrong(app), path
            await export(app, pilot, f"good-{number}.csv")
            assert (tmp_path / f"good-{number}.csv").exists(), path
            assert isinstance(app.screen, LiveScreen), path

        await export(app, pilot, "mine.csv")
        assert wrong(app) == "! mine.csv exists; enter again replaces it"
        assert mine.read_text() == "mine"
        # Leave to replace one file is none for another.
        await export(app, pilot, "other.csv")
        assert other.read_text() == "other"
        assert "other.csv exists" in wrong(app)
        await export(app, pilot, "mine.csv")
        assert wrong(app) == "! mine.csv exists; enter again replaces it"
        assert mine.read_text() == "mine"
        await press(app, pilot, "enter")
        assert mine.read_text() != "mine"

    play(spread, scene, screen="breakdown")


@needs_permissions
@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
def test_a_pipe_is_refused_since_it_could_hold_the_dashboard(spread: Session, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")

    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await export(app, pilot, "pipe.csv")
        assert wrong(app) == "! pipe.csv is a pipe or a device; choose another file"

    play(spread, scene, screen="breakdown")


def test_a_fault_in_writing_is_said_and_a_dialog_that_was_closed_while_it_wrote_still_tells_of_the_file(
    spread: Session, tmp_path: Path
) -> None:
    may_go_on = threading.Event()

    def fail(kind: str, out: TextIO) -> int:
        raise KeyError(kind)

    def wait(kind: str, out: TextIO) -> int:
        may_go_on.wait(10)
        return 1

    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        # A fault is said and leaves no file.
        app.push_screen(ExportDialog(Exporting("calls", fail), day=spread.now().date()))
        await pilot.pause()
        await press(app, pilot, "enter")
        await settle(app, pilot)
        assert "writing failed (KeyError)" in wrong(app)
        assert not files(tmp_path)
        await press(app, pilot, "escape")
        assert toasts(app) == []

        app.push_screen(ExportDialog(Exporting("calls", wait), day=spread.now().date()))
        await pilot.pause()
        await pilot.press("enter", "enter", "escape")
        may_go_on.set()
        await settle(app, pilot)
        assert isinstance(app.screen, LiveScreen)
        assert len(files(tmp_path)) == 1
        assert toasts(app)[-1].startswith("1 row written to tokenmon-calls")

    play(spread, scene, screen="breakdown")
