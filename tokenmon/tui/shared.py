"""What all screens share: the session, the clock, the way to write numbers. One object, made by the application."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar
from zoneinfo import ZoneInfo

from tokenmon.core.condition import Condition
from tokenmon.core.filter_language import filter_text, parse_filter
from tokenmon.core.period import zone
from tokenmon.core.platform_check import PlatformCheck
from tokenmon.session import Session
from tokenmon.tui.asking import Asking
from tokenmon.tui.clock import Clock
from tokenmon.tui.numbers import Numbers, numbers_of
from tokenmon.tui.texts import Marks

FoundT = TypeVar("FoundT")
MARKS: Mapping[str, Marks] = {"blocks": "blocks", "braille": "braille", "ascii": "ascii"}


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a snapshot was read at: while it stands still there is nothing new to read.

    `moment` is the minute, for the hours and days that end without a call, or where a replay stands; `where` is the
    filter, which may have changed while another screen was looked at.
    """

    marker: int
    moment: datetime
    where: str = ""


class Shared:
    """What all screens share; screens read it, the application changes it. `check` tests a platform, where that can be
    done."""

    def __init__(self, session: Session, check: PlatformCheck | None = None, *, is_ascii: bool = False) -> None:
        self.session = session
        self.check = check
        self.clock = Clock(session.now)
        self.marks: Marks = "ascii" if is_ascii else MARKS[session.settings.dash_marks]
        self.numbers: Numbers = numbers_of(session.settings, is_ascii=self.marks == "ascii")
        self.is_paused = False
        self.where = ""
        self._conditions: tuple[Condition, ...] = ()

    def set_where(self, where: str) -> None:
        """Filter every screen, in the filter language; ConfigError for what it does not mean, and nothing changes."""
        conditions = parse_filter(where)
        self.where, self._conditions = filter_text(conditions), conditions

    def toggle_exact(self) -> None:
        """Write every digit, or thin units again."""
        self.numbers = replace(self.numbers, is_exact=not self.numbers.is_exact)

    @property
    def timezone(self) -> str:
        """The name of the time zone of days and months."""
        return self.session.settings.timezone

    @property
    def place(self) -> ZoneInfo:
        """The time zone in which moments are shown."""
        return zone(self.session.settings.timezone)

    def now(self) -> datetime:
        """The moment to show, aware UTC."""
        return self.clock.now()

    def stamp(self) -> Stamp:
        """The present stamp; TokenmonError when the database does not answer. One cheap query, no table is read."""
        # The marker first: a call that is written between the two is then read again, not missed.
        marker = self.session.store.change_marker()
        now = self.now()
        moment = now if self.clock.replay is not None else now.replace(second=0, microsecond=0)
        return Stamp(marker, moment, self.where)

    def read(self, question: Callable[[Asking], FoundT], is_cancelled: Callable[[], bool]) -> FoundT:
        """What a question finds, read in this thread; CancelledError soon after nobody waits for it any more."""
        with self.session.store.cancellable(is_cancelled):
            return question(self.asking())

    def asking(self) -> Asking:
        """What a reading gets."""
        return Asking(
            store=self.session.store,
            settings=self.session.settings,
            now=self.now(),
            conditions=self._conditions,
            is_replay=self.clock.replay is not None,
        )
