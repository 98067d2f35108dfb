"""What the proxy's tests share: a home of their own."""

from pathlib import Path

import pytest


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home in which the proxy of the test keeps everything."""
    monkeypatch.setenv("TOKENMON_HOME", str(tmp_path))
    return tmp_path
