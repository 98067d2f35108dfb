"""What the platforms screen reads: each platform with its month, its health, its headroom and its prices, no key."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from tokenmon.analytics.health import PlatformHealth, platform_health
from tokenmon.core.headroom import RETRY, Headroom, in_force
from tokenmon.core.period import Period, month_of
from tokenmon.core.platform import Platform
from tokenmon.core.price_rule import PriceRule, matches_name
from tokenmon.core.query import Totals
from tokenmon.providers.registry import PROVIDERS
from tokenmon.tui.asking import Asking
from tokenmon.tui.reading.quotas import Quota, month_totals, standing

# A platform that nobody has called for longer is simply not in use.
LOOK_BACK = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class PlatformRow:
    """One platform. `platform` has lost its sealed key, `has_key` tells whether there was one; `rules` are the user's
    own prices that may hold for its models; `last_day` is that of its last call where that is older than its health."""

    platform: Platform
    has_key: bool
    month: Totals
    health: PlatformHealth
    headroom: tuple[Headroom, ...]
    rules: tuple[PriceRule, ...]
    quota: Quota | None
    last_day: date | None

    @property
    def name(self) -> str:
        """The platform's name."""
        return self.platform.name

    @property
    def key_words(self) -> str:
        """What is shown of its key: the last four characters; nothing without one."""
        return f"…{self.platform.key_hint or ''}" if self.has_key else ""

    @property
    def address(self) -> str | None:
        """Its base URL, the provider's own where it has none."""
        known = PROVIDERS.get(self.platform.provider_name)
        return self.platform.base_url or (None if known is None else known.default_base_url)

    @property
    def provider_title(self) -> str:
        """Its provider as a person would say it."""
        known = PROVIDERS.get(self.platform.provider_name)
        return self.platform.provider_name if known is None else known.title

    def tightest(self, now: datetime) -> Headroom | None:
        """The limit of which least is left: a wait that is asked for, else the lowest share not reset since."""
        waits = [one for one in self.headroom if one.dimension == RETRY]
        known = [
            one
            for one in self.headroom
            if one.percent_left is not None and (one.resets_at is None or one.resets_at > now)
        ]
        return waits[0] if waits else min(known, key=lambda one: one.percent_left or 0, default=None)


@dataclass(frozen=True, slots=True)
class PlatformsSnapshot:
    """Everything on the screen, platforms by name; `hidden` counts those that the dashboard's filter leaves out."""

    as_of: datetime
    period: Period
    rows: tuple[PlatformRow, ...]
    hidden: int


def read_platforms(asking: Asking) -> PlatformsSnapshot:
    """Read the platforms. Of the filter only what it says of platforms counts: the figures are of all their calls."""
    store, now = asking.store, asking.now
    everything = replace(asking, conditions=())
    period = month_of(now, asking.timezone)
    stored = store.platforms()
    wanted = asking.filter(period)
    meant = [one for one in stored if wanted.means_platform(one.name)]
    months = month_totals(asking, tuple(one.name for one in meant))
    quotas = {one.platform: one for one in standing(asking, meant, months)}
    limits = [one for one in store.headroom() if one.as_of <= now]
    rules = [one for one in store.price_rules() if one.starts_on is None or one.starts_on <= now.date()]
    health = platform_health(store, meant, now=now)
    last_days = _last_days(everything, tuple(one.platform for one in health if one.last_call_at is None))
    rows = [
        PlatformRow(
            platform=replace(one, sealed_key=None),
            has_key=one.has_key,
            month=months.get(one.name, Totals()),
            health=state,
            headroom=tuple(in_force((limit for limit in limits if limit.platform == one.name), now=now)),
            rules=tuple(rule for rule in rules if matches_name(rule.platform, one.name)),
            quota=quotas.get(one.name),
            last_day=last_days.get(one.name),
        )
        for one, state in zip(meant, health, strict=True)
    ]
    return PlatformsSnapshot(now, period, tuple(rows), len(stored) - len(meant))


def _last_days(asking: Asking, names: tuple[str, ...]) -> dict[str, date]:
    """The last day with a call of platforms that were not called lately, as far back as anybody asks."""
    if not names:
        return {}
    recent = asking.filter(Period(asking.now - LOOK_BACK, None, asking.timezone))
    found: dict[str, date] = {}
    for group in asking.store.groups(replace(recent, platforms=names), ("day", "platform")):
        key = dict(group.key)
        name, day = str(key["platform"]), date.fromisoformat(str(key["day"]))
        found[name] = max(day, found.get(name, day))
    return found
