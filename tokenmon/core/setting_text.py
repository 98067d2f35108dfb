"""What the texts of settings must be: in words, and as a test.

Apart from `config.py` because that finds values and knows where they come from.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from urllib.parse import urlsplit

from tokenmon.core.period import zone
from tokenmon.errors import ConfigError

SCHEMES = ("http", "https")


@dataclass(frozen=True, slots=True)
class Fits:
    """What a text must be; of a list, each of its texts."""

    words: str
    test: Callable[[str], object]

    def __call__(self, text: str) -> bool:
        """Whether a text is so, without anything that only a slip of pasting puts into it."""
        return text.isprintable() and text == text.strip() and bool(self.test(text))


def _is_zone(text: str) -> bool:
    try:
        zone(text)
    except ConfigError:
        return False
    return True


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        # A port beyond all ports is told by the property alone.
        return parts.scheme in SCHEMES and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _is_rate(text: str) -> bool:
    try:
        return Decimal("1e-6") <= Decimal(text) <= Decimal("1e6")
    except ArithmeticError:
        return False


def _is_origin(text: str) -> bool:
    return _is_address(text) and urlsplit(text).path in ("", "/") and not {"?", "#", "@"} & set(text)


TIME_ZONE = Fits("a time zone, such as Europe/Berlin", _is_zone)
DATABASE_URL = Fits(
    "sqlite:///FILE or postgresql://USER@HOST/NAME",
    re.compile(r"(?:sqlite|postgres(?:ql)?)(?:\+[a-z0-9_]+)?://.*").fullmatch,
)
HOST = Fits("an address or a host's name", re.compile(r"[A-Za-z0-9._:%-]+").fullmatch)
HOSTS = Fits("host names, with commas between them", HOST.test)
MACHINE = Fits("a name of at most 128 characters", lambda text: 0 < len(text) <= 128)
ORIGINS = Fits("origins such as http://localhost:3000, with commas between them", _is_origin)
CURRENCY = Fits("a currency's code, such as EUR", re.compile(r"[A-Z]{3}").fullmatch)
RATE = Fits("what one US dollar is worth, such as 0.92", _is_rate)
MARKS = Fits("blocks, braille or ascii", re.compile(r"blocks|braille|ascii").fullmatch)
THEME = Fits("the name of a theme, such as tokenmon-light", re.compile(r"[a-z0-9-]{1,40}").fullmatch)
NUMBERS = Fits(
    "auto, or one of 1,234.56 1.234,56 1 234,56 and 1'234.56",
    re.compile(r"auto|1,234\.56|1\.234,56|1 234,56|1'234\.56").fullmatch,
)
KEYS = Fits("pairs such as pause=f9", re.compile(r"[a-z0-9_-]+=[^\s,]+").fullmatch)
# Nothing at all is a way to say that there is none.
WEBHOOK_URL = Fits("an http or https URL", lambda text: text == "" or _is_address(text))
