"""Calls reported as typed: by options or by lines, each once, and slips told in the words of whoever typed."""

import json

import pytest

from tests.alerts.hook import running_hook
from tests.commands.runner import Home, is_one_line_and_a_hint
from tokenmon.core.record_json import RECORD_KEYS

REPORT = ("report", "--platform", "work", "--model", "gpt-4o-mini", "--input-tokens", "1000", "--output-tokens", "100")


def test_a_report_is_priced_stored_and_shown_everywhere(work: Home) -> None:
    stored = work.run(*REPORT, "--project", "search", "--json").json
    logs = work.run("logs", "--json").json
    stats = work.run("stats", "--by", "model,project", "--json").json

    assert stored == logs[0]
    assert tuple(stored) == RECORD_KEYS
    assert (stored["cost_usd"], stored["cost_source"], stored["usage_source"]) == ("0.003", "override", "reported")
    assert stats["groups"][0]["key"] == {"model": "gpt-4o-mini", "project": "search"}
    assert stats["totals"]["cost_usd"] == "0.003"
    assert set(stats["period"]) == {"start", "end", "timezone"}


def test_lines_are_reported_once_and_bad_ones_named(work: Home) -> None:
    good = {"platform": "work", "request_model": "gpt-4o", "input_tokens": 10, "output_tokens": 1}
    lines = [json.dumps({**good, "response_id": f"resp-{at:032d}"}) for at in range(3)]
    text = "\n".join([*lines, "{", json.dumps({**good, "input_tokens": -1}), ""])

    first = work.run("report", "-", "--json", text=text)
    again = work.run("report", "-", text="\n".join(lines))

    assert first.code == 1
    assert len(first.json) == 3
    assert "line 4: not a JSON object" in first.err
    assert "line 5: input_tokens" in first.err
    assert (again.code, "stored 0, known before 3, bad 0" in again.err) == (0, True)


def test_a_repeat_prints_what_is_stored(work: Home) -> None:
    named = ("--response-id", "resp-0123456789abcdef", "--json")
    first = work.run(*REPORT, *named).json
    repeat = work.run(*REPORT[:-1], "7", *named).json
    line = json.dumps({**first, "id": None, "output_tokens": 9})
    lines = work.run("report", "-", "--json", text=line).json

    assert [repeat, lines] == [first, [first]]
    assert work.run("logs", "--json").json == [first]
    assert "known before" in work.run(*REPORT, *named[:2]).err


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--at", "noon"), "--at: 'noon' is not a time"),
        (("--cost", "much"), "--cost: 'much' is not an amount"),
        (("--cache-read-tokens", "9000"), "--cache-read-tokens: 9000 is more than --input-tokens"),
    ],
)
def test_a_slip_is_told_by_its_option(work: Home, options: tuple[str, str], words: str) -> None:
    done = work.run(*REPORT, *options)

    assert (done.code, words in done.err) == (2, True)


def test_a_count_that_no_call_has_is_refused_by_name(work: Home) -> None:
    done = work.run(*REPORT[:-1], str(2**63 - 1))

    assert (done.code, "--output-tokens: " in done.err) == (2, True)
    assert is_one_line_and_a_hint(done)


@pytest.mark.parametrize("as_lines", [False, True], ids=["by options", "by lines"])
def test_a_report_sends_the_alert_that_it_made_due(work: Home, monkeypatch: pytest.MonkeyPatch, as_lines: bool) -> None:
    work.run("platform", "edit", "work", "--quota", "1000 tokens")
    monkeypatch.setenv("TOKENMON_ALERTS_WEBHOOK_ALLOW_PRIVATE", "true")
    call = {"platform": "work", "request_model": "m", "input_tokens": 850, "output_tokens": 0}
    with running_hook(200) as hook:
        monkeypatch.setenv("TOKENMON_ALERTS_WEBHOOK_URL", hook.url)
        if as_lines:
            done = work.run("report", "-", text=json.dumps(call) + "\n")
        else:
            done = work.run("report", "--platform", "work", "--model", "m", "--input-tokens", "850",
                            "--output-tokens", "0")  # fmt: skip
        work.run("report", "-", text=json.dumps({**call, "platform": "other", "provider_name": "openai"}))

    assert done.code == 0
    assert [body["threshold"] for body in hook.bodies] == [80]
