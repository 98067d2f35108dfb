"""What a screen's reading gets: whom to ask, as of when, through which filter. It knows nothing of the screen."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from tokenmon.core.condition import Condition
from tokenmon.core.official_limit import OfficialLimit
from tokenmon.core.period import Period, zone
from tokenmon.core.query import Filter
from tokenmon.core.settings import Settings
from tokenmon.core.span import Span

if TYPE_CHECKING:
    from tokenmon.storage.store import Store


@dataclass(frozen=True, slots=True)
class Asking:
    """One reading of the database, in a thread.

    `now` is the moment to show: the present, or that of a replay, after which nothing has happened yet.
    """

    store: "Store"
    settings: Settings
    now: datetime
    conditions: tuple[Condition, ...] = ()
    is_replay: bool = False

    @property
    def timezone(self) -> str:
        """The name of the time zone of days and months."""
        return self.settings.timezone

    @property
    def place(self) -> ZoneInfo:
        """The time zone of days and months."""
        return zone(self.settings.timezone)

    def filter(self, period: Period) -> Filter:
        """The filter of a period: what the dashboard's own filter means of it, up to `now` in a replay."""
        if self.is_replay and (period.end is None or period.end > self.now):
            start = None if period.start is None else min(period.start, self.now)
            period = Period(start, self.now, period.timezone)
        return Filter(period, conditions=self.conditions)

    def span_filter(self, span: Span) -> Filter:
        """The filter of a span."""
        return self.filter(span.period(now=self.now, timezone=self.timezone))

    def official_limits(self) -> tuple[OfficialLimit, ...]:
        """What providers say is used of their windows; in a replay only what they had said by its moment."""
        every = self.store.official_limits()
        return tuple(one for one in every if not self.is_replay or one.as_of <= self.now)
