"""What is told of two pictures that differ, and what is no difference."""

import asyncio
from pathlib import Path

import pytest
from textual.app import App, ComposeResult
from textual.widgets import Static

from tests.tui import snapshot_files
from tests.tui.cells import differences, line_text, read_cells
from tests.tui.snapshot_files import check_snapshot
from tokenmon.tui.picture import drawn_cells
from tokenmon.tui.svg import slim_svg

LINES = "one  two\n[bold]three[/bold]\n日本 four"


class Words(App[None]):
    """An application of nothing but some words."""

    def __init__(self, words: str) -> None:
        super().__init__()
        self._words = words

    def compose(self) -> ComposeResult:
        """The words."""
        yield Static(self._words)


def drawn(words: str = LINES, *, pieces: bool = False) -> str:
    async def run() -> str:
        app = Words(words)
        async with app.run_test(size=(20, 4)):
            return slim_svg(app.export_screenshot(title="other")) if pieces else drawn_cells(app)

    return asyncio.run(run())


def test_the_lines_are_read_as_they_stand() -> None:
    cells = read_cells(drawn())

    assert [line_text(cells, line) for line in range(3)] == ["one  two", "three", "日 本  four"]


def test_the_pieces_in_which_a_line_is_written_and_the_window_make_no_difference() -> None:
    assert differences(read_cells(drawn()), read_cells(drawn(pieces=True))) == []


def test_another_word_is_told_as_it_was_and_as_it_is() -> None:
    words = differences(read_cells(drawn()), read_cells(drawn(LINES.replace("three", "3"))))

    assert words == ["1 line differs", "line 2 was: three", "line 2 now: 3"]


@pytest.mark.parametrize("look", ["[italic]three[/italic]", "[bold on red]three[/]", "[bold red]three[/]"])
def test_another_look_of_the_same_word_is_told(look: str) -> None:
    words = differences(read_cells(drawn()), read_cells(drawn(LINES.replace("[bold]three[/bold]", look))))

    assert words[:2] == ["1 line differs", "line 2 looks different from cell 1 on: three"]


def test_three_lines_are_told_those_with_other_words_first() -> None:
    words = differences(read_cells(drawn("[bold]a[/]\nb\nc\nd")), read_cells(drawn("a\nB\nC\nD")))

    assert words[0] == "4 lines differ"
    assert [one[:10] for one in words[1:]] == [f"line {line} {when}" for line in (2, 3, 4) for when in ("was", "now")]


def test_a_difference_says_where_the_new_picture_is_and_what_accepts_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshot_files, "FOLDER", tmp_path / "kept")
    monkeypatch.setattr(snapshot_files, "IS_ACCEPTING", True)
    check_snapshot("words", drawn(), tmp_path)
    monkeypatch.setattr(snapshot_files, "IS_ACCEPTING", False)

    check_snapshot("words", drawn(pieces=True), tmp_path)
    with pytest.raises(AssertionError) as told:
        check_snapshot("words", drawn("another"), tmp_path)

    assert f"as it is now: {tmp_path / 'words.svg'}" in str(told.value)
    assert str(told.value).endswith("make snapshots")
    assert "another" in (tmp_path / "words.svg").read_text(encoding="utf-8")


def test_a_picture_that_has_no_snapshot_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshot_files, "FOLDER", tmp_path)
    monkeypatch.setattr(snapshot_files, "IS_ACCEPTING", False)

    with pytest.raises(AssertionError, match="no such snapshot"):
        check_snapshot("words", drawn(), tmp_path)
