"""The root: what becomes of output that nobody takes, and what is never logged."""

import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.alerts.hook import running_hook
from tests.commands.runner import Home
from tokenmon.alerts.webhook import post_json


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no full device here")
@pytest.mark.parametrize("command", [("config", "show"), ("config", "path"), ("--version",), ("stats", "--help")])
def test_output_to_a_full_device_fails_in_one_line(tmp_path: Path, command: tuple[str, ...]) -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "tokenmon", *command],
            stdout=full, stderr=subprocess.PIPE, text=True, check=False, timeout=60,
            env={**os.environ, "TOKENMON_HOME": str(tmp_path)},
        )  # fmt: skip

    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "tokenmon: error: the system refused: no space left on device", "hint: make room, or write elsewhere",
    ]  # fmt: skip


def test_output_to_a_closed_pipe_ends_silently(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)

    done = subprocess.run(
        [sys.executable, "-m", "tokenmon", "config", "show"],
        stdout=writing, stderr=subprocess.PIPE, text=True, check=False, timeout=60,
        env={**os.environ, "TOKENMON_HOME": str(tmp_path)},
    )  # fmt: skip
    os.close(writing)

    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("level", [logging.INFO, logging.DEBUG])
def test_the_path_of_a_webhook_is_never_logged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, level: int
) -> None:
    Home(tmp_path, monkeypatch).run("config", "path")
    with running_hook(200) as hook, caplog.at_level(level):
        post_json(hook.url, {"text": "hello"}, allow_private=True)

    assert hook.bodies
    assert "secret-in-url" not in caplog.text
