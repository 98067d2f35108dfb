"""Flow: how many calls and tokens went by in one minute."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Minute:
    """The calls that began in the minute from `start`, and their tokens in and out."""

    start: datetime
    requests: int
    tokens: int
