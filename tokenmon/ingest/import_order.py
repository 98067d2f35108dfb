"""What is to be read of a tool's files, and the reading of it all, file by file.

Apart from `import_reading.py` because an order is handed to another process where there is much to read.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tokenmon.core.import_state import FileState
from tokenmon.ingest.import_portion import Portion
from tokenmon.ingest.import_reading import Reading
from tokenmon.ingest.importers.tools import Tool
from tokenmon.ingest.log_files import FoundFile


@dataclass(frozen=True, slots=True)
class Order:
    """The files of a tool that were found, and those of them that are to be read, in order, from which state on."""

    tool: Tool
    found: Sequence[FoundFile]
    changed: Sequence[FoundFile]
    states: Sequence[FileState | None]
    since_ms: int | None


def read_order(order: Order) -> Iterator[Portion]:
    """All portions, file after file."""
    reading = Reading(order.tool, order.found, order.since_ms)
    for number, (file, state) in enumerate(zip(order.changed, order.states, strict=True)):
        yield from reading.portions(number, file, state)
