"""A machine with logs on it: files written as tools write them, imported into a store, and what came of them."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from tokenmon.core.period import Period
from tokenmon.core.query import Filter
from tokenmon.core.record import UsageRecord
from tokenmon.ingest.import_audit import Audit
from tokenmon.ingest.import_labels import Choices
from tokenmon.ingest.importers.tools import TOOLS
from tokenmon.ingest.importing import Importer, Progress, silent
from tokenmon.ingest.pricing import OwnPrices, Pricer
from tokenmon.ingest.recorder import Recorder
from tokenmon.providers.catalogue import Catalogue
from tokenmon.storage.store import Store

ALL = Filter(Period(None, None))


def line(content: Mapping[str, Any]) -> bytes:
    """One line of a log."""
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


class Machine:
    """A folder of one tool's logs, and a store that they are imported into."""

    everything = ALL

    def __init__(self, root: Path, store: Store, catalogue: Catalogue) -> None:
        self.root = root
        self.store = store
        self._catalogue = catalogue

    def write(self, name: str, *contents: Mapping[str, Any] | bytes) -> Path:
        """A new file of lines (bytes as they are) below the folder."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(_bytes(contents))
        return path

    def append(self, path: Path, *contents: Mapping[str, Any] | bytes) -> None:
        """More lines at the end of a file."""
        with open(path, "ab") as file:
            file.write(_bytes(contents))

    def document(self, name: str, content: Any) -> Path:
        """A new file of one JSON document."""
        return self.write(name, json.dumps(content).encode())

    def run(
        self, tool: str, choices: Choices | None = None, *, dry_run: bool = False, progress: Progress = silent
    ) -> Audit:
        """Import what is new."""
        own = {one.name: one for one in self.store.platforms()}
        recorder = Recorder(self.store, Pricer(lambda: self._catalogue, lambda: OwnPrices(own)))
        importer = Importer(self.store, lambda: recorder, choices or Choices(), machine="here", dry_run=dry_run)
        return importer.run(TOOLS[tool], [self.root], progress=progress)

    def records(self) -> list[UsageRecord]:
        """All that is stored, oldest first."""
        return self.store.records(ALL)[::-1]

    def counts(self) -> list[tuple[str | None, int, int, int, int]]:
        """Model, input, output, cache read and cache written of each record, oldest first."""
        return [
            (one.model, usage.input_tokens, usage.output_tokens, usage.cache_read_input_tokens,
             usage.cache_creation_input_tokens)
            for one in self.records()
            if (usage := one.usage) is not None
        ]  # fmt: skip


def _bytes(contents: Iterable[Mapping[str, Any] | bytes]) -> bytes:
    return b"".join(one if isinstance(one, bytes) else line(one) for one in contents)
