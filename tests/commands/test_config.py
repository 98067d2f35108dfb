"""Settings as typed: what they take, where they may come from, and what of them is never shown."""

import json
from pathlib import Path

import pytest

from tests.commands.runner import Home
from tokenmon.config import NOT_OF_PROJECTS, load_settings, origins

HOOK = "https://hooks.example.com/services/T000/secret-path"


@pytest.mark.parametrize("port", ["8484.7", "8484.0", "true", '"many"', "70000", "[1]"])
def test_a_port_is_a_whole_number(home: Home, port: str) -> None:
    file = home.folder / "config" / "config.toml"
    file.parent.mkdir(parents=True)
    file.write_text(f"[proxy]\nport = {port}\n")

    done = home.run("config", "show")

    assert (done.code, "proxy.port must be" in done.err) == (2, True)


def test_every_reading_command_of_settings_prints_json(home: Home) -> None:
    home.run("config", "set", "proxy.allowed_hosts", "a.example,b.example")
    file = str(home.folder / "config" / "config.toml")

    assert home.run("config", "get", "proxy.allowed_hosts", "--json").json == {
        "name": "proxy.allowed_hosts", "value": ["a.example", "b.example"], "origin": file,
    }  # fmt: skip
    assert home.run("config", "get", "proxy.port", "--json").json["value"] == 8484
    assert home.run("config", "path", "--json").json == {"path": file}


@pytest.mark.parametrize("name", sorted(NOT_OF_PROJECTS))
def test_a_projects_file_cannot_redirect_data_keys_or_callers(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    (tmp_path / "tokenmon.toml").write_text(f'{name} = "https://attacker.example/"\n')
    monkeypatch.chdir(tmp_path)

    done = home.run("config", "show")

    assert (done.code, f"may not set {name}" in done.err) == (2, True)


def test_a_projects_file_sets_the_time_zone(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "tokenmon.toml").write_text('timezone = "Asia/Tokyo"\n')
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TOKENMON_TIMEZONE")

    found = home.run("config", "get", "timezone", "--json").json

    assert (found["value"], found["origin"]) == ("Asia/Tokyo", str(tmp_path / "tokenmon.toml"))


def test_a_projects_file_sets_what_leads_nowhere_else(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "tokenmon.toml").write_text("[proxy]\nport = 9999\n")
    home.run("config", "set", "proxy.port", "7777")
    monkeypatch.chdir(tmp_path)

    found = home.run("config", "get", "proxy.port", "--json").json

    assert (found["value"], found["origin"]) == (9999, str(tmp_path / "tokenmon.toml"))


def test_settings_and_their_origins_show_no_secret(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKENMON_DATABASE_URL", "postgresql://me:hunter2@db/tokenmon")
    monkeypatch.setenv("TOKENMON_ALERTS_WEBHOOK_URL", HOOK)

    shown = repr(load_settings()) + repr(origins())

    assert "hunter2" not in shown
    assert "secret-path" not in shown


MISFITS = {
    "timezone": ("", "Mars/Olympus", "UTC\n"),
    "database_url": ("", "foo", "mysql://me:hunter2@db/x", "sqlite:///a\nb"),
    "proxy.host": ("", "a b", "http://x"),
    "proxy.allowed_hosts": ("a.example,b c",),
    "proxy.allowed_origins": ("localhost:3000", "http://a.example/page"),
    "alerts.webhook_url": ("example.com", "ftp://example.com/", "https://example.com/a\nb", "https://a.example:99999/"),
}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in MISFITS.items() for value in values])
def test_a_text_that_a_setting_cannot_be_is_refused_when_set_and_when_read(
    home: Home, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.delenv("TOKENMON_TIMEZONE")
    file = home.folder / "config" / "config.toml"

    done = home.run("config", "set", name, value)
    is_written = file.exists()
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"{name} = {json.dumps(value)}\n", encoding="utf-8")
    read = home.run("stats")

    assert (done.code, f"{name} must be" in done.err, is_written) == (2, True, False)
    assert (read.code, f"{file}: {name} must be" in read.err) == (2, True)
    assert "hunter2" not in done.err + read.err


def test_a_wrong_value_is_told_with_its_own_remedy(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "tokenmon.toml").write_text('timezone = "Mars"\n')
    monkeypatch.chdir(tmp_path)

    monkeypatch.setenv("TOKENMON_TIMEZONE", "Mars")
    of_variable = home.run("stats").err
    monkeypatch.delenv("TOKENMON_TIMEZONE")
    of_project = home.run("stats").err

    assert "hint: unset TOKENMON_TIMEZONE" in of_variable
    assert f"hint: mend the file: {tmp_path / 'tokenmon.toml'}" in of_project


def test_a_setting_is_unset_and_the_rest_of_the_file_stays(home: Home) -> None:
    file = home.folder / "config" / "config.toml"
    file.parent.mkdir(parents=True)
    file.write_text('# mine\ntimezone = ""\n[proxy]\nport = 9000  # high\nhost = "127.0.0.2"\n')

    done = [home.run("config", "unset", name).err for name in ("timezone", "proxy.host", "proxy.host")]

    assert done == [
        f"timezone is no longer set in {file}\nnote: TOKENMON_TIMEZONE is set and goes before it\n",
        f"proxy.host is no longer set in {file}\n",
        f"proxy.host is not set in {file}\n",
    ]
    assert file.read_text() == "# mine\n[proxy]\nport = 9000  # high\n"


def test_settings_are_shown_as_what_they_are(home: Home) -> None:
    home.run("config", "set", "proxy.allowed_hosts", "a.example,b.example")
    home.run("config", "set", "alerts.webhook_url", HOOK)

    shown = home.run("config", "show", "--json").json

    others = ("database_url", "machine", "proxy.allowed_origins")
    assert {name: shown[name]["value"] for name in shown if name not in others} == {
        "timezone": "UTC", "proxy.host": "127.0.0.1", "proxy.port": 8484,
        "proxy.allowed_hosts": ["a.example", "b.example"], "proxy.max_body_bytes": 268435456,
        "proxy.connect_timeout_seconds": 10.0, "proxy.read_timeout_seconds": 600.0, "proxy.stop_timeout_seconds": 30.0,
        "alerts.webhook_url": "https://hooks.example.com/…", "alerts.webhook_allow_private": False,
        "dash.theme": "tokenmon-dark", "dash.marks": "blocks", "dash.currency": "USD", "dash.currency_rate": "1",
        "dash.numbers": "auto", "dash.keys": [],
    }  # fmt: skip


@pytest.mark.parametrize("place", ["config", "config/config.toml"])
def test_a_file_that_cannot_be_written_is_told_in_one_line(home: Home, place: str) -> None:
    # Something else stands where the folder or the file should be: that stops root too.
    home.folder.mkdir(exist_ok=True)
    if place == "config":
        (home.folder / place).touch()
    else:
        (home.folder / place).mkdir(parents=True)

    done = home.run("config", "set", "proxy.port", "9000")

    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"tokenmon: error: {home.folder / 'config' / 'config.toml'}: cannot be ")
    assert len(done.err.splitlines()) == 2
