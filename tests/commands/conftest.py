"""A home for each test of commands."""

from pathlib import Path

import pytest

from tests.commands.runner import Home


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    return Home(tmp_path / "home", monkeypatch)


@pytest.fixture
def work(home: Home) -> Home:
    """A home with one platform of own prices."""
    options = ("--provider", "openai", "--key-stdin", "--input-price", "2", "--output-price", "10")
    assert home.run("platform", "add", "work", *options, text="sk-test-key-000000001234\n").code == 0
    return home
