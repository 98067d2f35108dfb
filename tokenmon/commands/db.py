"""`tokenmon db`: the database itself."""

from pathlib import Path
from typing import Annotated

import typer

from tokenmon.commands.options import AsJson

app = typer.Typer(add_completion=False, no_args_is_help=True)


@app.command("info")
def info(json: AsJson = False) -> None:
    """Show where the database is and what it holds."""
    from tokenmon.core.record_json import time_text
    from tokenmon.output import fields, print_json
    from tokenmon.session import open_session

    with open_session() as session:
        found = session.store.info()
    content = {
        "address": found.address, "kind": found.kind, "schema": found.schema, "records": found.records,
        "rollups": found.rollups, "series": found.series, "size_bytes": found.size_bytes,
        "first": time_text(found.first), "last": time_text(found.last),
    }  # fmt: skip
    if json:
        print_json(content)
    else:
        shown = {
            name.replace("_", " "): f"{one:,}" if isinstance(one, int) else str(one or "-")
            for name, one in content.items()
        }
        fields(shown)


@app.command("backup")
def backup(
    out: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="The copy; named by the time if not given.")
    ] = None,
) -> None:
    """Copy the database while it is in use."""
    from tokenmon import paths
    from tokenmon.output import print_line, say
    from tokenmon.session import open_session

    with open_session() as session:
        target = out or paths.data_dir() / f"tokenmon-{session.now():%Y%m%d-%H%M%S}.db"
        session.store.backup(target)
    print_line(str(target))
    say("sealed keys in it need this machine's vault key: see tokenmon vault status")


@app.command("rebuild")
def rebuild() -> None:
    """Sum all records into rollups anew, by day in the configured time zone."""
    from tokenmon.output import say
    from tokenmon.session import open_session

    with open_session() as session:
        say(f"summed all records into {session.store.rebuild_rollups():,} rollups")


@app.command("upgrade")
def upgrade() -> None:
    """Bring the database to this program's schema."""
    from tokenmon.config import load_settings
    from tokenmon.output import say
    from tokenmon.storage.store import Store

    settings = load_settings()
    changed = Store.upgrade_at(settings.database_url, timezone=settings.timezone)
    say("upgraded the database" if changed else "the database is at this program's schema already")
