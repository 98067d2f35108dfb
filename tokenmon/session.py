"""A session: settings, storage and vault, opened once per command; the store is opened when first needed."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from tokenmon.config import Settings, load_settings

if TYPE_CHECKING:
    from tokenmon.core.platform import Platform
    from tokenmon.credentials import Vault
    from tokenmon.ingest.recorder import Recorder
    from tokenmon.storage.store import Store


class Session:
    """What a command works with; used from several threads by the server."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._turn = threading.Lock()
        self._store: Store | None = None
        self._platforms: tuple[int, Mapping[str, Platform]] = (-1, {})

    @property
    def store(self) -> "Store":
        """The database, opened now if it was not."""
        with self._turn:
            if self._store is None:
                # Imported late: 0.2 s that `config` and `--help` do not need.
                from tokenmon.storage.store import Store

                self._store = Store.open(self.settings.database_url)
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
        from tokenmon.ingest.pricing import Pricer
        from tokenmon.ingest.recorder import Recorder
        from tokenmon.providers.catalogue import load_catalogue

        return Recorder(self.store, Pricer(load_catalogue, self._current_platforms))

    def _current_platforms(self) -> "Mapping[str, Platform]":
        """The platforms by name; the same mapping until one changes."""
        version = self.store.settings_version()
        if version != self._platforms[0]:
            self._platforms = (version, {one.name: one for one in self.store.platforms()})
        return self._platforms[1]

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
