"""The real program in processes of its own: the proxy on a free port, and commands beside it."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.commands.runner import Home

LISTENING = re.compile(r"http://127\.0\.0\.1:(\d+)")


def environment(home: Path, **extra: str) -> dict[str, str]:
    """The variables of a process in a home of its own, without a keyring and without the caller's settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("TOKENMON_", "HTTP", "http"))}
    return {**kept, "TOKENMON_HOME": str(home), "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring", **extra}


def tokenmon(
    home: Path, *arguments: str, text: str | None = None, check: bool = True, **extra: str
) -> subprocess.CompletedProcess[str]:
    """Run one command to its end."""
    command = [sys.executable, "-m", "tokenmon", *arguments]
    return subprocess.run(
        command, env=environment(home, **extra), input=text, text=True, capture_output=True, check=check, timeout=60
    )


def tokenmon_json(home: Path, *arguments: str) -> Any:
    """What a command prints with --json."""
    return json.loads(tokenmon(home, *arguments, "--json").stdout)


def typed_here(home: Path, *arguments: str, text: str = "") -> str:
    """What a command prints that runs in this process, in the surroundings of one of its own.

    For what a scene needs besides: a process would take a second of the processor's time to start.
    """
    with pytest.MonkeyPatch.context() as patch:
        for name in os.environ.keys() - environment(home).keys():
            patch.delenv(name)
        user = Home(home, patch)
        # A process of its own does not have it either, and the sums by day are kept in one time zone.
        patch.delenv("TOKENMON_TIMEZONE")
        patch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
        done = user.run(*arguments, text=text)
    assert done.code == 0, done.err
    return done.out


def told_here(home: Path, *arguments: str) -> Any:
    """What a command prints with --json that runs in this process."""
    return json.loads(typed_here(home, *arguments, "--json"))


def add_platform(home: Path, name: str, provider: str, base_url: str, *, key: str = "sk-stored-secret-7777") -> None:
    """A platform with a stored key."""
    options = ("--provider", provider, "--base-url", base_url, "--key-stdin")
    typed_here(home, "platform", "add", name, *options, text=key + "\n")


def create_key(home: Path, name: str, *, role: str = "member") -> str:
    """A client key."""
    key: str = told_here(home, "key", "create", name, "--role", role)["key"]
    return key


class ProxyProcess:
    """A running `tokenmon proxy`; `talk` is what it wrote to stderr so far."""

    # What Python runs; a test may prepare the program first.
    program: tuple[str, ...] = ("-m", "tokenmon")

    def __init__(self, home: Path, *options: str, **extra: str) -> None:
        command = [sys.executable, *self.program, "proxy", "--port", "0", *options]
        self._process = subprocess.Popen(
            command, env=environment(home, **extra), stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
        )
        self.lines: list[str] = []
        self._listening = threading.Event()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self.port = 0
        if not self._listening.wait(30) or not self.port:
            self.kill()
            raise RuntimeError("the proxy did not start: " + self.talk)

    def _read(self) -> None:
        assert self._process.stderr is not None
        for line in self._process.stderr:
            self.lines.append(line)
            if not self._listening.is_set() and (match := LISTENING.search(line)):
                self.port = int(match[1])
                self._listening.set()
        self._listening.set()

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    @property
    def talk(self) -> str:
        """Everything written to stderr so far."""
        return "".join(self.lines)

    def kill(self) -> None:
        """kill -9."""
        self._process.kill()
        self._end()

    def stop(self) -> int:
        """SIGTERM, and the exit code."""
        self._process.send_signal(signal.SIGTERM)
        return self._end()

    def wait(self) -> int:
        """The exit code, once it ended after a signal that was sent before."""
        return self._end()

    def _end(self) -> int:
        code = self._process.wait(60)
        self._reader.join(10)
        if self._process.stderr is not None:
            self._process.stderr.close()
        return code


@contextmanager
def proxy_process(home: Path, *options: str, **extra: str) -> Iterator[ProxyProcess]:
    """A proxy that is stopped gracefully at the end."""
    process = ProxyProcess(home, *options, **extra)
    try:
        yield process
    finally:
        process.stop()
