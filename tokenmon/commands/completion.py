"""`tokenmon completion`: the script that teaches a shell to complete tokenmon's words."""

from typing import Annotated

import typer

app = typer.Typer(add_completion=False)

PROGRAM = "tokenmon"
# What a shell is called by its users, and by typer.
SHELLS = {"bash": "bash", "zsh": "zsh", "fish": "fish", "powershell": "powershell", "pwsh": "pwsh"}
PLACES = {
    "bash": "tokenmon completion bash > ~/.local/share/bash-completion/completions/tokenmon",
    "zsh": "tokenmon completion zsh > a folder of $fpath, as _tokenmon",
    "fish": "tokenmon completion fish > ~/.config/fish/completions/tokenmon.fish",
    "powershell": "tokenmon completion powershell >> $PROFILE",
}


def script_of(shell: str) -> str:
    """The completion script of a shell, as it stands in `completions/`."""
    from typer._completion_shared import get_completion_script

    text = get_completion_script(prog_name=PROGRAM, complete_var="_TOKENMON_COMPLETE", shell=SHELLS[shell])
    return text.rstrip() + "\n"


@app.command("completion")
def completion(shell: Annotated[str, typer.Argument(metavar="bash|zsh|fish|powershell", help="Which shell.")]) -> None:
    """Print the completion script of a shell."""
    import sys

    from tokenmon.errors import ConfigError
    from tokenmon.output import say

    if shell not in SHELLS:
        raise ConfigError(f"no completion for the shell {shell[:20]!r}", hint="use bash, zsh, fish or powershell")
    sys.stdout.write(script_of(shell))
    if sys.stdout.isatty():
        say("to install it: " + PLACES.get(shell, PLACES["powershell"]))
