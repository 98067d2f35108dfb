"""A replay server: answers with a recorded exchange, named by the request's `x-replay-id` header."""

import asyncio
import base64
import gzip
import zlib
from typing import Any

import brotli
import zstandard

from tests.proxy.servers import Handler, read_request

# Large enough for speed, small enough that every stream comes in several pieces.
PIECE = 1500
OWN_HEADERS = {"content-length", "transfer-encoding", "content-encoding", "connection", "set-cookie"}


def recorded_body(exchange: dict[str, Any]) -> bytes:
    """The response body of an exchange, decoded as recorded."""
    body = exchange["response"]["body"]
    if exchange["response"].get("body_encoding") == "base64":
        return base64.b64decode(body)
    if body is None:
        return b""
    return str(body).encode("utf-8", "surrogatepass")


def compress(body: bytes, encoding: str | None) -> tuple[bytes, str | None]:
    """The body in its original content encoding, and that encoding's header value."""
    match encoding:
        case "gzip":
            return gzip.compress(body, mtime=0), "gzip"
        case "deflate":
            return zlib.compress(body), "deflate"
        case "br":
            return brotli.compress(body, quality=3), "br"  # type: ignore[no-untyped-call]
        case "zstd":
            return zstandard.compress(body), "zstd"
    return body, None


def replay_handler(exchanges: dict[str, dict[str, Any]]) -> Handler:
    """Answers each request with the exchange it names; compressed as recorded unless the request forbids it."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            head, _ = await read_request(reader)
            lines = head.decode("latin-1").split("\r\n")
            pairs = (line.split(": ", 1) for line in lines[1:] if ": " in line)
            headers = {name.lower(): value for name, value in pairs}
            exchange = exchanges[headers["x-replay-id"]]
            wanted = exchange["response"].get("original_content_encoding")
            allowed = wanted if wanted and wanted in headers.get("accept-encoding", "") else None
            body, encoding = compress(recorded_body(exchange), allowed)
            kept = {
                name: value
                for name, value in exchange["response"]["headers"].items()
                if name.lower() not in OWN_HEADERS and value.isascii() and value.isprintable()
            }
            if encoding:
                kept["content-encoding"] = encoding
            is_chunked = exchange["stream"]
            kept["transfer-encoding" if is_chunked else "content-length"] = "chunked" if is_chunked else str(len(body))
            start = f"HTTP/1.1 {exchange['response']['status']} Replayed\r\n"
            writer.write((start + "".join(f"{k}: {v}\r\n" for k, v in kept.items()) + "\r\n").encode("latin-1"))
            for at in range(0, len(body), PIECE):
                piece = body[at : at + PIECE]
                writer.write(b"%x\r\n%b\r\n" % (len(piece), piece) if is_chunked else piece)
                await writer.drain()
            if is_chunked:
                writer.write(b"0\r\n\r\n")
            await writer.drain()

    return handle
