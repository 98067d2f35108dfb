"""`tokenmon platform`: named accounts at providers, with sealed keys, own prices and a monthly quota."""

from pathlib import Path
from typing import Annotated

import typer

from tokenmon.commands.options import AsJson, NoInput, changes_nothing

app = typer.Typer(add_completion=False, no_args_is_help=True)

KEY, PRICES, QUOTA = "Key", "Prices and billing", "Quota"


def _price(sentence: str) -> "typer.models.OptionInfo":
    option: typer.models.OptionInfo = typer.Option(metavar="USD", help=sentence, rich_help_panel=PRICES)
    return option


Name = Annotated[str, typer.Argument(metavar="NAME", help="The platform's name.")]
BaseUrl = Annotated[str | None, typer.Option(metavar="URL", help="Where its API is; the provider's own if not given.")]
KeyStdin = Annotated[bool, typer.Option("--key-stdin", help="Read the key from stdin.", rich_help_panel=KEY)]
KeyFile = Annotated[
    Path | None, typer.Option("--key-file", metavar="FILE", help="Read the key from a file.", rich_help_panel=KEY)
]
NoKey = Annotated[bool, typer.Option("--no-key", help="Store no key.", rich_help_panel=KEY)]
InputPrice = Annotated[str | None, _price("Own price of input tokens.")]
OutputPrice = Annotated[str | None, _price("Own price of output tokens.")]
CacheReadPrice = Annotated[str | None, _price("Own price of cached input.")]
CacheWritePrice = Annotated[str | None, _price("Own price of cache writes.")]
CacheWrite1hPrice = Annotated[
    str | None,
    typer.Option(
        "--cache-write-1h-price", metavar="USD", help="Own price of cache writes for an hour.", rich_help_panel=PRICES
    ),
]
Per = Annotated[str, typer.Option(metavar="1M|1K", help="How many tokens the prices are for.", rich_help_panel=PRICES)]
Billing = Annotated[
    str | None, typer.Option(metavar="metered|subscription", help="How it is paid.", rich_help_panel=PRICES)
]
Quota = Annotated[
    str | None,
    typer.Option(metavar="AMOUNT", help="'100 USD', '5M tokens' or '2000 requests'.", rich_help_panel=QUOTA),
]
PeriodOption = Annotated[str, typer.Option("--period", metavar="month", help="Its period.", rich_help_panel=QUOTA)]
WarnAt = Annotated[
    int | None, typer.Option(min=1, max=100, metavar="PERCENT", help="When to warn.", rich_help_panel=QUOTA)
]
InjectUsage = Annotated[
    bool | None,
    typer.Option("--inject-usage/--no-inject-usage", help="Ask chat streams for their usage (on unless switched off)."),
]
DrainOption = Annotated[
    bool | None,
    typer.Option("--drain/--cancel", help="When a caller hangs up: read the answer to its end, or cancel it."),
]


@app.command("add")
def add(
    name: Name,
    provider: Annotated[str, typer.Option(metavar="P", help="openai, anthropic, gemini ... openai-compatible.")],
    base_url: BaseUrl = None,
    key_stdin: KeyStdin = False,
    key_file: KeyFile = None,
    no_key: NoKey = False,
    input_price: InputPrice = None,
    output_price: OutputPrice = None,
    cache_read_price: CacheReadPrice = None,
    cache_write_price: CacheWritePrice = None,
    cache_write_1h_price: CacheWrite1hPrice = None,
    per: Per = "1M",
    billing: Billing = None,
    quota: Quota = None,
    period: PeriodOption = "month",
    warn_at: WarnAt = None,
    inject_usage: InjectUsage = None,
    drain: DrainOption = None,
    no_input: NoInput = False,
    json: AsJson = False,
) -> None:
    """Add an account at a provider."""
    from tokenmon.commands import platform_form as form
    from tokenmon.providers import platform_change as change
    from tokenmon.session import open_session

    prices = {"input_price": input_price, "output_price": output_price}
    caches = {"cache_read_price": cache_read_price, "cache_write_price": cache_write_price}
    caches["cache_write_1h_price"] = cache_write_1h_price
    with open_session() as session:
        platform = change.new_platform(name, provider, base_url, known=session.store.platforms(), now=session.now())
        platform = form.with_prices(platform, {**prices, **caches}, per)
        platform = change.with_quota(platform, quota, period, warn_at)
        platform = change.with_switches(platform, billing, inject_usage, drain)
        no_key = no_key or form.takes_no_key(platform, key_stdin, key_file)
        secret = form.read_secret(name, key_stdin, key_file, no_key, asks=not no_input)
        session.store.add_platform(change.with_hint(platform, secret), form.sealing(session, platform, secret))
        platform = session.store.platform(name)
    form.tell_added(platform, as_json=json)


