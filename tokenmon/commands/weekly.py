"""`tokenmon weekly`: totals by week, from Monday."""

import typer

from tokenmon.commands.options import (
    AsJson,
    Compat,
    Keys,
    Machines,
    Models,
    Platforms,
    Projects,
    Providers,
    Since,
    Sources,
    Timezone,
    Until,
    Where,
    Whole,
)

app = typer.Typer(add_completion=False)


@app.command("weekly")
def show(
    platform: Platforms = None,
    provider: Providers = None,
    model: Models = None,
    source: Sources = None,
    project: Projects = None,
    key: Keys = None,
    machine: Machines = None,
    where: Where = None,
    since: Since = None,
    until: Until = None,
    period: Whole = None,
    timezone: Timezone = None,
    compat: Compat = None,
    json: AsJson = False,
) -> None:
    """Show totals by week."""
    from tokenmon.commands.sums import show_sums

    filters = {"platform": platform, "provider": provider, "model": model, "source": source, "project": project}
    labels = {"key": key, "machine": machine, "where": where}
    periods = {"since": since, "until": until, "period": period, "timezone": timezone}
    show_sums(("week",), as_json=json, compat=compat, **filters, **labels, **periods)
