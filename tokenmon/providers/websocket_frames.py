"""A WebSocket's bytes as messages, for reading along: RFC 6455 section 5, sans-I/O.

Apart from the events inside, which the providers define. Nothing is answered or checked here beyond what finding the
messages needs: both ends of the connection do that for themselves.
"""

from collections.abc import Iterator

CONTINUATION, TEXT, BINARY = 0, 1, 2
# A longer message is skipped without being kept: usage events are a few kilobytes, audio pieces under a megabyte.
MAX_MESSAGE = 4 * 1024 * 1024


class MessageReader:
    """Feed the bytes that one side sent, get its whole text and binary messages; control frames are passed over.

    Compressed messages (RSV1, permessage-deflate) cannot be read and are passed over too.
    """

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._message = bytearray()
        # Payload bytes of the current frame that are still to be passed over.
        self._skipping = 0
        self._is_readable = True

    def feed(self, data: bytes) -> list[bytes]:
        """The messages that these bytes complete."""
        self._buffer += data
        return list(self._messages())

    def _messages(self) -> Iterator[bytes]:
        while True:
            if self._skipping:
                passed = min(self._skipping, len(self._buffer))
                del self._buffer[:passed]
                self._skipping -= passed
                if self._skipping:
                    return
            head = _frame_head(self._buffer)
            if head is None:
                return
            first, head_size, mask, length = head
            opcode = first & 0x0F
            if opcode in (TEXT, BINARY):
                self._message.clear()
                self._is_readable = not first & 0x40
            is_data = opcode <= BINARY
            if not is_data or not self._is_readable or len(self._message) + length > MAX_MESSAGE:
                if is_data:
                    self._is_readable = False
                del self._buffer[:head_size]
                self._skipping = length
                continue
            if len(self._buffer) < head_size + length:
                return
            payload = bytes(self._buffer[head_size : head_size + length])
            del self._buffer[: head_size + length]
            self._message += payload if mask is None else _unmasked(payload, mask)
            if first & 0x80:
                message = bytes(self._message)
                self._message.clear()
                yield message


def _frame_head(buffer: bytearray) -> tuple[int, int, bytes | None, int] | None:
    """First byte, size of the head, mask and payload's length of the frame at the start, once its head is whole."""
    if len(buffer) < 2:
        return None
    is_masked, length, size = bool(buffer[1] & 0x80), buffer[1] & 0x7F, 2
    if length > 125:
        more = 2 if length == 126 else 8
        if len(buffer) < size + more:
            return None
        length = int.from_bytes(buffer[size : size + more], "big")
        size += more
    if not is_masked:
        return buffer[0], size, None, length
    if len(buffer) < size + 4:
        return None
    return buffer[0], size + 4, bytes(buffer[size : size + 4]), length


def _unmasked(payload: bytes, mask: bytes) -> bytes:
    repeated = mask * (len(payload) // 4 + 1)
    number = int.from_bytes(payload, "big") ^ int.from_bytes(repeated[: len(payload)], "big")
    return number.to_bytes(len(payload), "big")
