"""Finding documents and events in a response's bytes: one JSON body, SSE, or a JSON array that is streamed.

The content type is not trusted (recordings hold event streams sent as application/json): the first bytes tell.
"""

import json
import re

from tokenmon.core.usage import StatedUsage
from tokenmon.providers.reading import Reading
from tokenmon.providers.sse import BOM, EventBlocks, event_data, split_events

# A larger body is not kept whole: its first and last parts hold what is needed (embeddings state usage at the end).
MAX_DOCUMENT = 16 * 1024 * 1024
KEPT_EDGE = 128 * 1024
# The last usage may be the one that was cut, or stand in the text of an answer.
SALVAGE_TRIES = 4
MEMBER_NAME = re.compile(r'[\s,]*"(\w+)"\s*:\s*')
MODEL = re.compile(rb'"(model|modelVersion)"\s*:\s*"([^"\\]{1,256})"')
WHITESPACE = b" \t\r\n"


class ResponseParser:
    """Finds documents and events in a response's bytes and hands them to a reading."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._start = b""
        self._blocks: EventBlocks | None = None
        self._document: bytearray | None = None
        self._tail: bytearray | None = None
        self._is_closed = False
        self.changes = 0

    def feed(self, data: bytes) -> None:
        if self._blocks is not None:
            block = self._blocks.feed(data)
            if block:
                self._read_block(block)
        elif self._document is not None:
            self._keep(data)
        elif data:
            self._sniff(data)

    def close(self) -> None:
        if self._is_closed:
            return
        self._is_closed = True
        self.changes += 1
        if self._blocks is not None:
            self._read_block(self._blocks.close())
        elif self._document is not None and not self._read_document():
            return
        self._reading.end()

    def stated(self) -> StatedUsage:
        if not self._is_closed and self._document is not None and self._document[:1] == b"[":
            # A JSON array that is still coming: the last usage in it is the best known.
            self._salvage(bytes(self._tail or self._document[-KEPT_EDGE:]))
        return self._reading.stated()

    def _sniff(self, data: bytes) -> None:
        start = self._start + data
        text = start.removeprefix(BOM).lstrip(WHITESPACE)
        if not text or BOM.startswith(start):
            self._start = start[-64:]
            return
        self._start = b""
        if text[:1] in (b"{", b"["):
            self._document = bytearray()
            self._keep(text)
        else:
            self._blocks = EventBlocks()
            self.feed(text)

    def _keep(self, data: bytes) -> None:
        document, tail = self._document, self._tail
        if document is None:
            return
        if tail is not None:
            tail += data
            if len(tail) > 4 * KEPT_EDGE:
                del tail[:-KEPT_EDGE]
            return
        document += data
        if len(document) > MAX_DOCUMENT:
            self._tail = document[-KEPT_EDGE:]
            del document[KEPT_EDGE:]

    def _read_block(self, block: bytes) -> None:
        reading = self._reading
        if not reading.wants_all and not matters(block, reading):
            return
        for event in split_events(block):
            if reading.wants_all or matters(event, reading):
                data = event_data(event)
                if data:
                    self.changes += 1
                    reading.event(data)

    def _read_document(self) -> bool:
        """Read the body; False when it was cut short, so that what it stated may not be all."""
        document = bytes(self._document or b"")
        if self._tail is not None:
            self._reading.document(json.dumps(_outer_members(document, bytes(self._tail))).encode())
            self._salvage(bytes(self._tail))
            return self._tail.rstrip(WHITESPACE).endswith((b"}", b"]"))
        if self._reading.document(document):
            return True
        self._salvage(document)
        return False

    def _salvage(self, fragment: bytes) -> None:
        for marker in self._reading.markers:
            usage = _last_object(fragment, marker) if marker.startswith(b'"usage') else None
            if usage is not None:
                self._reading.salvage(usage)


def _outer_members(start: bytes, end: bytes) -> dict[str, object]:
    """What an object too large to keep says before its first large member, and its model, which may stand behind."""
    members: dict[str, object] = {}
    decoder = json.JSONDecoder()
    text = start.decode("utf-8", "replace")
    at = 1
    while name := MEMBER_NAME.match(text, at):
        try:
            value, at = decoder.raw_decode(text, name.end())
        except (ValueError, RecursionError):
            break
        members[name[1]] = value
    for name_behind, value_behind in MODEL.findall(end)[-1:]:
        members.setdefault(name_behind.decode(), value_behind.decode("utf-8", "replace"))
    return members


def _last_object(fragment: bytes, marker: bytes) -> dict[str, object] | None:
    """The last whole object that a member of some name holds."""
    end = len(fragment)
    for _ in range(SALVAGE_TRIES):
        end = fragment.rfind(marker, 0, end)
        if end < 0:
            return None
        at = end + len(marker)
        text = fragment[at : at + KEPT_EDGE].decode("utf-8", "replace").lstrip().removeprefix(":").lstrip()
        try:
            value, _ = json.JSONDecoder().raw_decode(text)
        except (ValueError, RecursionError):
            continue
        if isinstance(value, dict):
            return value
    return None


def matters(data: bytes, reading: Reading) -> bool:
    """Whether an event, or any of several, holds something that the reading keeps."""
    for marker in reading.markers:
        if marker in data and (
            not reading.idle_marker.startswith(marker) or data.count(marker) != data.count(reading.idle_marker)
        ):
            return True
    return False
