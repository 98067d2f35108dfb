"""Names that come from outside: bounded, and without characters that could steer a terminal."""

import re

MAX_LENGTH = 256
# Control characters (C0, DEL, C1), line separators and the marks that reorder text; lone surrogates cannot be stored.
UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def clean(value: object) -> str | None:
    """A name as it may be stored and shown, or None for anything that is not a text with something in it."""
    if value.__class__ is not str:
        return None
    text = str(value)
    if not text.isascii() or not text.isprintable():
        text = UNSAFE.sub("", text)
    return text[:MAX_LENGTH] or None
