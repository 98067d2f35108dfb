"""A request's body: read whole where the proxy must look inside, streamed where it need not."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from tokenmon.proxy.failures import ProxyFailure

# The bytes that came since the last call, and whether the body ended with them.
Read = Callable[[], Awaitable[tuple[bytes, bool]]]

# JSON is read whole (the model's name and the stream flag are in it), other uploads only while they are small.
MAX_WHOLE_JSON = 32 * 1024 * 1024
MAX_WHOLE_OTHER = 256 * 1024


@dataclass(slots=True)
class Upload:
    """The body so far; `is_whole` says whether that is all of it."""

    data: bytes = field(repr=False)
    is_whole: bool


async def begin_upload(read: Read, *, is_json: bool, content_length: int | None, max_bytes: int) -> Upload:
    """Read a body to its end, or to the size at which it is rather streamed."""
    if content_length is not None and content_length > max_bytes:
        raise _too_large(max_bytes)
    data, is_whole = await read()
    if is_whole:
        if len(data) > max_bytes:
            raise _too_large(max_bytes)
        return Upload(data, is_whole=True)
    limit = min(max_bytes, MAX_WHOLE_JSON if is_json else MAX_WHOLE_OTHER)
    parts = [data]
    size = len(data)
    while size <= limit:
        data, is_whole = await read()
        parts.append(data)
        size += len(data)
        if is_whole:
            if size > max_bytes:
                raise _too_large(max_bytes)
            return Upload(b"".join(parts), is_whole=True)
    if size > max_bytes:
        raise _too_large(max_bytes)
    return Upload(b"".join(parts), is_whole=False)


async def send_rest(
    read: Read, write: Callable[[bytes], Awaitable[None]], *, sent: int, is_chunked: bool, max_bytes: int
) -> None:
    """Stream the rest of a body to the provider as it comes."""
    while True:
        data, is_whole = await read()
        sent += len(data)
        if sent > max_bytes:
            raise _too_large(max_bytes)
        if data:
            await write(chunk(data) if is_chunked else data)
        if is_whole:
            if is_chunked:
                await write(b"0\r\n\r\n")
            return


def chunk(data: bytes) -> bytes:
    """One chunk of the chunked transfer coding."""
    return b"%x\r\n%b\r\n" % (len(data), data) if data else b""


def _too_large(max_bytes: int) -> ProxyFailure:
    return ProxyFailure("body_too_large", f"the request body is larger than {max_bytes} bytes (proxy.max_body_bytes)")
