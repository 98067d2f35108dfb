"""Takes the usage chunk that tokenmon asked for out of the caller's stream, and nothing else."""

from typing import Any

import msgspec

from tokenmon.providers.json_body import decode
from tokenmon.providers.sse import EVENT_END, EventBlocks, event_data

# Far above any event of a chat stream; what is held back here, the caller waits for.
MAX_HELD = 1024 * 1024


class _Chunk(msgspec.Struct):
    choices: Any = None
    usage: Any = None


_decoder = msgspec.json.Decoder(_Chunk)


def is_usage_chunk(event: bytes) -> bool:
    """Whether an event is the extra chunk: no choices, and a usage."""
    if b'"usage"' not in event:
        return False
    try:
        chunk = decode(_decoder, event_data(event))
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return False
    return chunk.choices == [] and isinstance(chunk.usage, dict)


class UsageChunkFilter:
    """Passes an OpenAI-style event stream on, event by event, without its usage chunk."""

    def __init__(self) -> None:
        self._blocks = EventBlocks(MAX_HELD)
        self._passes_all = False

    def feed(self, data: bytes) -> bytes:
        """What may go to the caller now: every event that is complete; the rest waits for its end."""
        if self._passes_all:
            return data
        block = self._blocks.feed(data)
        if self._blocks.is_overfull:
            # No usage chunk is that long; this is no event stream at all.
            self._passes_all = True
            return self._blocks.close()
        if b'"usage"' not in block:
            return block
        out: list[bytes] = []
        at = 0
        for match in EVENT_END.finditer(block):
            if not is_usage_chunk(block[at : match.start()]):
                out.append(block[at : match.end()])
            at = match.end()
        out.append(block[at:])
        return b"".join(out)

    def close(self) -> bytes:
        """What is left at the end of the stream."""
        rest = self._blocks.close()
        return b"" if is_usage_chunk(rest) else rest
