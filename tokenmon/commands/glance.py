"""Bare `tokenmon`: today at a glance, and on first use what was found and what to do next."""

from typing import TYPE_CHECKING

from tokenmon.output import fields, print_json, print_line

if TYPE_CHECKING:
    from tokenmon.core.query import Totals
    from tokenmon.session import Session


def glance(*, as_json: bool) -> None:
    """Print today's and the month's sums, the quotas, and the next step where there is nothing yet."""
    from tokenmon.analytics.queries import build_filter, read_stats, stats_json
    from tokenmon.commands.sums import honest_lines, quota_line
    from tokenmon.session import open_session

    with open_session() as session:
        now, timezone = session.now(), session.settings.timezone
        wanted = {word: build_filter(now=now, timezone=timezone, since=word) for word in ("today", "month")}
        today, month = (
            read_stats(session.store, one, ("model",), now=now, quota_timezone=timezone) for one in wanted.values()
        )
        if as_json:
            print_json({"today": stats_json(today), "month": stats_json(month)})
            return
        if not month.totals.requests and not session.store.records(build_filter(now=now, timezone=timezone), limit=1):
            _first_steps(session)
            return
        fields({"today": _line(today.totals), "this month": _line(month.totals)})
        if month.groups:
            print_line()
            top = month.groups[:5]
            fields({(dict(group.key)["model"] or "unknown model"): _line(group.totals) for group in top})
        for line in [*honest_lines(month.totals), *(quota_line(state) for state in month.quotas)]:
            print_line(line)
    print_line()
    print_line("more: tokenmon stats --by model, tokenmon logs, tokenmon dash")


def _line(totals: "Totals") -> str:
    from tokenmon.core.number_text import spent_text, tokens_text

    if not totals.requests:
        return "no calls"
    is_priced = totals.requests > totals.unpriced_requests
    cost = spent_text(totals.cost if is_priced else None, totals.subscription_value)
    parts = [cost, f"{totals.requests:,} calls", f"{tokens_text(totals.input_tokens)} in"]
    parts.append(f"{tokens_text(totals.output_tokens)} out")
    if totals.error_requests:
        parts.append(f"! {totals.error_requests:,} failed")
    return ", ".join(parts)


def _first_steps(session: "Session") -> None:
    import os

    from tokenmon.providers.registry import PROVIDERS
    from tokenmon.proxy.probe import proxy_answers

    platforms = session.store.platforms()
    found = [one for one in PROVIDERS.values() if one.key_variable and os.environ.get(one.key_variable)]
    if not platforms:
        print_line("Welcome. tokenmon records what your AI API calls cost. Nothing is set up yet.")
        print_line()
        for one in found:
            print_line(f"Found {one.key_variable} in the environment: a platform of {one.title} can hold that key.")
        name = found[0].name if found else "openai"
        print_line(f"1. Add a platform:   tokenmon platform add {name} --provider {name}")
        print_line("2. Make a key:       tokenmon key create my-laptop")
        print_line("3. Start the proxy:  tokenmon proxy")
        print_line()
        print_line("Or look around first with sample data: tokenmon demo")
        return
    host, port = session.settings.proxy_host, session.settings.proxy_port
    print_line(f"Platforms: {', '.join(one.name for one in platforms)}. No calls are recorded yet.")
    keys = [key for key in session.store.client_keys() if key.revoked_at is None]
    if not keys:
        print_line("Make a key for your programs:  tokenmon key create my-laptop")
    if proxy_answers(host, port):
        print_line(f"The proxy runs. Point an SDK at it: base URL http://{host}:{port}/{platforms[0].name}")
    else:
        print_line("Start the proxy:               tokenmon proxy")
