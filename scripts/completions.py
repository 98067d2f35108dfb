"""Writes `completions/` from what the program emits: run after the name of the program or of its shells changed."""

from pathlib import Path

from tokenmon.commands.completion import script_of

FOLDER = Path(__file__).parent.parent / "completions"
FILES = {"bash": "tokenmon.bash", "zsh": "_tokenmon", "fish": "tokenmon.fish", "powershell": "tokenmon.ps1"}


def main() -> None:
    """Write one file a shell."""
    FOLDER.mkdir(exist_ok=True)
    for shell, name in FILES.items():
        (FOLDER / name).write_text(script_of(shell), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
