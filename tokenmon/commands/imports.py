"""`tokenmon import`: calls that never passed the proxy, from files."""

import typer

from tokenmon.commands.import_file import import_file

app = typer.Typer(no_args_is_help=True, add_completion=False)


@app.callback()
def imports() -> None:
    """Read calls from files of other tools."""


app.command("file")(import_file)
