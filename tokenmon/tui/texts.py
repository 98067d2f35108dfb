"""What stands on the dashboard, as plain lines: the same words on the live screen and in one printed frame."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from tokenmon.analytics.quotas import QuotaState
from tokenmon.core.number_text import tokens_text, usd_text
from tokenmon.core.query import Totals
from tokenmon.core.record import UsageRecord
from tokenmon.core.text import clean
from tokenmon.tui.snapshot import Snapshot

BAR_CELLS = 20
CALL_TITLES = ("time", "platform", "model", "in", "out", "cost", "status")
QUOTA_SIGNS = {"ok": "ok", "warning": "! warning", "exceeded": "!! exceeded"}
EMPTY_LINES = (
    "Nothing is recorded yet.",
    "",
    "1. tokenmon platform add openai --provider openai",
    "2. tokenmon key create my-laptop",
    "3. tokenmon proxy",
    "",
    "Or look around with sample data: tokenmon demo",
)


def totals_lines(title: str, totals: Totals) -> list[str]:
    """One period: its cost large, then what it is made of, and what is not exact."""
    has_price = totals.requests > totals.unpriced_requests
    cost = usd_text(totals.cost) if has_price or not totals.requests else "unpriced"
    cached = totals.cache_read_input_tokens * 100 // totals.input_tokens if totals.input_tokens else 0
    lines = [
        f"{title}: {cost}",
        f"{totals.requests:,} calls, {tokens_text(totals.input_tokens)} in, {tokens_text(totals.output_tokens)} out",
        f"{cached} % of the input from caches",
    ]
    notes = []
    if totals.error_requests:
        notes.append(f"! {totals.error_requests:,} failed")
    if totals.estimated_requests:
        notes.append(f"{totals.estimated_requests:,} partial or estimated")
    if totals.unpriced_tokens:
        notes.append(f"{tokens_text(totals.unpriced_tokens)} tokens unpriced")
    if totals.subscription_value:
        notes.append(f"subscriptions worth {usd_text(totals.subscription_value)} at list price")
    return [*lines, ", ".join(notes)]


def quota_line(state: QuotaState, *, name_width: int = 0) -> str:
    """One quota: a bar, the percentage and a word; `name_width` puts several bars in one column."""
    filled = min(BAR_CELLS, int(state.percent * BAR_CELLS / 100))
    bar = "█" * filled + "░" * (BAR_CELLS - filled)
    return f"{state.platform:<{name_width}} {bar} {state.percent:>3.0f} % {QUOTA_SIGNS[state.state]}"


def call_cells(record: UsageRecord, place: ZoneInfo) -> tuple[str, ...]:
    """One call, cell by cell, in the order of CALL_TITLES."""
    usage = record.usage
    return (
        record.occurred_at.astimezone(place).strftime("%H:%M:%S"),
        clean(record.platform) or "-",
        clean(record.model) or "-",
        "-" if usage is None else tokens_text(usage.input_tokens),
        "-" if usage is None else tokens_text(usage.output_tokens),
        "-" if usage is None else usd_text(record.cost),
        status_text(record),
    )


def status_text(record: UsageRecord) -> str:
    """How a call ended, in a word; trouble has a sign."""
    if record.is_error:
        return f"! {clean(record.error_type) or record.status}"
    return record.usage_source if record.usage_source in ("partial", "estimated", "none") else "ok"


def columns_text(left: Sequence[str], right: Sequence[str], width: int) -> list[str]:
    """Two blocks of lines side by side where they fit, else one below the other, none wider than `width`."""
    half = width // 2
    if max(map(len, [*left, *right]), default=0) > half - 2:
        return [line[:width] for line in (*left, *right)]
    rows = max(len(left), len(right))
    padded_left = [*left, *[""] * (rows - len(left))]
    padded_right = [*right, *[""] * (rows - len(right))]
    return [f"{one:<{half}}{other}".rstrip()[:width] for one, other in zip(padded_left, padded_right, strict=True)]


def chart_title(snapshot: Snapshot) -> str:
    """What the chart shows, with its unit."""
    return f"Cost per hour, US dollars, last {len(snapshot.hours)} hours ({snapshot.timezone})"
