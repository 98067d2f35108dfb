"""`--where`: one language on every command that reads calls."""

import json

import pytest

from tests.commands.runner import Home, is_one_line_and_a_hint

CALLS = (
    {"request_model": "claude-opus-4-1", "input_tokens": 200_000, "output_tokens": 10, "project": "search"},
    {"request_model": "claude-opus-4-1", "input_tokens": 10, "output_tokens": 10, "project": "chat"},
    {"request_model": "gpt-4o", "input_tokens": 300_000, "output_tokens": 10, "conversation_id": "s-1"},
)


@pytest.fixture
def reported(home: Home) -> Home:
    """A home with three calls."""
    lines = [json.dumps({"platform": "work", "provider_name": "openai", **one}) for one in CALLS]
    assert home.run("report", "-", text="\n".join(lines)).code == 0
    return home


WANTED = {"model:opus tokens>100k": 1, "gpt": 1, "-project:none": 2, "tokens>100k": 2, "session=s-1": 1, "tokens>1B": 0}


@pytest.mark.parametrize(("text", "count"), WANTED.items())
def test_every_reading_command_means_the_same_calls(reported: Home, text: str, count: int) -> None:
    logs = reported.run("logs", "--where", text, "--json").json
    exported = reported.run("export", "jsonl", "--where", text).out.splitlines()
    stats = reported.run("stats", "--where", text, "--json").json
    daily = reported.run("daily", "--where", text, "--json").json
    session = reported.run("session", "--where", text, "--json").json

    assert {len(logs), len(exported)} == {count}
    assert {one["totals"]["requests"] for one in (stats, daily, session)} == {count}


def test_a_slip_is_told_in_one_line_with_what_is_near(reported: Home) -> None:
    done = reported.run("logs", "--where", "cost>1 modle:opus")

    assert (done.code, is_one_line_and_a_hint(done)) == (2, True)
    assert "'modle:opus' at character 8" in done.err
    assert "did you mean model?" in done.err
