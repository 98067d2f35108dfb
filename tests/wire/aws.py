"""Writing AWS event-stream frames, as the format's description has them; stands for Bedrock's side."""

import base64
import json
import struct
import zlib


def frame(payload: bytes, **headers: str) -> bytes:
    """One frame; `event_type="x"` becomes the header `:event-type`."""
    named = b"".join(_header(f":{name.replace('_', '-')}", value) for name, value in headers.items())
    length = 16 + len(named) + len(payload)
    prelude = struct.pack(">II", length, len(named))
    body = prelude + struct.pack(">I", zlib.crc32(prelude)) + named + payload
    return body + struct.pack(">I", zlib.crc32(body))


def _header(name: str, value: str) -> bytes:
    data, text = name.encode(), value.encode()
    return bytes([len(data)]) + data + b"\x07" + len(text).to_bytes(2, "big") + text


def event(kind: str, value: object) -> bytes:
    """An event of Converse."""
    payload = json.dumps(value).encode()
    return frame(payload, event_type=kind, content_type="application/json", message_type="event")


def chunk(value: object) -> bytes:
    """A chunk of InvokeModelWithResponseStream: an event of the model's family in base64."""
    return event("chunk", {"bytes": base64.b64encode(json.dumps(value).encode()).decode()})


def exception(kind: str, message: str) -> bytes:
    """An error in the middle of a stream."""
    payload = json.dumps({"message": message}).encode()
    return frame(payload, exception_type=kind, content_type="application/json", message_type="exception")
