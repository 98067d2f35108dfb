"""`tokenmon config`: settings, and where each comes from."""

import re
from typing import Annotated, Any

import typer

from tokenmon.commands.options import AsJson

app = typer.Typer(add_completion=False, no_args_is_help=True)

PASSWORD = re.compile(r"(://[^:/@]*):[^@/]*@")
Name = Annotated[str, typer.Argument(metavar="NAME", help="A setting, such as proxy.port.")]


def _text(value: Any, separator: str) -> str:
    if isinstance(value, tuple):
        return separator.join(value)
    if isinstance(value, float):
        return f"{value:g}"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _shown(name: str, value: Any) -> str:
    text = _text(value, ", ")
    if name == "alerts.webhook_url" and text:
        # The path of a webhook is often its secret.
        return re.sub(r"(://(?:[^/@]*@)?[^/?#]+).*", r"\1/…", PASSWORD.sub(r"\1:***@", text))
    return PASSWORD.sub(r"\1:***@", text)


def _json(name: str, value: Any) -> Any:
    return _shown(name, value) if isinstance(value, str) else value


@app.command("show")
def show(
    origin: Annotated[bool, typer.Option("--origin", help="Tell where each value comes from.")] = False,
    json: AsJson = False,
) -> None:
    """Show every setting in force."""
    from tokenmon.config import origins
    from tokenmon.output import Column, print_json, print_table

    found = origins()
    if json:
        print_json({one.name: {"value": _json(one.name, one.value), "origin": one.origin} for one in found})
        return
    columns = [Column("setting"), Column("value", shrinks=True)] + ([Column("from", shrinks=True)] if origin else [])
    rows = [[one.name, _shown(one.name, one.value) or "-"] + ([one.origin] if origin else []) for one in found]
    print_table(columns, rows)


@app.command("get")
def get(name: Name, json: AsJson = False) -> None:
    """Print one setting."""
    from tokenmon.config import known_name, origins
    from tokenmon.output import print_json, print_line

    known_name(name)
    found = next(one for one in origins() if one.name == name)
    if json:
        print_json({"name": name, "value": found.value, "origin": found.origin})
        return
    print_line(_text(found.value, ","))


@app.command("set")
def set_value(name: Name, value: Annotated[str, typer.Argument(metavar="VALUE", help="Lists with commas.")]) -> None:
    """Change one setting in the user's file."""
    from tokenmon.config import write_setting
    from tokenmon.output import say

    path = write_setting(name, value)
    say(f"set {name} in {path}")
    _tell_what_goes_before(name)


@app.command("unset")
def unset(name: Name) -> None:
    """Take one setting out of the user's file."""
    from tokenmon.config import forget_setting
    from tokenmon.output import say

    path, was_set = forget_setting(name)
    say(f"{name} is {'no longer' if was_set else 'not'} set in {path}")
    _tell_what_goes_before(name)


def _tell_what_goes_before(name: str) -> None:
    import os

    from tokenmon.config import variable
    from tokenmon.output import say

    if os.environ.get(variable(name)):
        say(f"note: {variable(name)} is set and goes before it")


@app.command("path")
def path(json: AsJson = False) -> None:
    """Print where the user's file is."""
    from tokenmon import paths
    from tokenmon.output import print_json, print_line

    if json:
        print_json({"path": str(paths.config_file())})
    else:
        print_line(str(paths.config_file()))
