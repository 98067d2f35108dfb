"""A fake API, and pulling from it into a store of its own."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.ingest.pull.fake import ADMIN_KEY, FakeApi, serving
from tokenmon.core.provider_sum import ProviderSum, Window
from tokenmon.ingest.pull.client import AdminClient
from tokenmon.ingest.pull.pulling import Pulled, api_of, pull
from tokenmon.storage.store import Store

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


@dataclass
class Scene:
    """A fake, a store, the present, and the pauses that were made."""

    fake: FakeApi
    store: Store
    now: datetime = NOW
    pauses: list[float] = field(default_factory=list)

    def pull(self, provider: str, first: int, last: int, *, key: str = ADMIN_KEY, again: bool = False) -> Pulled:
        """Pull days of November 2026, both inclusive, from the fake into the platform `work`."""
        api = api_of(provider)
        window = api.span(datetime(2026, 11, first, tzinfo=UTC), datetime(2026, 11, last + 1, tzinfo=UTC), self.now)
        client = AdminClient(
            self.fake.url, api.headers(key), title=api.title, key=key, key_help=api.key_help, sleep=self.pauses.append
        )
        with client:
            return pull(self.store, client, api, "work", window, now=lambda: self.now, again=again)

    def sums(self) -> list[ProviderSum]:
        """All that is stored of November."""
        return self.store.provider_sums(
            "work", Window(datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC))
        )


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with Store.open(f"sqlite:///{tmp_path}/tokenmon.db") as store, serving(FakeApi()) as fake:
        yield Scene(fake, store)
