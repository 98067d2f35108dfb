"""`tokenmon statusline` as Claude Code calls it: a JSON object on stdin, one line on stdout."""

import json
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.commands.runner import Home, is_one_line_and_a_hint
from tokenmon.core.record_json import time_text

HOUR = 3600


def seconds_from_now(hours: float) -> int:
    return int(datetime.now(UTC).timestamp() + hours * HOUR)


def limits(five_hour: Any = 41.3, week: Any = 12, hours: float = 2) -> dict[str, Any]:
    return {
        "five_hour": {"used_percentage": five_hour, "resets_at": seconds_from_now(hours)},
        "seven_day": {"used_percentage": week, "resets_at": seconds_from_now(72)},
    }


def told(**changes: Any) -> dict[str, Any]:
    """What Claude Code tells of a session; None leaves a member out."""
    content = {
        "session_id": "0f3c9a52",
        "transcript_path": "/home/ann/.claude/projects/x.jsonl",
        "model": {"id": "claude-opus-4-8", "display_name": "Opus 4.8"},
        "cost": {"total_cost_usd": 0.42, "total_duration_ms": 1000},
        "context_window": {"total_input_tokens": 84_000, "context_window_size": 200_000},
        **changes,
    }
    return {name: value for name, value in content.items() if value is not None}


def parts(home: Home, content: dict[str, Any]) -> list[str]:
    done = home.run("statusline", text=json.dumps(content))

    assert (done.code, done.err, done.out.count("\n")) == (0, "", 1)
    return done.out.rstrip("\n").split(" | ")


def report(home: Home, platform: str, *, minutes_ago: int = 10, **changes: Any) -> None:
    """A call of two dollars that was made on a platform."""
    at = time_text(datetime.now(UTC) - timedelta(minutes=minutes_ago))
    call = {
        "platform": platform, "request_model": "claude-opus-4-8", "input_tokens": 500_000, "output_tokens": 100_000,
        "occurred_at": at, **changes,
    }  # fmt: skip
    assert home.run("report", "-", text=json.dumps(call)).code == 0


@pytest.fixture
def claude(home: Home, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A home with a metered platform and a plan of Anthropic's, where it is about noon: today began hours ago."""
    monkeypatch.setenv("TOKENMON_TIMEZONE", f"Etc/GMT{datetime.now(UTC).hour - 12:+d}")
    prices = ("--provider", "anthropic", "--no-key", "--input-price", "2", "--output-price", "10")
    home.run("platform", "add", "work", *prices)
    home.run("platform", "add", "max", *prices, "--billing", "subscription")
    return home


def test_the_line_tells_of_session_today_block_and_context(claude: Home) -> None:
    report(claude, "work")

    found = parts(claude, told())

    assert found[:3] == ["Opus 4.8", "session $0.4200", "today $2.00"]
    assert found[3].startswith("block $2.00, ")
    assert " left, $" in found[3]
    assert found[3].endswith("/h")
    assert found[4:] == ["context 84.0k tokens (42 %)"]


def test_a_plans_costs_are_list_price_value(claude: Home) -> None:
    report(claude, "max")

    found = parts(claude, told(rate_limits=limits()))

    assert found[1:3] == ["session $0.4200 list-price value", "today $2.00 list-price value"]
    assert found[3].startswith("block $2.00 list-price value, ")


def test_spend_and_value_of_today_stand_apart(claude: Home) -> None:
    report(claude, "max")
    report(claude, "work")

    assert parts(claude, told())[2] == "today $2.00, $2.00 list-price value"


def test_what_anthropic_says_is_shown_in_the_configured_zone(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKENMON_TIMEZONE", "Asia/Kathmandu")
    content = told(rate_limits=limits())
    reset = datetime.fromtimestamp(content["rate_limits"]["five_hour"]["resets_at"], UTC)

    found = parts(home, content)

    local = reset + timedelta(hours=5, minutes=45)
    assert found[3:5] == [f"5h 41 % resets {local:%H:%M}", "week 12 %"]


def test_from_eighty_percent_on_a_sign_warns(home: Home) -> None:
    window = {"total_input_tokens": 160_000, "context_window_size": 200_000}

    found = parts(home, told(rate_limits=limits(80, 79.9), context_window=window))

    assert found[3].startswith("! 5h 80 % resets ")
    assert found[4] == "week 79 %"
    assert found[5] == "! context 160k tokens (80 %)"
    assert parts(home, told(rate_limits=limits(1, 85)))[4].startswith("! week 85 % resets ")


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"model": None, "cost": None, "context_window": None, "rate_limits": None},
        {"model": 7, "cost": [], "context_window": "big", "rate_limits": "none"},
        {
            "model": {"display_name": ["x"]},
            "cost": {"total_cost_usd": "lots"},
            "context_window": {"total_input_tokens": -1},
        },
        {"cost": {"total_cost_usd": -1}, "rate_limits": {"five_hour": {"used_percentage": 101}, "seven_day": None}},
    ],
)
def test_parts_that_are_unknown_are_left_out(home: Home, content: dict[str, Any]) -> None:
    assert parts(home, content) == ["Claude Code", "today $0.00"]


