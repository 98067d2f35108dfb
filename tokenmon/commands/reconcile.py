"""`tokenmon reconcile`: the provider's own numbers beside tokenmon's."""

from typing import Annotated

import typer

from tokenmon.commands.options import AsJson

app = typer.Typer(add_completion=False)


@app.command("reconcile")
def reconcile(
    platform: Annotated[str, typer.Argument(metavar="PLATFORM", help="The platform whose numbers were pulled.")],
    month: Annotated[
        str | None, typer.Option(metavar="MONTH", help="Such as 2026-11 (UTC); this month if none.")
    ] = None,
    project: Annotated[
        list[str] | None,
        typer.Option(metavar="ID", help="Only these of the provider's projects or workspaces (repeatable; * matches)."),
    ] = None,
    json: AsJson = False,
) -> None:
    """Compare the provider's numbers with the recorded calls."""
    from tokenmon.commands import reconcile_form as form
    from tokenmon.session import open_session

    with open_session() as session:
        account = session.store.platform(platform)
        window = form.month_window(month, now=session.now())
        found = form.compared(session, account, window, projects=tuple(project or ()))
    form.print_comparison(account, found, as_json=json)
