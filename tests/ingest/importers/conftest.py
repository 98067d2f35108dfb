"""A machine for each test of a format."""

from pathlib import Path

import pytest

from tests.ingest.importers.logs import Machine
from tokenmon.providers.catalogue import Catalogue
from tokenmon.storage.store import Store


@pytest.fixture
def machine(tmp_path: Path, store: Store, catalogue: Catalogue) -> Machine:
    root = tmp_path / "logs"
    root.mkdir()
    return Machine(root, store, catalogue)
