"""Tables on terminals of any width: numbers are never cut."""

import os
import stat
import sys
import threading
from pathlib import Path

import pytest

from tokenmon.errors import TokenmonError
from tokenmon.output import Column, fitted, has_screen, number, print_table, write_whole

ROWS = [
    ["2026-11-25 10:00:00", "openai-work", "a-model-with-a-very-long-name-" * 4, "123,456", "$0.3210"],
    ["2026-11-25 10:00:01", "a", "b", "7", "unpriced"],
]
COLUMNS = [
    Column("time"),
    Column("platform", shrinks=True),
    Column("model", shrinks=True),
    number("in"),
    number("cost"),
]


@pytest.mark.parametrize("width", [40, 60, 80, 120, 200])
def test_numbers_stand_whole_at_every_width(
    width: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))

    print_table(COLUMNS, ROWS, total=["total", "", "", "123,463", "$0.3210"])

    lines = capsys.readouterr().out.splitlines()
    for text in ("123,456", "$0.3210", "unpriced", "123,463", "2026-11-25 10:00:00", "cost"):
        assert any(text in line for line in lines), text
    assert width < 60 or max(map(len, lines)) <= width


@pytest.mark.parametrize(
    ("natural", "room", "widths"),
    [
        ([10, 50, 8], 100, [10, 50, 8]),
        ([10, 50, 8], 50, [10, 32, 8]),
        ([60, 50, 8], 60, [26, 26, 8]),
        ([60, 50, 8], 24, [8, 8, 8]),
        ([60, 50, 8], 5, [4, 4, 8]),
    ],
)
def test_the_longest_text_gives_way_first(natural: list[int], room: int, widths: list[int]) -> None:
    assert fitted(natural, [True, True, False], room=room) == widths


def test_a_link_stays_and_its_file_is_replaced_with_its_mode_kept(tmp_path: Path) -> None:
    held, link = tmp_path / "held.csv", tmp_path / "link.csv"
    held.write_text("before")
    held.chmod(0o600)
    link.symlink_to(held)

    write_whole(link, lambda file: file.write("after"))

    assert link.is_symlink()
    assert held.read_text() == "after"
    assert stat.S_IMODE(held.stat().st_mode) == 0o600
    assert sorted(tmp_path.iterdir()) == [held, link]


def test_a_file_that_may_not_be_written_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    held = tmp_path / "held.csv"
    held.write_text("before")
    # Whoever runs the tests may be allowed everything.
    monkeypatch.setattr(os, "access", lambda path, mode: False)

    with pytest.raises(TokenmonError, match="permission denied"):
        write_whole(held, lambda file: file.write("after"))

    assert held.read_text() == "before"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
def test_a_pipe_is_written_to_and_not_replaced(tmp_path: Path) -> None:
    pipe, found = tmp_path / "pipe.csv", []
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: found.append(pipe.read_text()), daemon=True)
    reader.start()

    write_whole(pipe, lambda file: file.write("through"))

    reader.join(10)
    assert found == ["through"]
    assert pipe.is_fifo()


@pytest.mark.parametrize("missing", ["stdin", "stdout", "stderr"])
def test_a_dashboard_needs_keys_and_the_stream_that_it_is_drawn_on(
    missing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("stdin", "stdout", "stderr"):
        monkeypatch.setattr(getattr(sys, name), "isatty", lambda: True, raising=False)
    assert has_screen()

    monkeypatch.setattr(getattr(sys, missing), "isatty", lambda: False, raising=False)

    assert not has_screen()