def test_numbers_may_be_texts(home: Home) -> None:
    stated = {"five_hour": {"used_percentage": "41.3", "resets_at": str(seconds_from_now(2))}}

    found = parts(home, told(cost={"total_cost_usd": "1.5"}, rate_limits=stated))

    assert found[1] == "session $1.50 list-price value"
    assert found[3].startswith("5h 41 % resets ")


CONTEXTS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "what is before the model": (
        {
            "total_input_tokens": 900_000, "context_window_size": 200_000,
            "current_usage": {
                "input_tokens": 10, "cache_read_input_tokens": 40_000, "cache_creation_input_tokens": 1990,
            },
        },
        ["context 42.0k tokens (21 %)"],
    ),
    "the stated percentage": ({"used_percentage": 7.9}, ["context 7 %"]),
    "sums of a whole session": ({"total_input_tokens": 900_000, "context_window_size": 200_000}, []),
    "no size": ({"total_input_tokens": 84_000}, ["context 84.0k tokens"]),
}  # fmt: skip


@pytest.mark.parametrize(("window", "expected"), CONTEXTS.values(), ids=CONTEXTS)
def test_the_context_is_what_is_before_the_model(home: Home, window: dict[str, Any], expected: list[str]) -> None:
    assert parts(home, told(context_window=window))[3:] == expected


def test_no_character_of_the_json_steers_the_terminal(home: Home) -> None:
    content = told(model={"display_name": "Opus\x1b[31m\n\u202e4.8\x9b2J"})

    assert parts(home, content)[0] == "Opus[31m4.82J"


@pytest.mark.parametrize("text", ["", " \n", "{", "[]", '"x"', "null", "[" * 100_000, "\x00"])
@pytest.mark.parametrize("options", [(), ("--json",)])
def test_what_is_no_object_is_an_error(home: Home, text: str, options: tuple[str, ...]) -> None:
    done = home.run("statusline", *options, text=text)

    assert (done.code, done.out) == (2, "")
    assert is_one_line_and_a_hint(done)


def official(home: Home) -> list[dict[str, Any]]:
    found = home.run("quota", "list", "--official", "--json").json
    assert isinstance(found, list)
    return found


