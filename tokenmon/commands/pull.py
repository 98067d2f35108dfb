"""`tokenmon pull`: what a provider itself says was used and what it cost, by day."""

from pathlib import Path
from typing import Annotated

import typer

from tokenmon.commands.options import AsJson

app = typer.Typer(add_completion=False)


@app.command("pull")
def pull(
    provider: Annotated[str, typer.Argument(metavar="openai|anthropic|openrouter", help="Whose admin API is asked.")],
    platform: Annotated[
        str | None, typer.Option(metavar="P", help="Whose numbers these are; needed when several are at the provider.")
    ] = None,
    since: Annotated[str, typer.Option(metavar="PERIOD", help="First day (UTC): 7d, 2026-11, 2026-11-01 ...")] = "30d",
    until: Annotated[str | None, typer.Option(metavar="PERIOD", help="Last day, inclusive; today if none.")] = None,
    key_stdin: Annotated[bool, typer.Option("--key-stdin", help="Read the admin key from stdin.")] = False,
    key_file: Annotated[
        Path | None,
        typer.Option("--key-file", metavar="FILE", help="Read the admin key from a file; the platform's key if none."),
    ] = None,
    again: Annotated[bool, typer.Option("--again", help="Ask for days that are complete, too.")] = False,
    json: AsJson = False,
) -> None:
    """Fetch usage and costs as the provider counts them."""
    from tokenmon.commands import pull_form as form
    from tokenmon.ingest.pull.pulling import api_of, platform_for
    from tokenmon.session import open_session

    api = api_of(provider)
    with open_session() as session:
        account = platform_for(api, platform, session.store.platforms())
        key = form.admin_key(session, api, account, from_stdin=key_stdin, file=key_file)
        window = form.window_of(api, since, until, now=session.now())
        pulled = form.pull_shown(session, api, account, key, window, again=again)
    form.print_pulled(pulled, as_json=json)