@app.command("edit")
def edit(
    context: typer.Context,
    name: Name,
    provider: Annotated[str | None, typer.Option(metavar="P", help="Another provider.")] = None,
    base_url: BaseUrl = None,
    key_stdin: KeyStdin = False,
    key_file: KeyFile = None,
    no_key: NoKey = False,
    input_price: InputPrice = None,
    output_price: OutputPrice = None,
    cache_read_price: CacheReadPrice = None,
    cache_write_price: CacheWritePrice = None,
    cache_write_1h_price: CacheWrite1hPrice = None,
    no_prices: Annotated[bool, typer.Option("--no-prices", help="Forget own prices.", rich_help_panel=PRICES)] = False,
    per: Per = "1M",
    billing: Billing = None,
    quota: Quota = None,
    no_quota: Annotated[bool, typer.Option("--no-quota", help="Forget the quota.", rich_help_panel=QUOTA)] = False,
    period: PeriodOption = "month",
    warn_at: WarnAt = None,
    inject_usage: InjectUsage = None,
    drain: DrainOption = None,
    json: AsJson = False,
) -> None:
    """Change what is named; the rest stays."""
    from tokenmon.commands import platform_form as form
    from tokenmon.errors import ConfigError
    from tokenmon.providers import platform_change as change
    from tokenmon.session import open_session

    if changes_nothing(context):
        raise ConfigError("nothing to change is given", hint="tokenmon platform edit --help lists the options")
    prices = {"input_price": input_price, "output_price": output_price}
    caches = {"cache_read_price": cache_read_price, "cache_write_price": cache_write_price}
    caches["cache_write_1h_price"] = cache_write_1h_price
    with open_session() as session:
        platform = change.with_address(session.store.platform(name), provider, base_url)
        platform = form.with_prices(platform, {**prices, **caches}, per, forget=no_prices)
        platform = change.with_quota(platform, quota, period, warn_at, forget=no_quota)
        platform = change.with_switches(platform, billing, inject_usage, drain)
        secret = None
        if key_stdin or key_file or no_key:
            secret = form.read_secret(name, key_stdin, key_file, no_key, asks=False)
            platform = change.with_hint(platform, secret)
        session.store.replace_platform(platform, form.sealing(session, platform, secret))
        platform = session.store.platform(name)
    form.tell_changed(platform, as_json=json)


@app.command("list")
def list_platforms(json: AsJson = False) -> None:
    """List platforms; of keys the last four characters."""
    from tokenmon.commands import platform_form as form
    from tokenmon.session import open_session

    with open_session() as session:
        form.print_platforms(session, session.store.platforms(), as_json=json)


@app.command("show")
def show(name: Name, json: AsJson = False) -> None:
    """Show a platform's settings, how its calls go, and what is left of its rate limits."""
    from tokenmon.commands import platform_form as form
    from tokenmon.session import open_session

    with open_session() as session:
        form.print_platform(session, session.store.platform(name), as_json=json)


@app.command("remove")
def remove(
    name: Name, yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False, no_input: NoInput = False
) -> None:
    """Remove a platform and its key; its history stays."""
    import sys

    from tokenmon.errors import ConfigError
    from tokenmon.output import confirm, say
    from tokenmon.session import open_session

    with open_session() as session:
        session.store.platform(name)
        hint = f"tokenmon platform remove {name} --yes"
        if not yes and (no_input or not sys.stdin.isatty()):
            raise ConfigError("nobody can be asked whether to remove it: --yes is needed", hint=hint)
        if not yes and not confirm(f"Remove the platform {name} and its key?"):
            raise ConfigError("nothing was removed", hint=hint)
        session.store.remove_platform(name)
    say(f"removed the platform {name}; its records stay: tokenmon stats --platform {name}")


@app.command("test")
def check(name: Name, json: AsJson = False) -> None:
    """Make one free call and say what is wrong."""
    from tokenmon.commands import platform_form as form
    from tokenmon.session import open_session

    with open_session() as session:
        result = form.check_stored(session, name)
    form.tell_check(name, result, as_json=json)
