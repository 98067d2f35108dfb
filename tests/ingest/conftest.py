"""What the tests of the way in share: the price catalogue, loaded once, a store in a file of its own, a journal."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ingest.moving import Noting
from tokenmon.ingest.journal import Journal
from tokenmon.ingest.pricing import OwnPrices, Pricer
from tokenmon.ingest.recorder import Recorder
from tokenmon.ingest.writer import JournalWriter
from tokenmon.providers.catalogue import Catalogue, load_catalogue
from tokenmon.storage.store import Store


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    return load_catalogue()


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "data" / "tokenmon.db"


@pytest.fixture
def store(database: Path) -> Iterator[Store]:
    """A store that tells soon when it is locked."""
    with Store.open(f"sqlite:///{database}", busy_timeout_seconds=0.05) as opened:
        yield opened


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "journal"


@pytest.fixture
def noting(store: Store, catalogue: Catalogue) -> Noting:
    return Noting(Recorder(store, Pricer(lambda: catalogue, OwnPrices)))


@pytest.fixture
def journal(folder: Path) -> Journal:
    return Journal(folder)


@pytest.fixture
def writer(journal: Journal, noting: Noting) -> Iterator[JournalWriter]:
    """A writer that is not started yet."""
    made = JournalWriter(journal, lambda: noting)
    yield made
    if made._thread.is_alive():
        made.stop(timeout_seconds=0)
