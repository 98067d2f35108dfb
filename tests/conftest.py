"""What all tests share: nothing of the user's surroundings reaches them, and the network is loopback alone."""

import os
import socket
from typing import Any

import pytest

LOOPBACK = ("127.", "::1", "localhost")


@pytest.fixture(autouse=True)
def _own_surroundings(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """A home that no test writes to by chance, no keyring, no proxies, no colour settings."""
    for name in list(os.environ):
        if name.startswith("TOKENMON_") or name.lower().endswith("_proxy") or name in ("NO_COLOR", "FORCE_COLOR"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("TOKENMON_HOME", str(tmp_path_factory.getbasetemp() / "no-home"))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Connecting anywhere but to this machine fails at once."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if isinstance(address, tuple) and not str(address[0]).startswith(LOOPBACK):
            raise OSError(101, "tests do not use the network")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)
