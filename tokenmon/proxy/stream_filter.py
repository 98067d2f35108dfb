"""The usage chunk that tokenmon asked for, taken out of the caller's stream, compressed or not."""

from tokenmon.providers.decoding import BodyDecoder
from tokenmon.providers.usage_filter import UsageChunkFilter
from tokenmon.proxy.failures import ProxyFailure


class StreamFilter:
    """Takes the usage chunk that was asked for out of a stream, which is decompressed for that where it must be."""

    def __init__(self, decoder: BodyDecoder | None) -> None:
        self.decoder = decoder
        self._chunks = UsageChunkFilter()

    def feed(self, data: bytes, *, is_done: bool) -> bytes:
        """What goes to the caller."""
        if self.decoder is not None:
            data = self.decoder.feed(data)
            if self.decoder.failed:
                raise ProxyFailure("upstream_protocol", "the provider's compressed stream cannot be read")
        passed = self._chunks.feed(data)
        return passed + self._chunks.close() if is_done else passed


def stream_filter_for(content_type: str, content_encoding: str) -> StreamFilter | None:
    """Only a stream that can be read has a chunk to take out; anything else passes as it is."""
    if not content_type.startswith("text/event-stream"):
        return None
    if content_encoding in ("", "identity"):
        return StreamFilter(None)
    decoder = BodyDecoder(content_encoding)
    return None if decoder.failed else StreamFilter(decoder)
