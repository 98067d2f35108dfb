"""What the tests of the way in share: the price catalogue, loaded once, and a store in a file of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

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
