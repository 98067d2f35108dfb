"""Writing what is shown: every format, files that are there already, and places where nothing can be written."""

import json
import os
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


def test_the_file_is_named_after_the_screen_and_the_day(spread: Session, tmp_path: Path) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await press(app, pilot, "e", "enter")
        (file,) = files(tmp_path)
        assert file.name.endswith("-2026-11-23.csv")
        assert toasts(app)[-1].endswith(f"written to {file.name}")
        assert isinstance(app.screen, LiveScreen)

    play(spread, scene, screen="breakdown")


@pytest.mark.parametrize("ending", ["json", "jsonl", "csv", "JSON"])
def test_the_ending_names_the_format(spread: Session, tmp_path: Path, ending: str) -> None:
    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await export(app, pilot, f"models.{ending}")
        text = (tmp_path / f"models.{ending}").read_text()
        lines = json.loads(text) if ending.lower() == "json" else text.splitlines()
        assert len(lines) >= 3

    play(spread, scene, screen="breakdown")


def test_a_file_that_is_there_is_replaced_on_the_second_enter_alone(spread: Session, tmp_path: Path) -> None:
    mine = tmp_path / "mine.csv"
    mine.write_text("mine")

    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await export(app, pilot, "mine.csv")
        assert wrong(app) == "! mine.csv exists; enter again replaces it"
        assert mine.read_text() == "mine"
        await press(app, pilot, "enter")
        assert mine.read_text() != "mine"

    play(spread, scene, screen="breakdown")


def test_leave_to_replace_one_file_is_none_for_another(spread: Session, tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text("mine")
    (tmp_path / "other.csv").write_text("other")

    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await export(app, pilot, "mine.csv")
        await export(app, pilot, "other.csv")
        assert (tmp_path / "other.csv").read_text() == "other"
        assert "other.csv exists" in wrong(app)

    play(spread, scene, screen="breakdown")


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("", "must end in .csv, .json or .jsonl"),
        ("models", "must end in .csv, .json or .jsonl"),
        ("models.xlsx", "must end in .csv, .json or .jsonl"),
        (".csv", "must end in .csv, .json or .jsonl"),
        ("no/such/folder/models.csv", "no such file or directory"),
        ("folder.csv", "it is a folder"),
        ("~nobody-of-this-name/models.csv", "cannot write there"),
        ("x" * 300 + ".csv", "file name too long"),
        ("nul\0.csv", "cannot write there"),
    ],
)
def test_what_cannot_be_written_is_said_and_can_be_mended(
    spread: Session, tmp_path: Path, path: str, reason: str
) -> None:
    (tmp_path / "folder.csv").mkdir()

    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await export(app, pilot, path)
        assert reason in wrong(app)
        await export(app, pilot, "good.csv")
        assert (tmp_path / "good.csv").exists()

    play(spread, scene, screen="breakdown")


@needs_permissions
@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
def test_a_pipe_is_refused_since_it_could_hold_the_dashboard(spread: Session, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")

    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await export(app, pilot, "pipe.csv")
        assert wrong(app) == "! pipe.csv is a pipe or a device; choose another file"

    play(spread, scene, screen="breakdown")


def test_a_home_folder_is_meant_by_its_sign(spread: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))

    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        await export(app, pilot, "~/models.csv")
        assert (tmp_path / "models.csv").exists()

    play(spread, scene, screen="breakdown")


def test_a_fault_in_writing_is_said_and_leaves_no_file(spread: Session, tmp_path: Path) -> None:
    def fail(kind: str, out: TextIO) -> int:
        raise KeyError(kind)

    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        app.push_screen(ExportDialog(Exporting("calls", fail), day=spread.now().date()))
        await pilot.pause()
        await press(app, pilot, "enter")
        await settle(app, pilot)
        assert "writing failed (KeyError)" in wrong(app)
        assert not files(tmp_path)

    play(spread, scene, screen="breakdown")


def test_a_dialog_that_was_closed_while_it_wrote_still_tells_of_the_file(spread: Session, tmp_path: Path) -> None:
    import threading

    may_go_on = threading.Event()

    def wait(kind: str, out: TextIO) -> int:
        may_go_on.wait(10)
        return 1

    async def scene(app: Dashboard, pilot: Pilot[None]) -> None:
        app.push_screen(ExportDialog(Exporting("calls", wait), day=spread.now().date()))
        await pilot.pause()
        await pilot.press("enter", "enter", "escape")
        may_go_on.set()
        await settle(app, pilot)
        assert isinstance(app.screen, LiveScreen)
        assert len(files(tmp_path)) == 1
        assert toasts(app)[-1].startswith("1 row written to tokenmon-calls")

    play(spread, scene, screen="breakdown")
