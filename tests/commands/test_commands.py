"""Commands as typed: what they print, their exit codes, and errors of one line and a hint."""

import csv
import io
import json
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.commands.runner import Done, Home, is_one_line_and_a_hint
from tokenmon.cli import COMMANDS, load_command

SECRET = "sk-test-key-000000001234"
REPORT = ("report", "--platform", "work", "--model", "gpt-4o-mini", "--input-tokens", "1000", "--output-tokens", "100")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_documented_as_in_the_table(name: str) -> None:
    summary = load_command(name).get_short_help_str(200)

    if COMMANDS[name][0] not in ("platform", "price", "key", "quota", "db", "vault", "config"):
        assert summary == COMMANDS[name][1]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(home: Home, name: str) -> None:
    done = home.run(name, "--help")

    assert done.code == 0
    assert "Usage" in done.out


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("nonsense",), 2),
        (("stats", "--by", "nonsense"), 2),
        (("stats", "--since", "someday"), 2),
        (("stats", "--where", "modle:opus"), 2),
        (("stats", "--timezone", "Mars/Olympus"), 2),
        (("logs", "--limit", "0"), 2),
        (("platform", "add", "work"), 2),
        (("platform", "add", "api", "--provider", "openai", "--no-key"), 2),
        (("platform", "add", "Work!", "--provider", "openai", "--no-key"), 2),
        (("platform", "add", "work", "--provider", "opena", "--no-key"), 2),
        (("platform", "add", "work", "--provider", "azure", "--no-key"), 2),
        (("platform", "add", "work", "--provider", "openai"), 2),
        (("platform", "add", "work", "--provider", "openai", "--no-key", "--quota", "lots"), 2),
        (("platform", "add", "work", "--provider", "openai", "--no-key", "--input-price", "cheap"), 2),
        (("platform", "add", "work", "--provider", "openai", "--no-key", "--base-url", "ftp://x"), 2),
        (("platform", "show", "nobody"), 1),
        (("platform", "test", "nobody"), 1),
        (("key", "create", "x", "--role", "king"), 2),
        (("key", "revoke", "nobody"), 1),
        (("export", "xml"), 2),
        (("report",), 2),
        (("report", "--platform", "work", "--model", "m", "--input-tokens", "1"), 2),
        (("report", "--platform", "nobody", "--model", "m", "--input-tokens", "1", "--output-tokens", "1"), 1),
        (("config", "set", "proxy.prt", "1"), 2),
        (("config", "set", "proxy.port", "many"), 2),
        (("config", "get", "nothing"), 2),
        (("proxy", "--host", "0.0.0.0"), 2),
        (("proxy", "--host", ""), 2),
        (("proxy", "--log-level", "loud"), 2),
        (("dash",), 2),
        (("completion", "tcsh"), 2),
        (("run", "--", "true"), 2),
        (("logs", "--limit", "99999999999999999999"), 2),
        (("export", "csv", "-o", "/"), 1),
        (("export", "csv", "-o", "."), 1),
        (("db", "backup", "/"), 2),
        (("proxy", "--tls-cert", "/nowhere/a", "--tls-key", "/nowhere/b"), 2),
        (("platform", "add", "work", "--provider", "openai", "--no-key", "--quota", "0.000000001 USD"), 2),
        (("platform", "add", "work", "--provider", "openai", "--no-key", "--quota", "9" * 40), 2),
    ],
)
def test_a_mistake_is_one_line_and_a_hint(home: Home, arguments: tuple[str, ...], code: int) -> None:
    done = home.run(*arguments)

    assert (done.code, done.out) == (code, "")
    assert is_one_line_and_a_hint(done)


@pytest.mark.parametrize("name", COMMANDS)
def test_completion_is_installed_by_its_own_command_alone(home: Home, name: str) -> None:
    assert "--install-completion" not in home.run(name, "--help").out


def test_on_first_use_the_next_steps_are_told(home: Home) -> None:
    done = home.run()

    assert done.code == 0
    assert "tokenmon platform add" in done.out


def test_files_are_private(work: Home) -> None:
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in work.folder.rglob("*") if path.is_file()}

    assert modes
    assert {mode for mode in modes.values() if mode & 0o077} == set()


def test_groups_of_every_period_add_up(work: Home) -> None:
    for _ in range(3):
        work.run(*REPORT)

    for command in ("daily", "weekly", "monthly", "session"):
        answer = work.run(command, "--json").json
        assert sum(group["requests"] for group in answer["groups"]) == answer["totals"]["requests"] == 3


def test_an_exceeded_quota_exits_with_four_and_is_shown_by_all(work: Home) -> None:
    work.run("platform", "edit", "work", "--quota", "1000 tokens")
    work.run(*REPORT)

    checked = work.run("quota", "check", "--json")
    shown = [work.run(), work.run("stats"), work.run("quota", "list"), work.run("dash", "--once", "--width", "120")]

    assert (checked.code, checked.json[0]["state"], checked.json[0]["percent"]) == (4, "exceeded", "110")
    assert is_one_line_and_a_hint(Done(4, "", checked.err))
    assert all("exceeded" in done.out for done in shown)


def test_exports_hold_the_same_calls(work: Home, tmp_path: Path) -> None:
    work.run(*REPORT, "--project", "=cmd()")
    target = tmp_path / "out.csv"

    done = work.run("export", "csv", "-o", str(target))
    lines = work.run("export", "jsonl").out.splitlines()

    rows = list(csv.DictReader(io.StringIO(target.read_text(encoding="utf-8"))))
    assert done.code == 0
    assert rows[0]["project"] == "'=cmd()"
    assert json.loads(lines[0])["id"] == rows[0]["id"]
    assert json.loads(work.run("export", "json").out) == [json.loads(lines[0])]


