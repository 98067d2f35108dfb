"""Where logs are looked for: variables before defaults, homes of every system, each folder once."""

import json
from pathlib import Path

import pytest

from tokenmon.ingest.importers.places import home_of
from tokenmon.ingest.importers.tools import TOOLS


def made(*folders: Path) -> None:
    for folder in folders:
        folder.mkdir(parents=True)


def roots(tool: str, **environment: str) -> list[Path]:
    return TOOLS[tool].places.roots(environment)


def test_both_of_claude_codes_folders_are_read(tmp_path: Path) -> None:
    made(tmp_path / ".claude/projects", tmp_path / ".config/claude/projects")

    found = roots("claude-code", HOME=str(tmp_path))

    assert found == [tmp_path / ".config/claude/projects", tmp_path / ".claude/projects"]


def test_a_variable_replaces_the_defaults_and_may_list_several(tmp_path: Path) -> None:
    made(tmp_path / ".claude/projects", tmp_path / "a/projects", tmp_path / "b/projects")
    named = f" ~/a , {tmp_path}/b/projects,,{tmp_path}/none, {tmp_path}/a"

    found = roots("claude-code", HOME=str(tmp_path), CLAUDE_CONFIG_DIR=named)

    assert found == [tmp_path / "a/projects", tmp_path / "b/projects"]


def test_codex_has_archives_and_may_be_saved_output_alone(tmp_path: Path) -> None:
    made(tmp_path / "home/sessions", tmp_path / "home/archived_sessions", tmp_path / "saved")

    assert roots("codex", HOME="/", CODEX_HOME=f"{tmp_path}/home") == [
        tmp_path / "home/sessions", tmp_path / "home/archived_sessions",
    ]  # fmt: skip
    assert roots("codex", HOME="/", CODEX_HOME=f"{tmp_path}/saved") == [tmp_path / "saved"]


def test_data_folders_follow_the_systems_variable(tmp_path: Path) -> None:
    made(tmp_path / "data/opencode", tmp_path / "home/.local/share/opencode")

    assert roots("opencode", HOME=f"{tmp_path}/home") == [tmp_path / "home/.local/share/opencode"]
    assert roots("opencode", HOME=f"{tmp_path}/home", XDG_DATA_HOME=f"{tmp_path}/data") == [tmp_path / "data/opencode"]


def test_crushs_projects_are_found_by_its_registry(tmp_path: Path) -> None:
    made(tmp_path / ".local/share/crush", tmp_path / "api/.crush")
    registry = {"projects": [{"path": f"{tmp_path}/api"}, {"path": f"{tmp_path}/gone"}]}
    (tmp_path / ".local/share/crush/projects.json").write_text(json.dumps(registry))

    assert roots("crush", HOME=str(tmp_path)) == [tmp_path / ".local/share/crush", tmp_path / "api/.crush"]


@pytest.mark.parametrize(
    ("environment", "home"),
    [
        ({"HOME": "/home/ann", "USERPROFILE": "/other"}, "/home/ann"),
        ({"HOME": "", "USERPROFILE": "/users/ann"}, "/users/ann"),
        ({"HOMEDRIVE": "/c", "HOMEPATH": "/users/ann"}, "/c/users/ann"),
    ],
)
def test_a_home_is_found_on_every_system(environment: dict[str, str], home: str) -> None:
    assert home_of(environment) == Path(home)


def test_every_tool_has_a_parser_that_loads() -> None:
    assert all(callable(files.load()) for tool in TOOLS.values() for files in tool.files)
