"""`tokenmon key`: the keys that programs use in place of the providers' own."""

import re
from typing import Annotated

import typer

from tokenmon.commands.options import AsJson

app = typer.Typer(add_completion=False, no_args_is_help=True)

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,62}")


@app.command("create")
def create(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Who or what will use it.")],
    role: Annotated[str, typer.Option(metavar="R", help="admin, member, reporter or viewer.")] = "member",
    json: AsJson = False,
) -> None:
    """Create a client key; it is shown once."""
    from tokenmon.core.platform import ROLES, ClientKey
    from tokenmon.credentials import hash_client_key, new_client_key
    from tokenmon.errors import ConfigError
    from tokenmon.output import print_json, print_line, say
    from tokenmon.session import open_session

    if role not in ROLES:
        raise ConfigError(f"there is no role {role[:30]!r}", hint="use admin, member, reporter or viewer")
    if not NAME.fullmatch(name):
        raise ConfigError(f"{name[:40]!r} is not a name for a key", hint="use letters, digits, dots and dashes")
    token = new_client_key()
    with open_session() as session:
        key = ClientKey(name, role, hash_client_key(token), token[-4:], session.now())
        session.store.add_client_key(key)
    if json:
        print_json({"name": name, "role": role, "key": token})
        return
    print_line(token)
    say(f"created the client key {name} ({role}); it is shown only now")
    say("next: tokenmon proxy, and give this key to your SDK in place of the provider's")


@app.command("list")
def list_keys(
    show_all: Annotated[bool, typer.Option("--all", help="Revoked ones too.")] = False, json: AsJson = False
) -> None:
    """List client keys; of each the last four characters."""
    from tokenmon.core.record_json import time_text
    from tokenmon.output import Column, print_json, print_table, say
    from tokenmon.session import open_session

    with open_session() as session:
        keys = [key for key in session.store.client_keys() if show_all or json or key.revoked_at is None]
    if json:
        print_json([
            {"name": key.name, "role": key.role, "hint": key.hint, "created_at": time_text(key.created_at),
             "revoked_at": time_text(key.revoked_at)}
            for key in keys
        ])  # fmt: skip
    elif not keys:
        say("no client keys yet")
        say("hint: tokenmon key create my-laptop")
    else:
        titles = ("name", "role", "key", "created", "revoked")
        rows = [
            [key.name, key.role, f"…{key.hint}", f"{key.created_at:%Y-%m-%d %H:%M} UTC",
             "-" if key.revoked_at is None else f"{key.revoked_at:%Y-%m-%d %H:%M} UTC"]
            for key in keys
        ]  # fmt: skip
        print_table([Column(title) for title in titles], rows)


@app.command("revoke")
def revoke(name: Annotated[str, typer.Argument(metavar="NAME", help="Which key.")]) -> None:
    """Revoke a client key; a running proxy refuses it at once."""
    from tokenmon.output import say
    from tokenmon.session import open_session

    with open_session() as session:
        session.store.revoke_client_key(name, session.now())
    say(f"revoked the client key {name}; its records stay: tokenmon stats --key {name}")
