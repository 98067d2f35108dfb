"""A platform's health and headroom as lines of `platform show`."""

from datetime import datetime

from tokenmon.analytics.health import CallWindow
from tokenmon.analytics.platform_state import PlatformState
from tokenmon.core.headroom import RETRY, headroom_text
from tokenmon.core.number_text import duration_text


def state_fields(state: PlatformState, *, now: datetime) -> dict[str, str]:
    """Names and values, as far as there is something to tell."""
    health = state.health
    lines: dict[str, str] = {"health": health.state if health.last_day.requests else "idle: no call in 24 hours"}
    for name, window in (("last hour", health.last_hour), ("last 24 hours", health.last_day)):
        if window.requests:
            lines[name] = _window_text(window)
    if health.last_call_at is not None:
        lines["last call"] = f"{duration_text(now - health.last_call_at)} ago"
    if health.last_error is not None:
        lines["last error"] = f"{health.last_error.kind}, {duration_text(now - health.last_error.at)} ago"
    for one in state.headroom:
        lines[one.title if one.dimension == RETRY else f"left of {one.title}"] = headroom_text(one, now=now)
    return lines


def _window_text(window: CallWindow) -> str:
    share = window.error_share or 0.0
    said = [f"{window.requests:,} call{'' if window.requests == 1 else 's'}"]
    said.append(f"{window.errors:,} failed ({share:.1%})" if window.errors else "none failed")
    if window.mean_latency_ms is not None:
        said.append(f"{window.mean_latency_ms:,} ms on average")
    if window.mean_time_to_first_chunk_ms is not None:
        said.append(f"first piece of a stream after {window.mean_time_to_first_chunk_ms:,} ms")
    return ", ".join(said)
