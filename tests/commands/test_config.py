"""Settings as typed: what they take, where they may come from, and what of them is never shown."""

from pathlib import Path

import pytest

from tests.commands.runner import Home
from tokenmon.config import FIELDS, load_settings, origins

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


@pytest.mark.parametrize("name", sorted(FIELDS.keys() - {"timezone"}))
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


def test_settings_and_their_origins_show_no_secret(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKENMON_DATABASE_URL", "postgresql://me:hunter2@db/tokenmon")
    monkeypatch.setenv("TOKENMON_ALERTS_WEBHOOK_URL", HOOK)

    shown = repr(load_settings()) + repr(origins())

    assert "hunter2" not in shown
    assert "secret-path" not in shown
