"""AWS's binary event streams (`application/vnd.amazon.eventstream`), sans-I/O: bytes in, whole frames out.

A frame is its own length and that of its headers, a checksum of those two, headers, payload, and a checksum of all.
Format: https://docs.aws.amazon.com/transcribe/latest/dg/streaming-setting-up.html (the encoding is AWS-wide)
"""

import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass

PRELUDE = struct.Struct(">III")
CHECKSUM = struct.Struct(">I")
OVERHEAD = PRELUDE.size + CHECKSUM.size
# The format's own bounds: 16 MiB of payload and 128 KiB of headers.
MAX_HEADERS = 128 * 1024
MAX_FRAME = 16 * 1024 * 1024 + MAX_HEADERS + OVERHEAD
# The sizes of header values by type: truth values, numbers of 1, 2, 4 and 8 bytes, a moment, a UUID.
VALUE_SIZES = {0: 0, 1: 0, 2: 1, 3: 2, 4: 4, 5: 8, 8: 8, 9: 16}
BYTES, TEXT = 6, 7


@dataclass(frozen=True, slots=True)
class Frame:
    """One message: its headers that are texts, and its payload."""

    headers: Mapping[str, str]
    payload: bytes


class EventStream:
    """Cuts a stream into frames; a wrong checksum or an absurd length ends the reading, and `failed` says so."""

    def __init__(self) -> None:
        self.failed = False
        self._held = bytearray()

    def feed(self, data: bytes) -> list[Frame]:
        """The frames that the data completes."""
        if self.failed:
            return []
        self._held += data
        frames: list[Frame] = []
        at = 0
        while len(self._held) - at >= PRELUDE.size:
            length, header_length, checksum = PRELUDE.unpack_from(self._held, at)
            if (
                zlib.crc32(self._held[at : at + 8]) != checksum
                or not OVERHEAD + header_length <= length <= MAX_FRAME
                or header_length > MAX_HEADERS
            ):
                return self._give_up(frames)
            if len(self._held) - at < length:
                break
            body = bytes(self._held[at : at + length])
            if zlib.crc32(body[:-4]) != CHECKSUM.unpack_from(body, length - 4)[0]:
                return self._give_up(frames)
            payload_at = PRELUDE.size + header_length
            frames.append(Frame(_text_headers(body[PRELUDE.size : payload_at]), body[payload_at:-4]))
            at += length
        del self._held[:at]
        return frames

    def _give_up(self, frames: list[Frame]) -> list[Frame]:
        self.failed = True
        self._held = bytearray()
        return frames


def _text_headers(data: bytes) -> dict[str, str]:
    headers: dict[str, str] = {}
    at = 0
    while at < len(data):
        name_end = at + 1 + data[at]
        name = data[at + 1 : name_end].decode("utf-8", "replace")
        if name_end >= len(data):
            break
        kind = data[name_end]
        value_at = name_end + 1
        if kind in (BYTES, TEXT):
            size = int.from_bytes(data[value_at : value_at + 2], "big")
            value_at += 2
        elif kind in VALUE_SIZES:
            size = VALUE_SIZES[kind]
        else:
            break
        if kind == TEXT:
            headers[name] = data[value_at : value_at + size].decode("utf-8", "replace")
        at = value_at + size
    return headers
