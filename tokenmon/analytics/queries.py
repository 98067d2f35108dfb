"""Questions in words become filters: the one place where the options of commands and URLs are read."""

from collections.abc import Sequence
from datetime import datetime

from tokenmon.core.period import parse_period
from tokenmon.core.query import Filter, check_groupings


def build_filter(
    *,
    now: datetime,
    timezone: str,
    since: str | None = None,
    until: str | None = None,
    platforms: Sequence[str] = (),
    providers: Sequence[str] = (),
    models: Sequence[str] = (),
    sources: Sequence[str] = (),
    projects: Sequence[str] = (),
    keys: Sequence[str] = (),
) -> Filter:
    """The filter that words mean; each list may repeat and may hold commas. ConfigError for what cannot be read."""
    return Filter(
        period=parse_period(since=since, until=until, now=now, timezone=timezone),
        platforms=split_names(platforms),
        providers=split_names(providers),
        models=split_names(models),
        sources=split_names(sources),
        projects=split_names(projects),
        keys=split_names(keys),
    )


def split_names(values: Sequence[str]) -> tuple[str, ...]:
    """Names given by repeating an option, with commas, or both."""
    return tuple(name.strip() for value in values for name in value.split(",") if name.strip())


def groupings(words: Sequence[str]) -> tuple[str, ...]:
    """The groupings that words name, checked."""
    by = split_names(words)
    check_groupings(by)
    return by
