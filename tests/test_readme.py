"""The README's commands: each one exists, with the options that it is given."""

import re
import shlex
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
import typer

from tokenmon.cli import COMMANDS, app
from tokenmon.config import FIELDS, variable

# An image of Markdown or HTML, in a page of this project.
PICTURE = re.compile(r"!\[[^\]]*\]\(([^)\s]+)\)|<img [^>]*src=\"([^\"]+)\"")
# What would fetch or run something, in an attribute or a style; a text may well tell an address.
ELSEWHERE = re.compile(r"://|url\((?!#)|@import|@font-face|javascript:")
PLAIN_TAGS = {"svg", "style", "defs", "clipPath", "g", "rect", "circle", "path", "text"}
SVG = "http://www.w3.org/2000/svg"
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


def pictures() -> dict[str, Path]:
    """What the README and the pages beside it show, by page and address."""
    root = README.parent
    return {
        f"{page.relative_to(root)}: {address}": page.parent / address
        for page in (README, *sorted((root / "docs").glob("*.md")))
        for found in PICTURE.findall(page.read_text(encoding="utf-8"))
        for address in found
        if address
    }


@pytest.mark.parametrize("path", pictures().values(), ids=pictures())
def test_every_picture_exists_and_is_an_svg_without_links(path: Path) -> None:
    root = ElementTree.parse(path).getroot()

    assert root.tag == f"{{{SVG}}}svg"
    assert {one.tag.removeprefix(f"{{{SVG}}}") for one in root.iter()} <= PLAIN_TAGS
    told = [value for one in root.iter() for value in (*one.attrib, *one.attrib.values())]
    told += [one.text or "" for one in root.iter(f"{{{SVG}}}style")]
    assert [value for value in told if ELSEWHERE.search(value) or value.endswith(("href", "src"))] == []


def test_the_readme_shows_pictures() -> None:
    assert len([name for name in pictures() if name.startswith("README.md")]) >= 2