def test_limits_are_kept(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKENMON_MACHINE", "laptop")
    parts(home, told(rate_limits=limits()))

    names = ("provider_name", "tool", "machine", "window", "used_percent")
    assert [tuple(one[name] for name in names) for one in official(home)] == [
        ("anthropic", "claude-code", "laptop", "five_hour", "41.3"),
        ("anthropic", "claude-code", "laptop", "weekly", "12"),
    ]  # fmt: skip


def test_the_same_limits_again_write_nothing(home: Home) -> None:
    content = told(rate_limits=limits())
    parts(home, content)
    kept = official(home)
    with sqlite3.connect(next(home.folder.rglob("tokenmon.db"))) as watching:
        before = watching.execute("PRAGMA data_version").fetchone()

        parts(home, content)

        assert watching.execute("PRAGMA data_version").fetchone() == before
    watching.close()
    assert official(home) == kept


def test_limits_that_were_heard_before_stand_in_for_none(home: Home) -> None:
    parts(home, told(rate_limits=limits()))

    found = parts(home, told())

    assert found[3].startswith("5h 41 % resets ")
    assert found[1] == "session $0.4200"


@pytest.mark.parametrize("hours", [-1, 24 * 30])
def test_a_window_that_cannot_be_is_not_kept(home: Home, hours: float) -> None:
    found = parts(home, told(rate_limits=limits(hours=hours)))

    assert found[3] == "week 12 %"
    assert [one["window"] for one in official(home)] == ["weekly"]


def test_a_locked_database_does_not_break_the_line(claude: Home) -> None:
    report(claude, "work")
    path = next(claude.folder.rglob("tokenmon.db"))
    lock = sqlite3.connect(path, isolation_level=None)
    lock.execute("BEGIN EXCLUSIVE")

    done = claude.run("statusline", text=json.dumps(told(rate_limits=limits())))
    lock.execute("ROLLBACK")
    lock.close()

    assert done.code == 0
    assert "today $2.00 | block $2.00" in done.out
    assert "| 5h 41 % resets " in done.out
    assert "is locked by another program" in done.err
    assert official(claude) == []


def test_without_a_database_the_session_is_told(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    home.folder.mkdir(parents=True)
    (home.folder / "broken.db").write_bytes(b"no database" * 1000)
    monkeypatch.setenv("TOKENMON_DATABASE_URL", f"sqlite:///{home.folder}/broken.db")

    done = home.run("statusline", text=json.dumps(told(rate_limits=limits())))
    content = home.run("statusline", "--json", text=json.dumps(told(rate_limits=limits()))).json

    assert done.code == 0
    assert done.out.startswith("Opus 4.8 | session $0.4200 list-price value | 5h 41 % resets ")
    assert "is damaged" in done.err
    assert (content["today"], content["block"], len(content["official_limits"])) == (None, None, 2)


def test_json_holds_the_same_facts(claude: Home) -> None:
    report(claude, "max", minutes_ago=6)

    content = claude.run("statusline", "--json", text=json.dumps(told(rate_limits=limits()))).json

    assert content["session"] == {
        "id": "0f3c9a52", "model": "claude-opus-4-8", "model_name": "Opus 4.8", "cost_usd": "0.42",
        "is_list_price_value": True, "context_tokens": 84_000, "context_window_size": 200_000, "context_percent": "42",
    }  # fmt: skip
    assert (content["today"]["cost_usd"], content["today"]["subscription_value_usd"]) == ("0", "2")
    assert (content["block"]["amount_usd"], content["block"]["is_list_price_value"]) == ("2", True)
    assert content["block"]["totals"]["requests"] == 1
    assert [one["window"] for one in content["official_limits"]] == ["five_hour", "weekly"]


def test_a_turn_loads_nothing_that_it_does_not_need(home: Home) -> None:
    parts(home, told())
    spy = "import sys; from tokenmon.cli import main; sys.argv = ['tokenmon', 'statusline']\ntry: main()\n"
    spy += "finally: print(*sys.modules)"

    done = subprocess.run([sys.executable, "-c", spy], input="{}", capture_output=True, text=True, timeout=60)

    line, modules = done.stdout.splitlines()
    assert line.startswith("Claude Code | today $0.00")
    assert set(modules.split()).isdisjoint(
        {"alembic", "cryptography", "genai_prices", "httpx", "keyring", "msgspec", "rich", "sqlmodel", "textual"}
    )


def test_calls_of_other_providers_are_in_no_block(home: Home) -> None:
    report(home, "openai", provider_name="openai", request_model="gpt-4o")

    assert len(parts(home, told())) == 4
