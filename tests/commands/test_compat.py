"""`--compat ccusage` as typed: the object alone on stdout, and words where it cannot be had."""

import pytest

from tests.commands.runner import Home
from tests.commands.test_commands import REPORT

COMMANDS = {"daily": "daily", "weekly": "weekly", "monthly": "monthly", "session": "sessions"}


@pytest.mark.parametrize(("command", "rows"), COMMANDS.items())
def test_the_shape_is_printed_with_its_totals(work: Home, command: str, rows: str) -> None:
    work.run(*REPORT)

    done = work.run(command, "--json", "--compat", "ccusage")

    assert (done.code, done.err) == (0, "")
    assert len(done.json[rows]) == 1
    assert done.json["totals"] == {
        "inputTokens": 1000, "outputTokens": 100, "cacheCreationTokens": 0, "cacheReadTokens": 0, "totalTokens": 1100,
        "totalCost": 0.003,
    }  # fmt: skip


def test_calls_without_a_price_are_told_beside_it(home: Home) -> None:
    usage = ("--input-tokens", "1", "--output-tokens", "1")
    home.run("report", "--platform", "x", "--provider", "acme", "--model", "none", *usage)

    done = home.run("daily", "--json", "--compat", "ccusage")

    assert done.json["totals"]["totalCost"] == 0
    assert done.err == "in this shape 1 without a known price cost 0: tokenmon price missing\n"


@pytest.mark.parametrize(
    ("options", "words"),
    [(("--compat", "ccusage"), "a shape of JSON"), (("--json", "--compat", "tokscale"), "no shape of 'tokscale'")],
)
def test_another_shape_is_refused(home: Home, options: tuple[str, ...], words: str) -> None:
    done = home.run("daily", *options)

    assert done.code == 2
    assert words in done.err
