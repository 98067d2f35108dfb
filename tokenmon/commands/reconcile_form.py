"""What `reconcile` needs: the month, both sides of it, and how they look."""

import re
from datetime import datetime
from typing import TYPE_CHECKING

from tokenmon.analytics.findings import NO_MODEL, comparison_json, findings, signed_tokens, signed_usd
from tokenmon.analytics.reconcile import Comparison, Line, compare
from tokenmon.core.number_text import usd_text
from tokenmon.core.period import Period, month_of, named_period
from tokenmon.core.platform import Platform
from tokenmon.core.provider_sum import Window
from tokenmon.core.query import Filter, matches
from tokenmon.errors import ConfigError
from tokenmon.ingest.pull.pulling import api_of
from tokenmon.output import Column, number, print_json, print_line, print_table, say

if TYPE_CHECKING:
    from tokenmon.session import Session

WHERE = {
    "equal": "",
    "usage": "other usage",
    "price": "other price",
    "not_recorded": "no record",
    "not_at_provider": "not at the provider",
    "cost_alone": "cost without usage",
    "not_pulled": "not pulled",
}


def month_window(month: str | None, *, now: datetime) -> Window:
    """The UTC days of a month as typed, the present one if none."""
    if month is not None and not re.fullmatch(r"\d{4}-\d{2}", month):
        raise ConfigError(f"--month: {month[:40]!r} is not a month", hint=f"--month {now:%Y-%m}")
    period = month_of(now, "UTC") if month is None else named_period(month, now=now, timezone="UTC")
    if period.start is None or period.end is None:
        raise ConfigError("--month must name one month", hint=f"--month {now:%Y-%m}")
    return Window(period.start, period.end)


def compared(session: "Session", platform: Platform, window: Window, *, projects: tuple[str, ...] = ()) -> Comparison:
    """Both sides of a platform's month; of the provider's projects those named, if any are."""
    api = api_of(platform.provider_name)
    store = session.store
    known = store.pulled_days(platform.name, window)
    needed = [report for report in api.reports if report not in api.optional_reports]
    pulled = [day for day in window.days if all((api.provider_name, report, day) in known for report in needed)]
    sums = [
        one
        for one in store.provider_sums(platform.name, window)
        if one.provider_name == api.provider_name and matches(projects, one.project)
    ]
    wanted = Filter(Period(window.start, window.end, "UTC"), platforms=(platform.name,))
    return compare(window, sums, store.groups(wanted, ("day", "model")), pulled)


def print_comparison(platform: Platform, found: Comparison, *, as_json: bool) -> None:
    """Print a comparison: a table of days and models, the total, and where the difference is."""
    reasons = findings(found)
    if as_json:
        print_json(comparison_json(platform.name, platform.provider_name, found))
    elif not found.lines:
        say("neither side counts anything in this month")
    else:
        columns = [Column("day (UTC)"), Column("model", shrinks=True)]
        columns += [number(title) for title in ("input", "recorded", "+/-", "output", "recorded", "+/-")]
        columns += [number(title) for title in ("cost", "recorded", "+/-")]
        columns.append(Column("where", shrinks=True))
        rows = [[f"{one.day:%Y-%m-%d}", one.model or NO_MODEL, *_cells(one)] for one in found.lines]
        print_table(columns, rows, total=["total", "", *_cells(found.total)])
        for reason in reasons:
            print_line(reason.text)
        if not reasons:
            print_line("both sides agree")
    if not found.lines or any(one.kind == "days_not_pulled" for one in reasons):
        since = f"{found.window.start:%Y-%m-%d}"
        say(f"hint: tokenmon pull {platform.provider_name} --platform {platform.name} --since {since}")


def _cells(line: Line) -> list[str]:
    theirs, ours, difference = line.provider, line.tokenmon, line.difference
    return [
        _count(theirs.input_tokens), _count(ours.input_tokens), signed_tokens(difference.input_tokens),
        _count(theirs.output_tokens), _count(ours.output_tokens), signed_tokens(difference.output_tokens),
        "-" if theirs.cost is None else usd_text(theirs.cost), "-" if ours.cost is None else usd_text(ours.cost),
        signed_usd(difference.cost), WHERE[line.cause],
    ]  # fmt: skip


def _count(count: int | None) -> str:
    return "-" if count is None else f"{count:,}"
