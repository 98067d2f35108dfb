"""Completion scripts: the files are what the program emits, and what it emits is a valid script."""

import os
import shutil
import subprocess
import sys
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


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("tokenmon pro", ["proxy"]),
        ("tokenmon proxy --ho", ["--host"]),
        ("tokenmon platform a", ["add"]),
        ("tokenmon stats --pla", ["--platform"]),
    ],
)
def test_bash_completes_words_by_its_script(tmp_path: Path, line: str, words: list[str]) -> None:
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("bash is not installed")
    program = tmp_path / "tokenmon"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m tokenmon "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    # The shell's own part: the words of the line, the last one under the cursor.
    asked = f"source {FOLDER / FILES['bash']}; COMP_WORDS=({line}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); "
    asked += f'_tokenmon_completion {program}; printf "%s\\n" "${{COMPREPLY[@]}}"'

    done = subprocess.run(
        [bash, "--norc", "-c", asked], capture_output=True, text=True, timeout=60,
        env={**os.environ, "TOKENMON_HOME": str(tmp_path)},
    )  # fmt: skip

    assert (done.stdout.split(), done.stderr) == (words, "")
