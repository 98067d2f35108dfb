"""What a running proxy knows of itself, without asking the database."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class ProcessState:
    """One proxy at one moment; all but what waits and what is in flight counts since `started_at`.

    `rejected_records` were set aside because the database refuses them for good, `journal_write_failures` are lines
    that the journal's disk refused. `refused_requests` reached no provider, by reason.
    """

    started_at: datetime
    waiting_records: int = 0
    backlog_bytes: int = 0
    journal_write_failures: int = 0
    stored_records: int = 0
    rejected_records: int = 0
    calls_in_flight: int = 0
    open_websockets: int = 0
    uncounted_responses: int = 0
    refused_requests: Mapping[str, int] = field(default_factory=dict)
