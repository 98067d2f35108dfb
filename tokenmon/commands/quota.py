"""`tokenmon quota`: the platforms' monthly quotas as they stand, and the official limits of plans."""

from typing import TYPE_CHECKING, Annotated

import typer

from tokenmon.commands.options import AsJson

if TYPE_CHECKING:
    from collections.abc import Callable

    from tokenmon.analytics.quotas import QuotaState
    from tokenmon.core.platform import Platform
    from tokenmon.session import Session

app = typer.Typer(add_completion=False, no_args_is_help=True)

Name = Annotated[str, typer.Argument(metavar="NAME", help="The platform.")]
Amount = Annotated[str, typer.Argument(metavar="QUOTA", help="'100 USD', '5M tokens', '2000 requests'.")]
WarnAt = Annotated[int | None, typer.Option(min=1, max=100, metavar="PERCENT", help="When to warn; 80 if not set.")]
Names = Annotated[list[str] | None, typer.Argument(metavar="[NAME]...", help="Platforms; all if not given.")]


@app.command("list")
def list_quotas(
    names: Names = None,
    official: Annotated[
        bool, typer.Option("--official", help="With --json: what providers say of plans, in place of quotas.")
    ] = False,
    json: AsJson = False,
) -> None:
    """Show how much of each quota is used, and what providers say is used of plans."""
    from tokenmon.commands.official_table import print_limits
    from tokenmon.output import print_line
    from tokenmon.session import open_session

    with open_session() as session:
        states = [] if official and json else _states(session, names)
        limits = [] if names and not official else session.store.official_limits()
        now, timezone = session.now(), session.settings.timezone
    if not (official and json):
        _show(states, as_json=json)
    if states and limits and not json:
        print_line()
    if official or not json:
        print_limits(limits, now=now, timezone=timezone, as_json=json)


@app.command("show")
def show(name: Name, json: AsJson = False) -> None:
    """Show a platform's quota as it stands."""
    from tokenmon.analytics.quotas import quota_json
    from tokenmon.errors import NotFoundError
    from tokenmon.output import print_json
    from tokenmon.session import open_session

    with open_session() as session:
        states = _states(session, [name])
    if not states:
        raise NotFoundError(f"the platform {name} has no quota", hint=f"tokenmon quota add {name} '100 USD'")
    if json:
        print_json(quota_json(states[0]))
    else:
        _show(states, as_json=False)


@app.command("add")
def add(name: Name, quota: Amount, warn_at: WarnAt = None, json: AsJson = False) -> None:
    """Give a platform a monthly quota."""
    from tokenmon.errors import ConflictError
    from tokenmon.providers.platform_change import with_quota

    def given(platform: "Platform") -> "Platform":
        if platform.quota is not None:
            raise ConflictError(
                f"the platform {name} has a quota already", hint=f"tokenmon quota edit {name} '{quota}'"
            )
        return with_quota(platform, quota, "month", warn_at)

    _change(name, given, as_json=json)


@app.command("edit")
def edit(
    name: Name,
    quota: Annotated[
        str | None, typer.Argument(metavar="[QUOTA]", help="'100 USD', '5M tokens', '2000 requests'.")
    ] = None,
    warn_at: WarnAt = None,
    json: AsJson = False,
) -> None:
    """Change a platform's quota, or when it warns."""
    from tokenmon.errors import ConfigError
    from tokenmon.providers.platform_change import with_quota

    if quota is None and warn_at is None:
        raise ConfigError("nothing to change is given", hint=f"tokenmon quota edit {name} '100 USD' --warn-at 80")
    _change(name, lambda platform: with_quota(platform, quota, "month", warn_at), as_json=json)


@app.command("remove")
def remove(name: Name) -> None:
    """Forget a platform's quota; its calls stay."""
    from dataclasses import replace

    from tokenmon.errors import NotFoundError
    from tokenmon.output import say
    from tokenmon.session import open_session

    with open_session() as session:
        platform = session.store.platform(name)
        if platform.quota is None:
            raise NotFoundError(f"the platform {name} has no quota", hint="tokenmon quota list")
        session.store.replace_platform(replace(platform, quota=None))
    say(f"the platform {name} has no quota any more; its calls stay")


def _change(name: str, change: "Callable[[Platform], Platform]", *, as_json: bool) -> None:
    from tokenmon.analytics.quotas import quota_json, quota_states
    from tokenmon.core.platform_words import quota_text
    from tokenmon.output import print_json, say
    from tokenmon.session import open_session

    with open_session() as session:
        platform = change(session.store.platform(name))
        session.store.replace_platform(platform)
        (state,) = quota_states(session.store, [platform], now=session.now(), timezone=session.settings.timezone)
    if as_json:
        print_json(quota_json(state))
    say(f"the quota of {name}: {quota_text(state.quota)}; {state.percent:.0f} % is used")


@app.command("check")
def check(names: Names = None, json: AsJson = False) -> None:
    """Check quotas; exit with 4 when one is exceeded."""
    from tokenmon.commands.official_table import warn_of_limits
    from tokenmon.errors import QuotaExceededError
    from tokenmon.session import open_session

    with open_session() as session:
        states, limits = _states(session, names), session.store.official_limits()
        now, timezone = session.now(), session.settings.timezone
    _show(states, as_json=json)
    warn_of_limits(limits, now=now, timezone=timezone)
    exceeded = [state.platform for state in states if state.state == "exceeded"]
    if exceeded:
        raise QuotaExceededError(
            f"the monthly quota of {', '.join(exceeded)} is exceeded",
            hint=f"see where it went: tokenmon stats --platform {exceeded[0]} --since month --by model",
        )


def _states(session: "Session", names: list[str] | None) -> "list[QuotaState]":
    from tokenmon.analytics.quotas import quota_states

    store = session.store
    platforms = [store.platform(name) for name in names] if names else store.platforms()
    return quota_states(store, platforms, now=session.now(), timezone=session.settings.timezone)


def _show(states: "list[QuotaState]", *, as_json: bool) -> None:
    from tokenmon.analytics.quotas import quota_json
    from tokenmon.commands.sums import MARKS
    from tokenmon.core.number_text import LIST_PRICE_VALUE, tokens_text, usd_text
    from tokenmon.core.period import zone
    from tokenmon.output import Column, number, print_json, print_table, say

    if as_json:
        print_json([quota_json(state) for state in states])
        return
    if not states:
        say("no quotas yet")
        say("hint: tokenmon quota add NAME '100 USD' --warn-at 80")
        return
    columns = [Column("platform"), number("used"), number("quota"), Column("unit"), number("%"), number("warn at")]
    columns += [Column("state"), Column("resets")]
    rows = []
    for state in states:
        is_money = state.quota.unit == "usd"
        used, amount = (
            usd_text(one) if is_money else f"{one.to_integral_value():,f}" for one in (state.used, state.quota.amount)
        )
        resets = (
            "-" if state.period.end is None else f"{state.period.end.astimezone(zone(state.period.timezone)):%Y-%m-%d}"
        )
        money = f"USD {LIST_PRICE_VALUE}" if state.is_list_price_value else "USD"
        unit = money if is_money else state.quota.unit
        rows.append([
            state.platform, used, amount, unit, f"{state.percent:.1f}", f"{state.quota.warn_at}", MARKS[state.state],
            resets,
        ])  # fmt: skip
    print_table(columns, rows)
    unseen = sum(state.unpriced_tokens for state in states)
    if unseen:
        say(f"{tokens_text(unseen)} tokens have no known price and are not in these sums: tokenmon stats --by model")
