"""`tokenmon price`: what models cost, your own prices, and the upkeep of both."""

from pathlib import Path
from typing import Annotated

import typer

from tokenmon.commands.options import (
    AsJson,
    Keys,
    Models,
    NoInput,
    Platforms,
    Projects,
    Providers,
    Since,
    Sources,
    Timezone,
    Until,
    filter_of,
)

app = typer.Typer(add_completion=False, no_args_is_help=True)

Glob = Annotated[str, typer.Argument(metavar="MODEL", help="A model's name; * and ? match.")]
OnPlatform = Annotated[
    str, typer.Option("--platform", metavar="P", help="Only on this platform (* and ? match); on all if not given.")
]


def _usd(flag: str, sentence: str) -> "typer.models.OptionInfo":
    option: typer.models.OptionInfo = typer.Option(flag, metavar="USD", help=sentence)
    return option


@app.command("show")
def show(
    model: Annotated[str | None, typer.Argument(metavar="[MODEL]", help="A model; your own prices if none.")] = None,
    platform: Annotated[str | None, typer.Option(metavar="P", help="As called on this platform.")] = None,
    provider: Annotated[str | None, typer.Option(metavar="P", help="As sold by this provider.")] = None,
    at: Annotated[str | None, typer.Option(metavar="TIME", help="At a day or time; now if not given.")] = None,
    json: AsJson = False,
) -> None:
    """Show a model's rates and where they come from, or all own prices."""
    from tokenmon.commands import price_form as form
    from tokenmon.session import open_session

    with open_session() as session:
        if model is None:
            form.print_rules(session.store.price_rules(), as_json=json)
        else:
            form.print_rates(form.rates_shown(session, model, platform, provider, at), as_json=json)


@app.command("set")
def set_price(
    model: Glob,
    platform: OnPlatform = "*",
    input_price: Annotated[str | None, _usd("--input-price", "Input tokens.")] = None,
    output_price: Annotated[str | None, _usd("--output-price", "Output tokens.")] = None,
    cache_read_price: Annotated[str | None, _usd("--cache-read-price", "Cached input.")] = None,
    cache_write_price: Annotated[str | None, _usd("--cache-write-price", "Cache writes.")] = None,
    cache_write_1h_price: Annotated[str | None, _usd("--cache-write-1h-price", "Cache writes for an hour.")] = None,
    per: Annotated[str, typer.Option(metavar="1M|1K", help="How many tokens the prices are for.")] = "1M",
    start: Annotated[
        str | None, typer.Option("--from", metavar="DATE", help="Only for calls from this day on.")
    ] = None,
    json: AsJson = False,
) -> None:
    """Set your own prices of models; they come before the catalogue's."""
    from tokenmon.commands import price_form as form
    from tokenmon.session import open_session

    prices = {"input_price": input_price, "output_price": output_price, "cache_read_price": cache_read_price}
    writes = {"cache_write_price": cache_write_price, "cache_write_1h_price": cache_write_1h_price}
    with open_session() as session:
        rule = form.new_rule(session, model, platform, {**prices, **writes}, per, start)
        session.store.set_price_rule(rule)
    form.tell_set(rule, as_json=json)


@app.command("unset")
def unset(
    model: Glob,
    platform: OnPlatform = "*",
    start: Annotated[
        str | None, typer.Option("--from", metavar="DATE", help="Only the prices from this day on.")
    ] = None,
) -> None:
    """Forget own prices of models."""
    from tokenmon.commands import price_form as form
    from tokenmon.output import say
    from tokenmon.session import open_session

    with open_session() as session:
        rules = form.rules_named(session, model, platform, start)
        for rule in rules:
            session.store.remove_price_rule(rule)
    say(f"forgot your own prices of {model}; past calls keep their cost until: tokenmon price reprice")


@app.command("missing")
def missing(
    platform: Platforms = None,
    provider: Providers = None,
    model: Models = None,
    source: Sources = None,
    project: Projects = None,
    key: Keys = None,
    since: Since = None,
    until: Until = None,
    timezone: Timezone = None,
    json: AsJson = False,
) -> None:
    """List models of calls without a price."""
    from tokenmon.analytics.unpriced import unpriced_models
    from tokenmon.commands import price_form as form
    from tokenmon.session import open_session

    with open_session() as session:
        wanted = filter_of(
            session, platform=platform, provider=provider, model=model, source=source, project=project, key=key,
            since=since, until=until, timezone=timezone,
        )  # fmt: skip
        found = unpriced_models(session.store, wanted)
    form.print_missing(found, as_json=json)


@app.command("reprice")
def reprice(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would change, change nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    platform: Platforms = None,
    provider: Providers = None,
    model: Models = None,
    source: Sources = None,
    project: Projects = None,
    key: Keys = None,
    since: Since = None,
    until: Until = None,
    timezone: Timezone = None,
    no_input: NoInput = False,
    json: AsJson = False,
) -> None:
    """Give past calls today's prices, after showing what changes."""
    from tokenmon.commands import reprice_form as form
    from tokenmon.session import open_session

    with open_session() as session:
        wanted = filter_of(
            session, platform=platform, provider=provider, model=model, source=source, project=project, key=key,
            since=since, until=until, timezone=timezone,
        )  # fmt: skip
        form.show_and_reprice(session, wanted, dry_run=dry_run, yes=yes, asks=not no_input, as_json=json)


@app.command("update")
def update_prices(
    file: Annotated[
        Path | None, typer.Option("--file", metavar="FILE", help="Read the list from a file (- for stdin).")
    ] = None,
    json: AsJson = False,
) -> None:
    """Fetch today's price list, check it and use it from now on."""
    from tokenmon import paths
    from tokenmon.ingest.price_update import fetch, read, update, updated_json
    from tokenmon.output import print_json, say
    from tokenmon.session import open_session

    with open_session() as session:
        content = fetch() if file is None else read(file)
        models = session.pricer().catalogue.count_models()
        updated = update(content, paths.prices_dir(), now=session.now(), models_in_use=models)
        if updated.is_new:
            session.store.raise_settings_version()
    if json:
        print_json(updated_json(updated))
    models = updated.price_list.models
    say(f"{'now using' if updated.is_new else 'already using'} a list of {models:,} models")
    say("for past calls: tokenmon price reprice --dry-run")
