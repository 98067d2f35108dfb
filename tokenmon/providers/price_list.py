"""A price list in the library's own format, as a file: checked before it is believed, kept by date and digest.

Apart from the catalogue because a list that was fetched is not trusted: what comes out of here has been checked.
"""

import hashlib
import json
import os
import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from tokenmon.errors import TokenmonError
from tokenmon.paths import make_private

if TYPE_CHECKING:
    from genai_prices.data_snapshot import DataSnapshot

# The list has 0.4 MB; a hundred times that is no price list.
MAX_BYTES = 40 * 1024 * 1024
NAME = re.compile(r"prices-(?P<time>\d{8}T\d{6}Z)-(?P<library>[0-9A-Za-z.+]+)-(?P<sha256>[0-9a-f]{64})\.json")
TIME = "%Y%m%dT%H%M%SZ"
KEPT = 2
# Models that every list has had, and what they can cost: a list in other units or without them is not one.
ANCHORS = (("openai", "gpt-4o"), ("anthropic", "claude-sonnet-4-5"), ("google", "gemini-2.5-flash"))
DEAREST_USD_PER_MILLION = 1000
KEEP = "the prices in use stay; tokenmon price update --file FILE takes a list from elsewhere"


@dataclass(frozen=True, slots=True)
class PriceList:
    """A price list that was checked."""

    content: bytes
    providers: int
    models: int
    snapshot: "DataSnapshot"

    @property
    def sha256(self) -> str:
        """What identifies the list."""
        return hashlib.sha256(self.content).hexdigest()


@dataclass(frozen=True, slots=True)
class SavedList:
    """A file in the price folder; the rest is read off its name."""

    path: Path
    saved_at: datetime
    library: str
    sha256: str


def read_price_list(content: bytes, *, at_least: int = 0) -> PriceList:
    """Check a list and read it; TokenmonError names what is wrong. `at_least` is how many models it must hold."""
    if len(content) > MAX_BYTES:
        raise TokenmonError(f"the price list has more than {MAX_BYTES // 1024 // 1024} MB", hint=KEEP)
    try:
        raw = json.loads(content, parse_float=Decimal)
    except (ValueError, RecursionError):
        raise TokenmonError("the price list is not JSON", hint=KEEP) from None
    if isinstance(raw, dict):
        # The library's next format puts the same list beside its units.
        raw = raw.get("providers")
    if not isinstance(raw, list) or not raw or not all(isinstance(one, dict) for one in raw):
        raise TokenmonError("the price list is not a list of providers", hint=KEEP)
    snapshot = _snapshot(raw)
    models = sum(len(one.models) for one in snapshot.providers)
    if models < at_least:
        raise TokenmonError(f"the price list has {models:,} models, expected at least {at_least:,}", hint=KEEP)
    _check_anchors(snapshot)
    return PriceList(content, len(snapshot.providers), models, snapshot)


def _snapshot(raw: Sequence[object]) -> "DataSnapshot":
    from genai_prices.data_snapshot import DataSnapshot
    from genai_prices.types import _providers_from_raw

    try:
        with warnings.catch_warnings():
            # A newer list may name units that this library does not know; it prices without them.
            warnings.simplefilter("ignore")
            return DataSnapshot(providers=_providers_from_raw(raw), from_auto_update=False)
    except (ValueError, TypeError, KeyError, AttributeError, AssertionError) as error:
        reason = " ".join(str(error).split())[:160]
        raise TokenmonError(f"the price list is not in a format that is known: {reason}", hint=KEEP) from None


def _check_anchors(snapshot: "DataSnapshot") -> None:
    now = datetime.now(UTC)
    for provider, model in ANCHORS:
        try:
            found = snapshot.find_provider_model(model, None, provider, None)[1]
        except LookupError:
            raise TokenmonError(f"the price list lacks {model} of {provider}", hint=KEEP) from None
        price = found.get_prices(now).__dict__.get("input_mtok")
        base = getattr(price, "base", price)
        if base is None or not 0 < base <= DEAREST_USD_PER_MILLION:
            raise TokenmonError(f"the price list has no sensible price of {model}", hint=KEEP)


def save(price_list: PriceList, folder: Path, *, now: datetime) -> SavedList:
    """Keep a checked list under its date and digest; the one before it stays, older ones go."""
    from genai_prices import __version__

    digest = price_list.sha256
    path = folder / f"prices-{now.astimezone(UTC).strftime(TIME)}-{__version__}-{digest}.json"
    partial = path.with_suffix(".partial")
    try:
        make_private(folder)
        with open(partial, "wb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
            file.write(price_list.content)
        partial.replace(path)
        for old in saved_lists(folder)[KEPT:]:
            old.path.unlink(missing_ok=True)
    except OSError as error:
        reason = (error.strerror or "no access").lower()
        raise TokenmonError(
            f"cannot keep the price list in {folder}: {reason}", hint="make the folder writable"
        ) from None
    finally:
        partial.unlink(missing_ok=True)
    return SavedList(path, now, __version__, digest)


def saved_lists(folder: Path) -> list[SavedList]:
    """The lists that were kept, newest first."""
    found = []
    for path in folder.glob("prices-*.json"):
        match = NAME.fullmatch(path.name)
        if match is not None:
            at = datetime.strptime(match["time"], TIME).replace(tzinfo=UTC)
            found.append(SavedList(path, at, match["library"], match["sha256"]))
    return sorted(found, key=lambda one: (one.saved_at, one.sha256), reverse=True)


def load_saved(folder: Path) -> tuple[SavedList, PriceList] | None:
    """The newest kept list that is whole; None when there is none, or when the library is newer than it."""
    from genai_prices import __version__

    for saved in saved_lists(folder):
        # A library that was upgraded since brings a list of its own that is as new or newer.
        if _version(saved.library) < _version(__version__):
            return None
        try:
            content = saved.path.read_bytes()
            if hashlib.sha256(content).hexdigest() == saved.sha256:
                return saved, read_price_list(content)
        except (OSError, TokenmonError):
            continue
    return None


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", text))
