"""`tokenmon import`: what coding agents on this machine logged, and (in `import_file.py`) files of any kind."""

from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from tokenmon.commands.import_file import import_file
from tokenmon.commands.options import AsJson
from tokenmon.ingest.importers.tools import TOOLS

AUTO = "auto"
# Options whose next word is their value.
WITH_VALUES = ("--since", "--platform", "--billing", "--path")


class ImportGroup(TyperGroup):
    """Without a word of what to import, everything that is found."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if args[:1] not in (["--help"], ["-h"]):
            at = _place_of_name(args)
            args = [AUTO, *args] if at is None else [args[at], *args[:at], *args[at + 1 :]]
        return super().parse_args(ctx, args)


def _place_of_name(args: list[str]) -> int | None:
    """Where the word stands that says what to import: options may go before it, as people type them."""
    for at, word in enumerate(args):
        if not word.startswith("-") and (at == 0 or args[at - 1] not in WITH_VALUES):
            return at
    return None


app = typer.Typer(cls=ImportGroup, add_completion=False, no_args_is_help=False)


@app.callback()
def imports() -> None:
    """Import what coding agents logged, or a file."""


def import_logs(
    context: typer.Context,
    watch: Annotated[bool, typer.Option("--watch", help="Go on: import new lines as they are written.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be stored, store nothing.")] = False,
    since: Annotated[
        str | None, typer.Option(metavar="PERIOD", help="Only calls from then on, such as 7d or 2026-11-01.")
    ] = None,
    platform: Annotated[
        str | None, typer.Option(metavar="P", help="Store under this platform; else where the provider fits.")
    ] = None,
    billing: Annotated[
        str | None, typer.Option(metavar="KIND", help="metered or subscription, where the log does not say.")
    ] = None,
    path: Annotated[Path | None, typer.Option(metavar="DIR", help="Look here, not in the tool's own folders.")] = None,
    json: AsJson = False,
) -> None:
    from tokenmon.commands.import_form import import_and_show, watch_and_tell
    from tokenmon.session import open_session

    name = str(context.info_name)
    with open_session() as session:
        form = import_and_show if not watch else watch_and_tell
        form(session, name, since=since, platform=platform, billing=billing, path=path, dry_run=dry_run, as_json=json)


# Every word that can follow `import` is a command of this group.
app.command(AUTO, help="Find and import the logs of every tool that is known.")(import_logs)
for one in TOOLS.values():
    app.command(one.name, help=f"Import the logs of {one.title}.")(import_logs)
app.command("file")(import_file)
