"""`pull` and `reconcile` as typed, against a fake of the provider's admin API on a real socket."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.commands.runner import Home
from tests.ingest.pull.fake import ADMIN_KEY, FakeApi, serving
from tests.ingest.pull.test_shapes import COMPLETION
from tokenmon.core.provider_sum import day_of

NORMAL_KEY = "sk-proj-normal-key-000000000042"
TODAY = day_of(datetime.now(UTC))
MONTH = f"{TODAY:%Y-%m}"
CALL = (
    "report", "--platform", "work", "--model", "gpt-5-2025-08-07", "--input-tokens", "900", "--output-tokens", "200",
    "--at", f"{TODAY:%Y-%m-%dT00:00:00Z}", "--cost", "0.05",
)  # fmt: skip


@pytest.fixture
def fake() -> Iterator[FakeApi]:
    cost = {
        "amount": {"value": 0.06, "currency": "usd"},
        "line_item": "gpt-5-2025-08-07, input",
        "project_id": "proj_1",
    }
    day = f"{TODAY:%Y-%m-%d}"
    with serving(FakeApi({"completions": {day: [COMPLETION]}, "costs": {day: [cost]}})) as running:
        yield running


@pytest.fixture
def work(home: Home, fake: FakeApi) -> Home:
    """A home with a platform at the fake that stores a key for calls."""
    options = ("--provider", "openai", "--base-url", fake.url + "/v1", "--key-stdin")
    assert home.run("platform", "add", "work", *options, text=NORMAL_KEY).code == 0
    return home


def test_the_providers_side_is_pulled_and_compared(work: Home, tmp_path: Path) -> None:
    key_file = tmp_path / "admin.key"
    key_file.write_text(ADMIN_KEY + "\n")
    assert work.run(*CALL).code == 0

    pulled = work.run("pull", "openai", "--since", MONTH, "--key-file", str(key_file), "--json")
    found = work.run("reconcile", "work", "--month", MONTH, "--json")

    assert (pulled.code, found.code) == (0, 0)
    reports = {one["report"]: one["sums"] for one in pulled.json["reports"]}
    assert (reports["completions"], reports["costs"], reports["images"]) == (1, 1, 0)
    (line,) = found.json["lines"]
    assert (line["model"], line["cause"]) == ("gpt-5-2025-08-07", "usage")
    assert line["difference"]["input_tokens"] == 100
    assert line["difference"]["cost_usd"] == "0.01"
    assert [one["kind"] for one in found.json["findings"]] == ["usage_differs"]


def test_one_of_the_providers_projects_is_compared_alone(work: Home, fake: FakeApi) -> None:
    other = {**COMPLETION, "project_id": "proj_2", "input_tokens": 5}
    fake.lines["completions"][f"{TODAY:%Y-%m-%d}"].append(other)
    work.run("pull", "openai", "--since", MONTH, "--key-stdin", text=ADMIN_KEY)

    counts = [
        work.run("reconcile", "work", *options, "--json").json["totals"]["provider"]["input_tokens"]
        for options in ((), ("--project", "proj_2"), ("--project", "proj_*"))
    ]

    assert counts == [1005, 5, 1005]


def test_pulled_sums_are_in_no_total(work: Home) -> None:
    work.run(*CALL)
    before = work.run("stats", "--since", "all", "--json").json["totals"]

    assert work.run("pull", "openai", "--since", MONTH, "--key-stdin", text=ADMIN_KEY).code == 0

    assert work.run("stats", "--since", "all", "--json").json["totals"] == before


def test_the_table_says_where_the_difference_is(work: Home) -> None:
    work.run("pull", "openai", "--since", MONTH, "--key-stdin", text=ADMIN_KEY)

    shown = work.run("reconcile", "work", "--month", MONTH)

    assert shown.code == 0
    assert "no record" in shown.out
    assert "only the provider knows gpt-5-2025-08-07: +1.0k input, +200 output, +$0.0600" in shown.out


def test_a_stored_key_for_calls_is_refused_before_it_is_sent(work: Home, fake: FakeApi) -> None:
    done = work.run("pull", "openai")

    assert done.code == 2
    assert "this is a key for calls; OpenAI tells usage to an admin key alone" in done.err
    assert "https://platform.openai.com/settings/organization/admin-keys" in done.err
    assert NORMAL_KEY not in done.out + done.err
    assert fake.asked == []


def test_the_platforms_stored_admin_key_is_used(work: Home, fake: FakeApi) -> None:
    assert work.run("platform", "edit", "work", "--key-stdin", text=ADMIN_KEY).code == 0

    done = work.run("pull", "openai", "--since", "today")

    assert done.code == 0
    assert "next: tokenmon reconcile work --month" in done.err


def test_days_that_nobody_pulled_are_told(work: Home) -> None:
    work.run(*CALL)

    done = work.run("reconcile", "work", "--month", MONTH)

    assert "1 day (" in done.out
    assert "were not pulled" in done.out
    assert f"hint: tokenmon pull openai --platform work --since {MONTH}-01" in done.err


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("pull", "gemini"), 2, "nothing can be pulled from 'gemini'"),
        (("pull", "openai", "--platform", "none"), 1, "there is no platform 'none'"),
        (("pull", "openai", "--since", "all"), 2, "--since must name a first day"),
        (("pull", "anthropic"), 2, "there is no platform at Anthropic"),
        (("reconcile", "none"), 1, "none"),
        (("reconcile", "work", "--month", "november"), 2, "is not a month"),
        (("reconcile", "work", "--month", "2026-13"), 2, "cannot read the period"),
    ],
)
def test_what_cannot_be_is_told(work: Home, arguments: tuple[str, ...], code: int, message: str) -> None:
    keys = ("--key-stdin",) if arguments[0] == "pull" else ()

    done = work.run(*arguments, *keys, text=ADMIN_KEY)

    assert done.code == code
    assert message in done.err
