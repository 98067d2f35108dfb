"""The README's commands: each one exists, with the options that it is given."""

import re
import shlex
from pathlib import Path

import pytest
import typer

from tokenmon.cli import COMMANDS, app
from tokenmon.config import FIELDS, variable

README = Path(__file__).parents[1] / "README.md"
# A line of a block, or a span within a sentence.
LINE = re.compile(r"^    (tokenmon(?: .*)?)$|`(tokenmon [^`]*)`", re.MULTILINE)
# Where the shell's part begins.
SHELL = {"|", "<", ">", "&&"}


def commands(text: str) -> list[str]:
    """Every command line of tokenmon in a text."""
    return [block or span for block, span in LINE.findall(text)]


def words_of(line: str) -> list[str]:
    """The words that a line hands to the program, the shell's part left out."""
    words = shlex.split(line, comments=True)[1:]
    ends = [at for at, word in enumerate(words) if word in SHELL]
    return words[: ends[0]] if ends else words


def parse(words: list[str]) -> None:
    """Parse words as the program does, down to the command that they name, and run nothing."""
    group = typer.main.get_command(app)
    context = group.make_context("tokenmon", list(words), resilient_parsing=not words)
    while isinstance(group, typer.core.TyperGroup) and words:
        rest = [*context._protected_args, *context.args]
        name, command, arguments = group.resolve_command(context, rest)
        assert command is not None
        context, group, words = command.make_context(name, arguments, parent=context), command, arguments


LINES = commands(README.read_text(encoding="utf-8"))


@pytest.mark.parametrize("line", dict.fromkeys(LINES))
def test_every_command_of_the_readme_parses(line: str) -> None:
    parse(words_of(line))


@pytest.mark.parametrize("line", ["tokenmon nonsense", "tokenmon stats --nonsense", "tokenmon price nonsense x"])
def test_a_command_that_does_not_exist_would_be_noticed(line: str) -> None:
    with pytest.raises(Exception, match="nonsense"):
        parse(words_of(line))


def test_the_readme_is_read() -> None:
    assert len(LINES) > 30
    assert {words_of(line)[0] for line in LINES if words_of(line)} <= COMMANDS.keys()


def test_the_settings_of_the_readme_are_those_of_the_program() -> None:
    table = re.findall(r"^\| `([a-z_.]+)` \| `(TOKENMON_[A-Z_]+)` \|", README.read_text(encoding="utf-8"), re.MULTILINE)

    assert table == [(name, variable(name)) for name in FIELDS]
