"""A session: settings, storage and vault, opened once per command; the store is opened when first needed."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from tokenmon.config import Settings, load_settings
from tokenmon.paths import prices_dir

if TYPE_CHECKING:
    from tokenmon.credentials import Vault
    from tokenmon.ingest.pricing import OwnPrices, Pricer
    from tokenmon.ingest.recorder import Recorder
    from tokenmon.storage.store import Store


class Session:
    """What a command works with; used from several threads by the server."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._turn = threading.Lock()
        self._store: Store | None = None
        self._own_prices: tuple[int, OwnPrices] | None = None

    @property
    def store(self) -> "Store":
        """The database, opened now if it was not."""
        with self._turn:
            if self._store is None:
                # Imported late: 0.2 s that `config` and `--help` do not need.
                from tokenmon.storage.store import Store

                self._store = Store.open(self.settings.database_url, timezone=self.settings.timezone)
            return self._store

    @cached_property
    def vault(self) -> "Vault":
        """The vault of this session's database."""
        from tokenmon.credentials import Vault

        return Vault(self.store)

    def now(self) -> datetime:
        """The present, aware UTC."""
        return datetime.now(UTC)

    def recorder(self) -> "Recorder":
        """What prices and stores records; make one and keep it, it caches prices."""
        from tokenmon.ingest.recorder import Recorder

        return Recorder(self.store, self.pricer(), self.settings.machine or None)

    def pricer(self) -> "Pricer":
        """What finds the rates of a call and prices it; make one and keep it, it holds what it found."""
        from tokenmon.ingest.pricing import Pricer
        from tokenmon.providers.catalogue import load_catalogue

        return Pricer(lambda: load_catalogue(prices_dir()), self._current_own_prices)

    def _current_own_prices(self) -> "OwnPrices":
        """Platforms and price rules; the same value until the settings change."""
        from tokenmon.ingest.pricing import OwnPrices

        version = self.store.settings_version()
        if self._own_prices is None or version != self._own_prices[0]:
            platforms = {one.name: one for one in self.store.platforms()}
            self._own_prices = (version, OwnPrices(platforms, tuple(self.store.price_rules())))
        return self._own_prices[1]

    def close(self) -> None:
        """Close the database if it was opened."""
        with self._turn:
            if self._store is not None:
                self._store.close()
                self._store = None


@contextmanager
def open_session(*, settings: Settings | None = None, flags: Mapping[str, Any] | None = None) -> Iterator[Session]:
    """A session over given settings, or those in force with some set by flags; closed at the end."""
    session = Session(settings if settings is not None else load_settings(flags))
    try:
        yield session
    finally:
        session.close()
