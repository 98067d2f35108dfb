"""`tokenmon stats`: totals of any period, grouped by any labels."""

import typer

from tokenmon.commands.options import (
    AsJson,
    By,
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


@app.command("stats")
def stats(
    by: By = None,
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
    json: AsJson = False,
) -> None:
    """Show totals, grouped as you like."""
    from tokenmon.commands.sums import show_sums

    filters = {"platform": platform, "provider": provider, "model": model, "source": source, "project": project}
    labels = {"key": key, "machine": machine, "where": where}
    periods = {"since": since, "until": until, "period": period, "timezone": timezone}
    show_sums(tuple(by or ()), as_json=json, compat=None, **filters, **labels, **periods)
