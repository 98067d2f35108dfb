"""What providers say is used of plans: told by imports, listed below the quotas, and warned of by the check."""

import json
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.commands.runner import Home
from tests.ingest.importers.logs import line
from tests.ingest.importers.test_codex import TOTALS, meta, name_of, tokens, turn
from tokenmon.core.official_limit import OfficialLimit
from tokenmon.session import open_session

HOUR = timedelta(hours=1)


def now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def limit(percent: int = 41, *, hours: float = 2, **changes: Any) -> OfficialLimit:
    given: dict[str, Any] = {
        "provider_name": "anthropic", "tool": "claude-code", "machine": "laptop", "window": "five_hour",
        "window_minutes": 300, "used_percent": Decimal(percent), "resets_at": now() + hours * HOUR,
        "as_of": now() - HOUR, "plan": "max",
    }  # fmt: skip
    return OfficialLimit(**{**given, **changes})


def hear(home: Home, *limits: OfficialLimit) -> None:
    with open_session() as session:
        session.store.save_official_limits(limits)


def rows(out: str) -> list[list[str]]:
    """The rows of the table of official limits, cell by cell."""
    table = out.partition("what the provider says is used of a plan\n")[2].splitlines()
    return [[cell.strip() for cell in row.split("  ") if cell.strip()] for row in table[2:]]


def test_limits_are_listed_below_the_quotas(work: Home) -> None:
    work.run("platform", "edit", "work", "--quota", "100 USD")
    heard = [limit(85), limit(12, window="weekly", window_minutes=10080, hours=49, plan=None)]
    hear(work, *heard)

    done = work.run("quota", "list")

    assert done.out.splitlines()[2].startswith("work")
    five_hours, week = rows(done.out)
    assert five_hours[:4] == ["claude-code", "max", "5h", "! 85 %"]
    assert re.fullmatch(rf"{heard[0].resets_at:%H:%M} \(in 1h 5\dm\)", five_hours[4])
    assert re.fullmatch(rf"{heard[0].as_of:%H:%M} \(1h 0\dm ago\)", five_hours[5])
    assert week[1:4] == ["-", "week", "12 %"]
    assert week[4] == f"{heard[1].resets_at:%a %H:%M} (in 2d 0h)"


def test_a_window_that_was_reset_since_says_so(home: Home) -> None:
    hear(home, limit(99, hours=-1))

    (row,) = rows(home.run("quota", "list").out)

    assert row[3:5] == ["99 %", "has been reset since"]


def test_limits_of_several_machines_are_told_apart(home: Home) -> None:
    hear(home, limit(), limit(machine="desk"))

    assert [row[-1] for row in rows(home.run("quota", "list").out)] == ["desk", "laptop"]


def test_without_limits_nothing_is_said_of_them(work: Home) -> None:
    work.run("platform", "edit", "work", "--quota", "100 USD")

    assert "provider says" not in work.run("quota", "list").out


def test_the_json_of_quotas_holds_quotas_alone(work: Home) -> None:
    work.run("platform", "edit", "work", "--quota", "100 USD")
    hear(work, limit())

    assert [one["platform"] for one in work.run("quota", "list", "--json").json] == ["work"]
    assert [one["window"] for one in work.run("quota", "list", "--official", "--json").json] == ["five_hour"]
    assert rows(work.run("quota", "list", "--official").out)


def test_a_quota_that_is_asked_for_by_name_stands_alone(work: Home) -> None:
    work.run("platform", "edit", "work", "--quota", "100 USD")
    hear(work, limit())

    assert "provider says" not in work.run("quota", "list", "work").out


@pytest.mark.parametrize(
    ("percent", "hours", "is_told"), [(79, 2, False), (80, 2, True), (100, 2, True), (100, -1, False)]
)
def test_the_check_warns_of_a_window_that_is_nearly_used(work: Home, percent: int, hours: float, is_told: bool) -> None:
    work.run("platform", "edit", "work", "--quota", "100 USD")
    heard = limit(percent, hours=hours)
    hear(work, heard)

    done = work.run("quota", "check", "--json")

    warning = f"warning: the provider says of claude-code: 5h {percent} % resets {heard.resets_at:%H:%M}\n"
    assert (done.code, done.err) == (0, warning if is_told else "")
    assert [one["platform"] for one in done.json] == ["work"]


