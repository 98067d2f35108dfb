"""`tokenmon run`: a command whose SDKs talk to the proxy instead of the providers."""

from typing import Annotated

import typer

app = typer.Typer(add_completion=False)


@app.command("run", context_settings={"allow_interspersed_args": False, "ignore_unknown_options": True})
def run(
    command: Annotated[list[str], typer.Argument(metavar="-- COMMAND ...", help="The command and its arguments.")],
    platform: Annotated[
        str | None, typer.Option(metavar="NAME", help="Only this platform; each provider's first if not given.")
    ] = None,
) -> None:
    """Run a command with its SDKs pointed at the proxy."""
    from tokenmon.errors import TokenmonError
    from tokenmon.launch import run_command
    from tokenmon.session import open_session

    with open_session() as session:
        code = run_command(session, command, platform=platform)
    if code < 0:
        raise TokenmonError(f"{command[0]} was ended by the signal {-code}")
    raise typer.Exit(code)
