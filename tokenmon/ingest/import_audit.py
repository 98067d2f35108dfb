"""What an import did, tool by tool: files, lines, calls, what was left out and why, and what has no price."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tokenmon.core.official_limit import OfficialLimit, limit_json
from tokenmon.core.record import UsageRecord
from tokenmon.ingest.import_labels import Decision
from tokenmon.storage.store import Added

if TYPE_CHECKING:
    from tokenmon.ingest.import_portion import Portion

# More of one kind would fill the screen; the count says how many there are.
MAX_TOLD = 20


@dataclass(slots=True)
class Audit:
    """The counts of one tool.

    `sights` are the lines (or messages) that state usage; each ended as a new record, in the place of a weaker one
    (`replaced`), as one `known` before, `merged` with another sight of the same call, or skipped. `limits` are what the
    provider says is used, as far as this tool has heard.
    """

    tool: str
    title: str
    roots: list[Path] = field(default_factory=list)
    files: int = 0
    unchanged: int = 0
    files_read: int = 0
    bytes_read: int = 0
    lines: int = 0
    sights: int = 0
    merged: int = 0
    added: int = 0
    replaced: int = 0
    known: int = 0
    unfinished: int = 0
    skipped: dict[str, int] = field(default_factory=dict)
    bad_lines: int = 0
    told: list[str] = field(default_factory=list)
    unpriced_calls: int = 0
    unpriced_tokens: int = 0
    unpriced_models: dict[str, int] = field(default_factory=dict)
    decisions: list[Decision] = field(default_factory=list)
    limits: list[OfficialLimit] = field(default_factory=list)

    def bad(self, path: Path, line: int | None, reason: str) -> None:
        """Count what cannot be read; the first ones are told with file and line."""
        self.bad_lines += 1
        self._tell(path, line, reason)

    def _tell(self, path: Path, line: int | None, reason: str) -> None:
        if len(self.told) < MAX_TOLD:
            self.told.append(f"{path}{'' if line is None else f':{line}'}: {reason}")

    def note_read(self, portion: "Portion", path: Path) -> None:
        """Count what was read of a file."""
        self.files_read += portion.is_end
        self.bytes_read += portion.bytes_read
        self.lines += portion.lines
        self.sights += portion.sights
        self.merged += portion.merged
        self.unfinished += portion.unfinished
        for reason, count in portion.skipped.items():
            self.skipped[reason] = self.skipped.get(reason, 0) + count
        self.bad_lines += portion.bad_lines
        for line, reason in portion.problems:
            self._tell(path, line, reason)

    def note_stored(self, added: Added, priced: Sequence[UsageRecord]) -> None:
        """Count records that were stored, or would be."""
        self.added += added.added
        self.replaced += added.replaced
        self.known += added.repeated
        for record in priced:
            if record.cost is None and record.usage is not None and record.usage.total_tokens:
                self.unpriced_calls += 1
                self.unpriced_tokens += record.usage.total_tokens
                model = record.model or "no model"
                self.unpriced_models[model] = self.unpriced_models.get(model, 0) + record.usage.total_tokens


def audit_json(audit: Audit, *, dry_run: bool, now: datetime) -> dict[str, Any]:
    """The counts of one tool as JSON."""
    return {
        "tool": audit.tool,
        "title": audit.title,
        "dry_run": dry_run,
        "folders": [str(one) for one in audit.roots],
        "files": audit.files,
        "files_read": audit.files_read,
        "files_unchanged": audit.unchanged,
        "bytes_read": audit.bytes_read,
        "lines_read": audit.lines,
        "usage_lines": audit.sights,
        "merged": audit.merged,
        "records_new": audit.added,
        "records_replaced": audit.replaced,
        "records_known": audit.known,
        "skipped": dict(sorted(audit.skipped.items())),
        "bad_lines": audit.bad_lines,
        "problems": audit.told,
        "unfinished_lines": audit.unfinished,
        "unpriced_calls": audit.unpriced_calls,
        "unpriced_tokens": audit.unpriced_tokens,
        "unpriced_models": dict(sorted(audit.unpriced_models.items())),
        "billing": [
            {"platform": one.platform, "billing": one.billing, "reason": one.reason}
            for one in dict.fromkeys(audit.decisions)
        ],
        "official_limits": [limit_json(one, now) for one in audit.limits],
    }
