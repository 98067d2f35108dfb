"""Where tools keep their logs: by environment variable or default, on each system."""

import json
import os
import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

Environment = Mapping[str, str]
# A project's folder in a registry, as a JSON text.
PROJECT = re.compile(r'"path"\s*:\s*("(?:[^"\\\x00-\x1f]|\\["\\/bfnrt])*")')


def home_of(environment: Environment) -> Path:
    """The user's home; an empty variable counts as not set."""
    drive, path = environment.get("HOMEDRIVE"), environment.get("HOMEPATH")
    named = environment.get("HOME") or environment.get("USERPROFILE") or (drive + path if drive and path else None)
    return Path(named) if named else Path.home()


def expanded(text: str, environment: Environment) -> Path:
    """A path that may begin with `~`, `{config}`, `{data}` or `{appdata}`."""
    home = home_of(environment)
    mac = home / "Library" / "Application Support"
    starts = {
        "~": home,
        "{config}": Path(environment.get("XDG_CONFIG_HOME") or home / ".config"),
        "{data}": Path(environment.get("XDG_DATA_HOME") or home / ".local" / "share"),
        # Where programs with windows keep theirs.
        "{appdata}": Path(environment.get("APPDATA") or home / "AppData" / "Roaming")
        if sys.platform == "win32"
        else mac
        if sys.platform == "darwin"
        else Path(environment.get("XDG_CONFIG_HOME") or home / ".config"),
        "{mac}": mac,
    }
    start, separator, rest = text.partition("/")
    if start in starts:
        return starts[start] / rest if separator else starts[start]
    return Path(text)


@dataclass(frozen=True, slots=True)
class Places:
    """The folders of one tool.

    A set `variable` (a list with commas) replaces the defaults. `below` are the folders to look into in each; where
    none of them is there, the folder itself is taken if it has one of their names, or if `or_itself`.
    """

    defaults: tuple[str, ...]
    variable: str | None = None
    below: tuple[str, ...] = ()
    or_itself: bool = False
    # A JSON file that names folders of projects, each with the tool's own folder `in_project`.
    registry: str | None = None
    in_project: str = ""

    def roots(self, environment: Environment = os.environ) -> list[Path]:
        """The folders that exist, each once."""
        named = environment.get(self.variable, "") if self.variable else ""
        texts: Iterable[str] = self.defaults
        if self.variable and named.strip():
            texts = [part.strip() for part in named.split(",") if part.strip()]
        folders = [expanded(text, environment) for text in texts]
        return self.within([*folders, *self._registered(environment)])

    def _registered(self, environment: Environment) -> list[Path]:
        if self.registry is None:
            return []
        try:
            text = expanded(self.registry, environment).read_text(encoding="utf-8", errors="replace")
        except OSError:
            return []
        return [Path(json.loads(found)) / self.in_project for found in PROJECT.findall(text)]

    def within(self, folders: Iterable[Path]) -> list[Path]:
        """The folders to look into of those named."""
        found: dict[str, Path] = {}
        for folder in folders:
            for root in self._below(folder):
                if root.exists():
                    found.setdefault(os.path.realpath(root), root)
        return list(found.values())

    def _below(self, folder: Path) -> list[Path]:
        if not self.below:
            return [folder]
        inner = [folder / name for name in self.below if (folder / name).is_dir()]
        if inner:
            return inner
        return [folder] if self.or_itself or folder.name in self.below else []
