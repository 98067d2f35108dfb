"""`tokenmon export`: records out of tokenmon, to the end of the disk if need be."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tokenmon.commands.options import (
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
    filter_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TextIO

app = typer.Typer(add_completion=False)


@app.command("export")
def export(
    kind: Annotated[str, typer.Argument(metavar="csv|json|jsonl", help="The format.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="The file to write; - for stdout.")] = Path("-"),
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
) -> None:
    """Write all records as CSV or JSON."""
    from tokenmon.analytics.export import WRITERS
    from tokenmon.errors import ConfigError
    from tokenmon.session import open_session

    if kind not in WRITERS:
        raise ConfigError(f"there is no export format {kind[:20]!r}", hint="use csv, json or jsonl")
    names = {"platform": platform, "provider": provider, "model": model, "source": source, "project": project}
    periods = {"since": since, "until": until, "period": period, "timezone": timezone}
    filters: dict[str, Any] = {**names, "key": key, "machine": machine, "where": where, **periods}
    with open_session() as session:
        wanted = filter_of(session, **filters)
        _write(out, lambda stream: WRITERS[kind](session.store.iter_records(wanted), stream))


def _write(out: Path, write: "Callable[[TextIO], int]") -> None:
    """Write to stdout, or to a file that appears only when it is whole."""
    from tokenmon.output import say, write_whole

    count = write_whole(out, write)
    if count is not None:
        say(f"wrote {count:,} records to {out}")
