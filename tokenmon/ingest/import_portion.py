"""A portion of what a tool's files hold: calls in their best sight, and counts of what was passed or cannot be read.

Plain values alone, since a portion may come from another process.
"""

import msgspec

from tokenmon.core.import_state import FileState
from tokenmon.core.official_limit import OfficialLimit
from tokenmon.ingest.importers.call import LoggedCall

# As many as an audit tells at all; the count says how many there are.
MAX_PROBLEMS = 20


class Portion(msgspec.Struct, array_like=True):
    """What stands in a part of a file, `file` being its place among those that are read.

    `merged` sights repeat others of the portion. `problems` are the first of the `bad_lines`, each with its line where
    one is meant. The last portion of a file that could be read to its end `is_end`, and holds the file's new state
    unless calls were left out of it. `limits` name no machine: whoever stores them knows it.
    """

    file: int
    calls: list[LoggedCall] = msgspec.field(default_factory=list)
    bytes_read: int = 0
    lines: int = 0
    sights: int = 0
    merged: int = 0
    unfinished: int = 0
    skipped: dict[str, int] = msgspec.field(default_factory=dict)
    bad_lines: int = 0
    problems: list[tuple[int | None, str]] = msgspec.field(default_factory=list)
    is_end: bool = False
    state: FileState | None = None
    limits: list[OfficialLimit] = msgspec.field(default_factory=list)

    def skip(self, reason: str) -> None:
        """Count what is not a call that counts."""
        self.skipped[reason] = self.skipped.get(reason, 0) + 1

    def bad(self, line: int | None, reason: str) -> None:
        """Count what cannot be read; the first ones are told."""
        self.bad_lines += 1
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append((line, reason))
