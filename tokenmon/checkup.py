"""What `doctor` looks at: folders, settings, database, vault, journal, proxy, one finding each.

Apart from the command because each check is tested by itself.
"""

import os
import stat
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from tokenmon import __version__, paths
from tokenmon.config import load_settings
from tokenmon.errors import TokenmonError
from tokenmon.session import Session, open_session

if TYPE_CHECKING:
    from tokenmon.config import Settings


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found; a `problem` keeps something from working, a `note` is worth knowing."""

    check: str
    state: Literal["ok", "note", "problem"]
    message: str
    hint: str | None = None


def run_checkup() -> list[Finding]:
    """All findings, in the order in which one depends on the other; never raises for what is wrong outside."""
    version = ".".join(str(part) for part in sys.version_info[:3])
    findings = [Finding("program", "ok", f"tokenmon {__version__}, Python {version}")]
    try:
        settings = load_settings()
    except TokenmonError as error:
        return [*findings, Finding("settings", "problem", error.message, error.hint)]
    findings += [Finding("settings", "ok", f"read; days are counted in {settings.timezone}"), _folders()]
    with open_session(settings=settings) as session:
        checks: tuple[tuple[str, Callable[[Session], Finding]], ...] = (
            ("database", _database),
            ("vault", _vault),
            ("platforms", _platforms),
        )
        for name, check in checks:
            findings.append(_guarded(name, check, session))
    return [*findings, _journal(), _proxy(settings)]


def _guarded(name: str, check: Callable[[Session], Finding], session: Session) -> Finding:
    try:
        return check(session)
    except TokenmonError as error:
        # What tells others to ask the doctor tells the doctor nothing.
        return Finding(name, "problem", error.message, None if error.hint == "tokenmon doctor" else error.hint)


def _folders() -> Finding:
    if os.name != "posix":
        return Finding("folders", "ok", f"data in {paths.data_dir()}")
    for folder in (paths.data_dir(), paths.state_dir(), paths.config_dir()):
        if not folder.exists():
            continue
        if not os.access(folder, os.W_OK):
            return Finding("folders", "problem", f"{folder} is not writable", f"chmod u+w {folder}")
        for path in (folder, *(one for one in folder.iterdir() if one.is_file())):
            if _is_open(path):
                return Finding("folders", "problem", f"others can read {path}", f"chmod go-rwx {path}")
    return Finding("folders", "ok", f"data in {paths.data_dir()}, only yours")


def _is_open(path: Path) -> bool:
    # The user's own configuration file may be shared: it holds no keys.
    return path.name != "config.toml" and bool(path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO))


def _database(session: Session) -> Finding:
    info = session.store.info()
    problem = session.store.integrity_problem()
    if problem is not None:
        hint = "restore a backup made by: tokenmon db backup"
        return Finding("database", "problem", f"{info.address} is damaged: {problem}", hint)
    size = f"{info.size_bytes / 1_000_000:,.1f} MB"
    return Finding("database", "ok", f"{info.address}: {info.records:,} records, {size}, schema {info.schema}")


def _vault(session: Session) -> Finding:
    status = session.vault.status()
    if status.problem is not None:
        return Finding("vault", "problem", status.problem, status.hint)
    return Finding("vault", "ok", f"{status.place}; {status.sealed_keys} sealed")


def _platforms(session: Session) -> Finding:
    platforms = session.store.platforms()
    if not platforms:
        return Finding("platforms", "note", "none yet", "tokenmon platform add openai --provider openai")
    keys = [key for key in session.store.client_keys() if key.revoked_at is None]
    names = ", ".join(one.name for one in platforms)
    if not keys and any(one.has_key for one in platforms):
        return Finding("platforms", "note", f"{names}; but no client key to use them", "tokenmon key create my-laptop")
    return Finding("platforms", "ok", f"{names}; {len(keys)} client keys")


def _journal() -> Finding:
    from tokenmon.ingest.journal import waiting_lines

    try:
        waiting, rejected = waiting_lines(paths.journal_dir())
    except OSError as error:
        return Finding("journal", "problem", f"cannot be read: {error.strerror}", "check the state folder")
    if rejected:
        hint = f"look at {paths.journal_dir() / 'rejected.lines'} and report it"
        return Finding("journal", "problem", f"{rejected:,} lines could not be stored", hint)
    if waiting:
        return Finding("journal", "note", f"{waiting:,} records wait", "the next tokenmon proxy stores them")
    return Finding("journal", "ok", "nothing waits")


def _proxy(settings: "Settings") -> Finding:
    from tokenmon.proxy.probe import proxy_answers

    address = f"{settings.proxy_host}:{settings.proxy_port}"
    if proxy_answers(settings.proxy_host, settings.proxy_port):
        return Finding("proxy", "ok", f"answers on {address}")
    return Finding("proxy", "note", f"does not run on {address}", "tokenmon proxy")
