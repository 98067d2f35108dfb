"""`tokenmon vault`: the key that seals the provider keys."""

import typer

from tokenmon.commands.options import AsJson

app = typer.Typer(add_completion=False, no_args_is_help=True)


@app.command("status")
def status(json: AsJson = False) -> None:
    """Show where the vault's key is held."""
    from tokenmon.errors import ConfigError
    from tokenmon.output import fields, print_json
    from tokenmon.session import open_session

    with open_session() as session:
        found = session.vault.status()
    if json:
        print_json({
            "holder": found.holder, "place": found.place, "sealed_keys": found.sealed_keys, "problem": found.problem,
        })  # fmt: skip
    else:
        fields({"held by": found.place, "sealed keys": str(found.sealed_keys)})
    if found.problem is not None:
        raise ConfigError(found.problem, hint=found.hint)


@app.command("rotate")
def rotate() -> None:
    """Seal every provider key anew under a new vault key."""
    from tokenmon.credentials import HOLDER_WORDS
    from tokenmon.output import say
    from tokenmon.session import open_session

    with open_session() as session:
        count, holder = session.vault.rotate()
    say(f"sealed {count} {'key' if count == 1 else 'keys'} anew; the vault's key is now held by {HOLDER_WORDS[holder]}")