def test_the_check_still_exits_by_our_own_quotas(work: Home) -> None:
    work.run("platform", "edit", "work", "--quota", "1 USD")
    work.run("report", "--platform", "work", "--model", "m", "--input-tokens", "1000000", "--output-tokens", "0")
    hear(work, limit(85))

    done = work.run("quota", "check")

    assert done.code == 4
    assert "warning: the provider says of claude-code: 5h 85 %" in done.err


@pytest.fixture
def session(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A session in Codex's home; the event in it that tells of limits, heard an hour ago."""
    event = tokens(TOTALS[0])
    event["timestamp"] = (now() - HOUR).isoformat()
    event["payload"]["rate_limits"] = {
        "primary": {"used_percent": 41.3, "window_minutes": 300, "resets_at": int((now() + 2 * HOUR).timestamp())},
        "plan_type": "plus",
    }
    path = tmp_path / "codex/sessions" / name_of("0199-aa")
    path.parent.mkdir(parents=True)
    path.write_bytes(b"".join(map(line, (meta(), turn(), event))))
    monkeypatch.setenv("CODEX_HOME", str(tmp_path / "codex"))
    monkeypatch.setenv("HOME", str(tmp_path))
    return event


@pytest.mark.parametrize("word", ["codex", "auto"])
def test_an_import_says_what_the_provider_says(home: Home, session: dict[str, Any], word: str) -> None:
    reset = datetime.fromtimestamp(session["payload"]["rate_limits"]["primary"]["resets_at"], UTC)
    expected = f"Codex CLI: the provider says is used: 5h 41 % resets {reset:%H:%M}"

    first, again = home.run("import", word), home.run("import", word)

    assert [one.err.splitlines().count(expected) for one in (first, again)] == [1, 1]
    ((tool, plan, *_),) = rows(home.run("quota", "list").out)
    assert (tool, plan) == ("codex", "plus")


def test_a_dry_run_says_it_and_keeps_nothing(home: Home, session: dict[str, Any]) -> None:
    done = home.run("import", "codex", "--dry-run", "--json")

    assert [one["used_percent"] for one in done.json["tools"][0]["official_limits"]] == ["41.3"]
    assert home.run("quota", "list", "--official", "--json").json == []


def test_a_window_of_old_logs_is_told_as_reset(home: Home, session: dict[str, Any], tmp_path: Path) -> None:
    session["timestamp"] = "2026-05-02T10:00:00Z"
    session["payload"]["rate_limits"]["primary"]["resets_at"] = "2026-05-02T12:00:00Z"
    (path,) = tmp_path.rglob("rollout-*.jsonl")
    path.write_bytes(line(session))

    done = home.run("import", "codex")

    assert "Codex CLI: what the provider said is used has been reset since: tokenmon quota list" in done.err


def test_the_dashboard_shows_them_in_print_and_json(home: Home) -> None:
    heard = limit(85)
    hear(home, heard, limit(99, hours=-1, window="weekly", window_minutes=10080))
    call = {"platform": "x", "provider_name": "openai", "request_model": "m", "input_tokens": 1, "output_tokens": 1}
    home.run("report", "-", text=json.dumps(call))

    frame = home.run("dash", "--once", "--width", "80").out
    content = home.run("dash", "--once", "--json").json

    (shown,) = [one for one in frame.splitlines() if one.startswith("claude 5h")]
    assert shown.endswith(f"  85 % ! resets {heard.resets_at:%H:%M}")
    assert "claude week" not in frame
    assert [(one["window"], one["is_over"]) for one in content["official_limits"]] == [
        ("five_hour", False), ("weekly", True),
    ]  # fmt: skip
