"""Responses in framings of their own: JSON lines (Ollama, Cohere v1) and AWS's binary frames (Bedrock).

Either may hold a plain JSON body instead, an error most of all; then a `ResponseParser` reads it.
"""

import msgspec

from tokenmon.core.usage import StatedUsage
from tokenmon.providers.eventstream import EventStream
from tokenmon.providers.reading import FrameReading, Reading
from tokenmon.providers.response_parser import WHITESPACE, ResponseParser, matters
from tokenmon.providers.sse import MAX_EVENT


class LineParser:
    """Reads JSON lines where the first line is a whole value, else what a `ResponseParser` reads."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._rest: ResponseParser | None = None
        self._are_lines = False
        self._is_first = True
        self._held = bytearray()
        self._own_changes = 0

    @property
    def changes(self) -> int:
        return self._own_changes if self._rest is None else self._rest.changes

    def feed(self, data: bytes) -> None:
        if self._rest is not None:
            self._rest.feed(data)
            return
        fresh_at = len(self._held)
        self._held += data
        end = self._held.rfind(b"\n", fresh_at) + 1
        if end:
            lines = bytes(self._held[:end])
            if not self._are_lines and not _is_value(lines.lstrip(WHITESPACE).partition(b"\n")[0]):
                self._hand_over()
                return
            self._are_lines = self._are_lines or bool(lines.strip(WHITESPACE))
            del self._held[:end]
            self._read(lines)
        elif len(self._held) > MAX_EVENT:
            if self._are_lines:
                # The end of a line too long to keep will not be a value, and is passed over.
                self._held.clear()
            else:
                self._hand_over()

    def close(self) -> None:
        if self._rest is None and not self._are_lines:
            self._hand_over()
        if self._rest is not None:
            self._rest.close()
            return
        self._own_changes += 1
        self._read(bytes(self._held))
        self._held.clear()
        self._reading.end()

    def stated(self) -> StatedUsage:
        return self._reading.stated() if self._rest is None else self._rest.stated()

    def _hand_over(self) -> None:
        self._rest = ResponseParser(self._reading)
        self._rest.feed(bytes(self._held))
        self._held.clear()

    def _read(self, lines: bytes) -> None:
        reading = self._reading
        if not self._is_first and not reading.wants_all and not matters(lines, reading):
            return
        for line in lines.split(b"\n"):
            line = line.strip(WHITESPACE)
            # The first one may be the whole body, which line ends follow.
            if line and (self._is_first or reading.wants_all or matters(line, reading)):
                self._is_first = False
                self._own_changes += 1
                reading.event(line)


def _is_value(line: bytes) -> bool:
    try:
        msgspec.json.decode(line, type=msgspec.Raw)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return not line
    return line[:1] == b"{"


class FrameParser:
    """Reads AWS's binary frames where the body starts with one, else what a `ResponseParser` reads (errors)."""

    def __init__(self, reading: FrameReading) -> None:
        self._reading = reading
        self._frames: EventStream | None = None
        self._rest: ResponseParser | None = None
        self._own_changes = 0

    @property
    def changes(self) -> int:
        return self._own_changes if self._rest is None else self._rest.changes

    def feed(self, data: bytes) -> None:
        if not data:
            return
        if self._rest is None and self._frames is None:
            # A frame's first byte is the highest of its length.
            if data[0] > 1:
                self._rest = ResponseParser(self._reading)
            else:
                self._frames = EventStream()
        if self._rest is not None:
            self._rest.feed(data)
        elif self._frames is not None:
            for frame in self._frames.feed(data):
                self._own_changes += 1
                kind = frame.headers.get(":message-type", "event")
                name = frame.headers.get(f":{kind}-type") or frame.headers.get(":error-code") or ""
                self._reading.frame(kind, name, frame.payload)

    def close(self) -> None:
        if self._rest is not None:
            self._rest.close()
            return
        self._own_changes += 1
        self._reading.end()

    def stated(self) -> StatedUsage:
        return self._reading.stated()
