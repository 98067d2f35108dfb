"""Texts from outside as they may stand in a line of the dashboard: clean, and of a width that terminals agree on."""

import unicodedata
from functools import lru_cache

from tokenmon.core.text import clean

# Variation selectors: they make an emoji of a letter, one cell wider in some terminals.
FORMS = frozenset(map(chr, range(0xFE00, 0xFE10)))
# Letters without a shape, which some terminals give two cells and others none.
FILLERS = frozenset("\u115f\u1160\u3164\uffa0")


def name_text(text: str | None, none: str = "-") -> str:
    """A text from outside as it may stand in a table."""
    return none if text is None else _steady(text) or none


@lru_cache(maxsize=4096)
def _steady(text: str) -> str:
    """A text without signs that join others, give them another form, or show nothing."""
    cleaned = clean(text) or ""
    if cleaned.isascii():
        return cleaned
    return "".join(
        one for one in cleaned if one not in FORMS | FILLERS and unicodedata.category(one) not in ("Cf", "Me")
    )
