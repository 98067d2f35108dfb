"""The feed: reads a snapshot when something moved. It knows nothing of the screen, and runs in a thread."""

from dataclasses import dataclass
from datetime import datetime

from tokenmon.session import Session
from tokenmon.tui.snapshot import Snapshot, read_snapshot


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a snapshot was read at: while both stand still there is nothing new to read."""

    marker: int
    minute: datetime


@dataclass(frozen=True, slots=True)
class Reading:
    """A snapshot with its stamp."""

    snapshot: Snapshot
    stamp: Stamp


def read(session: Session, *, after: Stamp | None) -> Reading | None:
    """A new reading, or None while nothing was written and the minute is the same as `after` that one.

    The minute stands for the hours and days that end without a call. TokenmonError when the database does not answer.
    """
    now = session.now()
    # The marker first: a call that is written between the two is then read again, not missed.
    stamp = Stamp(session.store.change_marker(), now.replace(second=0, microsecond=0))
    if stamp == after:
        return None
    return Reading(read_snapshot(session.store, session.settings, now), stamp)
