"""`tokenmon import` as it is typed."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.commands.runner import Home
from tests.ingest.importers.logs import line
from tests.ingest.importers.test_claude_code import FILE, SECOND, answer
from tests.ingest.importers.test_codex import meta, name_of, turn, turns


@pytest.fixture
def logs(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's own home, with a session of Claude Code and one of Codex in it."""
    folder = tmp_path / "ann"
    for name in ("CLAUDE_CONFIG_DIR", "CODEX_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(folder))
    claude, codex = folder / ".claude/projects" / FILE, folder / ".codex/sessions" / name_of("0199-aa")
    for path, contents in ((claude, [answer()]), (codex, [meta(), turn(), *turns()])):
        path.parent.mkdir(parents=True)
        path.write_bytes(b"".join(map(line, contents)))
    return folder


@pytest.mark.parametrize("words", [(), ("auto",)])
def test_everything_that_is_found_is_imported_and_told(home: Home, logs: Path, words: tuple[str, ...]) -> None:
    done = home.run("import", *words)

    assert done.code == 0
    assert [row.split()[:2] for row in done.out.splitlines()[2:]] == [["Claude", "Code"], ["Codex", "CLI"]]
    assert "Claude Code: platform claude-code, metered (the log does not say)" in done.err
    totals = home.run("stats", "--json", "--by", "source", "--since", "all").json
    assert totals["totals"]["requests"] == 4
    assert {group["key"]["source"] for group in totals["groups"]} == {"import:claude-code", "import:codex"}


def test_what_is_imported_was_called_on_this_machine(home: Home, logs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKENMON_MACHINE", "laptop")

    home.run("import")

    groups = home.run("stats", "--json", "--by", "machine", "--since", "all").json["groups"]
    assert [(group["key"]["machine"], group["requests"]) for group in groups] == [("laptop", 4)]


def test_json_tells_each_tools_counts(home: Home, logs: Path) -> None:
    tools = home.run("import", "claude-code", "--json").json["tools"]

    assert [(one["tool"], one["lines_read"], one["records_new"]) for one in tools] == [("claude-code", 1, 1)]
    assert home.run("import", "--json", "--dry-run").json["tools"][1]["records_new"] == 3
    (codex,) = home.run("import", "--dry-run", "--since", "all", "codex", "--json").json["tools"]
    assert (codex["tool"], codex["records_new"]) == ("codex", 3)


def test_a_folder_may_be_named(home: Home, logs: Path) -> None:
    assert home.run("import", "claude-code", "--path", str(logs / ".claude"), "--json").json["tools"][0]["files"] == 1
    assert home.run("import", "claude-code", "--path", str(logs / "none")).code == 1
    assert home.run("import", "--path", str(logs)).code == 2


@pytest.mark.parametrize("options", [("--billing", "free"), ("--platform", "No Good"), ("--since", "someday")])
def test_options_that_mean_nothing_are_refused(home: Home, logs: Path, options: tuple[str, ...]) -> None:
    done = home.run("import", *options)

    assert (done.code, done.out) == (2, "")


def test_a_subscription_is_kept_apart(home: Home, logs: Path) -> None:
    home.run("import", "claude-code", "--billing", "subscription", "--platform", "max-plan")

    (record,) = home.run("logs", "--json", "--since", "all").json
    assert record["platform"] == "max-plan"


def test_without_any_logs_it_says_so(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "nobody"))

    done = home.run("import", "codex")

    assert (done.code, done.out) == (0, "")
    assert "no logs found of codex" in done.err


@pytest.mark.skipif(os.name == "nt", reason="sends a signal")
def test_watching_stores_a_line_soon_after_it_is_written(home: Home, logs: Path) -> None:
    command = [sys.executable, "-m", "tokenmon", "import", "--watch", "--json"]
    environment = {**os.environ, "HOME": str(logs), "TOKENMON_HOME": str(home.folder)}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        first = sorted(json.loads(process.stdout.readline())["tool"] for _ in range(2))
        with open(logs / ".claude/projects" / FILE, "ab") as file:
            file.write(line(answer(SECOND, request="req_2")))
        written = time.monotonic()
        told = json.loads(process.stdout.readline())
        seconds = time.monotonic() - written
        process.send_signal(signal.SIGINT)
        code = process.wait(20)

    assert first == ["claude-code", "codex"]
    assert (told["tool"], told["lines_read"], told["records_new"]) == ("claude-code", 1, 1)
    # Within a second where the machine has nothing else to do.
    assert seconds < 10
    assert code == 130
