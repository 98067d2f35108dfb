"""Questions in words become filters: the one place where the options of commands and URLs are read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from tokenmon.analytics.quotas import QuotaState, quota_json, quota_states
from tokenmon.core.filter_language import parse_filter
from tokenmon.core.period import parse_period
from tokenmon.core.query import Filter, Group, Totals, check_groupings
from tokenmon.core.record_json import group_json, period_json, totals_json

if TYPE_CHECKING:
    from tokenmon.storage.store import Store


def build_filter(
    *,
    now: datetime,
    timezone: str,
    since: str | None = None,
    until: str | None = None,
    period: str | None = None,
    platforms: Sequence[str] = (),
    providers: Sequence[str] = (),
    models: Sequence[str] = (),
    sources: Sequence[str] = (),
    projects: Sequence[str] = (),
    keys: Sequence[str] = (),
    machines: Sequence[str] = (),
    where: str | None = None,
) -> Filter:
    """The filter that words mean; each list may repeat and may hold commas. ConfigError for what cannot be read.

    `where` is a text in the filter language.
    """
    return Filter(
        period=parse_period(since=since, until=until, period=period, now=now, timezone=timezone),
        platforms=split_names(platforms),
        providers=split_names(providers),
        models=split_names(models),
        sources=split_names(sources),
        projects=split_names(projects),
        keys=split_names(keys),
        machines=split_names(machines),
        conditions=parse_filter(where or ""),
    )


def split_names(values: Sequence[str]) -> tuple[str, ...]:
    """Names given by repeating an option, with commas, or both."""
    return tuple(name.strip() for value in values for name in value.split(",") if name.strip())


def groupings(words: Sequence[str]) -> tuple[str, ...]:
    """The groupings that words name, checked."""
    by = split_names(words)
    check_groupings(by)
    return by


@dataclass(frozen=True, slots=True)
class Stats:
    """The answer to `stats`: sums over a filter, by groupings, and the quotas of the month as they stand."""

    wanted: Filter
    totals: Totals
    groups: tuple[Group, ...]
    quotas: tuple[QuotaState, ...]


def read_stats(store: "Store", wanted: Filter, by: tuple[str, ...], *, now: datetime, quota_timezone: str) -> Stats:
    """Sum the records of a filter; the groups add up to the totals (none without groupings).

    A quota's month is that of `quota_timezone`, the configured zone, in whatever zone the sums are shown: it is one
    quota for every surface, alerts included.
    """
    meant = [one for one in store.platforms() if wanted.means_platform(one.name)]
    states = quota_states(store, meant, now=now, timezone=quota_timezone)
    groups = store.groups(wanted, by) if by else []
    totals = sum((group.totals for group in groups), Totals()) if by else store.totals(wanted)
    return Stats(wanted, totals, tuple(groups), tuple(states))


def stats_json(stats: Stats) -> dict[str, Any]:
    """The object of `stats --json` and of the HTTP API."""
    return {
        "period": period_json(stats.wanted.period),
        "totals": totals_json(stats.totals),
        "groups": [group_json(group) for group in stats.groups],
        "quotas": [quota_json(state) for state in stats.quotas],
    }
