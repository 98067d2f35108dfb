"""Updating the price list: fetched only when asked, or read from a file; kept only after it was checked."""

import sys
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from tokenmon.core.record_json import time_text
from tokenmon.errors import ConfigError, TemporaryError, TokenmonError
from tokenmon.providers.price_list import MAX_BYTES, PriceList, SavedList, read_price_list, save, saved_lists

# The list that the price library itself updates from; its first version is no longer changed.
URL = "https://raw.githubusercontent.com/pydantic/genai-prices/refs/heads/main/prices/new_data/v2/data.json"
TIMEOUT_SECONDS = 30.0
OFFLINE = "check the connection, or give a list as a file: tokenmon price update --file FILE"


@dataclass(frozen=True, slots=True)
class Updated:
    """What an update did; `is_new` is False when the list was kept already."""

    price_list: PriceList
    saved: SavedList
    is_new: bool


def fetch(url: str = URL) -> bytes:
    """The list from its address; TemporaryError when it cannot be had."""
    import httpx

    content = bytearray()
    try:
        with httpx.stream("GET", url, timeout=TIMEOUT_SECONDS) as answer:
            if answer.status_code != httpx.codes.OK:
                raise TemporaryError(f"the price list was answered with {answer.status_code}", hint=OFFLINE)
            for piece in answer.iter_bytes():
                content += piece
                if len(content) > MAX_BYTES:
                    raise TokenmonError("what was answered is too large for a price list", hint=OFFLINE)
    except httpx.HTTPError as error:
        reason = str(error) or type(error).__name__
        raise TemporaryError(f"the price list cannot be fetched: {reason[:160]}", hint=OFFLINE) from None
    return bytes(content)


def read(file: Path) -> bytes:
    """The list from a file, `-` for stdin."""
    try:
        if str(file) == "-":
            return sys.stdin.buffer.read(MAX_BYTES + 1)
        with open(file, "rb") as opened:
            return opened.read(MAX_BYTES + 1)
    except OSError as error:
        reason = (error.strerror or "no access").lower()
        raise ConfigError(f"cannot read the price list {file}: {reason}", hint="--file FILE") from None


def update(content: bytes, folder: Path, *, now: datetime, models_in_use: int) -> Updated:
    """Check a list and keep it in a folder; the ones before stay in use when it is not what it should be.

    A list with fewer than half the models in use is a broken or a partial one.
    """
    price_list = read_price_list(content, at_least=models_in_use // 2)
    newest = next(iter(saved_lists(folder)), None)
    if newest is not None and newest.sha256 == price_list.sha256:
        return Updated(price_list, newest, False)
    return Updated(price_list, save(price_list, folder, now=now), True)


def updated_json(updated: Updated) -> dict[str, Any]:
    """What an update did."""
    return {
        "updated": updated.is_new,
        "models": updated.price_list.models,
        "providers": updated.price_list.providers,
        "sha256": updated.saved.sha256,
        "saved_at": time_text(updated.saved.saved_at, timespec="seconds"),
        "file": str(updated.saved.path),
    }
