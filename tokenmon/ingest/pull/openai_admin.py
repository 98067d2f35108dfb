"""OpenAI's usage and costs API: tokens and requests by endpoint, and amounts by line item, in UTC days.

Source: OpenAI's API reference, Administration, Usage and Costs. `input_tokens` includes cached and cache-write tokens.
"""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from tokenmon.core.provider_sum import DAY, ProviderSum, Window, day_of, days_between
from tokenmon.ingest.pull.api import Page
from tokenmon.ingest.pull.reading import Members, PageRequest, end_of, lines_of_days, next_page, quantity

COSTS = "costs"
COMMON = ("project_id", "api_key_id", "model")
# What each report may be grouped by; a grouping that it does not know is an error there.
GROUPS: Mapping[str, tuple[str, ...]] = {
    "completions": (*COMMON, "batch", "service_tier"),
    "embeddings": COMMON,
    "moderations": COMMON,
    "images": (*COMMON, "source", "size"),
    "audio_speeches": COMMON,
    "audio_transcriptions": COMMON,
    "vector_stores": ("project_id",),
    "code_interpreter_sessions": ("project_id",),
    "file_search_calls": ("project_id",),
    "web_search_calls": ("project_id",),
    COSTS: ("project_id", "line_item", "api_key_id"),
}
# What else than tokens a report counts, and what that is called here.
QUANTITIES = {
    "images": ("images", "images"),
    "audio_speeches": ("characters", "characters"),
    "audio_transcriptions": ("seconds", "audio_seconds"),
    "vector_stores": ("usage_bytes", "bytes"),
    "code_interpreter_sessions": ("num_sessions", "sessions"),
}


class OpenAiAdmin:
    """Usage and costs of an OpenAI organization."""

    provider_name = "openai"
    title = "OpenAI"
    # Costs early: what an account lacks among the others must not keep them away.
    reports = ("completions", COSTS, *(one for one in GROUPS if one not in ("completions", COSTS)))
    optional_reports = frozenset(GROUPS) - {"completions", COSTS}
    window_days = 31
    key_help = (
        "make an admin key at https://platform.openai.com/settings/organization/admin-keys "
        "and give it with --key-stdin or --key-file"
    )

    def headers(self, key: str) -> Mapping[str, str]:
        """The headers of a request, with the key."""
        return {"authorization": f"Bearer {key}"}

    def is_normal_key(self, key: str) -> bool:
        """Whether a key is seen to be one for calls; old ones have no prefix of their own."""
        return key.startswith(("sk-proj-", "sk-svcacct-", "sk-None-"))

    def span(self, start: datetime, end: datetime, now: datetime) -> Window | None:
        """The whole days of a span, today with what it holds so far."""
        return days_between(start, min(end, day_of(now) + DAY))

    def request(self, report: str, window: Window, page: str | None, now: datetime) -> PageRequest:
        """What asks for a page of a report."""
        path = "/v1/organization/costs" if report == COSTS else f"/v1/organization/usage/{report}"
        params = [("start_time", str(int(window.start.timestamp())))]
        if window.end <= now:
            # Left out for a window that is not over: it then runs on to now.
            params.append(("end_time", str(int(window.end.timestamp()))))
        params += [("bucket_width", "1d"), ("limit", str(len(window.days)))]
        params += [("group_by[]", name) for name in GROUPS[report]]
        return PageRequest(path, (*params, *([("page", page)] if page is not None else [])))

    def page(self, platform: str, report: str, window: Window, content: Any) -> Page:
        """What a page says of a platform; MalformedError when it is not as documented."""
        answer = Members.of(content)
        read = _cost if report == COSTS else _usage
        key = (platform, self.provider_name, report)
        sums = tuple(read(key, day, line) for day, line in lines_of_days(answer, "start_time", window))
        return Page(sums, next_page(answer))


def _usage(key: tuple[str, str, str], day: datetime, line: Members) -> ProviderSum:
    report = key[2]
    member, unit = QUANTITIES.get(report, ("", None))
    counted = quantity(line, member) if member else None
    is_batch = line.values.get("batch")
    detail = " ".join(part for part in (line.text("source"), line.text("size")) if part) if report == "images" else None
    requests = line.count("num_model_requests")
    return ProviderSum(
        *key,
        day,
        end_of(day),
        model=line.text("model"),
        project=line.text("project_id"),
        api_key=line.text("api_key_id"),
        service_tier=line.text("service_tier"),
        processing="batch" if is_batch is True else None,
        detail=detail or None,
        requests=line.count("num_requests") if requests is None else requests,
        input_tokens=line.count("input_tokens"),
        output_tokens=line.count("output_tokens"),
        cache_read_input_tokens=line.count("input_cached_tokens"),
        cache_creation_input_tokens=line.count("input_cache_write_tokens"),
        audio_input_tokens=line.count("input_audio_tokens"),
        audio_output_tokens=line.count("output_audio_tokens"),
        quantity=counted,
        unit=None if counted is None else unit,
    )


def _cost(key: tuple[str, str, str], day: datetime, line: Members) -> ProviderSum:
    amount = line.object("amount")
    value, currency = amount.amount("value"), (amount.text("currency") or "usd").lower()
    item = line.text("line_item")
    is_usd = currency == "usd"
    return ProviderSum(
        *key,
        day,
        end_of(day),
        model=_model_of(item),
        line_item=item,
        project=line.text("project_id"),
        api_key=line.text("api_key_id"),
        cost=(value or Decimal(0)) if is_usd else None,
        quantity=quantity(line, "quantity") if is_usd else quantity(amount, "value"),
        unit=line.text("quantity_unit") if is_usd else currency,
    )


def _model_of(line_item: str | None) -> str | None:
    """The model of a line item such as `gpt-6-astra, input_tokens`; None of one that names no model."""
    model, comma, _ = (line_item or "").partition(", ")
    return model if comma and " " not in model else None
