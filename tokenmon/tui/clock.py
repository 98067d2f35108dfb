"""The dashboard's clock: the present, or a past day that passes at a speed."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from tokenmon.core.period import midnight, zone

SPEEDS = (1, 10, 60, 300, 1440, 7200)
FIRST_SPEED = 300


@dataclass(frozen=True, slots=True)
class Replay:
    """A past day from its midnight to its last moment: at `begun` (the real time) it stood at `stood_at`.

    The present day ends where the present was when it was begun: what comes after has not been yet.
    """

    starts: datetime
    ends: datetime
    stood_at: datetime
    begun: datetime
    speed: int = FIRST_SPEED
    is_held: bool = False

    @classmethod
    def of_day(cls, day: date, timezone: str, *, begun: datetime) -> "Replay":
        """A local day from its beginning."""
        place = zone(timezone)
        start = midnight(day, place)
        return cls(start, min(midnight(day + timedelta(days=1), place), begun), start, begun)

    @property
    def last(self) -> datetime:
        """The last moment, at which it waits."""
        return max(self.starts, self.ends - timedelta(milliseconds=1))

    def is_over(self, real: datetime) -> bool:
        """Whether it stands at its end."""
        return self.now(real) == self.last

    def now(self, real: datetime) -> datetime:
        """Where the replay stands at a real moment; it waits at the day's end."""
        if self.is_held:
            return self.stood_at
        return min(self.last, self.stood_at + (real - self.begun) * self.speed)

    def held(self, real: datetime, *, is_held: bool) -> "Replay":
        """The replay standing still, or going on."""
        return replace(self, stood_at=self.now(real), begun=real, is_held=is_held)

    def at_speed(self, real: datetime, steps: int) -> "Replay":
        """The replay at a faster or slower one of the speeds."""
        at = min(len(SPEEDS) - 1, max(0, SPEEDS.index(self.speed) + steps))
        return replace(self, stood_at=self.now(real), begun=real, speed=SPEEDS[at])

    def moved(self, real: datetime, by: timedelta) -> "Replay":
        """The replay further on or back in its day."""
        place = min(max(self.now(real) + by, self.starts), self.last)
        return replace(self, stood_at=place, begun=real)


class Clock:
    """What time it is on the dashboard."""

    def __init__(self, real: Callable[[], datetime]) -> None:
        self._real = real
        self.replay: Replay | None = None

    def now(self) -> datetime:
        """The moment to show, aware UTC."""
        return self._real() if self.replay is None else self.replay.now(self._real())

    @property
    def is_over(self) -> bool:
        """Whether a replay has come to its end."""
        return self.replay is not None and self.replay.is_over(self._real())

    def begin(self, day: date, timezone: str) -> None:
        """Replay a local day."""
        self.replay = Replay.of_day(day, timezone, begun=self._real())

    def end(self) -> None:
        """Return to the present."""
        self.replay = None

    def hold(self, *, is_held: bool) -> None:
        """Let a replay stand still or go on."""
        if self.replay is not None:
            self.replay = self.replay.held(self._real(), is_held=is_held)

    def change_speed(self, steps: int) -> None:
        """Replay faster or slower."""
        if self.replay is not None:
            self.replay = self.replay.at_speed(self._real(), steps)

    def move(self, by: timedelta) -> None:
        """Go on or back in the replayed day."""
        if self.replay is not None:
            self.replay = self.replay.moved(self._real(), by)
