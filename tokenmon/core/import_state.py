"""How far a log file was read: what a later import needs to go on from there."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FileState:
    """One file as it was when it was read up to `offset`, the end of its last whole line.

    `fingerprint` is of the file's head and of the bytes before the offset: where it no longer fits, the file is another
    one and is read from its start. `context` is what a parser needs of the lines before, in its own form.
    """

    path: str
    inode: int
    size: int
    mtime_ns: int
    offset: int
    lines: int
    fingerprint: bytes
    context: bytes | None = None
