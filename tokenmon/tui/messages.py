"""What the dashboard's parts tell each other."""

from pathlib import Path
from typing import Any

from textual.message import Message

from tokenmon.core.span import Span
from tokenmon.tui.shared import Stamp

# The group of the workers that write files.
EXPORT = "export"


class SnapshotReady(Message):
    """A reading has come to its end."""

    def __init__(self, snapshot: Any, stamp: Stamp) -> None:
        super().__init__()
        self.snapshot = snapshot
        self.stamp = stamp


class ReadFailed(Message):
    """The database did not answer; what is on screen is the last that is known."""

    def __init__(self, reason: str) -> None:
        super().__init__()
        self.reason = reason


class OpenScreen(Message):
    """Another screen is wanted: with a filter and a span, where somebody drills down."""

    def __init__(self, name: str, *, where: str | None = None, span: Span | None = None) -> None:
        super().__init__()
        self.name = name
        self.where = where
        self.span = span


class FilterWanted(Message):
    """Another filter for every screen, in the filter language; empty for none."""

    def __init__(self, where: str) -> None:
        super().__init__()
        self.where = where


class Written(Message):
    """An export has come to its end: the file is there, or `reason` says why it is not."""

    def __init__(self, path: Path, rows: int, reason: str = "") -> None:
        super().__init__()
        self.path = path
        self.rows = rows
        self.reason = reason
