"""Decompressing a copy of a response as it arrives: gzip, deflate, br, zstd, also stacked.

The output of one feed is bounded, so that a decompression bomb costs a fixed amount of memory and no time that the
stream would notice: past the bound the copy is given up and `failed` says so.
"""

import zlib
from typing import IO, Protocol, cast

import brotli
import zstandard

# What one socket read (at most 256 KiB) of honest text may become: text compresses about 10 to 1, rarely 50 to 1.
MAX_OUTPUT = 32 * 1024 * 1024


class _Decompressor(Protocol):
    def decompress(self, data: bytes) -> bytes: ...


class _Zlib:
    """gzip (several members too) and deflate with or without the zlib header (servers send both)."""

    def __init__(self, *, is_gzip: bool) -> None:
        self._is_gzip = is_gzip
        self._inner = zlib.decompressobj(31) if is_gzip else None

    def decompress(self, data: bytes) -> bytes:
        if self._inner is None:
            # RFC 1950: the low four bits of a zlib header's first byte are 8.
            self._inner = zlib.decompressobj(15 if data[0] & 0x0F == 8 else -15)
        output = self._inner.decompress(data, MAX_OUTPUT)
        if self._inner.unconsumed_tail:
            raise ValueError("too much output")
        while self._is_gzip and self._inner.eof and self._inner.unused_data:
            rest = self._inner.unused_data
            self._inner = zlib.decompressobj(31)
            output += self._inner.decompress(rest, MAX_OUTPUT)
            if len(output) > MAX_OUTPUT or self._inner.unconsumed_tail:
                raise ValueError("too much output")
        return output


class _Brotli:
    def __init__(self) -> None:
        self._inner = brotli.Decompressor()

    def decompress(self, data: bytes) -> bytes:
        output: bytes = self._inner.process(data, output_buffer_limit=MAX_OUTPUT)
        if not self._inner.can_accept_more_data():
            raise ValueError("too much output")
        return output


class _Zstd:
    """zstd, several frames too: its output comes in pieces of 128 KiB, so that a bomb is stopped on its way."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._size = 0
        context = zstandard.ZstdDecompressor(max_window_size=128 * 1024 * 1024)
        self._inner = context.stream_writer(cast("IO[bytes]", self), closefd=False)

    def write(self, part: bytes) -> int:
        """Take a piece of output; called by the library."""
        self._size += len(part)
        if self._size > MAX_OUTPUT:
            raise ValueError("too much output")
        self._parts.append(part)
        return len(part)

    def decompress(self, data: bytes) -> bytes:
        self._inner.write(data)
        parts, self._parts, self._size = self._parts, [], 0
        return b"".join(parts)


# Honest servers use one; each multiplies what a bomb costs.
MAX_CODINGS = 4


class BodyDecoder:
    """Decodes one body of a Content-Encoding; `feed` never raises."""

    def __init__(self, content_encoding: str) -> None:
        self.failed = False
        self._steps: list[_Decompressor] = []
        # The last coding named was applied last, so it comes off first.
        for name in reversed([part.strip().lower() for part in content_encoding.split(",")]):
            match name:
                case "gzip" | "x-gzip":
                    self._steps.append(_Zlib(is_gzip=True))
                case "deflate":
                    self._steps.append(_Zlib(is_gzip=False))
                case "br":
                    self._steps.append(_Brotli())
                case "zstd":
                    self._steps.append(_Zstd())
                case "identity" | "":
                    pass
                case _:
                    self.failed = True
        self.failed = self.failed or len(self._steps) > MAX_CODINGS

    def feed(self, data: bytes) -> bytes:
        """The decoded bytes that the data gives; nothing more once decoding failed."""
        if self.failed or not data:
            return b""
        try:
            for step in self._steps:
                if data:
                    data = step.decompress(data)
        except (zlib.error, brotli.error, zstandard.ZstdError, ValueError, EOFError, MemoryError):
            self.failed = True
            return b""
        return data
