"""How sums look: the one table that `stats`, `daily`, `weekly`, `monthly` and `session` print."""

from typing import TYPE_CHECKING, Any

from tokenmon.core.number_text import LIST_PRICE_VALUE, tokens_text, usd_text
from tokenmon.output import Column, number, print_json, print_line, print_table, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tokenmon.analytics.queries import Stats
    from tokenmon.analytics.quotas import QuotaState
    from tokenmon.core.query import Totals

NUMBERS = ("calls", "input", "cached", "output", "cost", LIST_PRICE_VALUE, "unpriced", "errors")
MARKS = {"ok": "ok", "warning": "! warning", "exceeded": "!! exceeded"}


def show_sums(by: tuple[str, ...], *, as_json: bool, compat: str | None = None, **filters: Any) -> None:
    """Read the sums of a filter and print them as a table or as JSON, of another tool's shape if `compat` names it."""
    from tokenmon.analytics.queries import groupings, read_stats, stats_json
    from tokenmon.commands.options import filter_of
    from tokenmon.session import open_session

    if compat is not None:
        _show_compatible(by[0], compat, as_json=as_json, **filters)
        return
    with open_session() as session:
        wanted = filter_of(session, **filters)
        stats = read_stats(
            session.store, wanted, groupings(by), now=session.now(), quota_timezone=session.settings.timezone
        )
    if as_json:
        print_json(stats_json(stats))
    else:
        print_stats(stats)


def _show_compatible(grouping: str, compat: str, *, as_json: bool, **filters: Any) -> None:
    from tokenmon.analytics.ccusage import GROUPINGS, ccusage_json
    from tokenmon.commands.options import filter_of
    from tokenmon.errors import ConfigError
    from tokenmon.session import open_session

    if compat != "ccusage":
        raise ConfigError(f"there is no shape of {compat[:20]!r}", hint="--json --compat ccusage")
    if not as_json:
        raise ConfigError("--compat is a shape of JSON", hint="--json --compat ccusage")
    kind = next(kind for kind, one in GROUPINGS.items() if one == grouping)
    with open_session() as session:
        wanted = filter_of(session, **filters)
        content, unpriced = ccusage_json(session.store, wanted, kind), session.store.totals(wanted).unpriced_requests
    print_json(content)
    if unpriced:
        say(f"in this shape {unpriced:,} without a known price cost 0: tokenmon price missing")


def print_stats(stats: "Stats") -> None:
    """Print sums: a table when they are grouped, else a few lines; then what is not exact, and quotas in trouble."""
    totals = stats.totals
    numbers = _titles(totals)
    if not totals.requests:
        say("no calls in this period")
        say("hint: widen it with --since all, or start recording: tokenmon proxy")
    elif stats.groups:
        titles = [name for name, _ in stats.groups[0].key]
        columns = [Column(title, shrinks=True) for title in titles] + [number(title) for title in numbers]
        rows = [[*(value or "-" for _, value in group.key), *_cells(group.totals, numbers)] for group in stats.groups]
        total = ["total", *("" for _ in titles[1:]), *_cells(totals, numbers)]
        print_table(columns, rows, total=total)
    else:
        print_table([number(title) for title in numbers], [_cells(totals, numbers)])
    for line in honest_lines(totals):
        print_line(line)
    for state in stats.quotas:
        if state.state != "ok":
            print_line(quota_line(state))


def _titles(totals: "Totals") -> list[str]:
    """The columns: one for the value of subscription calls only if there are any, and then none that would be empty."""
    if not totals.subscription_value:
        return [title for title in NUMBERS if title != LIST_PRICE_VALUE]
    empty = {"unpriced": not totals.unpriced_requests, "errors": not totals.error_requests}
    return [title for title in NUMBERS if not empty.get(title)]


def _cells(totals: "Totals", numbers: "Sequence[str]") -> list[str]:
    cells = {
        "calls": f"{totals.requests:,}",
        "input": f"{totals.input_tokens:,}",
        "cached": f"{totals.cache_read_input_tokens:,}",
        "output": f"{totals.output_tokens:,}",
        "cost": usd_text(totals.cost) if totals.requests > totals.unpriced_requests else "-",
        LIST_PRICE_VALUE: usd_text(totals.subscription_value) if totals.subscription_value else "-",
        "unpriced": f"{totals.unpriced_requests:,}" if totals.unpriced_requests else "-",
        "errors": f"{totals.error_requests:,}" if totals.error_requests else "-",
    }
    return [cells[title] for title in numbers]


def honest_lines(totals: "Totals") -> list[str]:
    """What a total is made of besides exact, metered cost."""
    lines = []
    if totals.estimated_requests:
        share = int(totals.estimated_cost * 100 / totals.cost) if totals.cost else 0
        lines.append(f"{share or 'under 1'} % of the cost is estimated ({totals.estimated_requests:,} calls)")
    if totals.unpriced_tokens:
        lines.append(f"{tokens_text(totals.unpriced_tokens)} tokens are unpriced: their model has no known price")
    if totals.subscription_value:
        lines.append(f"{usd_text(totals.subscription_value)} {LIST_PRICE_VALUE} of subscription calls (not spent)")
    return lines


def quota_line(state: "QuotaState") -> str:
    """One quota in a sentence."""
    amount = usd_text(state.quota.amount) if state.quota.unit == "usd" else f"{state.quota.amount:,f}"
    used = usd_text(state.used) if state.quota.unit == "usd" else f"{state.used:,f}"
    unit = "" if state.quota.unit == "usd" else f" {state.quota.unit}"
    unit = f" {LIST_PRICE_VALUE}" if state.is_list_price_value else unit
    return (
        f"{MARKS[state.state]}: {state.platform} has used {used} of {amount}{unit} this month ({state.percent:.0f} %)"
    )
