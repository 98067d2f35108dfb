"""Server-sent events, sans-I/O: bytes in, the data of whole events out.

Blocks of whole events are cut first and split only when something in them matters: most events of a stream carry text
that nobody here reads. Format: https://html.spec.whatwg.org/multipage/server-sent-events.html (line ends LF and CRLF).
"""

import re
from collections.abc import Iterator

EVENT_END = re.compile(rb"\r?\n\r?\n")
BOM = b"\xef\xbb\xbf"
# One event larger than this is passed over: no provider's usage stands in one.
MAX_EVENT = 16 * 1024 * 1024
# The longest end of an event, less one: it may lie across two pieces.
OVERLAP = 3


def last_event_end(data: bytes) -> int:
    """Where the last event that is complete ends; 0 when none is."""
    line_feeds, with_returns = data.rfind(b"\n\n"), data.rfind(b"\n\r\n")
    return max(line_feeds + 2 if line_feeds >= 0 else 0, with_returns + 3 if with_returns >= 0 else 0)


class EventBlocks:
    """Cuts a stream into blocks that end where an event ends.

    An event above `limit` bytes is dropped, or, where a limit is given, all kept and told by `is_overfull`.
    """

    def __init__(self, limit: int | None = None) -> None:
        self._limit = limit
        self.is_overfull = False
        self._parts: list[bytes] = []
        self._size = 0
        self._last = b""

    def feed(self, data: bytes) -> bytes:
        """The whole events that the data completes, as one block; empty when none is complete."""
        end = last_event_end(self._last + data) - len(self._last)
        if end <= 0:
            self._keep(data)
            return b""
        block = b"".join((*self._parts, data[:end])) if self._parts else data[:end]
        rest = data[end:]
        self._parts = [rest] if rest else []
        self._size = len(rest)
        self._last = rest[-OVERLAP:]
        return block

    def close(self) -> bytes:
        """What is left at the end of the stream: an event without its blank line."""
        rest = b"".join(self._parts)
        self._parts = []
        self._last = b""
        self._size = 0
        return rest

    def _keep(self, data: bytes) -> None:
        self._size += len(data)
        if self._limit is not None and self._size > self._limit:
            self.is_overfull = True
            self._parts.append(data)
        elif self._size > MAX_EVENT:
            self._parts = []
            self._size = 0
        else:
            self._parts.append(data)
        self._last = (self._last + data)[-OVERLAP:]


def event_data(event: bytes) -> bytes:
    """The data of one event: its `data` lines joined; comments and other fields left out."""
    if event.startswith(b"data:") and b"\n" not in event.rstrip(b"\r\n"):
        return event[5:].strip(b"\r\n").removeprefix(b" ")
    lines: list[bytes] = []
    for line in event.removeprefix(BOM).split(b"\n"):
        line = line.rstrip(b"\r")
        if line.startswith(b"data:"):
            lines.append(line[5:].removeprefix(b" "))
        elif line == b"data":
            lines.append(b"")
    return b"\n".join(lines)


def split_events(block: bytes) -> Iterator[bytes]:
    """The events of a block, each with its fields but without its blank line."""
    for event in EVENT_END.split(block):
        if event:
            yield event
