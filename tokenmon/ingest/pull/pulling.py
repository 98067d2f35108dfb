"""Pulling a provider's reports into the store, window by window: what is complete is stored before the next is asked.

So a pull that was stopped goes on where it was, and repeating one asks only for days that may still change.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from tokenmon.core.platform import Platform
from tokenmon.core.provider_sum import DAY, ProviderSum, Window, merged
from tokenmon.errors import ConfigError, NotFoundError, TemporaryError, TokenmonError
from tokenmon.ingest.pull.anthropic_admin import AnthropicAdmin
from tokenmon.ingest.pull.api import PullApi
from tokenmon.ingest.pull.openai_admin import OpenAiAdmin
from tokenmon.ingest.pull.openrouter_activity import OpenRouterActivity
from tokenmon.ingest.pull.reading import PageRequest
from tokenmon.storage.store import Store

APIS: Mapping[str, PullApi] = {
    one.provider_name: one for one in (OpenAiAdmin(), AnthropicAdmin(), OpenRouterActivity())
}
# Providers go on correcting a day for some time after its end: costs longest.
SETTLED = timedelta(days=3)
# A month has 31 days in as many buckets: a cursor that goes on after this goes on for ever.
MAX_PAGES = 1000


class Asking(Protocol):
    """What asks an API; the client does over HTTP."""

    def get(self, request: PageRequest) -> Any:
        """The JSON value of an answer."""


@dataclass(frozen=True, slots=True)
class PulledReport:
    """What became of one report: days asked for now, days that were complete already, and the sums stored.

    `skipped` says why a report that an account need not have was left out.
    """

    report: str
    days: int
    known_days: int
    sums: int
    skipped: str | None = None


@dataclass(frozen=True, slots=True)
class Pulled:
    """What a pull did; `window` is None when the API tells nothing of the span that was asked for."""

    platform: str
    provider_name: str
    window: Window | None
    reports: tuple[PulledReport, ...]


def api_of(provider_name: str) -> PullApi:
    """The admin API of a provider, or ConfigError."""
    if provider_name not in APIS:
        raise ConfigError(
            f"nothing can be pulled from {provider_name[:60]!r}", hint="use one of " + ", ".join(sorted(APIS))
        )
    return APIS[provider_name]


def platform_for(api: PullApi, name: str | None, platforms: list[Platform]) -> Platform:
    """The platform whose numbers these are: the one named, else the only one at the provider."""
    fitting = [one for one in platforms if one.provider_name == api.provider_name]
    if name is not None:
        found = next((one for one in platforms if one.name == name), None)
        if found is None:
            raise NotFoundError(f"there is no platform {name[:63]!r}", hint="tokenmon platform list")
        if found not in fitting:
            raise ConfigError(
                f"the platform {name} is at {found.provider_name}, not at {api.provider_name}",
                hint=f"tokenmon pull {found.provider_name} --platform {name}",
            )
        return found
    if not fitting:
        add = f"tokenmon platform add {api.provider_name} --provider {api.provider_name}"
        raise ConfigError(f"there is no platform at {api.title}", hint=add)
    if len(fitting) > 1:
        names = ", ".join(one.name for one in fitting)
        raise ConfigError(
            f"several platforms are at {api.title}: {names}",
            hint=f"tokenmon pull {api.provider_name} --platform {fitting[0].name}",
        )
    return fitting[0]


def check_key(api: PullApi, key: str) -> None:
    """Raise ConfigError for a key that is seen to be one for calls, before it is sent anywhere."""
    if api.is_normal_key(key):
        raise ConfigError(f"this is a key for calls; {api.title} tells usage to an admin key alone", hint=api.key_help)


def pull(
    store: Store,
    asking: Asking,
    api: PullApi,
    platform: str,
    window: Window | None,
    *,
    now: Callable[[], datetime],
    again: bool = False,
    tell: Callable[[int, int], None] = lambda done, total: None,
) -> Pulled:
    """Store a provider's reports of a window under a platform; `again` asks for days that are complete too."""
    if window is None:
        return Pulled(platform, api.provider_name, None, ())
    known = {} if again else store.pulled_days(platform, window)
    plans = {report: _due(window, report, api, known) for report in api.reports}
    total, done = sum(map(len, plans.values())), 0
    reports = []
    for report, windows in plans.items():
        days = sums = 0
        skipped = None
        for one in windows:
            try:
                found = _whole(asking, api, platform, report, one, now())
            except TokenmonError as error:
                if report not in api.optional_reports or isinstance(error, TemporaryError | ConfigError):
                    raise
                skipped = error.message
                break
            store.replace_provider_sums((platform, api.provider_name, report), one, found, pulled_at=now())
            days, sums, done = days + len(one.days), sums + len(found), done + 1
            tell(done, total)
        due = sum(len(one.days) for one in windows)
        reports.append(PulledReport(report, days, len(window.days) - due, sums, skipped))
    return Pulled(platform, api.provider_name, window, tuple(reports))


def _due(
    window: Window, report: str, api: PullApi, known: Mapping[tuple[str, str, datetime], datetime]
) -> tuple[Window, ...]:
    """The windows to ask for: days that were not pulled, or too early to be final."""

    def is_due(day: datetime) -> bool:
        pulled_at = known.get((api.provider_name, report, day))
        return pulled_at is None or pulled_at < day + DAY + SETTLED

    return tuple(_runs([day for day in window.days if is_due(day)], api.window_days))


def _runs(days: list[datetime], longest: int) -> Iterator[Window]:
    """Days in windows of neighbours, none longer than `longest`."""
    start = 0
    for at in range(1, len(days) + 1):
        if at == len(days) or at - start == longest or days[at] != days[at - 1] + DAY:
            yield Window(days[start], days[at - 1] + DAY)
            start = at


def _whole(
    asking: Asking, api: PullApi, platform: str, report: str, window: Window, now: datetime
) -> list[ProviderSum]:
    """All pages of a window; TokenmonError when one is not as documented, and nothing of it is stored then."""
    found: list[ProviderSum] = []
    seen: set[str] = set()
    cursor: str | None = None
    try:
        for _ in range(MAX_PAGES):
            page = api.page(platform, report, window, asking.get(api.request(report, window, cursor, now)))
            found += page.sums
            cursor = page.next_page
            if cursor is None:
                return merged(found)
            if cursor in seen:
                break
            seen.add(cursor)
    except ValueError as error:
        raise TokenmonError(
            f"the report {report} of {api.title} cannot be read: {error}",
            hint="what was pulled before it is stored; update tokenmon, or report this",
        ) from None
    raise TokenmonError(f"the report {report} of {api.title} never ends", hint="try again later")
