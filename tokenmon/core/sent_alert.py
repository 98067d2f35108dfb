"""An alert that was sent: what remains of it once it is delivered."""

from dataclasses import dataclass
from datetime import datetime

EXCEEDED = 100


@dataclass(frozen=True, slots=True)
class SentAlert:
    """A quota's threshold, in percent, that was crossed in the month that began at `period_start`."""

    platform: str
    threshold: int
    period_start: datetime
    sent_at: datetime

    @property
    def is_exceeded(self) -> bool:
        """Whether the whole quota was used."""
        return self.threshold >= EXCEEDED
