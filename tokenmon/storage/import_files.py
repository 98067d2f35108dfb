"""How far each log file of each tool was read, machine by machine: several may share one database."""

from collections.abc import Sequence

from sqlalchemy import Connection

from tokenmon.core.import_state import FileState
from tokenmon.storage.engine import insert, run
from tokenmon.storage.labels import storable

COLUMNS = ("path", "inode", "size", "mtime_ns", "read_to", "lines", "fingerprint", "context")
SELECT = f"SELECT {', '.join(COLUMNS)} FROM import_files WHERE machine = ? AND tool = ?"
INSERT = f"INSERT INTO import_files (machine, tool, {', '.join(COLUMNS)}) VALUES"
UPDATE = "ON CONFLICT (machine, tool, path) DO UPDATE SET " + ", ".join(
    f"{name} = excluded.{name}" for name in COLUMNS[1:]
)


def states(connection: Connection, machine: str, tool: str) -> dict[str, FileState]:
    """The states of a tool's files on a machine, by path."""
    found = (FileState(*tuple(row)) for row in run(connection, SELECT, (machine, tool)))
    return {one.path: one for one in found}


def save_states(connection: Connection, machine: str, tool: str, changed: Sequence[FileState]) -> None:
    """Store states in place of older ones of the same files."""
    rows = [
        (
            storable(machine), tool, storable(one.path), one.inode, one.size, one.mtime_ns, one.offset, one.lines,
            one.fingerprint, one.context,
        )
        for one in changed
    ]  # fmt: skip
    insert(connection, INSERT, rows, ending=UPDATE)
