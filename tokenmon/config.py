"""Settings as they are in force; where each value came from is kept.

Order, highest first: flag, `TOKENMON_*` variable, `tokenmon.toml` of the project, the user's file, default.
"""

import contextlib
import difflib
import os
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tokenmon import paths
from tokenmon.core.setting_text import Fits
from tokenmon.core.settings import FIELDS, SECRETS, Settings
from tokenmon.errors import ConfigError

__all__ = [
    "FIELDS",
    "NO_PROJECT",
    "Origin",
    "Settings",
    "checked",
    "known_name",
    "load_settings",
    "origins",
    "variable",
]

PROJECT_FILE = "tokenmon.toml"
# Set for whatever stands in a folder whose project is none of its business, and for the processes that it starts.
NO_PROJECT = "TOKENMON_NO_PROJECT"
TRUE_WORDS = frozenset({"1", "true", "yes", "on"})
FALSE_WORDS = frozenset({"0", "false", "no", "off"})

# A project's file comes with a checkout, from whoever wrote that: it does not say where data and keys go or who may
# reach the proxy.
NOT_OF_PROJECTS = frozenset({
    "database_url", "proxy.host", "proxy.allowed_hosts", "proxy.allowed_origins", "alerts.webhook_url",
    "alerts.webhook_allow_private",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Origin:
    """One setting as it is in force: its value and the place that it came from."""

    name: str
    value: Any = field(repr=False)
    origin: str


def variable(name: str) -> str:
    """The environment variable of a setting."""
    return "TOKENMON_" + name.upper().replace(".", "_")


def load_settings(flags: Mapping[str, Any] | None = None) -> Settings:
    """The settings in force; `flags` are values by setting name. ConfigError names file, key and what is wrong."""
    return Settings(**{FIELDS[one.name].name: one.value for one in origins(flags)})


def origins(flags: Mapping[str, Any] | None = None) -> list[Origin]:
    """Every setting with where its value comes from, in the order of declaration."""
    project = project_file()
    files = [] if project is None else [(project, _of_project(project, _read(project)))]
    files.append((paths.config_file(), _read(paths.config_file())))
    return [_origin(name, flags or {}, files) for name in FIELDS]


def _origin(name: str, flags: Mapping[str, Any], files: list[tuple[Path, Mapping[str, Any]]]) -> Origin:
    if flags.get(name) is not None:
        return Origin(name, checked(name, flags[name], "the command line"), "flag")
    from_environment = os.environ.get(variable(name))
    if from_environment:
        return Origin(name, checked(name, from_environment, variable(name)), f"variable {variable(name)}")
    for path, values in files:
        if name in values:
            return Origin(name, checked(name, values[name], str(path)), str(path))
    if name == "timezone":
        return Origin(name, system_timezone(), "system")
    if name == "machine":
        return Origin(name, host_name(), "system")
    if name == "database_url":
        return Origin(name, f"sqlite:///{paths.database_file()}", "default")
    default = getattr(Settings, FIELDS[name].name, ())
    return Origin(name, default, "default")


def project_file() -> Path | None:
    """The nearest `tokenmon.toml` in the working folder or above it, up to the home folder; None without one, and where
    `TOKENMON_NO_PROJECT` is set."""
    if os.environ.get(NO_PROJECT):
        return None
    try:
        here = Path.cwd()
    except FileNotFoundError:
        return None
    home = Path.home()
    for folder in (here, *here.parents):
        candidate = folder / PROJECT_FILE
        if candidate.is_file():
            return candidate
        if folder == home or (folder / ".git").exists():
            return None
    return None


def _of_project(path: Path, values: Mapping[str, Any]) -> Mapping[str, Any]:
    for name in values:
        if name in NOT_OF_PROJECTS:
            raise ConfigError(
                f"{path}: a project's file may not set {name}",
                hint=f"take it out; for yourself: tokenmon config set {name} VALUE",
            )
    return values


def _read(path: Path) -> Mapping[str, Any]:
    """A file's settings by dotted name."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not valid TOML: {error}", hint=f"mend the file: {path}") from None
    except OSError as error:
        reason = (error.strerror or "no access").lower()
        raise ConfigError(f"{path}: cannot be read: {reason}", hint="check the file's permissions") from None
    flat: dict[str, Any] = {}
    for key, value in content.items():
        if isinstance(value, dict):
            flat.update({f"{key}.{inner}": one for inner, one in value.items()})
        else:
            flat[key] = value
    for name in flat:
        known_name(name, place=str(path))
    return flat


def known_name(name: str, *, place: str = "") -> str:
    """The name if it is a setting's, or ConfigError with the nearest one."""
    if name in FIELDS:
        return name
    near = difflib.get_close_matches(name, FIELDS, n=1)
    hint = f"did you mean {near[0]}?" if near else "tokenmon config show"
    raise ConfigError(f"{place + ': ' if place else ''}unknown setting {name[:60]!r}", hint=hint)


def checked(name: str, value: Any, place: str) -> Any:
    """A value of a setting in its type; ConfigError says what is wrong, and where."""
    one = FIELDS[name]
    kind = one.type
    wanted = {"int": "a whole number", "float": "a number", "bool": "true or false", "str": "a text"}.get(
        str(getattr(kind, "__name__", kind)), "a list of texts"
    )
    parsed = _parsed(kind, value)
    if parsed is None:
        raise _wrong(name, wanted, value, place)
    low, high = one.metadata["low"], one.metadata["high"]
    if (low is not None and parsed < low) or (high is not None and parsed > high):
        raise _wrong(name, f"from {low:g}" + (f" to {high:g}" if high is not None else ""), parsed, place)
    fits: Fits | None = one.metadata["fits"]
    if fits is not None:
        misfit = next((text for text in ((parsed,) if isinstance(parsed, str) else parsed) if not fits(text)), None)
        if misfit is not None:
            raise _wrong(name, fits.words, misfit, place)
    return parsed


def _wrong(name: str, wanted: str, value: Any, place: str) -> ConfigError:
    """The error of a value, which is shown unless it may hold a password."""
    shown = "" if name in SECRETS else f", not {str(value)[:60]!r}"
    if place == variable(name):
        hint = f"unset {place}, or give it another value"
    elif place in ("the command line", str(paths.config_file())):
        hint = f"tokenmon config set {name} VALUE"
    else:
        hint = f"mend the file: {place}"
    return ConfigError(f"{place}: {name} must be {wanted}{shown}", hint=hint)


def _parsed(kind: Any, value: Any) -> Any:
    if kind is bool:
        word = str(value).lower()
        return True if word in TRUE_WORDS else False if word in FALSE_WORDS else None
    if kind in (int, float):
        # Half a port is no port: int() would cut it.
        if isinstance(value, bool) or (kind is int and isinstance(value, float)):
            return None
        try:
            number = kind(value)
        except (TypeError, ValueError, OverflowError):
            return None
        return number if number == number and abs(number) != float("inf") else None
    if kind is str:
        return value if isinstance(value, str) else None
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    is_list = isinstance(value, (list, tuple)) and all(isinstance(part, str) for part in value)
    return tuple(value) if is_list else None


def system_timezone() -> str:
    """The system's IANA time zone, `UTC` where it cannot be told."""
    from zoneinfo import ZoneInfo

    named = os.environ.get("TZ", "").lstrip(":")
    candidates = [named] if named and not named.startswith("/") else []
    with contextlib.suppress(OSError, UnicodeDecodeError):
        candidates.append(Path("/etc/timezone").read_text(encoding="utf-8").strip())
    try:
        link = os.path.realpath("/etc/localtime")
        candidates.append(link.partition("zoneinfo/")[2])
    except OSError:
        pass
    for candidate in candidates:
        try:
            if candidate:
                ZoneInfo(candidate)
                return candidate
        except (KeyError, ValueError, OSError):
            continue
    return "UTC"


def host_name() -> str:
    """The host's name without its domain; empty where it has none."""
    import socket

    from tokenmon.core.text import clean

    return clean(socket.gethostname().partition(".")[0]) or ""


def write_setting(name: str, value: str) -> Path:
    """Set one value in the user's file, keeping its comments and order; returns the file."""
    # Imported late: only this command needs it.
    import tomlkit

    known_name(name)
    parsed = checked(name, value, "the command line")
    path = paths.config_file()
    with _edited(path) as document:
        table = document
        *parents, last = name.split(".")
        for parent in parents:
            table = table.setdefault(parent, tomlkit.table())
        table[last] = list(parsed) if isinstance(parsed, tuple) else parsed
    return path


def forget_setting(name: str) -> tuple[Path, bool]:
    """Take one setting out of the user's file; the file, and whether the setting was in it."""
    known_name(name)
    path = paths.config_file()
    if name not in _read(path):
        return path, False
    with _edited(path) as document:
        table = document
        *parents, last = name.split(".")
        for parent in parents:
            table = table[parent]
        del table[last]
    return path, True


@contextlib.contextmanager
def _edited(path: Path) -> Iterator[Any]:
    """A configuration file as a document to change, which then takes the file's place whole."""
    import tomlkit

    _read(path)
    document = tomlkit.parse(path.read_text(encoding="utf-8")) if path.exists() else tomlkit.document()
    yield document
    try:
        paths.make_private(path.parent)
        _replace(path, tomlkit.dumps(document))
    except OSError as error:
        reason = (error.strerror or "no access").lower()
        hint = "make the file and its folder writable, or set TOKENMON_HOME"
        raise ConfigError(f"{path}: cannot be written: {reason}", hint=hint) from None


def _replace(path: Path, text: str) -> None:
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
