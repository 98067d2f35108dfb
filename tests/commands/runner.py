"""Commands run in this process, as the console script runs them."""

import io
import json
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tokenmon.cli import main


@dataclass(frozen=True)
class Done:
    """How a command ended, and what it wrote."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What it printed, as JSON."""
        return json.loads(self.out)


def is_one_line_and_a_hint(done: Done) -> bool:
    """Whether a command told an error as all do."""
    lines = done.err.splitlines()
    return len(lines) == 2 and lines[0].startswith("tokenmon: error: ") and lines[1].startswith("hint: ")


class Home:
    """A user's home, and commands typed in it."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self._patch = monkeypatch
        monkeypatch.setenv("TOKENMON_HOME", str(folder))
        monkeypatch.setenv("TOKENMON_TIMEZONE", "UTC")
        monkeypatch.setenv("COLUMNS", "160")

    def run(self, *arguments: str, text: str = "") -> Done:
        """Type one command; `text` is its stdin."""
        out, err = io.TextIOWrapper(io.BytesIO(), encoding="utf-8"), io.StringIO()
        stdin = io.TextIOWrapper(io.BytesIO(text.encode()))
        self._patch.setattr(sys, "argv", ["tokenmon", *arguments])
        self._patch.setattr(sys, "stdin", stdin)
        with redirect_stdout(out), redirect_stderr(err), pytest.raises(SystemExit) as end:
            main()
        out.flush()
        raw = out.buffer.getvalue()
        return Done(int(end.value.code or 0), raw.decode(), err.getvalue())
