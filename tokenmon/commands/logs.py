"""`tokenmon logs`: the calls themselves, and those to come."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tokenmon.commands.options import (
    AsJson,
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
    from tokenmon.core.query import Filter
    from tokenmon.core.record import UsageRecord
    from tokenmon.storage.store import Store

app = typer.Typer(add_completion=False)

DEFAULT_LIMIT = 50
# More than any database holds; the database's own numbers end somewhere.
MAX_LIMIT = 10**9
POLL_SECONDS = 0.2
# The pause after a look, as a multiple of the time that it took.
REST = 4


@app.command("logs")
def logs(
    limit: Annotated[int, typer.Option(min=1, max=MAX_LIMIT, help="How many, the newest first.")] = DEFAULT_LIMIT,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on with calls as they happen.")] = False,
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
    """List calls, newest first."""
    from tokenmon.commands import call_table
    from tokenmon.session import open_session

    names = {"platform": platform, "provider": provider, "model": model, "source": source, "project": project}
    periods = {"since": since, "until": until, "period": period, "timezone": timezone}
    filters: dict[str, Any] = {**names, "key": key, "machine": machine, "where": where, **periods}
    with open_session() as session:
        wanted = filter_of(session, **filters)
        if follow:
            call_table.print_stream(_arriving(session.store, wanted, limit), wanted.period.timezone, as_json=json)
        else:
            found = session.store.records(wanted, limit=limit)
            call_table.print_calls(found, wanted.period.timezone, as_json=json)


def _arriving(store: "Store", wanted: "Filter", limit: int) -> Iterator["UsageRecord"]:
    """The newest records, oldest first, then each one as it is stored, whatever its time; never ends."""
    import time

    marker = store.change_marker()
    with store.follow(wanted) as arrivals:
        yield from reversed(arrivals.newest(limit))
        while True:
            began = time.monotonic()
            if (now := store.change_marker()) != marker:
                marker = now
                yield from arrivals.fresh()
            # A look at a large database may take longer than the pause; it must not fill the processor.
            time.sleep(max(POLL_SECONDS, REST * (time.monotonic() - began)))