def test_an_export_that_cannot_be_written_leaves_nothing(work: Home, tmp_path: Path) -> None:
    done = work.run("export", "csv", "-o", str(tmp_path / "no" / "where.csv"))

    assert done.code == 1
    assert is_one_line_and_a_hint(done)


def test_a_client_key_is_shown_once_and_revoked(home: Home) -> None:
    created = home.run("key", "create", "laptop", "--json").json
    home.run("key", "revoke", "laptop")
    listed = home.run("key", "list", "--all", "--json").json

    assert created["key"].startswith("tm-")
    assert created["key"] not in json.dumps(listed)
    assert listed[0]["revoked_at"] is not None


def test_rotating_the_vault_keeps_every_key_readable(work: Home) -> None:
    files = sorted(path.name for path in (work.folder / "state").iterdir())
    rotated = work.run("vault", "rotate")

    assert rotated.code == 0
    assert sorted(path.name for path in (work.folder / "state").iterdir()) != files
    assert work.run("vault", "status", "--json").json["problem"] is None


@pytest.mark.parametrize("command", [("doctor",), ("vault", "status")])
@pytest.mark.parametrize("passphrase", ["", "wrong horse"])
def test_a_passphrase_that_does_not_open_the_vault_is_asked_for(
    work: Home, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...], passphrase: str
) -> None:
    monkeypatch.setenv("TOKENMON_PASSPHRASE", "correct horse")
    work.run("vault", "rotate")
    monkeypatch.setenv("TOKENMON_PASSPHRASE", passphrase)

    done = work.run(*command)

    assert done.code in (1, 2)
    assert "hint: export TOKENMON_PASSPHRASE=..." in done.err


def test_settings_are_set_shown_with_their_origin_and_checked(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    home.run("config", "set", "proxy.port", "9000")
    from_file = home.run("config", "show", "--json").json["proxy.port"]
    monkeypatch.setenv("TOKENMON_PROXY_PORT", "9100")
    from_variable = home.run("config", "show", "--json").json["proxy.port"]

    assert from_file == {"value": 9000, "origin": str(home.folder / "config" / "config.toml")}
    assert from_variable == {"value": 9100, "origin": "variable TOKENMON_PROXY_PORT"}


def test_a_backup_is_a_database_of_its_own(work: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    work.run(*REPORT)
    copy = tmp_path / "copy.db"

    done = work.run("db", "backup", str(copy))
    monkeypatch.setenv("TOKENMON_DATABASE_URL", f"sqlite:///{copy}")

    assert (done.code, done.out.strip()) == (0, str(copy))
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert work.run("stats", "--json").json["totals"]["requests"] == 1


def test_rebuilding_changes_no_sum(work: Home) -> None:
    work.run(*REPORT)
    before = work.run("stats", "--by", "day,model", "--json").out

    assert work.run("db", "rebuild").code == 0
    assert work.run("stats", "--by", "day,model", "--json").out == before


def test_doctor_finds_a_file_that_others_can_read(work: Home) -> None:
    database = work.folder / "data" / "tokenmon.db"
    database.chmod(0o644)

    done = work.run("doctor", "--json")

    assert done.code == 1
    assert [one["check"] for one in done.json if one["state"] == "problem"] == ["folders"]


def test_doctors_hints_name_their_check_and_never_the_doctor(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKENMON_DATABASE_URL", "postgresql://me@127.0.0.1:1/tokenmon")

    done = home.run("doctor")

    hints = [line for line in done.out.splitlines() if "hint" in line]
    assert {line.partition(":")[0] for line in hints} >= {"hint for database", "hint for proxy"}
    assert "tokenmon doctor" not in done.out + done.err


def test_a_damaged_database_is_told_in_one_line(home: Home) -> None:
    database = home.folder / "data" / "tokenmon.db"
    database.parent.mkdir(parents=True)
    database.write_bytes(b"this is not a database, not at all" * 100)

    done = home.run("stats")

    assert done.code == 1
    assert is_one_line_and_a_hint(done)


def test_a_call_at_its_own_time_is_found_by_its_day(work: Home) -> None:
    day = datetime.now(UTC).strftime("%Y-%m-01")
    work.run(*REPORT, "--at", f"{day}T00:00:00Z")

    found = work.run("stats", "--since", day, "--until", day, "--json").json

    assert found["totals"]["requests"] == 1


def test_a_whole_period_is_the_same_on_every_surface(work: Home) -> None:
    work.run(*REPORT)
    work.run(*REPORT, "--at", "2026-02-10T12:00:00Z", "--project", "february")
    whole = ("--period", "2026-02")

    stats = work.run("stats", *whole, "--json").json
    months = work.run("monthly", *whole, "--json").json
    logs = work.run("logs", *whole, "--json").json
    exported = work.run("export", "jsonl", *whole).out.splitlines()
    frame = work.run("dash", "--once", *whole, "--json").json

    assert (stats["totals"]["requests"], [one["key"] for one in months["groups"]]) == (1, [{"month": "2026-02"}])
    assert [one["project"] for one in (*logs, *map(json.loads, exported), *frame["calls"])] == ["february"] * 3
    assert frame["period"]["totals"] == stats["totals"]
    assert (frame["period"]["start"], frame["period"]["end"]) == ("2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z")
    assert "Period 2026-02" in work.run("dash", "--once", *whole).out
    assert "Period 2026-01" in work.run("dash", "--once", "--period", "2026-01").out


@pytest.mark.parametrize("command", ["stats", "daily", "session", "logs"])
def test_a_whole_period_with_an_end_beside_it_is_a_mistake(home: Home, command: str) -> None:
    done = home.run(command, "--period", "2026-02", "--until", "today")

    assert done.code == 2
    assert is_one_line_and_a_hint(done)
