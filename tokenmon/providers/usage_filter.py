"""Takes the usage chunk that tokenmon asked for out of the caller's stream, and nothing else."""

from typing import Any

import msgspec

from tokenmon.providers.sse import EVENT_END, event_data, last_event_end

MAX_HELD = 16 * 1024 * 1024


class _Chunk(msgspec.Struct):
    choices: Any = None
    usage: Any = None


_decoder = msgspec.json.Decoder(_Chunk)


def is_usage_chunk(event: bytes) -> bool:
    """Whether an event is the extra chunk: no choices, and a usage."""
    if b'"usage"' not in event:
        return False
    try:
        chunk = _decoder.decode(event_data(event))
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return False
    return chunk.choices == [] and isinstance(chunk.usage, dict)


class UsageChunkFilter:
    """Passes an OpenAI-style event stream on, event by event, without its usage chunk."""

    def __init__(self) -> None:
        self._held = b""
        self._passes_all = False

    def feed(self, data: bytes) -> bytes:
        """What may go to the caller now: every event that is complete; the rest waits for its end."""
        if self._passes_all:
            return data
        held = self._held + data if self._held else data
        if b'"usage"' not in held:
            # Nothing here can be the chunk; only an event that has just begun could still become it.
            end = last_event_end(held)
            if end:
                self._held = held[end:]
                return held[:end]
        out: list[bytes] = []
        at = 0
        for match in EVENT_END.finditer(held):
            if not is_usage_chunk(held[at : match.start()]):
                out.append(held[at : match.end()])
            at = match.end()
        self._held = held[at:]
        if len(self._held) > MAX_HELD:
            self._passes_all = True
            out.append(self._held)
            self._held = b""
        return b"".join(out)

    def close(self) -> bytes:
        """What is left at the end of the stream."""
        rest, self._held = self._held, b""
        return b"" if is_usage_chunk(rest) else rest
