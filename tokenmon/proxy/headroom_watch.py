"""What answers' heads state of rate limits, brought to the database beside the calls.

A call only leaves a reference to its answer's head, in place of the one before: a store in a dict. Every few seconds
what came since is parsed and stored in a thread, if it looks different from what was stored.
"""

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from tokenmon.core.headroom import Headroom
from tokenmon.errors import TokenmonError
from tokenmon.providers.rate_limits import read_headroom
from tokenmon.proxy.labels import Headers

logger = logging.getLogger("tokenmon.headroom")

TICK_SECONDS = 3.0
# A provider that makes up ever new limits fills no table.
MAX_LIMITS = 32


class HeadroomWatch:
    """Keeps the newest head of each platform; `note` belongs to the event loop's thread, `save` gets batches elsewhere.

    A database that does not take a batch gets it with the next one; the calls never wait for it.
    """

    def __init__(self, save: Callable[[Sequence[Headroom]], None]) -> None:
        self._save = save
        # Heads and no connections: a head's list is its own, the connection makes another for its next answer.
        self._heads: dict[str, tuple[float, Headers]] = {}
        self._stored: dict[str, dict[str, Headroom]] = {}
        self._unsaved: dict[tuple[str, str], Headroom] = {}
        self._is_failing = False
        # The last batch of a stop may meet the tick's.
        self._turn = threading.Lock()

    def note(self, platform: str, headers: Headers) -> None:
        """An answer's head came; costs a store in a dict."""
        self._heads[platform] = (time.time(), headers)

    async def run(self) -> None:
        """Store every few seconds what is new, for ever; without calls nothing is done."""
        while True:
            await asyncio.sleep(TICK_SECONDS)
            await self.store()

    async def store(self) -> None:
        """Store what is new since the last time."""
        heads, self._heads = self._heads, {}
        if heads or self._unsaved:
            await asyncio.to_thread(self._store, heads)

    def _store(self, heads: dict[str, tuple[float, Headers]]) -> None:
        with self._turn:
            for platform, (seconds, headers) in heads.items():
                at = datetime.fromtimestamp(seconds, UTC)
                known = self._stored.setdefault(platform, {})
                for one in read_headroom(headers, platform=platform, at=at):
                    self._consider(one, known)
            if self._unsaved:
                self._save_all(list(self._unsaved.values()))

    def _consider(self, one: Headroom, known: dict[str, Headroom]) -> None:
        before = known.get(one.dimension)
        if before is None and len(known) >= MAX_LIMITS:
            return
        if before is None or not one.looks_like(before):
            # Known from now on, stored or waiting for it.
            known[one.dimension] = one
            self._unsaved[one.platform, one.dimension] = one

    def _save_all(self, stated: Sequence[Headroom]) -> None:
        try:
            self._save(stated)
        except TokenmonError as error:
            if not self._is_failing:
                logger.warning("rate limits wait for the database: %s", error.message)
            self._is_failing = True
        else:
            self._is_failing = False
            self._unsaved.clear()
