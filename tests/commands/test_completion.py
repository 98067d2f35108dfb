"""Completion scripts: the files are what the program emits, and what it emits is a valid script."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tokenmon.commands.completion import script_of

FOLDER = Path(__file__).parents[2] / "completions"
FILES = {"bash": "tokenmon.bash", "zsh": "_tokenmon", "fish": "tokenmon.fish", "powershell": "tokenmon.ps1"}


@pytest.mark.parametrize(("shell", "name"), FILES.items())
def test_the_files_equal_what_the_program_emits(shell: str, name: str) -> None:
    assert (FOLDER / name).read_text(encoding="utf-8") == script_of(shell)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_scripts_are_valid_where_the_shell_is_there(shell: str) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")

    done = subprocess.run([shell, "-n", FOLDER / FILES[shell]], capture_output=True, text=True, timeout=20)

    assert (done.returncode, done.stderr) == (0, "")
