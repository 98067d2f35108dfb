"""Portions of logs become batches of records, and then the files' new states."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path

from tokenmon.core.import_state import FileState
from tokenmon.core.official_limit import OfficialLimit, newest
from tokenmon.core.record import UsageRecord
from tokenmon.ingest.collector import collect_circles
from tokenmon.ingest.import_audit import Audit
from tokenmon.ingest.import_labels import Labels
from tokenmon.ingest.import_portion import Portion
from tokenmon.ingest.importers.call import Merged

BATCH = 2000


class Batches:
    """Gathers portions, and hands on the records of a batch, then the states of the files whose end was reached."""

    def __init__(
        self,
        audit: Audit,
        labels: Labels,
        store: Callable[[Sequence[UsageRecord], Mapping[bytes, Decimal]], None],
        save: Callable[[Sequence[FileState]], None],
        keep_limits: Callable[[Sequence[OfficialLimit]], None],
    ) -> None:
        self._audit = audit
        self._labels = labels
        self._store = store
        self._save = save
        self._keep_limits = keep_limits
        self._merged = Merged()
        self._states: list[FileState] = []
        self._limits: list[OfficialLimit] = []

    def take(self, portion: Portion, path: Path) -> None:
        """Take a portion of a file; what was gathered is stored whenever it makes a batch."""
        self._audit.note_read(portion, path)
        for call in portion.calls:
            if not self._merged.add(call):
                self._audit.merged += 1
            elif len(self._merged) >= BATCH:
                self.flush()
        if portion.limits:
            self._limits = newest([*self._limits, *portion.limits])
        if portion.state is not None:
            self._states.append(portion.state)

    def flush(self) -> None:
        """Store the calls and limits that were read, and then how far the files were whose end was reached."""
        if len(self._merged):
            self._store_merged()
        if self._limits:
            self._keep_limits(self._limits)
            self._limits = []
        self._save(self._states)
        self._states = []
        collect_circles()

    def _store_merged(self) -> None:
        calls = self._merged.calls()
        self._merged = Merged()
        records = [self._labels.record(call) for call in calls]
        stated = {
            record.id: call.stated_cost
            for record, call in zip(records, calls, strict=True)
            if call.stated_cost is not None
        }
        self._store(records, stated)
