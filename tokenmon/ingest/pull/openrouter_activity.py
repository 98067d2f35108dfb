"""OpenRouter's activity: requests, tokens and dollars by model, for the last thirty complete UTC days.

Source: OpenRouter's API reference, Analytics. It takes a management key, one day a request, and has no pages.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from tokenmon.core.provider_sum import DAY, ProviderSum, Window, day_of, days_between
from tokenmon.ingest.pull.api import Page
from tokenmon.ingest.pull.reading import Members, PageRequest, end_of, quantity

ACTIVITY = "activity"
KEPT_DAYS = 30


class OpenRouterActivity:
    """The activity of an OpenRouter account."""

    provider_name = "openrouter"
    title = "OpenRouter"
    reports = (ACTIVITY,)
    optional_reports: frozenset[str] = frozenset()
    window_days = 1
    key_help = (
        "make a management key at https://openrouter.ai/settings/management-keys "
        "and give it with --key-stdin or --key-file"
    )

    def headers(self, key: str) -> Mapping[str, str]:
        """The headers of a request, with the key."""
        return {"authorization": f"Bearer {key}"}

    def is_normal_key(self, key: str) -> bool:
        """Always False: both kinds of keys look alike."""
        return False

    def span(self, start: datetime, end: datetime, now: datetime) -> Window | None:
        """The complete days of a span that OpenRouter still tells of."""
        today = day_of(now)
        return days_between(max(start, today - KEPT_DAYS * DAY), min(end, today))

    def request(self, report: str, window: Window, page: str | None, now: datetime) -> PageRequest:
        """What asks for a day."""
        return PageRequest("/api/v1/activity", (("date", f"{window.start:%Y-%m-%d}"),))

    def page(self, platform: str, report: str, window: Window, content: Any) -> Page:
        """What a day says of a platform; MalformedError when it is not as documented."""
        key = (platform, self.provider_name, report)
        return Page(tuple(_activity(key, window, line) for line in Members.of(content).objects("data")))


def _activity(key: tuple[str, str, str], window: Window, line: Members) -> ProviderSum:
    day = line.day("date", window)
    own_keys = quantity(line, "byok_usage_inference")
    cost = line.amount("usage")
    if cost is None:
        raise line.wrong("usage")
    return ProviderSum(
        *key,
        day,
        end_of(day),
        model=line.text("model"),
        line_item=line.text("model_permaslug"),
        detail=line.text("provider_name"),
        requests=line.count("requests"),
        input_tokens=line.count("prompt_tokens"),
        output_tokens=line.count("completion_tokens"),
        reasoning_output_tokens=line.count("reasoning_tokens"),
        cost=cost,
        # What providers charge for calls with the account's own keys there; not paid to OpenRouter.
        quantity=own_keys,
        unit=None if own_keys is None else "byok_usd",
    )
