"""Anthropic's usage and cost API: tokens by model, and amounts by description, in UTC days.

Source: Anthropic's Usage and Cost Admin API. Cached tokens stand beside the uncached ones, amounts are texts in cents,
and usage on the Priority Tier is in no amount.
"""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from tokenmon.core.provider_sum import DAY, MAX_AMOUNT, ProviderSum, Window, day_of, days_between
from tokenmon.core.record_json import time_text
from tokenmon.ingest.pull.api import Page
from tokenmon.ingest.pull.reading import MalformedError, Members, PageRequest, end_of, lines_of_days, next_page

USAGE, COSTS = "messages", "cost_report"
PATHS = {USAGE: "/v1/organizations/usage_report/messages", COSTS: "/v1/organizations/cost_report"}
GROUPS = {
    USAGE: ("model", "workspace_id", "api_key_id", "service_tier", "context_window"),
    COSTS: ("workspace_id", "description"),
}
CENTS = Decimal(100)


class AnthropicAdmin:
    """Usage and costs of an Anthropic organization."""

    provider_name = "anthropic"
    title = "Anthropic"
    reports = (USAGE, COSTS)
    optional_reports: frozenset[str] = frozenset()
    window_days = 31
    key_help = (
        "make an admin key (sk-ant-admin...) at https://console.anthropic.com/settings/admin-keys "
        "and give it with --key-stdin or --key-file"
    )

    def headers(self, key: str) -> Mapping[str, str]:
        """The headers of a request, with the key."""
        return {"x-api-key": key, "anthropic-version": "2023-06-01"}

    def is_normal_key(self, key: str) -> bool:
        """Whether a key is seen to be one for calls, or a subscription's."""
        return key.startswith(("sk-ant-api", "sk-ant-oat"))

    def span(self, start: datetime, end: datetime, now: datetime) -> Window | None:
        """The whole days of a span, today with what it holds so far."""
        return days_between(start, min(end, day_of(now) + DAY))

    def request(self, report: str, window: Window, page: str | None, now: datetime) -> PageRequest:
        """What asks for a page of a report."""
        params = [("starting_at", time_text(window.start, timespec="seconds") or "")]
        if window.end <= now:
            # Left out for a window that is not over: it then runs on to now.
            params.append(("ending_at", time_text(window.end, timespec="seconds") or ""))
        params += [("bucket_width", "1d"), ("limit", str(len(window.days)))]
        params += [("group_by[]", name) for name in GROUPS[report]]
        return PageRequest(PATHS[report], (*params, *([("page", page)] if page is not None else [])))

    def page(self, platform: str, report: str, window: Window, content: Any) -> Page:
        """What a page says of a platform; MalformedError when it is not as documented."""
        answer = Members.of(content)
        read = _cost if report == COSTS else _usage
        key = (platform, self.provider_name, report)
        sums = tuple(read(key, day, line) for day, line in lines_of_days(answer, "starting_at", window))
        return Page(sums, next_page(answer))


def _usage(key: tuple[str, str, str], day: datetime, line: Members) -> ProviderSum:
    reads = line.count("cache_read_input_tokens") or 0
    short = hour = 0
    if line.values.get("cache_creation") is not None:
        writes = line.object("cache_creation")
        short = writes.count("ephemeral_5m_input_tokens") or 0
        hour = writes.count("ephemeral_1h_input_tokens") or 0
    searches = None
    if line.values.get("server_tool_use") is not None:
        searches = line.object("server_tool_use").count("web_search_requests") or None
    uncached, output = line.count("uncached_input_tokens"), line.count("output_tokens")
    if uncached is None or output is None:
        raise MalformedError(f"uncached_input_tokens or output_tokens is missing in {line.place}")
    tier = line.text("service_tier")
    return ProviderSum(
        *key,
        day,
        end_of(day),
        model=line.text("model"),
        project=line.text("workspace_id"),
        api_key=line.text("api_key_id"),
        service_tier=None if tier == "batch" else tier,
        processing="batch" if tier == "batch" else None,
        detail=line.text("context_window"),
        input_tokens=uncached + reads + short + hour,
        output_tokens=output,
        cache_read_input_tokens=reads,
        cache_creation_input_tokens=short + hour,
        cache_creation_1h_input_tokens=hour,
        quantity=None if searches is None else Decimal(searches),
        unit=None if searches is None else "web_searches",
    )


def _cost(key: tuple[str, str, str], day: datetime, line: Members) -> ProviderSum:
    cents = line.amount("amount", limit=MAX_AMOUNT * CENTS)
    if cents is None:
        raise line.wrong("amount")
    currency = (line.text("currency") or "USD").upper()
    is_usd = currency == "USD"
    return ProviderSum(
        *key,
        day,
        end_of(day),
        model=line.text("model"),
        line_item=line.text("description"),
        project=line.text("workspace_id"),
        service_tier=line.text("service_tier"),
        detail=line.text("token_type") or line.text("cost_type"),
        cost=cents / CENTS if is_usd else None,
        quantity=None if is_usd else cents / CENTS,
        unit=None if is_usd else currency.lower(),
    )
