"""A home in which nothing can be written: what only reads works, and the rest is told in a line."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.limits import bound_by_permissions, needs_permissions, read_only
from tests.system.process import tokenmon, typed_here

pytestmark = needs_permissions
REPORT = ("report", "--platform", "work", "--model", "gpt-4o-mini", "--input-tokens", "10", "--output-tokens", "1")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with one call; all tests share it, since none of them can change it."""
    home = tmp_path_factory.mktemp("read-only") / "home"
    typed_here(home, "platform", "add", "work", "--provider", "openai", "--no-key")
    typed_here(home, *REPORT)
    typed_here(home, "config", "set", "proxy.port", "0")
    (home / "state").mkdir()
    return home


def typed(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A command for which permissions count."""
    return bound_by_permissions(lambda: tokenmon(home, *arguments, check=False))


@pytest.mark.parametrize(
    "command",
    [
        ("stats", "--json"),
        ("logs", "--json"),
        ("export", "json"),
        ("db", "info", "--json"),
        ("platform", "list", "--json"),
        ("dash", "--once", "--json"),
        ("--json",),
    ],
)
def test_what_only_reads_works(home: Path, command: tuple[str, ...]) -> None:
    with read_only(home):
        done = typed(home, *command)

    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)


@pytest.mark.parametrize(
    ("command", "code"),
    [(REPORT, 3), (("key", "create", "laptop"), 3), (("config", "set", "proxy.port", "1"), 2), (("proxy",), 1)],
)
def test_what_writes_is_refused_in_one_line(home: Path, command: tuple[str, ...], code: int) -> None:
    with read_only(home):
        done = typed(home, *command)

    assert done.returncode == code
    assert [line.partition(": ")[0] for line in done.stderr.splitlines()] == ["tokenmon", "hint"]
    assert "TOKENMON_DEBUG" not in done.stderr


def test_a_backup_can_be_made_of_what_can_only_be_read(home: Path, tmp_path: Path) -> None:
    with read_only(home):
        done = typed(home, "db", "backup", str(tmp_path / "copy.db"))

    assert done.returncode == 0
    shown = tokenmon(home, "stats", "--json", TOKENMON_DATABASE_URL=f"sqlite:///{tmp_path / 'copy.db'}").stdout
    assert json.loads(shown)["totals"]["requests"] == 1
