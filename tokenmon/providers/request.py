"""What a request body says that tokenmon needs: the model, and whether the answer streams with its usage.

The one edit of a body is here too: asking an OpenAI-style chat stream to state its usage.
"""

from dataclasses import dataclass
from typing import Any

import msgspec

from tokenmon.core.text import clean
from tokenmon.providers.json_body import decode, strict_copy

INCLUDE_USAGE = b'"stream_options":{"include_usage":true}'


@dataclass(frozen=True, slots=True)
class RequestFacts:
    """The facts of one request; absent ones are None or False."""

    model: str | None = None
    stream: bool = False
    include_usage: bool = False


EMPTY_REQUEST = RequestFacts()


class _Body(msgspec.Struct):
    model: Any = None
    stream: Any = None
    stream_options: Any = None


_decoder = msgspec.json.Decoder(_Body)


def read_request(body: bytes) -> RequestFacts:
    """Read a JSON body; anything that is not a JSON object gives empty facts, never an error."""
    try:
        read = decode(_decoder, body)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return EMPTY_REQUEST
    options = read.stream_options
    return RequestFacts(
        model=clean(read.model),
        stream=read.stream is True,
        include_usage=isinstance(options, dict) and options.get("include_usage") is True,
    )


class _Raw(msgspec.Struct):
    stream_options: msgspec.Raw = msgspec.Raw()


_raw_decoder = msgspec.json.Decoder(_Raw)


def with_include_usage(body: bytes) -> bytes:
    """The body with `stream_options.include_usage` true and every other byte as it was.

    The new member goes first in its object; where a body already holds `stream_options`, that value alone is
    rewritten, its other options kept.
    """
    start = body.index(b"{") + 1
    # The same length as the body, so that places found in one are places in the other.
    plain = strict_copy(body)
    present = bytes(_raw_decoder.decode(plain).stream_options)
    if not present:
        return body[:start] + INCLUDE_USAGE + b"," + body[start:]
    options = msgspec.json.decode(present)
    if not isinstance(options, dict):
        options = {}
    at = _last_member_value(plain, present)
    return body[:at] + msgspec.json.encode({**options, "include_usage": True}) + body[at + len(present) :]


def _last_member_value(body: bytes, value: bytes) -> int:
    """Where the raw value of the top-level member `stream_options` stands (the last one counts, as in JSON readers)."""
    at = body.rfind(b'"stream_options"')
    while at >= 0:
        value_at = body.find(value, at)
        trial = body[:value_at] + b'"\\u0000found"' + body[value_at + len(value) :]
        try:
            if bytes(_raw_decoder.decode(trial).stream_options) == b'"\\u0000found"':
                return value_at
        except msgspec.MsgspecError:
            pass
        at = body.rfind(b'"stream_options"', 0, at)
    raise ValueError("the body has no stream_options of its own")
