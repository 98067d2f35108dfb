"""The house rules that no other tool checks: late imports, docstrings, short files, and no trace of a machine."""

import ast
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = sorted((ROOT / "tokenmon").rglob("*.py"))
SOURCES = sorted(path for folder in ("tokenmon", "tests", "benchmarks") for path in (ROOT / folder).rglob("*.py"))
MAX_LINES = 400
MAY_IMPORT_SO = re.compile(r"\bfrom[\s\\]*\.|\bimport[\s\\(]*\*")

# Each takes longer to load than `--help` may take to answer.
HEAVY = (
    "aiohttp", "alembic", "cryptography", "fastapi", "genai_prices", "httpx", "keyring", "msgspec", "opentelemetry",
    "plotext", "sqlalchemy", "sqlmodel", "textual", "tomlkit", "uvicorn", "watchfiles",
)  # fmt: skip
SPY = """
import contextlib, io, json, sys
from tokenmon.cli import main
sys.argv = ["tokenmon", *json.loads(sys.argv[1])]
with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):
    main()
print(json.dumps(sorted(sys.modules)))
"""


def modules_after(*arguments: str) -> set[str]:
    """The modules that a process has loaded when a command has ended."""
    command = [sys.executable, "-c", SPY, json.dumps(arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    return set(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.parametrize("arguments", [("--help",), ("--version",)])
def test_help_and_version_load_nothing_heavy(arguments: tuple[str, ...]) -> None:
    loaded = modules_after(*arguments)

    assert "tokenmon.cli" in loaded
    assert loaded.isdisjoint(HEAVY)


def test_the_dashboard_draws_its_first_frame_before_the_database_layer_is_loaded() -> None:
    code = "import json, sys, tokenmon.tui.app, tokenmon.tui.screens.overview; print(json.dumps(sorted(sys.modules)))"

    spied = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)

    loaded = {name.split(".")[0] for name in json.loads(spied.stdout)}
    assert loaded.isdisjoint({"sqlalchemy", "plotext", "alembic", "cryptography", "genai_prices", "httpx", "aiohttp"})


def test_every_module_of_the_package_has_a_docstring() -> None:
    silent = [path for path in PACKAGE if not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))]

    assert silent == []


def test_no_file_is_longer_than_four_hundred_lines() -> None:
    long = [path for path in SOURCES if len(path.read_text(encoding="utf-8").splitlines()) > MAX_LINES]

    assert long == []


def test_no_file_imports_relatively_or_by_star() -> None:
    texts = {path: path.read_text(encoding="utf-8") for path in SOURCES}
    found = [
        (path, node.lineno)
        for path, text in texts.items()
        # Only these words can make one, and to read every file's grammar takes seconds.
        if MAY_IMPORT_SO.search(text)
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.ImportFrom) and (node.level or any(name.name == "*" for name in node.names))
    ]

    assert found == []


def test_the_lock_pins_every_requirement_by_hash_and_names_no_place() -> None:
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    pins = [line for line in text.splitlines() if line and not line.startswith((" ", "#"))]

    assert pins
    assert all(re.match(r"[a-z0-9][a-z0-9.-]*==[^ ]+ ", line) for line in pins)
    assert text.count("--hash=sha256:") >= len(pins)
    assert not re.search(r"://|--index|--find-links|--extra-index|file:|@ ", text)


def test_the_lock_holds_every_dependency_of_the_project() -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = [
        *project["project"]["dependencies"],
        *project["project"]["optional-dependencies"]["postgres"],
        *project["dependency-groups"]["dev"],
    ]
    names = {re.split(r"[^A-Za-z0-9_.-]", line)[0].lower().replace("_", "-") for line in wanted}
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    locked = {line.partition("==")[0] for line in text.splitlines() if "==" in line}

    assert names - locked == set()
