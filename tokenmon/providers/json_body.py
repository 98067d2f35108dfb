"""Decoding JSON that others accept and the strict decoder does not.

JavaScript writes half an emoji as an escape of its own (a lone surrogate), Python writes `NaN`, some editors a byte
order mark. Providers take and send such bodies, so they are read as well: from a copy of the same length in which
those places are harmless.
"""

import re
from typing import TypeVar

import msgspec

from tokenmon.providers.sse import BOM

T = TypeVar("T")
# Pairs of surrogates and escaped backslashes are passed over, what is left of either half stands alone.
LOOSE = re.compile(
    rb"\\\\|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    rb"|(?P<lone>\\u[dD][89a-fA-F][0-9a-fA-F]{2})|(?P<nan>\bNaN\b)|(?P<infinity>\bInfinity\b)"
)
HARMLESS = {"lone": b"\\ufffd", "nan": b"0.0", "infinity": b"10000000"}


def decode(decoder: "msgspec.json.Decoder[T]", data: bytes) -> T:
    """What the decoder makes of the data, loose places passed over; raises as the decoder does."""
    try:
        return decoder.decode(data)
    except msgspec.ValidationError:
        raise
    except msgspec.DecodeError:
        plain = strict_copy(data)
        if plain == data:
            raise
        return decoder.decode(plain)


def strict_copy(data: bytes) -> bytes:
    """The data without loose places, every other byte where it was."""
    if data.startswith(BOM):
        data = b"   " + data[len(BOM) :]
    return LOOSE.sub(_harmless, data)


def _harmless(match: "re.Match[bytes]") -> bytes:
    return HARMLESS[match.lastgroup] if match.lastgroup is not None else match[0]
