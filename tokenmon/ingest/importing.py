"""Importing logs: what is new in a tool's files becomes records, batch by batch, and then the files' new states.

In that order: a process that dies between the two reads some lines again, which changes nothing.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from tokenmon.core.import_state import FileState
from tokenmon.core.official_limit import OfficialLimit, newest
from tokenmon.core.record import IDENTITY_OFFSET, UsageRecord, supersedes
from tokenmon.ingest.import_audit import Audit
from tokenmon.ingest.import_labels import Choices, Labels
from tokenmon.ingest.importers.tools import Tool
from tokenmon.ingest.log_files import FoundFile, find
from tokenmon.storage.store import Added, Store

if TYPE_CHECKING:
    from tokenmon.ingest.recorder import Recorder

# Told of the work: bytes done so far and in all.
Progress = Callable[[int, int], None]


def silent(done: int, total: int) -> None:
    """Tells nobody."""


class Importer:
    """Reads what tools logged into a store. `machine` tells whose files they are.

    `recorder` makes what prices and stores records; it is asked once there is something to store.
    """

    def __init__(
        self, store: Store, recorder: "Callable[[], Recorder]", choices: Choices, *, machine: str, dry_run: bool = False
    ) -> None:
        self._store = store
        self._make_recorder = recorder
        self._choices = choices
        self._machine = machine
        self._dry_run = dry_run

    def run(
        self,
        tool: Tool,
        roots: Sequence[Path],
        *,
        progress: Progress = silent,
    ) -> Audit:
        """Read what is new in a tool's files."""
        audit = Audit(tool.name, tool.title, list(roots))
        states = self._store.import_states(self._machine, tool.name)
        found = find(tool, roots, lambda path, reason: audit.bad(path, None, reason))
        audit.files = len(found)
        changed = [one for one in found if self._is_new(one, states)]
        audit.unchanged = len(found) - len(changed)
        audit.limits = self._known_limits(tool.name) if found else []
        if not changed:
            return audit
        # The oldest first: what a session began with stands in an older file than the copies of it.
        changed.sort(key=lambda one: (one.mtime_ns, one.key))
        self._read(tool, found, changed, [states.get(one.key) for one in changed], audit, progress)
        return audit

    def _read(
        self,
        tool: Tool,
        found: Sequence[FoundFile],
        changed: Sequence[FoundFile],
        states: Sequence[FileState | None],
        audit: Audit,
        progress: Progress,
    ) -> None:
        # Imported late: most imports find nothing new, and are done before these are loaded.
        from tokenmon.ingest.collector import collector_at_rest
        from tokenmon.ingest.import_ahead import is_worth_it, reading_ahead
        from tokenmon.ingest.import_batches import Batches
        from tokenmon.ingest.import_order import Order, read_order

        labels = Labels(tool.name, self._store.platforms(), self._choices)
        batches = Batches(
            audit,
            labels,
            lambda records, stated: self._keep(records, stated, audit),
            lambda changed_states: self._save(tool.name, changed_states),
            lambda limits: self._keep_limits(limits, audit),
        )
        total = sum(one.size for one in changed)
        order = Order(tool, found, changed, states, self._choices.since_ms)
        apart = reading_ahead(order) if is_worth_it(total) else nullcontext(read_order(order))
        with collector_at_rest(), apart as portions:
            self._recorder.prepare()
            for portion in portions:
                batches.take(portion, changed[portion.file].path)
                progress(audit.bytes_read, total)
            batches.flush()
        audit.decisions = list(labels.decisions.values())

    @cached_property
    def _recorder(self) -> "Recorder":
        return self._make_recorder()

    def _is_new(self, file: FoundFile, states: dict[str, FileState]) -> bool:
        state = states.get(file.key)
        if state is not None and file.is_as(state):
            return False
        since = self._choices.since_ms
        return since is None or file.mtime_ns // 1_000_000 >= since

    def _keep(self, records: Sequence[UsageRecord], stated: Mapping[bytes, Decimal], audit: Audit) -> None:
        priced = self._recorder.priced_all(records, stated)
        audit.note_stored(self._look(priced) if self._dry_run else self._recorder.keep(priced), priced)

    @property
    def _named(self) -> str:
        """This machine's name as records have it, which may be chosen; files are known by the host's own."""
        return self._recorder.machine or self._machine

    def _known_limits(self, tool: str) -> list[OfficialLimit]:
        return [one for one in self._store.official_limits() if (one.tool, one.machine) == (tool, self._named)]

    def _keep_limits(self, limits: Sequence[OfficialLimit], audit: Audit) -> None:
        heard = [replace(one, machine=self._named) for one in limits]
        audit.limits = newest([*audit.limits, *heard])
        if not self._dry_run:
            self._store.save_official_limits(heard)

    def _save(self, tool: str, states: Sequence[FileState]) -> None:
        if not self._dry_run:
            self._store.save_import_states(self._machine, tool, states)

    def _look(self, records: Sequence[UsageRecord]) -> Added:
        known = {one.id[IDENTITY_OFFSET:]: one for one in self._store.stored(records)}
        sights = [(one, known.get(one.id[IDENTITY_OFFSET:])) for one in records]
        fresh = sum(held is None for _, held in sights)
        replaced = sum(held is not None and supersedes(one, held) for one, held in sights)
        return Added(fresh, replaced, len(records) - fresh - replaced)
