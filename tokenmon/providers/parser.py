"""From the bytes of a response to its usage, whatever framing the bytes have: one JSON body, SSE, or a JSON array.

The content type is not trusted (recordings hold event streams sent as application/json): the first bytes tell. What
the values mean is the business of a wire format's `Reading`; this file only finds them.
"""

import json
from collections.abc import Callable, Mapping
from typing import Protocol

from tokenmon.core.usage import StatedUsage
from tokenmon.providers import anthropic_messages, gemini, openai_chat, openai_responses
from tokenmon.providers.sse import BOM, EventBlocks, event_data, split_events

# A larger body is not kept whole: its first and last parts hold what is needed (embeddings state usage at the end).
MAX_DOCUMENT = 16 * 1024 * 1024
KEPT_EDGE = 128 * 1024
WHITESPACE = b" \t\r\n"


class UsageParser(Protocol):
    """Reads one response: feed decoded bytes as they come, close at the end, ask at any time. Never raises.

    `changes` grows whenever `stated` may answer otherwise than before.
    """

    @property
    def changes(self) -> int:
        """How often something was read that may state usage."""

    def feed(self, data: bytes) -> None:
        """Read the next bytes."""

    def close(self) -> None:
        """Tell that the response ended."""

    def stated(self) -> StatedUsage:
        """What was stated so far."""


class Reading(Protocol):
    """The meaning of one wire format: told documents and events, it keeps what they state."""

    @property
    def markers(self) -> tuple[bytes, ...]:
        """An event without any of these is not decoded, once `wants_all` is False."""

    @property
    def idle_marker(self) -> bytes:
        """Where a member is present but null in every event, that form is no reason to decode."""

    @property
    def wants_all(self) -> bool:
        """Whether the next event matters whatever it holds (its id and model are not known yet)."""

    def document(self, data: bytes) -> None:
        """Read a whole JSON body (an object, or an array of such)."""

    def event(self, data: bytes) -> None:
        """Read the data of one event."""

    def salvage(self, usage: Mapping[str, object]) -> None:
        """Take a usage object found in a body that is too large or was cut short."""

    def end(self) -> None:
        """The response ended by itself."""

    def stated(self) -> StatedUsage:
        """What was stated so far."""


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
        elif self._document is not None:
            self._read_document()
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
        if not reading.wants_all and not _matters(block, reading):
            return
        for event in split_events(block):
            if reading.wants_all or _matters(event, reading):
                data = event_data(event)
                if data:
                    self.changes += 1
                    reading.event(data)

    def _read_document(self) -> None:
        document = bytes(self._document or b"")
        if self._tail is None:
            self._reading.document(document)
        else:
            self._salvage(bytes(self._tail))

    def _salvage(self, fragment: bytes) -> None:
        for marker in self._reading.markers:
            at = fragment.rfind(marker)
            if at < 0 or not marker.startswith(b'"usage'):
                continue
            text = fragment[at + len(marker) :].decode("utf-8", "replace").lstrip().removeprefix(":").lstrip()
            try:
                value, _ = json.JSONDecoder().raw_decode(text)
            except (ValueError, RecursionError):
                continue
            if isinstance(value, dict):
                self._reading.salvage(value)


def _matters(data: bytes, reading: Reading) -> bool:
    for marker in reading.markers:
        if marker in data and (
            not reading.idle_marker.startswith(marker) or data.count(marker) != data.count(reading.idle_marker)
        ):
            return True
    return False


class NoUsage:
    """The parser of answers that tokenmon does not count."""

    changes = 0

    def feed(self, data: bytes) -> None:
        """Nothing is read."""

    def close(self) -> None:
        """Nothing is left."""

    def stated(self) -> StatedUsage:
        """Nothing was stated."""
        return StatedUsage(billable=False)


READINGS: Mapping[str, Callable[[], Reading]] = {
    "openai_chat": openai_chat.ChatReading,
    "openai_responses": openai_responses.ResponsesReading,
    "anthropic": anthropic_messages.MessagesReading,
    "gemini": gemini.GeminiReading,
}


def parser_for(wire: str, *, status: int, content_type: str) -> UsageParser:
    """A new parser for one response in a wire format; binary answers (images, audio) are not searched."""
    reading = READINGS.get(wire)
    if reading is None:
        return NoUsage()
    if content_type.startswith(("audio/", "image/", "video/")) and status < 400:
        return _Silent(reading())
    return ResponseParser(reading())


class _Silent:
    """A billable answer whose body cannot state usage."""

    changes = 0

    def __init__(self, reading: Reading) -> None:
        self._reading = reading

    def feed(self, data: bytes) -> None:
        """Nothing is read."""

    def close(self) -> None:
        self._reading.end()

    def stated(self) -> StatedUsage:
        return self._reading.stated()
